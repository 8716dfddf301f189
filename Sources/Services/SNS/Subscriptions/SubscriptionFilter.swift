import Platform
import Wire

/// Which messages a subscription is for.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html>
struct SubscriptionFilter: Sendable {
    /// - Throws: InvalidParameter for what is no filter policy.
    init(_ text: String, scope: String?) throws(ServiceError) {
        throw .notBuilt("filter policies (FilterPolicy)")
    }

    /// One that was checked when it was set; nil: none was.
    init?(kept text: String?, scope: String?) {
        guard let text, let filter = try? SubscriptionFilter(text, scope: scope) else { return nil }
        self = filter
    }

    func matches(_ message: MessageContent) -> Bool { true }
}
