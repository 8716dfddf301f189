import Keyring
import Synchronization

/// All state of Gatehouse: sealed records, the journal of their changes, deadlines, and the history of events.
///
/// A ledger lives in a directory (SQLite, in WAL mode with `synchronous=FULL`), in a PostgreSQL database that nodes share, or
/// in memory. What a write or a durable
/// event promises is on disk when its call returns.
///
/// ```swift
/// let ledger = try Ledger(at: .directory(path), keyring: KeyFile(path: path + "/key"))
/// try await ledger.write(requestID: requestID) { transaction throws(LedgerError) in
///     try transaction.put(Group(name: "devs"), in: scope)
///     return .commit(())
/// }
/// let group = try await ledger.read { reader throws(LedgerError) in try reader.get(Group.self, "devs", in: scope) }
/// ```
///
/// - **Reading**: ``read(_:)`` gives one consistent state, at once, on the calling thread.
/// - **Writing**: ``write(requestID:_:)`` runs in the one writer, and returns when the change is on disk.
/// - **Following**: ``observe(_:)`` hears of each commit within this process; ``follow(after:kinds:limit:)`` reads the
///   journal, from any point.
/// - **Events**: ``record(_:)``, ``events(_:)``.
///
/// One process writes to a directory at a time; others may open it read-only beside it. Any number write to a database, and
/// each follows what the others commit: ``catchUp(toleratingAbsence:)``. A ledger may be used from any
/// number of tasks and threads.
public final class Ledger: Sendable {
    /// Where a ledger is kept.
    public enum Location: Sendable {
        /// In this directory, which is made with mode 0700 when there is none.
        case directory(String)
        /// In a PostgreSQL database, which any number of processes may share, each of them a node.
        case postgres(PostgresAddress)
        /// In memory; it ends with the value. Such a ledger can be wiped: see ``Ledger/reset(keeping:rebuilding:)``.
        case memory
    }

    let store: any Store
    let isInMemory: Bool
    private let isReadOnly: Bool
    let records: RecordSealer
    let eventStore: EventStore
    let writer: Writer
    /// Rows that were read lately; nil: other nodes may have changed them meanwhile.
    let rowCache: RowCache?
    /// Follows what other nodes commit; nil: there are none.
    let tail: JournalTail?
    private let directory: Mutex<LedgerDirectory?>

    /// Opens the ledger, and makes it when there is none.
    ///
    /// - Parameters:
    ///   - location: where it is kept.
    ///   - keyring: what everything in it is sealed with. It has to be the same each time.
    ///   - readOnly: reads a directory without locking it, beside the server that uses it. Everything that writes then
    ///     throws `readOnly`.
    /// - Throws: ``LedgerError``: `busy` when another process uses the directory, `sealed` when the keyring is not the
    ///   one that the ledger was made with, `newerFormat` when a newer Gatehouse made it, `corrupt`, `io`.
    public convenience init(
        at location: Location, keyring: any Keyring, readOnly: Bool = false
    ) throws(LedgerError) {
        try self.init(at: location, keyring: keyring, readOnly: readOnly, schema: .current)
    }

    /// - Parameter schema: of which version of the program the tables of a shared database are to be.
    init(
        at location: Location, keyring: any Keyring, readOnly: Bool = false, schema: @autoclosure () -> PostgresSchema
    ) throws(LedgerError) {
        do {
            let key = try keyring.sealingKey(for: "ledger")
            let format = Format(key: key)
            // Told here, as to cast the store would have the runtime look through the conformances of all types.
            var shared: PostgresWriter?
            switch location {
            case .memory:
                isInMemory = true
                directory = Mutex(nil)
                store = try Connection.openInMemory(format)
            case .directory(let path):
                isInMemory = false
                directory = Mutex(readOnly ? nil : try LedgerDirectory(path))
                store = try readOnly ? Connection.openReadOnly(path) : Connection.open(path, format)
            case .postgres(let address):
                isInMemory = false
                directory = Mutex(nil)
                let database = try PostgresStore(address, readOnly: readOnly, format, schema())
                shared = database.writer
                store = database
            }
            isReadOnly = readOnly
            records = RecordSealer(key: key)
            eventStore = EventStore(key: key)
            let store = store
            let next = try store.open { session in
                // Where others write too, the database says with each write what comes next.
                guard !readOnly, !store.isRemote else {
                    try format.check(session)
                    return Writer.NextNumbers.none
                }
                // The lock on the directory proves that whoever had claimed something is gone.
                try session.voidLeases()
                return try Writer.NextNumbers(after: session)
            }
            // Beside a server that writes, what was read is soon not so any more.
            rowCache = readOnly || store.isRemote ? nil : RowCache()
            let writer = Writer(store, key: key, next: next, keys: shared?.keys, rows: rowCache)
            self.writer = writer
            tail = try shared.map { try JournalTail($0, writer) }
        } catch {
            throw LedgerError(error)
        }
    }

    deinit {
        tail?.close()
    }

    // MARK: Records

