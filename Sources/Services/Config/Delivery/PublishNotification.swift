import Ledger
import Platform
import Posture
import S3API
import Wire

/// Tells a delivery channel's topic of something.
/// <https://docs.aws.amazon.com/config/latest/developerguide/notifications-for-AWS-Config.html>
struct PublishNotification: Job {
    static let kind = "Config::PublishNotification"

    let subject: String
    /// JSON.
    let message: String

    /// The longest message that SNS takes, in bytes.
    private static let most = 256 << 10
    /// How often what the topic or its policy refuses is tried again.
    private static let tries = 3

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let (channel, role) = try await environment.read(context.scope) { (records) throws(ServiceError) in
            (try records.list(DeliveryChannel.self, limit: 1).first, try records.ownRecorder()?.roleARN)
        }
        guard let channel, channel.topicARN != nil, let json = try? JSONValue(parsing: Array(message.utf8)) else {
            return
        }
        let access = ChannelAccess(environment, channel, role)
        var put: PreparedCall<S3.PutObject>?
        var failure: ServiceError?
        do throws(ServiceError) {
            if message.utf8.count > Self.most {
                let (summary, call) = try await oversized(json, access, context)
                put = call
                try await access.publish(subject, summary)
            } else {
                try await access.publish(subject, json)
            }
        } catch {
            if let put { await put.discard() }
            put = nil
            // Gatehouse's own trouble passes.
            let tries = error.status >= 500 ? OwnTrouble.tries : Self.tries
            guard error.code == "NotImplemented" || context.attempts + 1 >= tries else {
                let (name, now) = (channel.name, environment.now())
                try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
                    try records.noteStream(of: name, error, at: now)
                }
                throw error
            }
            failure = error
        }
        let (done, error, now) = (put, failure, environment.now())
        try await context.finish { (records) throws(ServiceError) in
            if let done { _ = try done.complete(in: records) }
            try records.noteStream(of: channel.name, error, at: now)
        }
    }

    /// What SNS does not take lies in the bucket, and the topic is told where.
    private func oversized(
        _ json: JSONValue, _ access: ChannelAccess, _ context: JobContext
    ) async throws(ServiceError) -> (JSONValue, PreparedCall<S3.PutObject>) {
        let item = json["configurationItem"]
        func text(_ name: String) -> String {
            if case .string(let text)? = item?[name] { text } else { "" }
        }
        let now = context.environment.now()
        let key = access.key(
            "OversizedChangeNotification",
            "\(text("resourceType"))_\(text("resourceId"))_\(ChannelAccess.stamp(now))", at: now)
        guard let gzip = try? ItemFile.compressed(Array(message.utf8)) else { throw .internalFailure }
        let summary: JSONValue = .members([
            "configurationItemSummary": .members([
                "changeType": json["configurationItemDiff"]?["changeType"], "configurationItemVersion": .string("1.3"),
                "configurationItemCaptureTime": item?["configurationItemCaptureTime"],
                "configurationStateId": item?["configurationStateId"], "awsAccountId": item?["awsAccountId"],
                "configurationItemStatus": item?["configurationItemStatus"], "resourceType": item?["resourceType"],
                "resourceId": item?["resourceId"], "resourceName": item?["resourceName"], "ARN": item?["ARN"],
                "awsRegion": item?["awsRegion"], "availabilityZone": item?["availabilityZone"],
                "configurationStateMd5Hash": .string(""), "resourceCreationTime": item?["resourceCreationTime"],
            ]),
            "s3DeliverySummary": .members([
                "s3BucketLocation": .string("\(access.channel.bucket)/\(key)"), "errorCode": .null,
                "errorMessage": .null,
            ]), "notificationCreationTime": json["notificationCreationTime"],
            "messageType": .string("OversizedConfigurationItemChangeNotification"), "recordVersion": .string("1.0"),
        ])
        return (summary, try await access.put(gzip, at: key))
    }
}

extension ChannelStatus.Delivery {
    /// How a delivery went.
    init(_ error: ServiceError?, at time: Double, before: ChannelStatus.Delivery?) {
        self.init(
            status: error == nil ? "Success" : "Failure", errorCode: error?.code, errorMessage: error?.message,
            attempted: time, succeeded: error == nil ? time : before?.succeeded)
    }
}

extension MutableRecords {
    /// Notes how telling the topic went; another success is no news.
    fileprivate func noteStream(of channel: String, _ error: ServiceError?, at time: Double) throws(ServiceError) {
        var status = try get(ChannelStatus.self, channel) ?? ChannelStatus(id: channel)
        guard error != nil || status.stream?.status != "Success" else { return }
        status.stream = ChannelStatus.Delivery(error, at: time, before: status.stream)
        try put(status)
    }

    /// Tells the channel's topic of something, once the transaction is committed; nothing where there is no topic.
    /// - Parameter id: unique among what is told of in this scope.
    func notify(
        _ subject: String, _ message: JSONValue, id: String, _ environment: Environment
    ) throws(ServiceError) {
        guard try list(DeliveryChannel.self, limit: 1).first?.topicARN != nil else { return }
        try schedule(
            PublishNotification(subject: subject, message: message.jsonText), id: id, at: environment.now())
    }
}
