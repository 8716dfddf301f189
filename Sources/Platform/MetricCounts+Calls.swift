import Ledger

extension MetricCounts {
    /// Calls of a kind in a minute. Every request is counted, and a series with its dimensions would take longer to find.
    struct Calls: Hashable {
        /// Whose calls they are: the caller's account.
        var account: String
        /// Where they were made.
        var region: String
        /// The signing name of the service.
        var service: String
        /// `CreateUser`
        var operation: String
        /// When the minute began, in minutes since 1970.
        var start: Int64

        /// What they are counted as.
        var counted: Minute {
            let dimensions = [
                MetricDimension("Class", "None"), MetricDimension("Resource", operation),
                MetricDimension("Service", Self.services[service] ?? service), MetricDimension("Type", "API"),
            ]
            let series = Series(
                "CallCount", in: "AWS/Usage", dimensions, of: Scope(account: account, region: region), unit: "None")
            return Minute(series: series, start: start)
        }

        /// What the dimension `Service` calls services, by their signing names.
        private static let services = [
            "monitoring": "CloudWatch", "logs": "Logs", "events": "EventBridge", "kms": "KMS", "s3": "S3", "iam": "IAM",
            "sts": "STS", "cloudtrail": "CloudTrail", "wafv2": "WAFV2", "shield": "Shield", "sns": "SNS", "sqs": "SQS",
            "config": "Config", "organizations": "Organizations", "cognito-idp": "CognitoIdp",
            "cognito-identity": "CognitoIdentity", "acm": "ACM", "acm-pca": "ACMPCA",
            "access-analyzer": "AccessAnalyzer", "account": "Account",
        ]
    }

    /// Counts a call that was answered: `CallCount` of `AWS/Usage`, by service and operation, in the account of the caller. One of
    /// nobody's account is not counted.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Service-Quota-Integration.html>
    /// - Complexity: one look-up.
    public func count(_ call: Call) {
        guard !call.accountID.isEmpty, !call.operation.isEmpty,
            let start = Int64(exactly: (call.time / 60).rounded(.down))
        else { return }
        let calls = Calls(
            account: call.accountID, region: call.region, service: call.module.signingName, operation: call.operation,
            start: start)
        state.withLock { state in
            guard state.calls.count < Self.mostSeries || state.calls[calls] != nil else { return }
            state.calls[calls, default: 0] &+= 1
        }
    }
}
