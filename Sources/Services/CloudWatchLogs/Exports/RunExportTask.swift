import CloudWatchLogsAPI
import Compression
import Crypto
import Ledger
import Platform
import Wire

/// Writes a group's events into a bucket: for each stream one object after another, `PREFIX/TASK/STREAM/000000.gz`, of lines that
/// begin with their time. Begun again after a crash, it writes the same objects once more.
struct RunExportTask: Job {
    static let kind = "Logs::RunExportTask"
    /// Of an account and Region: the only one at a time.
    static let id = "one"
    /// So that one account's need not wait for another's; it may have one in each of two Regions.
    static let concurrency = 4
    static let share = 2
    /// Bytes of lines in one object, about.
    private static let most = 8 << 20

    /// The ``ExportTask/id``.
    let task: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, id) = (context.environment, context.scope, task)
        var end = (status: ExportTask.Status.completed, message: "Completed successfully")
        do throws(ServiceError) {
            guard let task = try await begin(scope, environment) else {
                return try await context.finish { (_) throws(ServiceError) in }
            }
            if try await !write(task, scope, environment) { end = (.cancelled, "Cancelled by user") }
        } catch {
            // What others answer does not change by being asked again.
            guard error.status < 500 else { throw error }
            end = (.failed, error.message)
        }
        let (status, message, now) = (end.status, end.message, environment.now())
        try await context.finish { (records) throws(ServiceError) in
            guard var task = try records.get(ExportTask.self, id), !task.status.isOver else { return }
            (task.status, task.message, task.completed) = (status, message, Int(milliseconds(now)))
            try records.put(task)
        }
    }

    /// nil: it is over already.
    private func begin(_ scope: Scope, _ environment: Environment) async throws(ServiceError) -> ExportTask? {
        let id = task
        return try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            guard var task = try records.get(ExportTask.self, id), !task.status.isOver else { return nil }
            if task.status == .pending {
                task.status = .running
                try records.put(task)
            }
            return task
        }
    }

    /// - Returns: false where it was cancelled.
    private func write(
        _ task: ExportTask, _ scope: Scope, _ environment: Environment
    ) async throws(ServiceError) -> Bool {
        let name = LogGroupName(account: scope.account, region: scope.region, name: task.group)
        guard let group = environment.projection(LogsIndex.self).group(name), group.uniqueID == task.groupID else {
            throw .noSuchLogGroup
        }
        let bucket = ExportBucket(environment: environment, group: name, bucket: task.bucket)
        let keys = try await environment.projection(LogKeys.self).keys(of: group, environment)
        var last: String?
        while true {
            let after = last
            let streams = try await environment.read(scope) { (records) throws(ServiceError) in
                try records.list(
                    LogStream.self, of: group.uniqueID,
                    RowRange(
                        RowPrefix(beginning: task.streamPrefix ?? ""), after: after.map { .key(LogStream.key($0)) }),
                    limit: 64)
            }
            for stream in streams {
                var reader = StreamReader(environment, group, stream, from: task.from, to: task.to, keys: keys)
                var number = 0
                while let events = try await reader.next(Self.most) {
                    guard try await isWanted(scope, environment) else { return false }
                    let digits = String(number)
                    let file = String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
                    let folder = String(stream.name.map { $0 == "/" ? "-" : $0 })
                    try await bucket.put(
                        try Self.lines(events), at: "\(task.prefix)/\(task.id)/\(folder)/\(file).gz")
                    number += 1
                }
            }
            guard streams.count == 64, let end = streams.last else { return true }
            last = end.name
        }
    }

    private func isWanted(_ scope: Scope, _ environment: Environment) async throws(ServiceError) -> Bool {
        let id = task
        return try await environment.read(scope) { (records) throws(ServiceError) in
            try records.get(ExportTask.self, id)?.status == .running
        }
    }

    /// `2026-11-30T06:15:00.000Z GET / 200`
    private static func lines(_ events: [KeptEvent]) throws(ServiceError) -> [UInt8] {
        guard let gzip = Gzip() else { throw .internalFailure }
        for event in events {
            let time = Timestamp(secondsSinceEpoch: Double(event.place.time) / 1000).iso8601WithMilliseconds
            gzip.append(Array("\(time) ".utf8) + event.message + [UInt8(ascii: "\n")])
        }
        return gzip.finish()
    }
}
