import Directory
import Platform
import Policy
import STSAPI
import Wire

/// A request for a role's session, the same whether it is made with credentials, a web identity or a SAML assertion.
struct RoleRequest {
    let roleARN: String
    let sessionName: String
    /// Inline session policy.
    let policy: String?
    /// Managed session policies.
    let policyARNs: [STS.PolicyDescriptorType]?
    let durationSeconds: Int?
    /// Session tags, without those that the caller's own session passes on.
    let tags: [Tag]
    let transitiveTagKeys: [String]
    let sourceIdentity: String?

    /// The role; nil when there is none.
    func role(_ call: Call) -> Role? {
        guard let arn = ARN(parsing: roleARN), arn.service == "iam", let (type, rest) = arn.typeAndRest, type == "role",
            let name = rest.split(separator: "/").last, call.directory.isActive(account: arn.account),
            let role = call.directory.role(named: String(name), in: arn.account), role.arn == roleARN
        else { return nil }
        return role
    }

    /// What the role's trust policy has to allow, which the gate fetches: the operation itself, and passing on tags and a source identity.
    /// - Parameter context: the operation's own condition keys.
    /// - Throws: ValidationError for a role that is not named by its ARN.
    func access(_ call: Call, _ context: [String: ContextValue]) throws(ServiceError) -> Authorization {
        guard let arn = ARN(parsing: roleARN), !arn.account.isEmpty else {
            throw .validation("\(roleARN) is invalid")
        }
        var access = Access(
            "sts:\(call.operation)", on: roleARN, resourceAccount: arn.account,
            context: ownContext.merging(context) { $1 })
        var accesses = [access]
        // Tags that the caller's own session passes on are tags of the new one, too.
        if !tags.isEmpty || call.caller.session?.transitiveTagKeys.isEmpty == false {
            access.action = "sts:TagSession"
            accesses.append(access)
        }
        if sourceIdentity != nil {
            access.action = "sts:SetSourceIdentity"
            accesses.append(access)
        }
        return .required(accesses)
    }

    private var ownContext: [String: ContextValue] {
        var keys = ConditionKeys.requestTags(tags)
        keys["sts:rolesessionname"] = .one(sessionName)
        if let sourceIdentity { keys["sts:sourceidentity"] = .one(sourceIdentity) }
        if !transitiveTagKeys.isEmpty { keys["sts:transitivetagkeys"] = .many(transitiveTagKeys) }
        return keys
    }

    /// The session, and how full its policies and tags make its token, in percent (nil when it has none).
    /// - Throws: ValidationError, MalformedPolicyDocument, InvalidParameterValue, PackedPolicyTooLarge.
    func session(of role: Role, _ call: Call) throws(ServiceError) -> (session: Session, packedSize: Int?) {
        var isChained = false
        if case .roleSession = call.caller.identity { isChained = true }
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html#id_roles_update-session-duration>
        let ofService = durationSeconds == nil ? call.caller.servicePrincipal?.sessionSeconds : nil
        let seconds = ofService ?? durationSeconds ?? 3600
        guard !isChained || seconds <= 3600 else {
            throw .validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
        }
        guard ofService != nil || seconds <= role.maxSessionDuration else {
            throw .validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        }
        let issued = call.time.rounded(.down)
        var session = Session(
            accessKeyID: Identifiers.accessKeyID(temporary: true), secretAccessKey: Identifiers.secretAccessKey(),
            accountID: role.accountID, principalKind: .role, principalID: role.uniqueID, name: sessionName,
            issued: issued, expires: issued + Double(seconds))
        if isChained { session.isChained = true }
        session.policy = try SessionPolicies.inline(policy)
        session.policyARNs = try SessionPolicies.managed(policyARNs, of: role.accountID, call)
        try setTags(of: &session, call)
        session.sourceIdentity = sourceIdentity
        if let keys = call.caller.servicePrincipal?.sessionKeys, !keys.isEmpty {
            session.context = keys.mapValues { .one($0) }
        }
        return (session, try SessionPolicies.packedSize(of: session))
    }

    /// Session tags, with those that the caller's own session passes on.
    /// - Throws: InvalidParameterValue.
    private func setTags(of session: inout Session, _ call: Call) throws(ServiceError) {
        let keys = Set(try SessionTags.checked(tags).map { $0.key.lowercased() })
        guard transitiveTagKeys.allSatisfy({ keys.contains($0.lowercased()) }) else {
            throw .invalidParameterValue("The specified transitive tag key must be included in the requested tags.")
        }
        let inheritedKeys = Set((call.caller.session?.transitiveTagKeys ?? []).map { $0.lowercased() })
        guard keys.isDisjoint(with: inheritedKeys) else {
            throw .invalidParameterValue(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
                    + "from the calling session.")
        }
        let inherited = (call.caller.session?.tags ?? []).filter { inheritedKeys.contains($0.key.lowercased()) }
        session.tags = inherited + tags
        _ = try SessionTags.checked(session.tags)
        session.transitiveTagKeys = inherited.map(\.key) + transitiveTagKeys
    }
}

/// The rules of session tags. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_know>
enum SessionTags {
    private static let most = 50

    /// - Throws: InvalidParameterValue.
    static func checked(_ tags: [Tag]) throws(ServiceError) -> [Tag] {
        let keys = Set(tags.map { $0.key.lowercased() })
        guard keys.count == tags.count else {
            throw .invalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        }
        guard !keys.contains(where: { $0.hasPrefix("aws:") }) else {
            throw .invalidParameterValue("Tag keys that begin with aws: are reserved.")
        }
        guard tags.count <= most else {
            throw .invalidParameterValue("A session can have up to \(most) tags.")
        }
        return tags
    }
}

extension STS.AssumedRoleUser {
    init(_ role: Role, sessionName: String) {
        self.init()
        assumedRoleId = "\(role.uniqueID):\(sessionName)"
        arn = "arn:aws:sts::\(role.accountID):assumed-role/\(role.name)/\(sessionName)"
    }
}

extension ServiceError {
    static func invalidParameterValue(_ message: String) -> ServiceError {
        ServiceError("InvalidParameterValue", message, status: 400)
    }
}
