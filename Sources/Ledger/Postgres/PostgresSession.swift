/// The ledger's requests in PostgreSQL's SQL: transactions and the ledger's own facts. Records, journal, events and
/// deadlines have files of their own.
///
/// A transaction that writes holds the row of `head` from its beginning to its end. So those of all nodes come one after
/// another: each sees all that was committed before, numbers have no gaps, and none is visible before one that is
/// smaller. `READ COMMITTED` is what makes that true: each statement sees what is committed when it begins, and all but
/// the first begin when no other may commit. (`REPEATABLE READ` would see what was there before it waited.)
///
/// Row locks on what is read and written would let transactions that have nothing to do with each other run side by
/// side. But handlers decide by what a node has in memory of the whole ledger, too, and an order of commits would still be
/// needed. Transactions are short, since statements are sent together and nothing in them waits for anything but the
/// database; and each commits whatever waits on its node.
final class PostgresSession: StoreSession {
    private var open: PostgresConnection?
    /// Who writes; nil: a session for reading alone.
    private let writer: PostgresWriter?
    /// Whether a savepoint is to be set before the next change is sent.
    private var owesSavepoint = false
    private var hasSavepoint = false
    /// What writes that are kept have changed, and what the one that runs has: neither has been sent.
    private var kept = PostgresChanges()
    private var own = PostgresChanges()
    /// What is known of single rows, as this transaction sees them: whoever holds the head knows that nobody else changes
    /// any.
    private var known = Known()
    /// The same, of those that the write that runs has changed.
    private var ownKnown = Known()
    /// What this transaction has counted: one statement at its end for each counter, not one for each write.
    private var counted = Counted()
    private var countedBefore = Counted()
    private var numbers: Writer.NextNumbers?
    private var beginning = ContinuousClock.now
    /// What the other nodes are to be told.
    private var notice = PostgresNotice()

    private struct Known {
        /// nil: there is none.
        var records: [RecordKey: SealedRecord?] = [:]
        var facts: [String: MetaValue?] = [:]

        mutating func merge(_ later: Known) {
            if !later.records.isEmpty { records.merge(later.records) { $1 } }
            if !later.facts.isEmpty { facts.merge(later.facts) { $1 } }
        }
    }

    /// So much is sent together, by its weight, while what follows is still being made.
    private static let sentTogether = 64

    /// Reads in a transaction that has begun.
    init(_ connection: PostgresConnection) {
        open = connection
        writer = nil
    }

    /// Writes; the connection is there from the beginning of a transaction.
    init(writer: PostgresWriter?) {
        self.writer = writer
    }

    /// Whoever asks it something sees what has been changed.
    var connection: PostgresConnection {
        get throws {
            let open = try unchanged
            if !own.isEmpty { try setSavepoint(open) }
            try sendChanges(open)
            return open
        }
    }

    /// For asking about what nothing has changed, as far as was not sent.
    private var unchanged: PostgresConnection {
        get throws {
            guard let open else { throw PostgresError(state: "", message: "there is no connection") }
            return open
        }
    }

    private func setSavepoint(_ connection: PostgresConnection) throws {
        guard owesSavepoint else { return }
        try sendKept(connection)
        try connection.send("SAVEPOINT write")
        (owesSavepoint, hasSavepoint) = (false, true)
    }

    private func sendKept(_ connection: PostgresConnection) throws {
        guard !kept.isEmpty else { return }
        try kept.send(on: connection)
        kept = PostgresChanges()
    }

    private func sendChanges(_ connection: PostgresConnection) throws {
        try sendKept(connection)
        guard !own.isEmpty else { return }
        try own.send(on: connection)
        own = PostgresChanges()
    }

    private func forgetChanges() {
        (owesSavepoint, hasSavepoint) = (false, false)
        (kept, own) = (PostgresChanges(), PostgresChanges())
        (known, ownKnown) = (Known(), Known())
        (counted, countedBefore) = (Counted(), Counted())
    }

    // MARK: Transactions

