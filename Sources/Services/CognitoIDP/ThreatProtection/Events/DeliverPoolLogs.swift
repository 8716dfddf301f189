import CognitoIDPAPI
import Compression
import Directory
import Ledger
import Platform
import S3API
import Wire

/// An event that is yet to be delivered where a pool's logs go.
struct PoolLogPart: TableRow, Equatable {
    static let kind = "AWS::Cognito::UserPool::LogPart"

    let poolID: String
    /// A UUID of version 7, so that the parts come in their order.
    let id: String
    /// JSON
    let line: String
    /// `userNotification`; nil: `userAuthEvents`.
    var source: String?

    var partition: String { poolID }
    var key: RowKey { RowKey(.text(id)) }
}

extension MutableRecords {
    /// Has an event delivered where the pool's logs go.
    func deliver(_ event: AuthEvent, of pool: PoolEntry, requestID: String, at time: Double) throws(ServiceError) {
        guard try get(LogDelivery.self, pool.id)?.destination(of: LogDelivery.userEvents) != nil else { return }
        let line = event.logLine(requestID: requestID)
        try deliver(PoolLogPart(poolID: pool.id, id: RequestIDs.make(time: time), line: line), at: time)
    }

    /// Has it delivered where the pool's logs go that a message to a user could not be sent.
    func deliver(failure details: String, ofMessageOf poolID: String, at time: Double) throws(ServiceError) {
        let source = LogDelivery.notifications
        guard try get(LogDelivery.self, poolID)?.destination(of: source) != nil else { return }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventTimestamp", String(RequestIDs.milliseconds(time)))
        writer.member("eventSource", "USER_NOTIFICATION")
        writer.member("logLevel", "ERROR")
        writer.key("message")
        writer.beginObject()
        writer.member("details", details)
        writer.endObject()
        writer.key("logSourceId")
        writer.beginObject()
        writer.member("userPoolId", poolID)
        writer.endObject()
        writer.endObject()
        let line = String(decoding: writer.bytes, as: UTF8.self)
        try deliver(PoolLogPart(poolID: poolID, id: RequestIDs.make(time: time), line: line, source: source), at: time)
    }

    private func deliver(_ part: PoolLogPart, at time: Double) throws(ServiceError) {
        try put(part)
        guard try scheduledTime(of: DeliverPoolLogs.self, id: part.poolID) == nil else { return }
        try schedule(DeliverPoolLogs(poolID: part.poolID), id: part.poolID, at: time + DeliverPoolLogs.delay)
    }
}

extension LogDelivery {
    static let userEvents = "userAuthEvents"
    static let notifications = "userNotification"

    /// Where events go.
    enum Destination: Sendable, Equatable {
        case bucket(String)
        /// The log group's name.
        case group(String)
    }

    /// Where the events of a source go; nil: nowhere.
    func destination(of source: String) throws(ServiceError) -> Destination? {
        for configuration in try view().logConfigurations where configuration.eventSource == source {
            if let arn = configuration.s3Configuration?.bucketArn {
                return (ARN(parsing: arn)?.resource).map { .bucket($0) }
            }
            if let arn = configuration.cloudWatchLogsConfiguration?.logGroupArn {
                return ARN(parsing: arn).flatMap { Self.group($0) }.map { .group($0) }
            }
        }
        return nil
    }

    /// The name of a log group.
    /// - Returns: nil: it is none.
    static func group(_ arn: ARN) -> String? {
        let parts = arn.resource.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 && parts[2] == "*", parts[0] == "log-group", !parts[1].isEmpty else {
            return nil
        }
        return String(parts[1])
    }
}

