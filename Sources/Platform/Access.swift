public import Policy
public import Wire

/// One thing that a request asks to be allowed: an action on a resource, with the condition keys that belong to it.
///
/// ```swift
/// fileprivate func access(onBox arn: String) -> Authorization {
///     .required(Access("vault:\(operation)", on: arn))
/// }
/// ```
///
/// The resource's own side — owner, tags, resource-based policy — isn't given here: the gate fetches it by the ARN (see
/// ``ResourceType``), so that no operation can forget it. Global condition keys are added by the gate as well.
public struct Access: Sendable {
    /// The action with its prefix, in AWS's case: "iam:CreateUser".
    public var action: String
    /// The ARN of the resource, or "*" for an action that has none.
    public var resource: String
    /// What a denial names instead of the resource, where that would tell more than the request did; nil: the resource.
    public var displayedResource: String?
    /// The account that owns the resource; nil: the caller's own.
    public var resourceAccount: String?
    /// The condition keys of this access, in lower case: "iam:policyarn". They take precedence over global ones of the
    /// same name.
    public var context: [String: ContextValue]
    /// What a setting of the account allows the caller besides its own policies, and bound as they are.
    public var accountGrants: [PolicySet] = []
    /// Whether the resource is yet to be created, so that tags and policies of one that already has that name say
    /// nothing.
    public var isOfNewResource = false
    /// What the operation had to find out to say what it needs, and need not find out again: `handle` gets it by
    /// ``Call/learnt(_:)``.
    public var learnt: (any Sendable)?
    /// Makes the error of a denial from its text, where a service acts in the caller's name and has an error of its
    /// own; nil: AccessDenied.
    public var denial: (@Sendable (String) -> ServiceError)?

    /// What has to be allowed before it, since the request comes to the resource that way: by an access point of S3's.
    public var ways: [Access] = []

    /// What was decided on it before the request came, which tells so: by a session of S3 Express. nil: the policies are asked.
    public var verdict: Verdict?

    /// See ``verdict``.
    public enum Verdict: Sendable {
        case allowed
        case refused(ServiceError)
    }

    /// Makes an access; see the properties.
    public init(
        _ action: String, on resource: String, resourceAccount: String? = nil, context: [String: ContextValue] = [:]
    ) {
        self.action = action
        self.resource = resource
        self.resourceAccount = resourceAccount
        self.context = context
    }
}

/// What a request must be allowed before it is handled: what ``Operation/access(_:_:)`` returns.
public enum Authorization: Sendable {
    /// Every one of these; an empty list is a mistake and denies.
    case required([Access])
    /// Nothing: AWS documents that the operation needs no permission (the string says where).
    case notRequired(because: String)

    /// A single access that is required.
    public static func required(_ access: consuming Access) -> Authorization { .required([access]) }
}
