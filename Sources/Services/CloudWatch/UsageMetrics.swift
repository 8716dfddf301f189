import Ledger
import MetricMath
import Platform
import Synchronization
import Wire

/// Makes metrics of the calls that Gatehouse has answered: `CallCount` in `AWS/Usage`, by service and operation, in the account
/// of the caller. Calls are counted in memory, and kept once a minute; those of the last minute are lost with the process.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Service-Quota-Integration.html>
struct KeepUsage: RecurringJob {
    static let kind = "CloudWatch::KeepUsage"
    static let interval = 60.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let counts = environment.callCounts.take()
        guard !counts.isEmpty else { return }
        let now = Int64(environment.now())
        var failure: ServiceError?
        for (scope, calls) in Dictionary(
            grouping: counts, by: { Scope(account: $0.key.account, region: $0.key.region) })
        {
            let data = calls.compactMap { kind, count -> NewDatum? in
                // Each call is one value.
                guard let set = MetricMath.StatisticSet([.init(1, Double(count))]) else { return nil }
                return NewDatum(
                    metric: MetricIdentity("AWS/Usage", "CallCount", Self.dimensions(kind)), unit: "None",
                    time: kind.minute * 60, set: set)
            }
            do throws(ServiceError) {
                try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                    try MetricStore(records: records, now: now).put(data)
                }
            } catch {
                environment.callCounts.restore(
                    Dictionary(calls.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }))
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private static func dimensions(_ calls: CallCounts.Calls) -> [MetricDimension] {
        [
            MetricDimension("Class", "None"), MetricDimension("Resource", calls.operation),
            MetricDimension("Service", names[calls.service] ?? calls.service), MetricDimension("Type", "API"),
        ]
    }

    /// What the dimension `Service` calls services, by their signing names.
    private static let names = [
        "monitoring": "CloudWatch", "logs": "Logs", "events": "EventBridge", "kms": "KMS", "s3": "S3", "iam": "IAM",
        "sts": "STS", "cloudtrail": "CloudTrail", "wafv2": "WAFV2", "shield": "Shield", "sns": "SNS", "sqs": "SQS",
        "config": "Config", "organizations": "Organizations", "cognito-idp": "CognitoIdp",
        "cognito-identity": "CognitoIdentity", "acm": "ACM", "acm-pca": "ACMPCA", "access-analyzer": "AccessAnalyzer",
        "account": "Account",
    ]
}
