import CognitoIDPAPI
import Compression
import Directory
import Ledger
import Platform
import S3API
import Wire

/// An event that is yet to be delivered to the bucket that a pool's logs go to.
struct PoolLogPart: TableRow, Equatable {
    static let kind = "AWS::Cognito::UserPool::LogPart"

    let poolID: String
    /// A UUID of version 7, so that the parts come in their order.
    let id: String
    /// JSON
    let line: String

    var partition: String { poolID }
    var key: RowKey { RowKey(.text(id)) }
}

extension MutableRecords {
    /// Has an event delivered where the pool's logs go.
    func deliver(_ event: AuthEvent, of pool: PoolEntry, requestID: String, at time: Double) throws(ServiceError) {
        guard try get(LogDelivery.self, pool.id)?.bucket() != nil else { return }
        let line = event.logLine(requestID: requestID)
        try put(PoolLogPart(poolID: pool.id, id: RequestIDs.make(time: time), line: line))
        guard try scheduledTime(of: DeliverPoolLogs.self, id: pool.id) == nil else { return }
        try schedule(DeliverPoolLogs(poolID: pool.id), id: pool.id, at: time + DeliverPoolLogs.delay)
    }
}

extension LogDelivery {
    /// The bucket that the events of users go to; nil: to none.
    func bucket() throws(ServiceError) -> String? {
        for configuration in try view().logConfigurations where configuration.eventSource == "userAuthEvents" {
            if let arn = configuration.s3Configuration?.bucketArn { return ARN(parsing: arn)?.resource }
        }
        return nil
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

/// Puts the events that have gathered into the pool's bucket, as `delivery.logs.amazonaws.com`: the bucket's policy has to let
/// it. What the bucket does not take is dropped, as on AWS.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html>
struct DeliverPoolLogs: Job {
    static let kind = "CognitoIDP::DeliverPoolLogs"
    /// Seconds for which events gather.
    static let delay = 300.0
    /// Seconds for which delivery is tried again while the fault is not the bucket's: a day.
    private static let patience = 86_400.0
    /// Events in one file.
    private static let most = 1000
    private static let service = "delivery.logs.amazonaws.com"

    let poolID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, poolID) = (context.environment, poolID)
        let (parts, bucket) = try await environment.read(context.scope) { (records) throws(ServiceError) in
            (
                try records.list(PoolLogPart.self, of: poolID, limit: Self.most),
                try records.get(LogDelivery.self, poolID)?.bucket()
            )
        }
        if let pool = environment.userPool(poolID)?.pool, let bucket, !parts.isEmpty {
            try await deliver(parts, of: pool, to: bucket, environment)
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
        _ parts: [PoolLogPart], of pool: UserPool, to bucket: String, _ environment: Environment
    ) async throws(ServiceError) {
        guard let gzip = Gzip() else { throw .internalFailure }
        for part in parts { gzip.append((part.line + "\n").utf8) }
        let (body, key) = (gzip.finish(), key(of: pool, at: environment.now()))
        let source = "arn:aws:logs:\(pool.region):\(pool.accountID):*"
        do throws(ServiceError) {
            _ = try await environment.services(in: pool.region).call(
                S3.PutObject.self,
                S3.PutObject.Input {
                    $0.bucket = bucket
                    $0.key = key
                    $0.acl = "bucket-owner-full-control"
                    $0.contentType = "application/json"
                    $0.contentEncoding = "gzip"
                    $0.body = BodyStream(body)
                }, as: .own(Self.service, for: source, in: pool.accountID))
        } catch {
            let isOld =
                parts.first.flatMap { UUIDv7.milliseconds(of: $0.id) }
                .map { environment.now() - Double($0) / 1000 > Self.patience } ?? false
            guard error.status < 500 || isOld else { throw error }
        }
    }

    /// By account, Region and time. AWS does not say what it calls these files.
    private func key(of pool: UserPool, at time: Double) -> String {
        let parts = Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601.split { "-T:Z".contains($0) }
        let folder = parts.prefix(4).joined(separator: "/")
        let name = parts.joined(separator: "-") + "-" + RequestIDs.make(time: time)
        return "AWSLogs/\(pool.accountID)/CognitoUserPools/\(pool.region)/\(pool.id)/\(folder)/\(name).json.gz"
    }
}
