import Directory
import Policy

extension Caller {
    /// The caller that a session stands for; nil where there is none any more: a session dies with its principal.
    ///
    /// Whether the session has expired, and whether its account is in use, is for the caller of this to check.
    /// - Complexity: some look-ups in the directory.
    public convenience init?(_ opened: SessionTokens.Opened, _ directory: IdentityDirectory) {
        let session = opened.session
        let identity: Identity
        switch session.principalKind {
        case .root:
            guard directory.account(session.principalID) != nil else { return nil }
            identity = .root
        case .user:
            guard let user = directory.user(uniqueID: session.principalID) else { return nil }
            identity = .user(user)
        case .role:
            guard let role = directory.role(uniqueID: session.principalID), let name = session.name else { return nil }
            identity = .roleSession(role, name: name)
        case .federatedUser:
            guard let name = session.name else { return nil }
            if session.principalID == session.accountID {
                guard directory.account(session.accountID) != nil else { return nil }
                identity = .federatedUser(of: nil, name: name)
            } else {
                guard let user = directory.user(uniqueID: session.principalID) else { return nil }
                identity = .federatedUser(of: user, name: name)
            }
        }
        var policies: [CompiledPolicy]?
        if session.hasSessionPolicies {
            // A managed session policy that has been deleted allows nothing.
            policies =
                (opened.policy.map { [$0] } ?? []) + session.policyARNs.compactMap { directory.compiledPolicy(arn: $0) }
        }
        self.init(
            accountID: session.accountID, identity: identity, accessKeyID: session.accessKeyID, session: session,
            sessionPolicies: policies)
    }
    /// The caller that a session of S3 Express stands for: whoever asked for it. nil where there is none any more.
    ///
    /// Whether the session has expired, and whether its account is in use, is for the caller of this to check.
    /// - Complexity: some look-ups in the directory.
    public convenience init?(_ opened: SessionTokens.OpenedZonal, _ directory: IdentityDirectory) {
        guard let owner = Caller(opened.owner, directory) else { return nil }
        self.init(
            accountID: owner.accountID, identity: owner.identity, accessKeyID: opened.session.accessKeyID,
            session: opened.session.isOfLongTermKey ? nil : owner.session, sessionPolicies: owner.sessionPolicies,
            zonalSession: opened.session)
    }
}