    /// Passes each committed change to `observer`: in the order of commits, one call for each commit, before the
    /// writers are resumed.
    ///
    /// What is derived from records is therefore never behind: whoever has been answered sees their change in it. Set
    /// the observer once, before the first write. It runs on the writer's thread, and must neither block nor wait for
    /// the ledger.
    public func observe(_ observer: @escaping @Sendable ([Change]) -> Void) {
        writer.observe(observer)
    }

    /// Passes every record of some kinds to `body`, as a change with no `before` and no request. Records of other kinds
    /// are neither read nor opened.
    ///
    /// It is how derived state is built at the start; from then on ``observe(_:)`` keeps it up to date, also with what
    /// other nodes commit.
    ///
    /// - Throws: what `body` throws; ``LedgerError`` `corrupt` when a record was changed from outside.
    /// - Complexity: linear in the number of those records.
    public func replay(
        _ kinds: Set<String>, _ body: (Change) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        guard let tail else { return try readNow { reader throws(LedgerError) in try reader.replay(kinds, body) } }
        var keys: [RecordKey] = []
        let sequence = try readNow { reader throws(LedgerError) in
            let sequence = try reader.query { try $0.lastSequence() }
            try reader.replay(kinds) { change throws(LedgerError) in
                keys.append(RecordKey(scope: change.scope, kind: change.kind, id: change.id))
                try body(change)
            }
            return sequence
        }
        try tail.begin(after: sequence, kinds, keys)
    }

    /// Reads one consistent state. The body runs at once, on the calling thread, or on one that is there to wait for a
    /// database; it must not block, nor keep the reader.
    ///
    /// - Throws: what `body` throws, or ``LedgerError``.
    public func read<T: Sendable>(
        _ body: @escaping @Sendable (Reader) throws(LedgerError) -> T
    ) async throws(LedgerError) -> T {
        guard store.isRemote else { return try readNow(body) }
        let records = records
        do {
            return try await store.search { session in
                let reader = Reader(session, records)
                defer { reader.close() }
                return try body(reader)
            }
        } catch {
            throw LedgerError(error)
        }
    }

    /// Reads and changes the ledger in one transaction; returns when it is on disk.
    ///
    /// The body decides how the write ends by its ``Verdict``: `.commit` keeps the changes, `.rollback` undoes them and
    /// still returns a result. It may run together with other writes in one database transaction, of which each can be
    /// undone alone: it sees everything that was written before it. It must not block, since every other writer waits, and
    /// it may be run again (``Transaction``).
    ///
    /// - Parameters:
    ///   - requestID: the request that writes; each journal entry names it. Empty for what nobody asked for.
    ///   - body: reads, changes, and decides.
    /// - Throws: what `body` throws, and then nothing was changed; or ``LedgerError`` when the commit failed.
    public func write<T: Sendable>(
        requestID: String, _ body: @escaping @Sendable (Transaction) throws(LedgerError) -> Verdict<T>
    ) async throws(LedgerError) -> T {
        try requireWritable()
        return try await WaitingWrite(requestID: requestID, body: body).result(by: writer)
    }

    // MARK: Events

    /// Accepts an event to be written within a second, together with others.
    ///
    /// - Throws: ``LedgerError`` when earlier events could not be written, or too many wait: then the call that the
    ///   event tells of must not be answered as if it had been recorded.
    /// - Complexity: about ten microseconds, all told.
    public func record(_ event: Event) throws(LedgerError) {
        try requireWritable()
        guard event.isStorable else { throw LedgerError.unstorableEvent }
        try writer.enqueue(event)
    }

    /// Writes an event, and returns when it is on disk: for calls that must not be answered before that (`--audit
    /// strict`).
    /// - Throws: ``LedgerError``: `readOnly`, `io`, `full`, or `invalid` for an event that can't be stored.
    public func recordDurably(_ event: Event) async throws(LedgerError) {
        try requireWritable()
        guard event.isStorable else { throw LedgerError.unstorableEvent }
        try await writer.flush(adding: event)
    }

    /// Returns when all events that were accepted so far are on disk.
    /// - Throws: ``LedgerError`` when they can't be written.
    public func flushEvents() async throws(LedgerError) {
        try requireWritable()
        try await writer.flush()
    }

    /// One page of the event history. Events that still wait are written first, so that a caller finds its own calls.
    ///
    /// ```swift
    /// var query = EventQuery(account: "111122223333", attribute: EventAttribute("EventName", "CreateUser"))
    /// repeat {
    ///     let page = try await ledger.events(query)
    ///     for event in page.events { found.append(event.requestID) }
    ///     query.cursor = page.cursor
    /// } while query.cursor != nil
    /// ```
    ///
    /// - Throws: ``LedgerError``: `invalidCursor` when the cursor is from another query, `corrupt` when a segment was
    ///   changed from outside.
    /// - Complexity: logarithmic in the size of the history, and linear in the segments that hold the page's events.
    public func events(_ query: EventQuery) async throws(LedgerError) -> EventPage {
        if !isReadOnly { try await writer.flush() }
        return try await search { search in try search.page(query) }
    }

