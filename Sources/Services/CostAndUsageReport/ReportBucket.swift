import CostAndUsageReportAPI
import Platform
import S3API
import Wire

/// How reports get into a bucket: as AWS's billing, as the bucket's policy has to allow.
/// <https://docs.aws.amazon.com/cur/latest/userguide/cur-s3.html>
struct ReportBucket: Sendable {
    static let principal = "billingreports.amazonaws.com"

    let definition: CostAndUsageReport.ReportDefinition
    let account: String
    let environment: Environment

    init(_ definition: CostAndUsageReport.ReportDefinition, _ account: String, _ environment: Environment) {
        (self.definition, self.account, self.environment) = (definition, account, environment)
    }

    private var identity: ServiceIdentity {
        .own(Self.principal, for: ReportDefinition.arn(definition.reportName, account), in: account)
    }

    /// Asks for the bucket's access control list and its policy, as AWS does before it takes a report.
    /// - Throws: ValidationException.
    func check() async throws(ServiceError) {
        let services = environment.services(in: definition.s3Region)
        do throws(ServiceError) {
            _ = try await services.call(
                S3.GetBucketAcl.self, S3.GetBucketAcl.Input { $0.bucket = definition.s3Bucket }, as: identity)
            _ = try await services.call(
                S3.GetBucketPolicy.self, S3.GetBucketPolicy.Input { $0.bucket = definition.s3Bucket }, as: identity)
        } catch {
            guard error.status < 500 else { throw error }
            throw .invalidReport(
                "Failed to verify customer bucket permission. accountId: \(account), bucket name: \(definition.s3Bucket)"
            )
        }
    }

    /// Puts a file aside, to be completed in the transaction that tells of it.
    func put(_ body: BodyStream, at key: String, type: String) async throws(ServiceError) -> PreparedCall<S3.PutObject>
    {
        try await environment.services(in: definition.s3Region).prepare(
            S3.PutObject.self,
            S3.PutObject.Input {
                $0.bucket = definition.s3Bucket
                $0.key = key
                $0.acl = "bucket-owner-full-control"
                $0.contentType = type
                $0.body = body
            }, as: identity)
    }
}
