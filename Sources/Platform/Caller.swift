public import Directory
public import Policy

/// Who made a request, as established by its signature or by a token within it.
///
/// It is made once the proof is complete, and never changes: whoever holds a `Caller` need not ask whether to believe
/// it. From it come the policy engine's ``principal``, the `aws:Principal…` condition keys, and CloudTrail's
/// `userIdentity`.
public final class Caller: Sendable {
    /// The kinds of callers, with what is known of each.
    public enum Identity: Sendable {
        /// The root user of ``accountID``.
        case root
        /// An IAM user, with a long-term access key or a session of GetSessionToken.
        case user(User)
        /// A session of a role.
        case roleSession(Role, name: String)
        /// Somebody on whose behalf a user called GetFederationToken; without a user, the root user did.
        case federatedUser(of: User?, name: String)
        /// A caller of AssumeRoleWithWebIdentity, with a token of an OpenID Connect provider.
        case webIdentity(FederatedIdentity)
        /// A caller of AssumeRoleWithSAML, with an assertion of a SAML provider.
        case saml(FederatedIdentity)
        /// An AWS service, in its own name: `cloudtrail.amazonaws.com`.
        case service(ServicePrincipal)
        /// Nobody has proved who they are: policies that name somebody allow them nothing.
        case anonymous
    }

    /// The caller's account; for a federated identity that of its provider. Empty for an anonymous caller, unless the
    /// request is for a role of some account: then that account.
    public let accountID: String
    /// Who the caller is.
    public let identity: Identity
    /// The ARN that AWS names in denials and in GetCallerIdentity.
    public let arn: String
    /// The access key that signed the request; empty for a caller without AWS credentials.
    public let accessKeyID: String
    /// What the session token holds, for temporary credentials; nil for a long-term access key.
    public let session: Session?
    /// The session policies, compiled; nil when there are none.
    public let sessionPolicies: [CompiledPolicy]?
    /// The session of S3 Express that signed the request; nil: none did.
    public let zonalSession: ZonalSession?

    /// Makes a caller. Whoever does so vouches for it.
    public init(
        accountID: String, identity: Identity, accessKeyID: String = "", session: Session? = nil,
        sessionPolicies: [CompiledPolicy]? = nil, zonalSession: ZonalSession? = nil
    ) {
        self.accountID = accountID
        self.identity = identity
        arn = identity.arn(in: accountID)
        self.accessKeyID = accessKeyID
        self.session = session
        self.sessionPolicies = sessionPolicies
        self.zonalSession = zonalSession
    }

    /// `aws:userid`: the unique id, with the session's name behind a colon for a role.
    public var userID: String {
        switch identity {
        case .root: accountID
        case .user(let user): user.uniqueID
        case .roleSession(let role, let name): "\(role.uniqueID):\(name)"
        case .federatedUser(_, let name): "\(accountID):\(name)"
        case .webIdentity(let identity): "\(identity.provider):\(identity.audience):\(identity.subject)"
        case .saml(let identity): "\(identity.nameQualifier ?? identity.provider):\(identity.subject)"
        case .service, .anonymous: ""
        }
    }

    /// `aws:PrincipalArn`: for a session the ARN of its role.
    public var principalARN: String {
        switch identity {
        case .root, .user, .federatedUser, .webIdentity, .saml, .service, .anonymous: arn
        case .roleSession(let role, _): role.arn
        }
    }

    /// The unique id that policies are bound to; nil for the root user, whom no identity-based policy binds, and for
    /// whoever has no identity in AWS.
    public var uniqueID: String? {
        switch identity {
        case .root, .webIdentity, .saml, .service, .anonymous: nil
        case .user(let user): user.uniqueID
        case .roleSession(let role, _): role.uniqueID
        case .federatedUser(let user, _): user?.uniqueID
        }
    }

    /// What the provider outside of AWS says about the caller; nil for a caller who is known to AWS.
    public var federatedIdentity: FederatedIdentity? {
        switch identity {
        case .webIdentity(let identity), .saml(let identity): identity
        case .root, .user, .roleSession, .federatedUser, .service, .anonymous: nil
        }
    }

    /// Whether the request had no signature, and nothing else proves who made it.
    public var isAnonymous: Bool {
        if case .anonymous = identity { true } else { false }
    }

    /// Whether the caller is the root user, a user or a session of an account, rather than somebody from an outside
    /// provider.
    public var isOfAWS: Bool {
        switch identity {
        case .root, .user, .roleSession, .federatedUser: true
        case .webIdentity, .saml, .service, .anonymous: false
        }
    }

