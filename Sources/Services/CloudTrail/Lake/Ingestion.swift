import Compression
import FoundationEssentials
import Ledger
import Platform
import Wire

/// Puts what all event data stores have to take into them, about every minute; and a query's before it runs.
struct IngestEvents: RecurringJob {
    static let kind = "CloudTrail::IngestEvents"
    static let interval = 60.0

    func run(_ context: JobContext) async throws(ServiceError) {
        for store in context.environment.lake.stores(where: { !$0.sessions.isEmpty }) {
            // What goes wrong with one is tried again the next time, and keeps no other from going on.
            try? await Ingestion.all(into: store, context.environment)
        }
    }
}

/// Takes events out of the event history into an event data store.
///
/// The events and how far the store is are committed together. So each event is there once, even if the process ends at any
/// point in between.
struct Ingestion: Sendable {
    let environment: Environment
    let store: EventDataStore
    let sessionID: String

    /// JSON, in bytes: what a pass commits at most, about.
    private static let most = 4 << 20
    /// How long after a session's end the other nodes' events of before have certainly been written, in milliseconds.
    private static let settled: Int64 = 60_000

    /// Takes what is recorded so far: of this node all, of others what is on disk.
    static func all(into store: EventDataStore, _ environment: Environment) async throws(ServiceError) {
        for session in store.sessions {
            try await Ingestion(environment: environment, store: store, sessionID: session).run()
        }
    }

    private func run() async throws(ServiceError) {
        let now = RequestIDs.milliseconds(environment.now())
        let end = try await HistoryWalk(environment: environment).end()
        while try await pass(through: end) {}
        guard let session = try await session(), let last = session.end, now - last > Self.settled else { return }
        try await forget()
    }

    private func session() async throws(ServiceError) -> IngestionSession? {
        try await environment.read(store.scope) { [sessionID] (records) throws(ServiceError) in
            try records.get(IngestionSession.self, sessionID)
        }
    }

    /// - Returns: whether there may be more.
    private func pass(through end: Int64) async throws(ServiceError) -> Bool {
        guard let session = try await session(), session.cursor < end else { return false }
        let window = HistoryWindow(
            account: store.accountID, organizationID: store.organizationID, start: session.start, end: session.end)
        var chunks = EventChunks(store: store.id)
        let enrichment = Enrichment(store, environment)
        let cursor = try await HistoryWalk(environment: environment).pass(
            from: session.cursor, through: end, upTo: Self.most
        ) { (event) throws(ServiceError) in
            guard store.takes(event, RecordedEvent(event), in: window, environment) else { return 0 }
            try chunks.append(enrichment.record(of: event), at: event.time)
            return event.body.count
        }
        let rows = chunks.finish()
        guard !rows.isEmpty || HistoryWalk.isFar(cursor, from: session.cursor) else { return false }
        try await move(from: session.cursor, to: cursor, rows)
        return cursor < end
    }

    /// Moves the store on, if it is still where it was: another node, or another job of this one, may have been first.
    private func move(from start: Int64, to end: Int64, _ rows: [EventChunk]) async throws(ServiceError) {
        try await environment.write(store.scope, requestID: "") {
            [sessionID, environment] (records) throws(ServiceError) in
            guard var session = try records.get(IngestionSession.self, sessionID), session.cursor == start else {
                return
            }
            session.cursor = end
            try records.put(session)
            try records.ingest(rows, environment)
        }
    }

    /// Ends a session that is through.
    private func forget() async throws(ServiceError) {
        try await environment.write(store.scope, requestID: "") {
            [sessionID, id = store.id] (records) throws(ServiceError) in
            guard let session = try records.get(IngestionSession.self, sessionID) else { return }
            try records.delete(session)
            guard var store = try records.get(EventDataStore.self, id) else { return }
            store.sessions.removeAll { $0 == sessionID }
            try records.put(store)
        }
    }
}

extension EventDataStore {
    /// Whether it takes an event.
    func takes(
        _ event: Event, _ recorded: RecordedEvent, in window: HistoryWindow, _ environment: Environment
    ) -> Bool {
        guard window.contains(event, environment) else { return false }
        guard isMultiRegion || recorded.region == homeRegion else { return false }
        return EventSelection.advanced(selectors).selects(recorded)
    }
}

/// Rows while they are filled.
struct EventChunks {
    /// JSON, in bytes, from which on a row is full.
    private static let most = 512 << 10

    let store: String
    private var rows: [EventChunk] = []
    private var open: (gzip: Gzip, newest: Int64, count: Int64, size: Int64)?

    init(store: String) {
        self.store = store
    }

    /// Takes a record in, which has no line feed: JSON as Gatehouse writes it.
    /// - Parameter time: in milliseconds since 1970.
    /// - Throws: InternalFailure where there is no memory for it.
    mutating func append(_ record: [UInt8], at time: Int64) throws(ServiceError) {
        guard var row = open ?? Gzip().map({ ($0, .min, 0, 0) }) else { throw .internalFailure }
        row.gzip.append(record)
        row.gzip.append([UInt8(ascii: "\n")])
        (row.newest, row.count, row.size) = (max(row.newest, time), row.count + 1, row.size + Int64(record.count + 1))
        open = row
        if row.size >= Self.most { close() }
    }

    /// All rows; none where there was no record.
    mutating func finish() -> [EventChunk] {
        close()
        return rows
    }

    private mutating func close() {
        guard let (gzip, newest, count, size) = open else { return }
        open = nil
        rows.append(
            EventChunk(
                store: store, id: UUID().uuidString.lowercased(), newest: newest, count: count, size: size,
                records: Data(gzip.finish())))
    }
}

/// Deletes what event data stores keep no longer.
struct ForgetStoredEvents: RecurringJob {
    static let kind = "CloudTrail::ForgetStoredEvents"
    static let interval = 3600.0
    private static let most = 32

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        for store in environment.lake.stores() {
            let end = store.oldest(at: environment.now())
            var count: Int
            repeat {
                count = try await environment.write(store.scope, requestID: "") { (records) throws(ServiceError) in
                    let old = try records.list(EventChunk.self, of: store.id, limit: Self.most).filter {
                        $0.newest < end
                    }
                    for row in old { try records.delete(EventChunk.self, row.key, of: store.id) }
                    return old.count
                }
            } while count == Self.most
        }
    }
}
