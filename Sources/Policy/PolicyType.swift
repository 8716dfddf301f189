/// The kinds of policy that can bind a request.
///
/// The type decides what a document may contain (`init(parsing:as:)` of ``PolicyDocument``), what its part in a
/// decision is (``PolicyInputs``), and what it is called in AWS's messages.
///
/// AWS: "Policies and permissions in IAM", IAM User Guide, `access_policies.html`.
public enum PolicyType: String, Sendable, Hashable, CaseIterable {
    /// Attached to a user, group or role; inline or managed.
    case identity
    /// Attached to a resource, such as a bucket policy or a key policy, with a `Principal`.
    case resource
    /// A managed policy that limits what identity-based policies can give a user or role.
    case permissionsBoundary
    /// Passed to STS when a session is made; limits that session.
    case session
    /// An SCP: limits what the principals of an organization's member accounts can do.
    case serviceControl
    /// An RCP: limits what can be done to the resources of an organization's member accounts.
    case resourceControl
    /// Attached to a VPC endpoint; limits what passes through it.
    case endpoint
    /// A role's `AssumeRolePolicyDocument`: who may make sessions of it.
    case roleTrust

    /// The words with which AWS's AccessDenied messages name this type, without an article.
    public var displayName: String {
        switch self {
        case .identity: "identity-based policy"
        case .resource: "resource-based policy"
        case .permissionsBoundary: "permissions boundary"
        case .session: "session policy"
        case .serviceControl: "service control policy"
        case .resourceControl: "resource control policy"
        case .endpoint: "VPC endpoint policy"
        case .roleTrust: "role trust policy"
        }
    }

    /// `displayName` with the article that AWS's explicit-deny messages use
    /// (`troubleshoot_access-denied.html`): a role has one trust policy, hence "the".
    var displayNameWithArticle: String {
        switch self {
        case .identity: "an identity-based policy"
        case .roleTrust: "the role trust policy"
        default: "a " + displayName
        }
    }

    /// Whether documents of this type say to whom they apply.
    var hasPrincipal: Bool {
        switch self {
        case .resource, .roleTrust, .resourceControl, .endpoint: true
        case .identity, .permissionsBoundary, .session, .serviceControl: false
        }
    }
}

/// Where a policy comes from, for people: printed in decisions and traces, and never interpreted apart from its type.
public struct PolicySource: Sendable, Hashable {
    /// What kind of policy it is, and so how it is compiled.
    public var type: PolicyType
    /// The policy's name, or "" where it has none (a trust policy, a bucket policy, a session policy).
    public var name: String
    /// The ARN of a managed policy, a service control policy or a resource control policy.
    public var arn: String?
    /// The ARN of the user, group, role or resource that holds it.
    public var attachedTo: String?
    /// The version of a managed policy, e.g. "v1".
    public var version: String?

    /// Makes a source; give as much as is known. See the properties of the same names.
    public init(
        type: PolicyType, name: String = "", arn: String? = nil, attachedTo: String? = nil, version: String? = nil
    ) {
        self.type = type
        self.name = name
        self.arn = arn
        self.attachedTo = attachedTo
        self.version = version
    }
}
