// Rules are numbered as in Documentation/PolicyRules.md.

/// Who asks, as far as an evaluation needs to know.
///
/// The caller's ARN and ``kind`` decide what a policy's `Principal` element matches; the other properties say what the
/// ARN does not. The caller's *tags* and the like are condition keys, and come from the ``RequestContext``.
///
/// AWS: "AWS JSON policy elements: Principal", `reference_policies_elements_principal.html`.
public struct Principal: Sendable, Hashable {
    /// The kinds of principal that AWS tells apart when it evaluates policies.
    public enum Kind: String, Sendable, Hashable {
        /// An account's root user. Nothing has to allow it anything in its own account (rule 1).
        case root
        /// An IAM user.
        case user
        /// Never a caller, but legal: simulations ask on a role's behalf.
        case role
        /// What AssumeRole and its siblings return: `arn:aws:sts::…:assumed-role/ROLE/SESSION`.
        case roleSession
        /// What GetFederationToken returns: `arn:aws:sts::…:federated-user/NAME`.
        case federatedUser
        /// A caller of AssumeRoleWithWebIdentity; `arn` is the OIDC provider's ARN or name.
        case webIdentity
        /// A caller of AssumeRoleWithSAML; `arn` is the SAML provider's ARN.
        case saml
        /// An AWS service that acts in its own name, such as "cloudtrail.amazonaws.com".
        case service
        /// A caller without credentials. Only a resource's policy can allow it anything (rule 19).
        case anonymous
    }

    /// What kind of principal the caller is.
    public var kind: Kind
    /// The caller's ARN, for example `arn:aws:sts::111122223333:assumed-role/R/session`; "" for services and anonymous
    /// callers.
    public var arn: String
    /// The twelve digits of the caller's account; "" for callers that have none.
    public var accountID: String
    /// The ARN of a role session's role, with its path, which the session's own ARN lacks. nil for all other callers.
    public var roleARN: String?
    /// The user who called GetFederationToken, for a federated user's session. nil for all other callers.
    public var parentUserARN: String?
    /// The unique id that stored trust policies name a principal by (rule 28): AIDA… of a user, AROA… of a role or of a
    /// role session's role; "" where there is none.
    public var uniqueID: String
    /// The name of a service principal, e.g. "cloudtrail.amazonaws.com".
    public var service: String?
    /// Whether the caller is a session of a service-linked role, which control policies do not bind (rules 22 and 25).
    public var isServiceLinkedRole: Bool

    /// Makes a principal. See the properties of the same names; what does not apply to its kind is left out.
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

/// What is asked: who wants to do what to which resource.
///
/// One API call may ask several of these: `iam:PassRole` on a role besides `lambda:CreateFunction` on a function. Each
/// is decided on its own, and all must be allowed.
public struct AuthorizationRequest: Sendable, Hashable {
    /// Who asks.
    public var principal: Principal
    /// The action with its service's prefix, "iam:CreateUser"; case does not matter.
    public var action: String
    /// The ARN of the resource, or "*" for an action without resource types (rule 51).
    public var resource: String
    /// The account that owns the resource, where the ARN does not tell (S3's has no account). nil: the account in
    /// ``resource``, or else the caller's own.
    public var resourceAccount: String?

    /// Makes a request. `resourceAccount` may be left out wherever the ARN has an account.
    public init(principal: Principal, action: String, resource: String, resourceAccount: String? = nil) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.resourceAccount = resourceAccount
    }
}