    func begin() throws {
        notice = PostgresNotice()
        forgetChanges()
        guard let writer else { throw LedgerError(.readOnly, "The ledger was opened for reading alone.") }
        open = nil
        let connection = try writer.connected()
        open = connection
        beginning = ContinuousClock.now
        connection.lastFailure = nil
        try connection.send("BEGIN ISOLATION LEVEL READ COMMITTED")
        let head = try connection.query("SELECT sequence, segment, deadline, least, epoch FROM head FOR UPDATE")
        guard let row = head.first else { throw LedgerError(.corrupt, "The ledger's database misses its head.") }
        try writer.schema.check(least: row.integer(3))
        try writer.check(epoch: row.integer(4))
        let time = Writer.milliseconds
        counted.known = writer.counts(at: try row.integer(0))
        numbers = Writer.NextNumbers(
            record: try row.integer(0) &+ 1, segment: try row.integer(1) &+ 1,
            // They grow with the clock as well: see the initializer for other stores.
            deadline: max(try row.integer(2) &+ 1, time &* 1024))
    }

    var nextNumbers: Writer.NextNumbers? { numbers }

    func commit(_ next: Writer.NextNumbers?) throws {
        guard let writer else { return }
        let connection = try connection
        for (counter, difference) in counted.differences where difference != 0 {
            try connection.send(
                """
                INSERT INTO counter (account, region, kind, count) VALUES ($1, $2, $3, $4)
                ON CONFLICT (account, region, kind) DO UPDATE SET count = counter.count + excluded.count
                """, counter.scope, counter.kind, difference)
        }
        if let next, let numbers {
            notice.sequence = next.record &- 1
            notice.hasScheduled = next.deadline != numbers.deadline
            notice.hasEvents = next.segment != numbers.segment
            try connection.send(
                "UPDATE head SET sequence = $1, segment = $2, deadline = $3", next.record &- 1, next.segment &- 1,
                next.deadline &- 1)
            if next.record != numbers.record || notice.hasScheduled || notice.hasEvents {
                try connection.send("SELECT pg_notify($1, $2)", PostgresNotice.channel, notice.text(from: writer.node))
            }
        }
        try writer.sign(connection)
        do throws(PostgresError) {
            try connection.commit()
        } catch {
            guard error.isConnectionLost else { throw error }
            open = nil
            if try !becameDurable(writer, error) { throw error }
        }
        let time = (ContinuousClock.now - beginning) / .seconds(1)
        writer.count {
            $0.commits += 1
            $0.seconds += time
        }
        if let next { writer.keep(counted.now, at: next.record &- 1) }
        numbers = nil
    }

    /// Finds out what became of a commit whose answer did not come.
    private func becameDurable(_ writer: PostgresWriter, _ cause: PostgresError) throws(LedgerError) -> Bool {
        for attempt in 0..<3 {
            if attempt > 0 { Writer.rest(attempt) }
            if let answer = try? writer.wasCommitted() { return answer }
        }
        throw LedgerError(
            .io,
            "The ledger's database was lost during a commit, and can't be asked whether that was done: \(cause.message)."
        )
    }

    func rollback() throws {
        numbers = nil
        forgetChanges()
        let connection = try connection
        // Whatever failed is known to whoever rolls back.
        try? connection.settle()
        try connection.send("ROLLBACK")
        try connection.settle()
    }

    /// Most writes need none, since what they change is sent when it is known that it is to be kept.
    func beginSavepoint() throws {
        owesSavepoint = true
        countedBefore = counted
    }

    func endSavepoint(keeping: Bool) throws {
        let (changes, seen, wasSet) = (own, ownKnown, hasSavepoint)
        (own, ownKnown) = (PostgresChanges(), Known())
        (owesSavepoint, hasSavepoint) = (false, false)
        let connection = try unchanged
        if wasSet {
            if !keeping { try connection.send("ROLLBACK TO SAVEPOINT write") }
            try connection.send("RELEASE SAVEPOINT write")
        }
        guard keeping else {
            counted = countedBefore
            return
        }
        kept.merge(changes)
        known.merge(seen)
        // The server works on these while the next write runs here. It is told that this is not the end, and goes on
        // counting for how long the node does nothing.
        guard kept.weight >= Self.sentTogether else { return }
        try sendKept(connection)
        try connection.push()
    }

