import Ledger
import Platform
import S3API
import Synchronization
import Wire

/// Lines that wait to be written to the ledger, from where the scheduler delivers them.
///
/// As on AWS, logs are kept on a best-effort basis: a request does not wait for its line, and those of the last moment are lost
/// in a crash. Lines that come while some are written are written together.
final class AccessLogQueue: Projection {
    static let kinds: Set<String> = []
    /// Lines that wait at most; more are dropped, so that a ledger that is away takes no more memory.
    private static let most = 20_000

    private struct State {
        var lines: [(bucket: String, text: String)] = []
        var isWriting = false
    }

    private let state = Mutex(State())

    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) { state.withLock { $0.lines = [] } }

    /// Takes a request in if its bucket has a log, and counts it where the bucket has request metrics.
    static func take(_ environment: Environment, _ request: () -> AnsweredRequest) {
        let index = environment.projection(BucketIndex.self)
        guard index.observesRequests else { return }
        let answered = request()
        let path = answered.request.path.dropFirst()
        guard let name = String(path.prefix { $0 != "/" }).removingPercentEncoding else { return }
        var point: AccessPoint?
        var entry = index.bucket(name)
        if entry == nil {
            let found = environment.projection(AccessPointIndex.self).point(
                namedAsBucket: name, region: environment.region)
            point = found?.point
            entry = point.flatMap { index.bucket($0.bucket) }
        }
        guard let bucket = entry?.bucket else { return }
        let key = String(path.drop { $0 != "/" }.dropFirst()).removingPercentEncoding ?? ""
        for metrics in index.requestMetrics(of: bucket.name) {
            metrics.count(answered, bucket: bucket, accessPoint: point, key: key, environment.metricCounts)
        }
        guard index.logging(of: bucket.name) != nil else { return }
        let line = AccessLogLine(answered: answered, bucket: bucket, accessPoint: point, key: key)
        environment.projection(AccessLogQueue.self).add(bucket.name, line.text, environment)
    }

    private func add(_ bucket: String, _ text: String, _ environment: Environment) {
        let begins = state.withLock { state in
            guard state.lines.count < Self.most else { return false }
            state.lines.append((bucket, text))
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { Task.detached { await self.write(environment) } }
    }

    /// Writes until nothing is left.
    private func write(_ environment: Environment) async {
        while true {
            let lines = state.withLock { state in
                defer { state.lines = [] }
                state.isWriting = !state.lines.isEmpty
                return state.lines
            }
            guard !lines.isEmpty else { return }
            let byBucket = Dictionary(grouping: lines, by: \.bucket)
            let now = environment.now()
            // What can't be written is lost: nobody waits for it.
            try? await environment.write(Scope(account: ""), requestID: "") { (records) throws(ServiceError) in
                for (bucket, lines) in byBucket {
                    try records.put(
                        AccessLogPart(bucket: bucket, id: RequestIDs.make(time: now), lines: lines.map(\.text)))
                    guard try records.scheduledTime(of: DeliverAccessLogs.self, id: bucket) == nil else { continue }
                    try records.schedule(
                        DeliverAccessLogs(bucket: bucket), id: bucket, at: now + DeliverAccessLogs.delay)
                }
            }
        }
    }
}

/// Lines of a bucket's log that are yet to be delivered.
struct AccessLogPart: TableRow, Equatable {
    static let kind = "AWS::S3::AccessLogPart"

    let bucket: String
    /// A UUID of version 7, so that the parts come in their order.
    let id: String
    let lines: [String]

    var partition: String { bucket }
    var key: RowKey { RowKey(.text(id)) }
}

/// Puts the lines that have gathered into the target bucket, as `logging.s3.amazonaws.com`: the bucket's policy has to let it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html#grant-log-delivery-permissions-general>
struct DeliverAccessLogs: Job {
    static let kind = "S3::DeliverAccessLogs"
    /// Seconds for which lines gather.
    static let delay = 300.0
    /// Parts in one log.
    private static let most = 1000

    let bucket: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, bucket) = (context.environment, bucket)
        let parts = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.list(AccessLogPart.self, of: bucket, limit: Self.most)
        }
        let index = environment.projection(BucketIndex.self)
        if let source = index.bucket(bucket)?.bucket, let target = index.logging(of: bucket), !parts.isEmpty {
            try await deliver(parts, of: source, to: target, environment)
        }
        let now = environment.now()
        try await context.finish { (records) throws(ServiceError) in
            for part in parts { try records.delete(AccessLogPart.self, part.key, of: bucket) }
            // Those that came meanwhile found the schedule taken.
            let rest = try records.list(AccessLogPart.self, of: bucket, limit: 1)
            guard !rest.isEmpty else { return }
            try records.schedule(self, id: bucket, at: parts.count == Self.most ? now : now + Self.delay)
        }
    }

    /// What the target does not take is dropped, as on AWS: it would only become more.
    private func deliver(
        _ parts: [AccessLogPart], of source: Bucket, to target: AccessLogTarget, _ environment: Environment
    ) async throws(ServiceError) {
        let text = parts.flatMap(\.lines).map { $0 + "\n" }.joined()
        var input = Structure(S3.PutObjectRequest.shape)
        input["Bucket"] = .string(target.bucket)
        input["Key"] = .string(target.key(of: source, at: environment.now()))
        input["ContentType"] = .string("text/plain")
        input["Body"] = .stream(BodyStream(Array(text.utf8)))
        do throws(ServiceError) {
            _ = try await environment.services(in: source.region).call(
                S3.PutObject.self, S3.PutObject.Input(input),
                as: .own("logging.s3.amazonaws.com", for: source.arn, in: source.accountID))
        } catch {
            guard error.status < 500 else { throw error }
        }
    }
}
