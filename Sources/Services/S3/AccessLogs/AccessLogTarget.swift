import FoundationEssentials
import Platform
import S3API
import Wire

/// Where a bucket's access logs go.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html>
struct AccessLogTarget: Sendable {
    let bucket: String
    private let prefix: String
    /// Whether keys have the source and the day in them.
    private let isPartitioned: Bool

    /// - Parameter json: the configuration as it is kept.
    /// - Returns: nil for one that has logging off.
    init?(_ json: String) {
        guard let kept = try? Structure(json: json, of: S3.BucketLoggingStatus.shape),
            let logging = S3.BucketLoggingStatus(kept).loggingEnabled
        else { return nil }
        bucket = logging.targetBucket
        prefix = logging.targetPrefix
        isPartitioned = logging.targetObjectKeyFormat?.partitionedPrefix != nil
    }

    /// The key of a log that is delivered at a time.
    func key(of source: Bucket, at time: Double) -> String {
        let text = Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601
        let parts = text.split { "-T:Z".contains($0) }.map(String.init)
        let name = parts.joined(separator: "-") + "-" + Identifiers.randomBytes(8).hexadecimal.uppercased()
        guard isPartitioned, parts.count == 6 else { return prefix + name }
        return prefix + "\(source.accountID)/\(source.region)/\(source.name)/\(parts[0])/\(parts[1])/\(parts[2])/"
            + name
    }
}

extension S3.PutBucketLogging {
    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard let logging = input.bucketLoggingStatus.loggingEnabled else { return }
        guard let target = try records.shared.get(Bucket.self, logging.targetBucket),
            target.accountID == bucket.accountID
        else {
            throw .s3(
                "InvalidTargetBucketForLogging", "The target bucket for logging does not exist",
                ["TargetBucket": logging.targetBucket])
        }
        guard target.region == bucket.region else {
            throw .s3(
                "CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed. ", status: 403,
                ["TargetBucketLocation": target.region])
        }
    }
}
