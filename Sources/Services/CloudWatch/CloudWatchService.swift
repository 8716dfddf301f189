import CloudWatchAPI
public import Platform

extension ServiceModule {
    /// Amazon CloudWatch: metrics, alarms and dashboards.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html>
    public static let cloudWatch = ServiceModule(CloudWatch.self, actionPrefix: "cloudwatch", operations: [])
}
