/// What the events of an account are to tell besides, for those who asked for it: an event data store of CloudTrail does.
///
/// A ``ServiceModule`` says it for each account; the gate then keeps the values beside the event, as they were when the
/// policies were asked.
///
/// AWS: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-context-events.html
public struct EventContextKeys: Sendable, Equatable {
    /// What the name of a condition key for a tag of the principal begins with.
    public static let principalTag = "aws:PrincipalTag/"

    /// Global condition keys, as they were asked for: `aws:SecureTransport`, `aws:PrincipalTag/team`.
    public var conditions: Set<String>
    /// The keys of resources' tags.
    public var resourceTags: Set<String>

    /// - Parameters: see the properties.
    public init(conditions: Set<String> = [], resourceTags: Set<String> = []) {
        self.conditions = conditions
        self.resourceTags = resourceTags
    }
}

extension Environment {
    /// What the events of an account are to tell besides; nil: nothing, as for most.
    /// - Complexity: one look-up in memory for each module that asks for anything, which is one.
    public func contextKeys(ofAccount account: String) -> EventContextKeys? {
        var all: EventContextKeys?
        for ask in contextKeys {
            guard let keys = ask(self, account) else { continue }
            all = EventContextKeys(
                conditions: keys.conditions.union(all?.conditions ?? []),
                resourceTags: keys.resourceTags.union(all?.resourceTags ?? []))
        }
        return all
    }
}