    /// The event of a request; nil when there is none, or the id is not a ``UUIDv7``. Found by the time in the id,
    /// without an index.
    public func event(requestID: String) async throws(LedgerError) -> Event? {
        if !isReadOnly { try await writer.flush() }
        return try await search { search in try search.event(requestID: requestID) }
    }

    /// The event that was written last among those wanted, of whatever account; nil when there is none. Damaged
    /// segments are skipped.
    ///
    /// - Complexity: it reads backwards from the end until one is wanted: for questions about what happened just now.
    public func lastEvent(
        where isWanted: @escaping @Sendable (Event) -> Bool
    ) async throws(LedgerError) -> Event? {
        if !isReadOnly { try await writer.flush() }
        return try await search { search in try search.last(where: isWanted) }
    }

    /// The number of the last segment of events on disk, from which to go on with ``replayEvents(after:_:)``; 0 when
    /// there is none.
    public func lastEventSegment() async throws(LedgerError) -> Int64 {
        do {
            return try await store.search { try $0.lastSegment() }
        } catch {
            throw LedgerError(error)
        }
    }

    /// Events on disk whose segments were written after a given one, in the order of writing; those of one segment
    /// belong to one account and are in order of time. Damaged segments are skipped here: reading the event history
    /// reports them.
    ///
    /// - Parameters:
    ///   - sequence: where to go on; 0: from the beginning. A number that this ledger never gave stands for 0.
    ///   - limit: the number of segments, at most.
    /// - Returns: no events when there are no more; and the number to ask with for what follows.
    public func followEvents(
        after sequence: Int64, limit: Int = 64
    ) async throws(LedgerError) -> (events: [Event], last: Int64) {
        let store = eventStore
        do {
            return try await self.store.search { session in
                let start = try sequence > session.lastSegment() ? 0 : sequence
                let segments = try session.segments(after: start, limit: max(1, limit))
                return (segments.flatMap { (try? store.open($0)) ?? [] }, segments.last?.sequence ?? start)
            }
        } catch {
            throw LedgerError(error)
        }
    }

    /// Passes the events after a segment to `body`, as ``followEvents(after:limit:)`` returns them, until there are no
    /// more. It reads one state of the ledger, a few dozen segments at a time.
    /// - Throws: ``LedgerError`` when the ledger can't be read. Segments that can't be opened are left out.
    /// - Complexity: linear in the number of events.
    /// - Returns: the number of the last segment.
    @discardableResult
    public func replayEvents(after sequence: Int64, _ body: ([Event]) -> Void) throws(LedgerError) -> Int64 {
        do {
            return try store.read { session in
                var last = try sequence > session.lastSegment() ? 0 : sequence
                while true {
                    let segments = try session.segments(after: last, limit: 64)
                    guard let end = segments.last else { return last }
                    for segment in segments {
                        if let events = try? eventStore.open(segment) { body(events) }
                    }
                    last = end.sequence
                }
            }
        } catch {
            throw LedgerError(error)
        }
    }

    /// Deletes events that are older than `milliseconds` since 1970-01-01 UTC, a few at a time so that writers need not
    /// wait long. Events that share a segment with a younger one, at most a minute apart, stay.
    /// - Throws: ``LedgerError``: `readOnly`, `io`.
    public func purgeEvents(before milliseconds: Int64) async throws(LedgerError) {
        try requireWritable()
        let limit = 64
        let store = eventStore
        do {
            while try await self.store.write({ try store.purge(before: milliseconds, limit: limit, from: $0) }) == limit
            {
            }
        } catch {
            throw LedgerError(error)
        }
    }

    // MARK: The ledger as a whole

    /// Writes what still waits and closes the ledger; all later calls throw `closed`. Closing again does nothing.
    public func close() async {
        await writer.close()
        tail?.close()
        // Waits for the writes that were taken before.
        store.close()
        directory.withLock { $0 = nil }
    }

    func requireWritable() throws(LedgerError) {
        if isReadOnly { throw LedgerError(.readOnly, "The ledger was opened for reading alone.") }
    }

    /// Reads one consistent state on the calling thread, which waits for a database: for commands.
    ///
    /// - Throws: what `body` throws, or ``LedgerError``.
    public func readNow<T>(_ body: (Reader) throws(LedgerError) -> T) throws(LedgerError) -> T {
        do {
            return try store.read { session in
                let reader = Reader(session, records)
                defer { reader.close() }
                return try body(reader)
            }
        } catch {
            throw LedgerError(error)
        }
    }

    /// Searching may take long, so it does not run on the caller's thread.
    private func search<T: Sendable>(
        _ body: @escaping @Sendable (EventSearch) throws -> T
    ) async throws(LedgerError) -> T {
        let store = eventStore
        do {
            return try await self.store.search { try body(EventSearch(store: store, session: $0)) }
        } catch {
            throw LedgerError(error)
        }
    }
}
