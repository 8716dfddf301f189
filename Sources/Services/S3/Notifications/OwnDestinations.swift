import Directory
import Platform
import SNSAPI
import SQSAPI
import Wire

/// A queue or topic of this Gatehouse that is told of what happens in a bucket. S3 calls in its own name, for the bucket, so that
/// the destination's policy decides.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html>
struct OwnDestination: Sendable {
    private static let principal = "s3.amazonaws.com"
    private let arn: ARN
    /// The bucket's ARN.
    private let bucket: String
    /// The bucket's account.
    private let account: String

    /// nil for what is neither a queue nor a topic.
    init?(_ arn: String, bucket: String, account: String) {
        guard let arn = ARN(parsing: arn), ["sqs", "sns"].contains(arn.service) else { return nil }
        (self.arn, self.bucket, self.account) = (arn, bucket, account)
    }

    init?(_ arn: String, of bucket: Bucket) {
        self.init(arn, bucket: bucket.arn, account: bucket.accountID)
    }

    /// Gives it a message.
    /// - Throws: the error that SQS or SNS answers, a denial among them.
    func send(_ body: String, _ environment: Environment) async throws(ServiceError) {
        let services = environment.services(in: arn.region)
        let identity = ServiceIdentity.own(Self.principal, for: bucket, in: account)
        if arn.service == "sqs" {
            let url = "/\(arn.account)/\(arn.resource)"
            let message = SQS.SendMessage.Input {
                $0.queueUrl = url
                $0.messageBody = body
            }
            _ = try await services.call(SQS.SendMessage.self, message, as: identity)
        } else {
            let topic = arn.description
            let message = SNS.Publish.Input {
                $0.topicArn = topic
                $0.subject = "Amazon S3 Notification"
                $0.message = body
            }
            _ = try await services.call(SNS.Publish.self, message, as: identity)
        }
    }

    /// Why a bucket's configuration can't name it; nil: it can.
    func problem(_ bucket: Bucket, _ call: Call) throws(ServiceError) -> String? {
        let (kind, action) = arn.service == "sqs" ? ("queue", "sqs:SendMessage") : ("topic", "sns:Publish")
        guard arn.region == bucket.region else { return "The \(kind) is not in the Region of the bucket." }
        guard !arn.resource.hasSuffix(".fifo") else { return "S3 can't notify FIFO queues and topics." }
        let caller = Caller(
            accountID: account,
            identity: .service(ServicePrincipal(Self.principal, sourceARN: self.bucket, sourceAccount: account)))
        let asked = Call(
            environment: call.environment, requestID: call.requestID, time: call.time, caller: caller,
            module: call.module, operation: call.operation, region: arn.region,
            source: Call.Source(service: Self.principal, calledVia: []))
        let access = Access(action, on: arn.description, resourceAccount: arn.account)
        guard try !asked.decision(access).isAllowed else { return nil }
        return "Permissions on the destination \(kind) do not allow S3 to publish notifications from this bucket"
    }
}
