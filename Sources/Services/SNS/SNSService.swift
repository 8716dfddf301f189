public import Platform
import SNSAPI

extension ServiceModule {
    /// Amazon Simple Notification Service: topics, subscriptions, messages.
    /// <https://docs.aws.amazon.com/sns/latest/api/welcome.html>
    public static let sns = ServiceModule(SNS.self, operations: [])
}