    var isInTransaction: Bool { open?.isInTransaction ?? false }

    var transactionFailure: LedgerError? {
        guard let open else { return LedgerError(.unavailable, "There is no connection to the ledger's database.") }
        if let failure = open.lastFailure { return failure.meaning }
        return open.isInTransaction
            ? nil : LedgerError(.unavailable, "The connection to the ledger's database was lost.")
    }

    func shouldRunAgain(after error: LedgerError, attempts: Int) -> Bool {
        guard error.kind == .unavailable, attempts < 4 else { return false }
        writer?.count { $0.retries += 1 }
        Writer.rest(attempts)
        return true
    }

    // MARK: Changes

    /// A statement that changes something that is read by no other means than ``connection``.
    func change(_ sql: String, _ values: any PostgresBindable...) throws {
        try change { $0.append(sql, values) }
    }

    /// The same, where it matters how many rows it changes.
    func changeCounting(_ sql: String, _ values: any PostgresBindable...) throws -> Int {
        let connection = try connection
        try setSavepoint(connection)
        return try connection.query(sql, values).changesCount
    }

    /// What is changed in a table whose rows are sent together.
    func change(_ body: (inout PostgresChanges) -> Void) throws {
        body(&own)
        // Where nothing can be rolled back but everything, nothing has to wait.
        guard !owesSavepoint, !hasSavepoint, own.weight >= Self.sentTogether else { return }
        try own.send(on: unchanged)
        own = PostgresChanges()
    }

    func change(_ record: SealedRecord?, _ key: RecordKey) throws {
        try change { $0.set(record, key) }
        ownKnown.records[key] = .some(record)
    }

    /// A record, without having what was changed sent.
    /// - Parameter read: asks for one that is not known.
    func record(_ key: RecordKey, _ read: (PostgresConnection) throws -> SealedRecord?) throws -> SealedRecord? {
        if let record = ownKnown.records[key] ?? known.records[key] { return record }
        guard let numbers, let writer else { return try read(unchanged) }
        let record = writer.keys.isAbsent(key, after: numbers.record &- 1) ? nil : try read(unchanged)
        known.records[key] = .some(record)
        return record
    }

    /// The references of a record, without having what was changed sent.
    /// - Parameter read: asks for those that the server has.
    func references(
        of key: RecordKey, _ read: (PostgresConnection) throws -> Set<Reference>
    ) throws -> Set<Reference> {
        var references = try read(unchanged)
        for changed in [kept.references[key], own.references[key]] {
            for (reference, isThere) in changed ?? [:] {
                if isThere { references.insert(reference) } else { references.remove(reference) }
            }
        }
        return references
    }

    // MARK: Counters

    /// How many records of a kind there are: only this transaction changes it, as long as it holds the head.
    func recordCount(_ kind: String, in scope: Scope) throws -> Int {
        let counter = PostgresCounter(scope: scope, kind: kind)
        let known = counted.known[counter]
        let count =
            try known
            ?? unchanged.query(
                "SELECT count FROM counter WHERE account = $1 AND region = $2 AND kind = $3", scope, kind
            ).integer() ?? 0
        if numbers != nil { counted.known[counter] = count }
        return Int(count &+ Int64(counted.differences[counter] ?? 0))
    }

    func recordCount(_ kind: String?) throws -> Int {
        let sum = "SELECT sum(count)::bigint FROM counter WHERE"
        // Those with a control character are of tables: see TablePart.
        guard let kind else { return Int(try connection.query("\(sum) strpos(kind, chr(31)) = 0").integer() ?? 0) }
        return Int(try connection.query("\(sum) kind = $1", kind).integer() ?? 0)
    }

    func count(_ key: RecordKey, by difference: Int) throws {
        counted.differences[PostgresCounter(scope: key.scope, kind: key.kind), default: 0] += difference
    }

