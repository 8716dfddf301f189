import Platform

extension Topic {
    /// Counts something for CloudWatch.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html>
    func count(
        _ name: String, unit: String = "Count", value: Double = 1, times: Int = 1, _ environment: Environment
    ) {
        environment.metricCounts.count(
            name, in: "AWS/SNS", [MetricDimension("TopicName", self.name)], of: scope, unit: unit, value, times: times,
            at: environment.now())
    }
}
