import Policy

// Roles that may already do what the caller may not, and that the caller may act as.

extension Steps {
    /// The most roles that are proposed.
    private static let mostRoles = 3

    mutating func actAsRole() {
        // Whoever is no user or role of an account has no way to sts:AssumeRole but by what signs it in; root has none.
        guard principal.kind == .user || principal.kind == .roleSession, !isAboutOwnSession else { return }
        let others = asked.otherRoles.filter { role in
            role.principal.roleARN != principal.roleARN && mayAct(role).isAllowed && mayAssume(role).isAllowed
        }
        // The one that may least, as far as the size of its policies tells.
        let sorted = others.map { (role: $0, size: Self.size($0)) }.sorted { $0.size < $1.size }
        for (role, _) in sorted.prefix(Self.mostRoles) {
            guard let arn = role.principal.roleARN, let parts = ARNParts(arn) else { continue }
            let change = Change(
                .assumeRole, holder: arn, madeBy: "the caller",
                title: "Act as role \(parts.name) of account \(parts.account), which may do it and trusts the caller",
                diff: ["+ \(arn)"],
                commands: [
                    Commands.line([
                        "sts", "assume-role", "--role-arn", arn, "--role-session-name",
                        ARNParts(principal.arn)?.name ?? "session",
                    ])
                ], cost: Cost.assumeRole)
            found.append(Step(change: change) { $0 = Self.asked($0, as: role) })
        }
    }

    /// Whether the caller asks for a session, which another role's session would not give it.
    private var isAboutOwnSession: Bool { request.action.lowercased().hasPrefix("sts:") }

    private static func size(_ role: OtherRole) -> Int {
        role.inputs.identitySets.reduce(0) { total, set in
            var size = 0
            set.eachPolicy { size += $0.document.nonWhitespaceCount }
            return total + size
        }
    }

    private func mayAct(_ role: OtherRole) -> Decision { Self.asked(asked, as: role).decision }

    /// Whether the caller may make a session of the role.
    private func mayAssume(_ role: OtherRole) -> Decision {
        guard let trust = role.trust, let arn = role.principal.roleARN else {
            return Decision(outcome: .implicitlyDenied, policyType: .roleTrust, statement: nil)
        }
        let inputs = PolicyInputs(
            identitySets: asked.inputs.identitySets, roleTrust: trust, boundaries: asked.inputs.boundaries,
            session: asked.inputs.session, serviceControlLevels: asked.inputs.serviceControlLevels,
            resourceControlLevels: role.resourceControlLevels)
        var context = asked.context.filter { Self.isOfCaller($0.key) || Self.isOfCall($0.key) }
        context.merge(role.resourceContext) { _, new in new }
        context["sts:rolesessionname"] = .one("session")
        return PolicyEvaluator.evaluate(
            AuthorizationRequest(principal: principal, action: "sts:AssumeRole", resource: arn), inputs,
            DictionaryContext(context))
    }

    /// The same request, made by a session of the role.
    private static func asked(_ asked: DeniedRequest, as role: OtherRole) -> DeniedRequest {
        var other = asked
        other.request.principal = role.principal
        other.inputs.identitySets = role.inputs.identitySets
        other.inputs.boundaries = role.inputs.boundaries
        other.inputs.session = nil
        other.inputs.serviceControlLevels = role.inputs.serviceControlLevels
        other.inputs.serviceControlPath = role.inputs.serviceControlPath
        // Whose the resource is has not changed where only its caller's account told.
        if other.request.resourceAccount == nil, ARNParts(asked.request.resource)?.account.isAccountID != true {
            other.request.resourceAccount = asked.request.principal.accountID
        }
        other.context = other.context.filter { !isOfCaller($0.key) }
        other.context.merge(role.context) { _, new in new }
        if let arn = role.principal.roleARN { other.context["aws:principalarn"] = .one(arn) }
        return other
    }

    /// Whether a condition key tells who the caller is.
    private static func isOfCaller(_ key: String) -> Bool {
        key.hasPrefix("aws:principal") || key.hasPrefix("aws:multifactorauth")
            || ["aws:username", "aws:userid", "aws:tokenissuetime", "aws:sourceidentity", "aws:federatedprovider"]
                .contains(key)
    }

    /// Whether it tells where and when the call is made.
    private static func isOfCall(_ key: String) -> Bool {
        [
            "aws:sourceip", "aws:useragent", "aws:currenttime", "aws:epochtime", "aws:securetransport",
            "aws:requestedregion", "aws:viaawsservice",
        ].contains(key)
    }
}
