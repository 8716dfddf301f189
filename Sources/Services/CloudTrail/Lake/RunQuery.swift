import Compression
import Dispatch
import LakeQuery
import Ledger
import Platform
import S3API
import Synchronization
import Wire

/// Runs the query of its id.
struct RunQuery: Job {
    static let kind = "CloudTrail::RunQuery"
    /// What keeps failing for reasons of Gatehouse's own fails for good then.
    private static let mostAttempts = 3
    /// Rows of events, at a time.
    private static let chunks = 8
    /// Bytes of a row of events: no more than one event is beyond what a row has (``EventChunks``).
    private static let mostInRow = 64 << 20

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id) = (context.environment, context.id)
        let query = try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            guard var query = try records.get(StoredQuery.self, id), query.status.isActive else {
                return StoredQuery?.none
            }
            query.status = .running
            try records.put(query)
            return query
        }
        guard let query else { return }
        let start = ContinuousClock.now
        let isCancelled = Flag()
        let watch = Task { await Self.watch(id, environment, context.scope, isCancelled) }
        defer { watch.cancel() }
        var ended = query
        var result = QueryResult()
        do throws(LakeQueryError) {
            let statement = try LakeStatement(query.statement, now: RequestIDs.milliseconds(query.created))
            let sandbox = try QuerySandbox(statement)
            for arn in query.stores {
                try await Self.load(arn, into: sandbox, &ended, environment, isCancelled)
            }
            result = try await Self.result(of: sandbox, isCancelled)
            ended.status = .finished
        } catch {
            switch error {
            case .cancelled: ended.status = .cancelled
            case .tooLong: (ended.status, ended.error) = (.timedOut, "The query took longer than a query may.")
            case .tooLarge(let message), .statement(let message): (ended.status, ended.error) = (.failed, message)
            case .engine:
                guard context.attempts >= Self.mostAttempts else { throw .internalFailure }
                (ended.status, ended.error) = (.failed, "The query has failed for reasons within Gatehouse.")
            }
        }
        let spent = start.duration(to: .now).components
        ended.milliseconds = Int(spent.seconds) * 1000 + Int(spent.attoseconds / 1_000_000_000_000_000)
        (ended.rowCount, ended.columns) = (result.rows.count, result.columns)
        try await Self.end(ended, result, context)
    }

    private static func end(
        _ query: StoredQuery, _ result: QueryResult, _ context: JobContext
    ) async throws(ServiceError) {
        var ended = query
        var files: [PreparedCall<S3.PutObject>] = []
        if ended.deliveryStatus == .pending {
            do throws(ServiceError) {
                guard ended.status == .finished else { throw .internalFailure }
                files = try await QueryDelivery(
                    environment: context.environment, query: ended, scope: context.scope
                ).prepare(result)
                ended.deliveryStatus = .success
            } catch {
                // The result can be asked for all the same.
                switch error.code {
                case "NoSuchBucket": ended.deliveryStatus = .noBucket
                case "AccessDenied", "AccessDeniedException": ended.deliveryStatus = .denied
                default: ended.deliveryStatus = .failed
                }
            }
        }
        let (delivered, last, outcome) = (files, ended, Outcome())
        do throws(ServiceError) {
            try await context.finish { (records) throws(ServiceError) in
                outcome.isRefused = true
                // It may have been cancelled, or forgotten, meanwhile.
                guard let now = try records.get(StoredQuery.self, last.id), now.status.isActive else { return }
                try records.put(last)
                for file in delivered { _ = try file.complete(in: records) }
                for first in stride(from: 0, to: result.rows.count, by: QueryRows.count) {
                    let rows = result.rows[first..<min(first + QueryRows.count, result.rows.count)]
                    try records.put(
                        QueryRows(query: last.id, first: Int64(first), rows: rows.map { row in row.map { $0 ?? "" } }))
                }
                outcome.isRefused = false
            }
        } catch {
            if outcome.isRefused { for file in delivered { await file.discard() } }
            throw error
        }
        if outcome.isRefused { for file in delivered { await file.discard() } }
    }

    // MARK: Events

    /// Puts the events of a store into the sandbox: all that were recorded before now.
    private static func load(
        _ arn: String, into sandbox: QuerySandbox, _ query: inout StoredQuery, _ environment: Environment,
        _ isCancelled: Flag
    ) async throws(LakeQueryError) {
        guard let store = environment.lake.store(arn: arn) else {
            throw .statement("The event data store \(arn) is no longer there.")
        }
        // What can't be taken in now is taken in later; what is there can be asked for.
        try? await Ingestion.all(into: store, environment)
        let oldest = store.oldest(at: environment.now())
        var range = RowRange()
        while true {
            guard !isCancelled.isSet else { throw .cancelled }
            let place = range
            let chunks: [EventChunk]
            do throws(ServiceError) {
                chunks = try await environment.read(store.scope) { (records) throws(ServiceError) in
                    try records.list(EventChunk.self, of: store.id, place, limit: Self.chunks)
                }
            } catch {
                throw .engine(error.message)
            }
            for chunk in chunks where chunk.newest >= oldest {
                guard let records = Gunzip.decompress(Array(chunk.records), most: mostInRow) else {
                    throw .engine("Events of \(arn) cannot be read.")
                }
                for record in records.split(separator: UInt8(ascii: "\n")) {
                    try sandbox.insert(Array(record), into: store.id)
                }
                query.eventsScanned += chunk.count
                query.bytesScanned += chunk.size
                await Task.yield()
            }
            guard chunks.count == Self.chunks, let last = chunks.last else { return }
            range = RowRange(after: .key(last.key))
        }
    }

    // MARK: The statement

    /// Where statements run: none of the threads that answer requests waits for one.
    private static let queue = DispatchQueue(label: "gatehouse.lake-query")

    private static func result(
        of sandbox: QuerySandbox, _ isCancelled: Flag
    ) async throws(LakeQueryError) -> QueryResult {
        let result: Result<QueryResult, LakeQueryError> = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(
                    returning: Result { () throws(LakeQueryError) in try sandbox.run { isCancelled.isSet } })
            }
        }
        return try result.get()
    }

    /// Looks now and then whether the query is wanted still, on whichever node it was cancelled.
    private static func watch(_ id: String, _ environment: Environment, _ scope: Scope, _ flag: Flag) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            let isActive = try? await environment.read(scope) { (records) throws(ServiceError) in
                try records.get(StoredQuery.self, id)?.status.isActive ?? false
            }
            if isActive == false { return flag.set() }
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }
}

/// Deletes the query of its id, with its result.
struct ForgetQuery: Job {
    static let kind = "CloudTrail::ForgetQuery"

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        var count: Int
        repeat {
            count = try await context.environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) in
                try records.deleteAll(QueryRows.self, of: id)
            }
        } while count == 256
        try await context.finish { (records) throws(ServiceError) in
            if let query = try records.get(StoredQuery.self, id) { try records.delete(query) }
        }
    }
}
