import Compression
import Directory
import Ledger
import Platform
import S3API
import Wire

extension Metric {
    static let droppedLogLines = Metric(
        "gatehouse_waf_dropped_log_lines_total",
        "Lines of web ACLs' logs that were lost: too many waited, or they could not be written.")
}

/// Puts the lines that have gathered into the bucket or the log group of a web ACL's log, as `delivery.logs.amazonaws.com`: a policy
/// there has to let it. What is not taken is dropped, as on AWS.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/logging-s3.html>
struct DeliverWebACLLogs: Job {
    static let kind = "WAFV2::DeliverWebACLLogs"
    /// Seconds for which lines gather.
    static let delay = 300.0
    /// Seconds for which delivery is tried again while the fault is not the destination's: a day.
    private static let patience = 86_400.0
    /// Parts in one file: AWS's have 75 MB at most, and a part about one.
    private static let most = 70

    /// The web ACL's ARN.
    let webACL: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, webACL) = (context.environment, webACL)
        let parts = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.list(WebACLLogPart.self, of: webACL, limit: Self.most)
        }
        if let acl = WAFName(arn: webACL), let destination = try destination(environment), !parts.isEmpty {
            do throws(ServiceError) {
                try await deliver(parts, of: acl, to: destination, environment)
            } catch {
                guard error.status < 500 || isOld(parts, environment) else { throw error }
            }
        }
        let now = environment.now()
        try await context.finish { (records) throws(ServiceError) in
            for part in parts { try records.delete(WebACLLogPart.self, part.key, of: webACL) }
            // Those that came meanwhile found the schedule taken.
            guard try !records.list(WebACLLogPart.self, of: webACL, limit: 1).isEmpty else { return }
            try records.schedule(self, id: webACL, at: parts.count == Self.most ? now : now + Self.delay)
        }
    }

    /// Where the log goes; nil: nowhere any more.
    private func destination(_ environment: Environment) throws(ServiceError) -> ARN? {
        let view = try environment.projection(WebACLIndex.self).logging(of: webACL)?.view()
        return view?.logDestinationConfigs.first.flatMap { ARN(parsing: $0) }
    }

    /// Whether lines have waited for as long as they may.
    private func isOld(_ parts: [WebACLLogPart], _ environment: Environment) -> Bool {
        parts.first.flatMap { UUIDv7.milliseconds(of: $0.id) }
            .map { environment.now() - Double($0) / 1000 > Self.patience } ?? false
    }

    private func deliver(
        _ parts: [WebACLLogPart], of acl: WAFName, to destination: ARN, _ environment: Environment
    ) async throws(ServiceError) {
        if let group = LogGroupWriter.name(destination, of: acl.accountID, in: acl.region) {
            return try await LogGroupWriter(environment: environment, acl: acl, group: group)
                .write(parts.flatMap(\.lines))
        }
        guard destination.service == "s3" else { return }
        guard let gzip = Gzip() else { throw .internalFailure }
        for line in parts.lazy.flatMap(\.lines) { gzip.append((line + "\n").utf8) }
        let (body, key) = (gzip.finish(), key(of: acl, parts, at: environment.now()))
        let source = "arn:aws:logs:\(acl.region):\(acl.accountID):*"
        _ = try await environment.services(in: acl.region).call(
            S3.PutObject.self,
            S3.PutObject.Input {
                $0.bucket = destination.resource
                $0.key = key
                $0.acl = "bucket-owner-full-control"
                $0.contentType = "application/x-gzip"
                $0.body = BodyStream(body)
            }, as: .own(LogGroupWriter.service, for: source, in: acl.accountID))
    }

    /// `AWSLogs/111122223333/WAFLogs/us-east-1/shop/2026/11/30/06/15/111122223333_waflogs_us-east-1_shop_20261130T0615Z_1a2b3c4d.log.gz`
    private func key(of acl: WAFName, _ parts: [WebACLLogPart], at time: Double) -> String {
        let start = (time / Self.delay).rounded(.down) * Self.delay
        let text = Timestamp(secondsSinceEpoch: start).iso8601.split { "-T:Z".contains($0) }
        let folder = text.prefix(5).joined(separator: "/")
        let moment = text.prefix(3).joined() + "T" + text.dropFirst(3).prefix(2).joined() + "Z"
        // CloudFront's web ACLs are global.
        let region = acl.scope == .cloudFront ? "cloudfront" : acl.region
        let unique = RequestIDs.make(time: time).suffix(8)
        let name = "\(acl.accountID)_waflogs_\(region)_\(acl.name)_\(moment)_\(unique).log.gz"
        return "AWSLogs/\(acl.accountID)/WAFLogs/\(region)/\(acl.name)/\(folder)/\(name)"
    }
}
