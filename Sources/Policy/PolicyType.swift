/// The kinds of policy that can bind a request.
///
/// AWS: "Policies and permissions in IAM", IAM User Guide, `access_policies.html`.
public enum PolicyType: String, Sendable, Hashable, CaseIterable {
    case identity
    case resource
    case permissionsBoundary
    case session
    case serviceControl
    case resourceControl
    case endpoint
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

/// Where a policy comes from; printed in decisions and traces.
public struct PolicySource: Sendable, Hashable {
    public var type: PolicyType
    /// The policy's name, or "" where it has none (a trust policy, a bucket policy, a session policy).
    public var name: String
    /// The ARN of a managed policy, a service control policy or a resource control policy.
    public var arn: String?
    /// The ARN of the user, group, role or resource that holds it.
    public var attachedTo: String?
    /// The version of a managed policy, e.g. "v1".
    public var version: String?

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