    private struct Counted {
        /// As the table has them.
        var known: [PostgresCounter: Int64] = [:]
        /// What is to be added.
        var differences: [PostgresCounter: Int] = [:]

        /// With what was added.
        var now: [PostgresCounter: Int64] {
            differences.reduce(into: known) { $0[$1.key]? &+= Int64($1.value) }
        }
    }

    // MARK: The whole

    func meta(_ name: String) throws -> MetaValue? {
        if let fact = ownKnown.facts[name] ?? known.facts[name] { return fact }
        let row = try unchanged.query("SELECT number, bytes FROM meta WHERE name = $1", name).first
        let fact: MetaValue? = try row.map { try $0.isNull(0) ? .bytes($0.bytes(1)) : .integer($0.integer(0)) }
        if numbers != nil { known.facts[name] = .some(fact) }
        return fact
    }

    func setMeta(_ name: String, _ value: MetaValue) throws { change(value, name) }

    func deleteMeta(_ name: String) throws { change(nil, name) }

    private func change(_ fact: MetaValue?, _ name: String) {
        own.set(fact, name)
        ownKnown.facts[name] = .some(fact)
    }

    // MARK: Nodes

    /// What each node has a shared lock on while it follows the others: nobody else's number is above 2^32.
    static let nodesLock = "(2::bigint << 32) + 'head'::regclass::oid::bigint"

    /// How many nodes follow the others.
    func nodeCount() throws -> Int {
        let count = try connection.query(
            """
            SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted
            AND classid = 2 AND objid = 'head'::regclass AND objsubid = 1
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        ).integer()
        return Int(count ?? 0)
    }

    func otherNodeCount() throws -> Int {
        try nodeCount() - (writer?.isCounted.load(ordering: .acquiring) == true ? 1 : 0)
    }

    /// Nodes that have the old key alone would go on sealing with it: from this commit on, whoever has not opened the ledger
    /// since can't write, and is told why within a second.
    func announceNewKey() throws {
        let others = try otherNodeCount()
        guard others <= 0 else { throw LedgerError.nodes(others) }
        try change(
            "UPDATE head SET epoch = epoch + 1, least = greatest(least, $1)", PostgresSchema.knowsEpochs)
        writer?.epoch.add(1, ordering: .acquiringAndReleasing)
    }

    func rowCount(_ table: LedgerTable) throws -> Int {
        guard try hasTable(table) else { return 0 }
        return Int(try connection.query("SELECT count(*) FROM \(table.rawValue)").integer() ?? 0)
    }

    func put(_ counter: CounterRow) throws {
        try change(
            "INSERT INTO counter (account, region, kind, count) VALUES ($1, $2, $3, $4)", counter.scope, counter.kind,
            counter.count)
    }

    func metaNames() throws -> [String] {
        try connection.query("SELECT name FROM meta ORDER BY name").rows.map { try $0.text(0) }
    }

    func wipe(keeping isKept: (RecordKey) -> Bool) throws {
        throw LedgerError(.invalid, "Only a ledger in memory can be reset.")
    }
}

/// What has a row in the table of counters.
struct PostgresCounter: Hashable {
    var scope: Scope
    var kind: String
}

/// What a commit tells the other nodes, so that they need not ask all the time: how far the journal is, and whether there
/// is something to do.
struct PostgresNotice {
    var sequence: Int64 = 0
    var hasScheduled = false
    var hasEvents = false

    /// Of a database, whatever schema the tables are in: what concerns another ledger wakes for nothing.
    static let channel = "gatehouse"

    func text(from node: String) -> String {
        "\(node) \(sequence) \(hasScheduled ? "d" : "-")\(hasEvents ? "e" : "-")"
    }

    init() {}

    /// nil for something else.
    init?(_ text: String, except node: String) {
        let words = text.split(separator: " ")
        guard words.count == 3, words[0] != node, let sequence = Int64(words[1]) else { return nil }
        self.sequence = sequence
        hasScheduled = words[2].contains("d")
        hasEvents = words[2].contains("e")
    }
}
