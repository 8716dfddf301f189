// Rules are numbered as in Documentation/PolicyRules.md.

/// Who asks, as far as an evaluation needs to know.
public struct Principal: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case root
        case user
        /// Never a caller, but legal: simulations ask on a role's behalf.
        case role
        case roleSession
        case federatedUser
        /// A caller of AssumeRoleWithWebIdentity; `arn` is the OIDC provider's ARN or name.
        case webIdentity
        /// A caller of AssumeRoleWithSAML; `arn` is the SAML provider's ARN.
        case saml
        case service
        case anonymous
    }

    public var kind: Kind
    /// The caller's ARN, e.g. `arn:aws:sts::111122223333:assumed-role/R/session`.
    public var arn: String
    public var accountID: String
    /// The role of a role session; the parent user of a federated user session is `parentUserARN`.
    public var roleARN: String?
    /// The user that called GetFederationToken.
    public var parentUserARN: String?
    /// AIDA… of a user, AROA… of a role or of a role session's role; "" where there is none.
    public var uniqueID: String
    /// The name of a service principal, e.g. "cloudtrail.amazonaws.com".
    public var service: String?
    public var isServiceLinkedRole: Bool

    public init(
        kind: Kind, arn: String = "", accountID: String = "", roleARN: String? = nil, parentUserARN: String? = nil,
        uniqueID: String = "", service: String? = nil, isServiceLinkedRole: Bool = false
    ) {
        self.kind = kind
        self.arn = arn
        self.accountID = accountID
        self.roleARN = roleARN
        self.parentUserARN = parentUserARN
        self.uniqueID = uniqueID
        self.service = service
        self.isServiceLinkedRole = isServiceLinkedRole
    }
}

/// What is asked.
public struct AuthorizationRequest: Sendable, Hashable {
    public var principal: Principal
    /// "iam:CreateUser"; case does not matter.
    public var action: String
    /// An ARN, or "*" for an action without resource types (rule 51).
    public var resource: String
    /// The account that owns the resource; nil: the account in `resource`'s ARN, else the caller's own.
    public var resourceAccount: String?

    public init(principal: Principal, action: String, resource: String, resourceAccount: String? = nil) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.resourceAccount = resourceAccount
    }
}
