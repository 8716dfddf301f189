public import Policy
public import Wire

/// One thing that a request asks to be allowed: an action on a resource, and the condition keys that come with it.
public struct Access: Sendable {
    /// `iam:CreateUser`
    public var action: String
    /// The resource's ARN, or `*` for an action that has no resource.
    public var resource: String
    /// What a denial names instead of the resource, where the resource would tell more than the request did.
    public var displayedResource: String?
    /// The account that owns the resource; nil: the caller's own.
    public var resourceAccount: String?
    /// Condition keys of this access, lower-case: `iam:policyarn`. They go before the global ones.
    public var context: [String: ContextValue]
    /// What a setting of the account allows the caller beside its own policies, and bound like them.
    public var accountGrants: [PolicySet] = []
    /// Whether the resource is yet to be made, so that what may be there by that name already says nothing.
    public var isOfNewResource = false
    /// What the operation found out to say what it needs, and need not find out again: in `handle` by
    /// ``Call/learnt(_:)``.
    public var learnt: (any Sendable)?
    /// The error of a denial, from its text, for what a service does in the caller's name; nil: AccessDenied.
    public var denial: (@Sendable (String) -> ServiceError)?

    public init(
        _ action: String, on resource: String, resourceAccount: String? = nil, context: [String: ContextValue] = [:]
    ) {
        self.action = action
        self.resource = resource
        self.resourceAccount = resourceAccount
        self.context = context
    }
}

/// What a request must be allowed before it is handled.
public enum Authorization: Sendable {
    /// Every one of these; an empty list is a mistake and denies.
    case required([Access])
    /// Nothing: AWS documents that the operation needs no permission (the string says where).
    case notRequired(because: String)

    public static func required(_ access: Access) -> Authorization { .required([access]) }
}
