import CloudWatchLogsAPI
import Platform
import S3API
import Wire

/// How CloudWatch Logs gets at the bucket of an export: in its own name, `logs.us-east-1.amazonaws.com`, as the bucket's policy has to
/// allow.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html>
struct ExportBucket: Sendable {
    let environment: Environment
    let group: LogGroupName
    let bucket: String

    private var identity: ServiceIdentity {
        .own("logs.\(group.region).amazonaws.com", for: "\(group.arn):*", in: group.account)
    }

    /// Whether objects can be put there: it puts one, as AWS does.
    /// - Throws: InvalidParameterException.
    func check(prefix: String) async throws(ServiceError) {
        do throws(ServiceError) {
            _ = try await environment.services(in: group.region).call(
                S3.GetBucketAcl.self, S3.GetBucketAcl.Input { $0.bucket = bucket }, as: identity)
        } catch {
            throw refusal(error, "GetBucketAcl")
        }
        do throws(ServiceError) {
            try await put(Array("Permission Check Successful".utf8), at: "\(prefix)/aws-logs-write-test")
        } catch {
            throw refusal(error, "PutObject")
        }
    }

    private func refusal(_ error: ServiceError, _ operation: String) -> ServiceError {
        guard error.status < 500 else { return error }
        guard error.code != "NoSuchBucket" else {
            return .invalidParameter("The given bucket does not exist. Please provide a valid bucket.")
        }
        return .invalidParameter(
            "\(operation) call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to "
                + "perform this operation.")
    }

    func put(_ bytes: [UInt8], at key: String) async throws(ServiceError) {
        _ = try await environment.services(in: group.region).call(
            S3.PutObject.self,
            S3.PutObject.Input {
                $0.bucket = bucket
                $0.key = key
                $0.acl = "bucket-owner-full-control"
                $0.body = BodyStream(bytes)
            }, as: identity)
    }
}
