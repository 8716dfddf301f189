import Ledger
import Platform
import S3API
import Wire

/// A metrics configuration of a bucket: which requests are counted for CloudWatch.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-configurations.html>
struct RequestMetrics: Sendable {
    /// `FilterId` in CloudWatch.
    let id: String
    /// nil: it counts requests that are about no object, too.
    private let prefix: String?
    /// nil: it does not matter by which access point a request comes.
    private let accessPointARN: String?

    /// - Parameter json: the configuration as it is kept.
    /// - Returns: nil for one whose filter has tags: nobody looks them up for that.
    init?(_ json: String) {
        guard let kept = try? Structure(json: json, of: S3.MetricsConfiguration.shape) else { return nil }
        let configuration = S3.MetricsConfiguration(kept)
        let (filter, and) = (configuration.filter, configuration.filter?.and)
        guard filter?.tag == nil, (and?.tags ?? []).isEmpty else { return nil }
        id = configuration.id
        prefix = filter?.prefix ?? and?.prefix
        accessPointARN = filter?.accessPointArn ?? and?.accessPointArn
    }

    private func includes(_ key: String, _ accessPoint: AccessPoint?) -> Bool {
        if let accessPointARN, accessPoint?.arn != accessPointARN { return false }
        // By bytes: an accent would be one letter with what stands before it.
        guard let prefix else { return true }
        return !key.isEmpty && key.utf8.starts(with: prefix.utf8)
    }

    /// Counts a request.
    /// - Complexity: some look-ups.
    func count(
        _ answered: AnsweredRequest, bucket: Bucket, accessPoint: AccessPoint?, key: String, _ counts: MetricCounts
    ) {
        guard includes(key, accessPoint) else { return }
        let dimensions = [MetricDimension("BucketName", bucket.name), MetricDimension("FilterId", id)]
        let scope = Scope(account: bucket.accountID, region: bucket.region)
        func add(_ name: String, _ value: Double = 1, unit: String = "Count") {
            counts.count(name, in: "AWS/S3", dimensions, of: scope, unit: unit, value, at: answered.time)
        }
        add("AllRequests")
        if let name = Self.kind(of: answered.request, key: key) { add(name) }
        add("4xxErrors", (400...499).contains(answered.status) ? 1 : 0)
        add("5xxErrors", answered.status >= 500 ? 1 : 0)
        if answered.request.method != "HEAD", let length = answered.length, length > 0 {
            add("BytesDownloaded", Double(length), unit: "Bytes")
        }
        let sent = answered.request.header("x-amz-decoded-content-length") ?? answered.request.header("content-length")
        if let sent = sent.flatMap({ Int($0) }), sent > 0 { add("BytesUploaded", Double(sent), unit: "Bytes") }
        add("FirstByteLatency", Double(answered.milliseconds), unit: "Milliseconds")
    }

    /// The metric of requests of its kind; nil: it has none.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-request-cloudwatch-metrics>
    private static func kind(of request: WireRequest, key: String) -> String? {
        let parameters = Set(request.query.split(separator: "&").map { String($0.prefix { $0 != "=" }) })
        switch request.method {
        case "HEAD": return "HeadRequests"
        case "GET" where !key.isEmpty: return "GetRequests"
        case "GET": return parameters.isDisjoint(with: AccessLogLine.bucketSubresources) ? "ListRequests" : nil
        case "PUT": return key.isEmpty ? nil : "PutRequests"
        case "DELETE": return key.isEmpty ? nil : "DeleteRequests"
        case "POST": return parameters.contains("delete") ? "DeleteRequests" : "PostRequests"
        default: return nil
        }
    }
}
