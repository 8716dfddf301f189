import EventBridgeAPI
public import Platform

extension ServiceModule {
    /// Amazon EventBridge: event buses, rules, archives.
    /// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/Welcome.html>
    public static let eventBridge = ServiceModule(EventBridge.self, operations: [])
}