    /// The value of one tag; a session tag overrides the principal's of the same key.
    /// - Parameter lowercasedKey: the key in lower case: tag keys in conditions are compared without regard to case.
    public func tag(_ lowercasedKey: String) -> String? {
        if let tag = session?.tags.first(where: { ConditionKeys.folded($0.key) == lowercasedKey }) { return tag.value }
        return principalTags.first { ConditionKeys.folded($0.key) == lowercasedKey }?.value
    }

    /// The principal's tags, overlaid with the session's: what `aws:PrincipalTag/…` is made from.
    public var tags: [Tag] {
        let own = session?.tags ?? []
        let keys = Set(own.map { ConditionKeys.folded($0.key) })
        return principalTags.filter { !keys.contains(ConditionKeys.folded($0.key)) } + own
    }

    private var principalTags: [Tag] {
        switch identity {
        case .root, .webIdentity, .saml, .service, .anonymous: []
        case .user(let user): user.tags
        case .roleSession(let role, _): role.tags
        case .federatedUser(let user, _): user?.tags ?? []
        }
    }

    /// The name by which CloudTrail's event history lists the caller.
    public var userName: String {
        switch identity {
        case .root: "root"
        case .user(let user): user.name
        case .roleSession(_, let name), .federatedUser(_, let name): name
        case .webIdentity(let identity), .saml(let identity): identity.subject
        case .service(let service): service.name
        case .anonymous: ""
        }
    }

    /// The caller as the policy engine sees it.
    public var principal: Principal {
        switch identity {
        case .root:
            Principal(kind: .root, arn: arn, accountID: accountID, uniqueID: accountID)
        case .user(let user):
            Principal(kind: .user, arn: arn, accountID: accountID, uniqueID: user.uniqueID)
        case .roleSession(let role, _):
            Principal(
                kind: .roleSession, arn: arn, accountID: accountID, roleARN: role.arn, uniqueID: role.uniqueID,
                isServiceLinkedRole: role.isServiceLinked)
        case .federatedUser(let user, _):
            Principal(
                kind: .federatedUser, arn: arn, accountID: accountID, parentUserARN: user?.arn,
                uniqueID: user?.uniqueID ?? "")
        case .webIdentity: Principal(kind: .webIdentity, arn: arn, accountID: accountID)
        case .saml: Principal(kind: .saml, arn: arn, accountID: accountID)
        case .service(let service): Principal(kind: .service, arn: service.name, service: service.name)
        case .anonymous: Principal(kind: .anonymous)
        }
    }

    /// The service that calls in its own name; nil for any other caller.
    public var servicePrincipal: ServicePrincipal? {
        if case .service(let service) = identity { return service }
        return nil
    }
}

extension Caller.Identity {
    fileprivate func arn(in accountID: String) -> String {
        switch self {
        case .root: "arn:aws:iam::\(accountID):root"
        case .user(let user): user.arn
        case .roleSession(let role, let name): ARN.text("sts", "", accountID, "assumed-role/", "\(role.name)/\(name)")
        case .federatedUser(_, let name): ARN.text("sts", "", accountID, "federated-user/", name)
        case .webIdentity(let identity), .saml(let identity): identity.provider
        case .service(let service): service.name
        case .anonymous: ""
        }
    }
}

/// An AWS service that calls another in its own name, for one of its resources.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services>
public struct ServicePrincipal: Sendable, Hashable {
    /// `cloudtrail.amazonaws.com`
    public let name: String
    /// The resource for which it calls: `aws:SourceArn`.
    public let sourceARN: String?
    /// The account of that resource: `aws:SourceAccount`.
    public let sourceAccount: String
    /// Further condition keys, in lower case, of the sessions of roles that the service assumes to hand them on, by which
    /// policies know that they come from there.
    public let sessionKeys: [String: String]
    /// For how many seconds it assumes roles to hand them on where it does not ask for a time: a role's maximum does not limit it,
    /// as it limits no service of AWS's. nil: for as long as anybody.
    public let sessionSeconds: Int?

    /// - Parameters: see the properties.
    public init(
        _ name: String, sourceARN: String?, sourceAccount: String, sessionKeys: [String: String] = [:],
        sessionSeconds: Int? = nil
    ) {
        self.name = name
        self.sourceARN = sourceARN
        self.sourceAccount = sourceAccount
        self.sessionKeys = sessionKeys
        self.sessionSeconds = sessionSeconds
    }
}
