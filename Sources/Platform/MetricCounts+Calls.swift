import Ledger

extension MetricCounts {
    /// Counts a call that was answered: `CallCount` of `AWS/Usage`, by service and operation, in the account of the caller. One of
    /// nobody's account is not counted.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Service-Quota-Integration.html>
    /// - Complexity: one look-up.
    public func count(_ call: Call) {
        guard !call.accountID.isEmpty, !call.operation.isEmpty else { return }
        let service = call.module.signingName
        let dimensions = [
            MetricDimension("Class", "None"), MetricDimension("Resource", call.operation),
            MetricDimension("Service", Self.services[service] ?? service), MetricDimension("Type", "API"),
        ]
        count(
            "CallCount", in: "AWS/Usage", dimensions, of: Scope(account: call.accountID, region: call.region),
            unit: "None",
            at: call.time)
    }

    /// What the dimension `Service` calls services, by their signing names.
    private static let services = [
        "monitoring": "CloudWatch", "logs": "Logs", "events": "EventBridge", "kms": "KMS", "s3": "S3", "iam": "IAM",
        "sts": "STS", "cloudtrail": "CloudTrail", "wafv2": "WAFV2", "shield": "Shield", "sns": "SNS", "sqs": "SQS",
        "config": "Config", "organizations": "Organizations", "cognito-idp": "CognitoIdp",
        "cognito-identity": "CognitoIdentity", "acm": "ACM", "acm-pca": "ACMPCA", "access-analyzer": "AccessAnalyzer",
        "account": "Account",
    ]
}