extension AuthEvent {
    /// The event as logs have it.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html>
    func logLine(requestID: String) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("eventTimestamp", String(RequestIDs.milliseconds(created)))
        writer.member("eventSource", "USER_ACTIVITY")
        writer.member("logLevel", "INFO")
        writer.key("message")
        writer.beginObject()
        let challenges = challenges.map { challenge in
            JSONValue.object([
                JSONMember(key: "challengeName", value: .string(challenge.name.rawValue)),
                JSONMember(key: "challengeResponse", value: .string(challenge.isProved ? "Success" : "Failure")),
            ])
        }
        let members: [(String, String)] = [
            ("version", "1"), ("eventId", id), ("eventType", type.rawValue), ("userSub", sub),
            ("userName", username), ("userPoolId", poolID), ("clientId", clientID ?? ""),
            ("creationDate", Timestamp(secondsSinceEpoch: created).iso8601), ("eventResponse", response.rawValue),
            ("riskLevel", risk.level == .none ? "" : risk.level.rawValue),
            ("riskDecision", risk.decision == .none ? "PASS" : risk.decision.rawValue),
            // AWS has no such member: it does not say why.
            ("riskReasons", risk.reasons.map(\.rawValue).joined(separator: ",")),
            ("deviceName", surroundings.deviceName ?? ""), ("ipAddress", surroundings.address ?? ""),
            ("requestId", requestID), ("idpName", ""),
            ("compromisedCredentialDetected", risk.isCompromised == true ? "true" : "false"), ("city", ""),
            ("country", ""), ("eventFeedbackValue", feedback.map { $0.isValid ? "Valid" : "Invalid" } ?? ""),
            ("eventFeedbackDate", feedback.map { Timestamp(secondsSinceEpoch: $0.date).iso8601 } ?? ""),
            ("eventFeedbackProvider", feedback?.provider ?? ""),
            ("hasContextData", surroundings.isTold ? "true" : "false"),
        ]
        for (name, value) in members { writer.member(name, value) }
        writer.key("challenges")
        writer.json(.array(challenges))
        writer.endObject()
        writer.key("logSourceId")
        writer.beginObject()
        writer.member("userPoolId", poolID)
        writer.endObject()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Puts the events that have gathered into the pool's bucket or log group, as `delivery.logs.amazonaws.com`: the bucket's policy, or
/// a resource policy of CloudWatch Logs, has to let it. What is not taken is dropped, as on AWS.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html>
struct DeliverPoolLogs: Job {
    static let kind = "CognitoIDP::DeliverPoolLogs"
    /// Seconds for which events gather.
    static let delay = 300.0
    /// Seconds for which delivery is tried again while the fault is not the bucket's: a day.
    private static let patience = 86_400.0
    /// Events in one file.
    private static let most = 1000

    let poolID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, poolID) = (context.environment, poolID)
        let (parts, delivery) = try await environment.read(context.scope) { (records) throws(ServiceError) in
            (
                try records.list(PoolLogPart.self, of: poolID, limit: Self.most),
                try records.get(LogDelivery.self, poolID)
            )
        }
        if let pool = environment.userPool(poolID)?.pool {
            for source in [LogDelivery.userEvents, LogDelivery.notifications] {
                let own = parts.filter { ($0.source ?? LogDelivery.userEvents) == source }
                guard !own.isEmpty, let destination = try delivery?.destination(of: source) else { continue }
                try await deliver(own, of: pool, to: destination, environment)
            }
        }
        let now = environment.now()
        try await context.finish { (records) throws(ServiceError) in
            for part in parts { try records.delete(PoolLogPart.self, part.key, of: poolID) }
            // Those that came meanwhile found the schedule taken.
            guard try !records.list(PoolLogPart.self, of: poolID, limit: 1).isEmpty else { return }
            try records.schedule(self, id: poolID, at: parts.count == Self.most ? now : now + Self.delay)
        }
    }

    private func deliver(
        _ parts: [PoolLogPart], of pool: UserPool, to destination: LogDelivery.Destination, _ environment: Environment
    ) async throws(ServiceError) {
        do throws(ServiceError) {
            switch destination {
            case .bucket(let bucket): try await put(parts, of: pool, into: bucket, environment)
            case .group(let group):
                try await PoolLogGroup(environment: environment, pool: pool, group: group).write(parts)
            }
        } catch {
            let isOld =
                parts.first.flatMap { UUIDv7.milliseconds(of: $0.id) }
                .map { environment.now() - Double($0) / 1000 > Self.patience } ?? false
            guard error.status < 500 || isOld else { throw error }
        }
    }

    private func put(
        _ parts: [PoolLogPart], of pool: UserPool, into bucket: String, _ environment: Environment
    ) async throws(ServiceError) {
        guard let gzip = Gzip() else { throw .internalFailure }
        for part in parts { gzip.append((part.line + "\n").utf8) }
        let (body, key) = (gzip.finish(), key(of: pool, at: environment.now()))
        _ = try await environment.services(in: pool.region).call(
            S3.PutObject.self,
            S3.PutObject.Input {
                $0.bucket = bucket
                $0.key = key
                $0.acl = "bucket-owner-full-control"
                $0.contentType = "application/json"
                $0.contentEncoding = "gzip"
                $0.body = BodyStream(body)
            }, as: PoolLogGroup.identity(of: pool))
    }

    /// By account, Region and time. AWS does not say what it calls these files.
    private func key(of pool: UserPool, at time: Double) -> String {
        let parts = Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601.split { "-T:Z".contains($0) }
        let folder = parts.prefix(4).joined(separator: "/")
        let name = parts.joined(separator: "-") + "-" + RequestIDs.make(time: time)
        return "AWSLogs/\(pool.accountID)/CognitoUserPools/\(pool.region)/\(pool.id)/\(folder)/\(name).json.gz"
    }
}
