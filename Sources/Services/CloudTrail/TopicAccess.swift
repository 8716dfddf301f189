import CloudTrailAPI
import Directory
import Platform
import Policy
import SNSAPI
import Wire

/// How CloudTrail tells a topic of what it has delivered: in its own name, for the trail, as the topic's policy has to allow.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications.html>
struct TopicAccess: Sendable {
    /// So many keys are in one message.
    private static let most = 500

    let environment: Environment
    let trail: Trail

    /// The ARN of a topic that a request names, by its name or ARN.
    /// - Throws: InvalidSnsTopicNameException.
    static func arn(_ text: String, of trail: Trail) throws(ServiceError) -> String {
        let arn = text.hasPrefix("arn:") ? text : "arn:aws:sns:\(trail.homeRegion):\(trail.accountID):\(text)"
        guard let parsed = ARN(parsing: arn), parsed.service == "sns", !parsed.resource.contains(":"),
            parsed.account.utf8.count == 12, parsed.region == trail.homeRegion
        else {
            throw CloudTrail.Failure.invalidSnsTopicNameException("SNS Topic name is invalid: \(text)")
        }
        return arn
    }

    /// - Throws: InsufficientSnsTopicPolicyException for a topic that is not there, or does not let CloudTrail in.
    func check(at time: Double) throws(ServiceError) {
        guard let topic = trail.topicARN else { return }
        guard let sns = environment.modules(signingAs: "sns").first(where: { $0.operations["Publish"] != nil }) else {
            throw .internalFailure
        }
        let service = ServicePrincipal(
            BucketAccess.service, sourceARN: trail.arn, sourceAccount: trail.accountID)
        let call = Call(
            environment: environment, requestID: RequestIDs.make(time: time), time: time,
            caller: Caller(accountID: trail.accountID, identity: .service(service)), module: sns,
            operation: "Publish", region: trail.homeRegion,
            source: Call.Source(service: BucketAccess.service, calledVia: []))
        guard try call.decision(Access("sns:Publish", on: topic)).isAllowed else {
            throw CloudTrail.Failure.insufficientSnsTopicPolicyException(
                "SNS Topic does not exist or the topic policy is incorrect!")
        }
    }

    /// Prepares what tells of files, to be completed in the transaction that puts them in place. Nothing where the trail has no
    /// topic.
    /// - Throws: why the topic does not take it.
    func notifications(of keys: [String]) async throws(ServiceError) -> [PreparedCall<SNS.Publish>] {
        guard let topic = trail.topicARN else { return [] }
        var prepared: [PreparedCall<SNS.Publish>] = []
        var rest = keys[...]
        while !rest.isEmpty {
            let message = Self.message(trail.bucket, rest.prefix(Self.most))
            rest = rest.dropFirst(Self.most)
            prepared.append(
                try await environment.services(in: trail.homeRegion).prepare(
                    SNS.Publish.self,
                    SNS.Publish.Input {
                        $0.topicArn = topic
                        $0.message = message
                    }, as: .own(BucketAccess.service, for: trail.arn, in: trail.accountID)))
        }
        return prepared
    }

    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html>
    private static func message(_ bucket: String, _ keys: some Sequence<String>) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("s3Bucket", bucket)
        writer.key("s3ObjectKey")
        writer.beginArray()
        for key in keys { writer.string(key) }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
