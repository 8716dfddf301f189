import Directory
import Ledger
import Platform
import Policy
import S3API
import SNSAPI
import SQSAPI
import Wire

/// A topic or queue of this Gatehouse that is told of what happens in a bucket: in S3's own name, for the bucket, as the policy of
/// the topic or queue has to allow.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html>
struct NotifiedService: Sendable {
    private static let principal = "s3.amazonaws.com"

    private let arn: ARN
    private let bucketARN: String
    private let account: String
    private let environment: Environment

    /// nil: the ARN is of neither.
    init?(_ destination: String, bucket: String, account: String, _ environment: Environment) {
        guard let arn = ARN(parsing: destination), ["sns", "sqs"].contains(arn.service) else { return nil }
        self.arn = arn
        bucketARN = "arn:aws:s3:::\(bucket)"
        self.account = account
        self.environment = environment
    }

    private var action: String { arn.service == "sns" ? "Publish" : "SendMessage" }

    /// Whether it is there and its policy lets S3 in.
    func takesMessages(at time: Double) throws(ServiceError) -> Bool {
        guard
            let module = environment.modules(signingAs: arn.service).first(where: { $0.operations[action] != nil }),
            !module.isPassedOn
        else { return false }
        let service = ServicePrincipal(Self.principal, sourceARN: bucketARN, sourceAccount: account)
        let call = Call(
            environment: environment, requestID: RequestIDs.make(time: time), time: time,
            caller: Caller(accountID: account, identity: .service(service)), module: module, operation: action,
            region: arn.region, source: Call.Source(service: Self.principal, calledVia: []))
        return try call.decision(Access("\(arn.service):\(action)", on: "\(arn)")).isAllowed
    }

    /// Prepares a message.
    /// - Returns: sends it, in the transaction of the records that it gets.
    /// - Throws: why it is not taken.
    func prepare(
        _ body: String
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        let services = environment.services(in: arn.region)
        let identity = ServiceIdentity.own(Self.principal, for: bucketARN, in: account)
        if arn.service == "sns" {
            let call = try await services.prepare(
                SNS.Publish.self,
                SNS.Publish.Input {
                    $0.topicArn = "\(arn)"
                    $0.subject = "Amazon S3 Notification"
                    $0.message = body
                }, as: identity)
            return { (records) throws(ServiceError) in _ = try call.complete(in: records) }
        }
        let call = try await services.prepare(
            SQS.SendMessage.self,
            SQS.SendMessage.Input {
                $0.queueUrl = "\(environment.publicAddress.url)/\(arn.account)/\(arn.resource)"
                $0.messageBody = body
            }, as: identity)
        return { (records) throws(ServiceError) in _ = try call.complete(in: records) }
    }
}
