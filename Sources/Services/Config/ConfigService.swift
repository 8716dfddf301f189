import AWSConfigAPI
public import Platform

extension ServiceModule {
    /// AWS Config: the history of resources, and rules on them.
    /// <https://docs.aws.amazon.com/config/latest/APIReference/Welcome.html>
    public static let config = ServiceModule(AWSConfig.self, operations: [])
}
