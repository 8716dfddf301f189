import CloudWatchLogsAPI
import Directory
import Ledger
import Platform
import Wire

/// The log group that a pool's logs go to, written to as `delivery.logs.amazonaws.com`.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html>
struct PoolLogGroup: Sendable {
    let environment: Environment
    let pool: UserPool
    /// The group's name.
    let group: String

    static func identity(of pool: UserPool) -> ServiceIdentity {
        .own(
            "delivery.logs.amazonaws.com", for: "arn:aws:logs:\(pool.region):\(pool.accountID):*", in: pool.accountID)
    }

    /// AWS does not say what it calls its streams.
    private var stream: String { pool.id }

    /// Each part becomes an event.
    func write(_ parts: [PoolLogPart]) async throws(ServiceError) {
        let events = parts.map { part in
            CloudWatchLogs.InputLogEvent {
                $0.timestamp = UUIDv7.milliseconds(of: part.id).map { Int($0) } ?? 0
                $0.message = part.line
            }
        }
        do throws(ServiceError) { try await put(events) } catch {
            guard error.code == "ResourceNotFoundException" else { throw error }
            try await makeStream()
            try await put(events)
        }
    }

    private func makeStream() async throws(ServiceError) {
        try await environment.services(in: pool.region).ensure(
            CloudWatchLogs.CreateLogStream.self,
            CloudWatchLogs.CreateLogStream.Input {
                $0.logGroupName = group
                $0.logStreamName = stream
            }, as: Self.identity(of: pool))
    }

    private func put(_ events: [CloudWatchLogs.InputLogEvent]) async throws(ServiceError) {
        _ = try await environment.services(in: pool.region).call(
            CloudWatchLogs.PutLogEvents.self,
            CloudWatchLogs.PutLogEvents.Input {
                $0.logGroupName = group
                $0.logStreamName = stream
                $0.logEvents = events
            }, as: Self.identity(of: pool))
    }
}
