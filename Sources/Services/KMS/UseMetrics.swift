import Platform

extension Call {
    /// Counts a use of a key for CloudWatch, in the account that the key is of.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html#key-level-api-usage-metric>
    /// - Parameter destination: the key that ReEncrypt has encrypted with; nil: there is but one key.
    func countUse(of entry: KeyEntry, into destination: KeyEntry? = nil) {
        let keys =
            destination.map {
                [MetricDimension("SourceKeyArn", entry.arn), MetricDimension("DestinationKeyArn", $0.arn)]
            }
            ?? [MetricDimension("KeyArn", entry.arn)]
        environment.metricCounts.count(
            "SuccessfulRequest", in: "AWS/KMS", keys + [MetricDimension("Operation", operation)], of: entry.key.scope,
            at: time)
    }
}
