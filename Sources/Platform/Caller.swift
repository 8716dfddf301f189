public import Directory
public import Policy

/// Who made a request, as the proof of its signature established it.
public final class Caller: Sendable {
    public enum Identity: Sendable {
        case root
        case user(User)
        case roleSession(Role, name: String)
    }

    public let accountID: String
    public let identity: Identity
    public let accessKeyID: String
    /// What came with temporary credentials; nil for a long-term access key.
    public let session: Session?
    /// The session policies, compiled; nil when there are none.
    public let sessionPolicies: [CompiledPolicy]?

    public init(
        accountID: String, identity: Identity, accessKeyID: String, session: Session? = nil,
        sessionPolicies: [CompiledPolicy]? = nil
    ) {
        self.accountID = accountID
        self.identity = identity
        self.accessKeyID = accessKeyID
        self.session = session
        self.sessionPolicies = sessionPolicies
    }

    /// The ARN that AWS names in denials and in GetCallerIdentity.
    public var arn: String {
        switch identity {
        case .root: "arn:aws:iam::\(accountID):root"
        case .user(let user): user.arn
        case .roleSession(let role, let name): "arn:aws:sts::\(accountID):assumed-role/\(role.name)/\(name)"
        }
    }

    /// `aws:userid`: the unique id, with the session's name behind a colon for a role.
    public var userID: String {
        switch identity {
        case .root: accountID
        case .user(let user): user.uniqueID
        case .roleSession(let role, let name): "\(role.uniqueID):\(name)"
        }
    }

    /// `aws:PrincipalArn`: for a session the ARN of its role.
    public var principalARN: String {
        switch identity {
        case .root, .user: arn
        case .roleSession(let role, _): role.arn
        }
    }

    /// The unique id that policies are bound to; nil for the root user, whom no identity-based policy binds.
    public var uniqueID: String? {
        switch identity {
        case .root: nil
        case .user(let user): user.uniqueID
        case .roleSession(let role, _): role.uniqueID
        }
    }

    /// The principal's tags, overlaid with the session's.
    public func tag(_ lowercasedKey: String) -> String? {
        if let tag = session?.tags.first(where: { ConditionKeys.folded($0.key) == lowercasedKey }) { return tag.value }
        let tags: [Tag] =
            switch identity {
            case .root: []
            case .user(let user): user.tags
            case .roleSession(let role, _): role.tags
            }
        return tags.first { ConditionKeys.folded($0.key) == lowercasedKey }?.value
    }

    /// The name by which CloudTrail's event history lists the caller.
    public var userName: String {
        switch identity {
        case .root: "root"
        case .user(let user): user.name
        case .roleSession(_, let name): name
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
                isServiceLinkedRole: role.path.hasPrefix("/aws-service-role/"))
        }
    }
}
