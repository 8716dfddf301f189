import Policy

// Where a type of policy that has to allow a request is silent: the least statement that does.

extension Steps {
    // MARK: Identity-based policies

    mutating func allowInIdentityPolicy() {
        guard let holder = principal.policyHolder, let arn = ARNParts(holder) else {
            if principal.kind == .root {
                obstacles.append("The root user has no identity-based policies.")
            }
            return
        }
        if principal.isServiceLinkedRole {
            obstacles.append("The policies of a service-linked role are AWS's: nobody else can change them.")
            return
        }
        let statement = allowance()
        let own = asked.inputs.identity.filter { $0.source.arn == nil && $0.source.attachedTo == holder }
        let who = "\(arn.type) \(arn.name)"
        let madeBy = "an administrator of account \(arn.account)"
        // What has to fit into the quota of all inline policies together.
        let most = arn.type == "user" ? 2048 : 10_240
        let length = own.reduce(0) { $0 + $1.document.nonWhitespaceCount }
        let isFull = length + PolicyDocument.nonWhitespaceCount(of: DocumentEdit.new(statement)) > most
        if !isFull {
            for policy in own.prefix(3) {
                extend(policy, by: statement) { edited in
                    Change(
                        .addStatement, .identity, policy: policy.source, holder: holder, madeBy: madeBy,
                        title: "Add a statement to the inline policy \(policy.source.name) of \(who)",
                        statement: edited.statement, before: edited.before, after: edited.after, diff: edited.diff,
                        commands: Commands.putInline(policy.source.name, of: holder, edited.after), cost: Cost.extend)
                }
            }
        }
        let name = unusedName(for: holder)
        let edited = new(statement)
        let source = PolicySource(type: .identity, name: name, attachedTo: isFull ? nil : holder)
        if let policy = compiled(edited.after, as: source) {
            let change = Change(
                .newPolicy, .identity, newName: name, holder: holder, madeBy: madeBy,
                title: isFull
                    ? "Attach a new managed policy \(name) to \(who), whose inline policies are full"
                    : "Give \(who) a new inline policy \(name)",
                statement: edited.statement, after: edited.after, diff: edited.diff,
                commands: isFull
                    ? Commands.newManaged(name, for: holder, edited.after, asBoundary: false)
                    : Commands.putInline(name, of: holder, edited.after),
                cost: isFull ? Cost.newManaged : Cost.newInline)
            found.append(Step(change: change) { $0.inputs.identitySets.append(PolicySet([policy])) })
        }
        for policy in customerManaged(in: asked.inputs.identity) {
            guard let policyARN = policy.source.arn else { continue }
            extend(policy, by: statement) { edited in
                Change(
                    .addStatement, .identity, policy: policy.source, holder: nil, madeBy: madeBy,
                    title: "Add a statement to the managed policy \(policy.source.name)",
                    statement: edited.statement, before: edited.before, after: edited.after, diff: edited.diff,
                    commands: Commands.newVersion(of: policyARN, edited.after),
                    alsoAllows: [
                        "The same to everybody else who has the policy \(policy.source.name), directly or by a group"
                    ], cost: Cost.shared)
            }
        }
    }

    private func customerManaged(in policies: [CompiledPolicy]) -> ArraySlice<CompiledPolicy> {
        policies.filter { $0.source.arn != nil && !$0.source.isOfAWS }.prefix(2)
    }

    /// A name for a policy that nobody has.
    private func unusedName(for holder: String) -> String {
        let taken = Set(asked.inputs.identity.map { $0.source.name.lowercased() })
        let plain = request.action.replacing(":", with: "-")
        var name = "Allow-\(plain)"
        var number = 2
        while taken.contains(name.lowercased()) {
            name = "Allow-\(plain)-\(number)"
            number += 1
        }
        return name
    }

    // MARK: Boundaries

    mutating func allowInBoundary() {
        guard let holder = principal.policyHolder, let arn = ARNParts(holder) else { return }
        let policies = asked.inputs.boundaries ?? []
        if policies.isEmpty {
            obstacles.append("The permissions boundary of \(holder) does not exist, so that nothing is allowed.")
        }
        let madeBy = "an administrator of account \(arn.account)"
        let risk = "The boundary is there to limit what administrators of \(arn.type) \(arn.name) can give it"
        for policy in policies {
            guard let policyARN = policy.source.arn else { continue }
            if policy.source.isOfAWS {
                replaceBoundary(policy, of: holder, arn, madeBy, risk)
                continue
            }
            extend(policy, by: allowance()) { edited in
                Change(
                    .addStatement, .permissionsBoundary, policy: policy.source, holder: holder, madeBy: madeBy,
                    title: "Add a statement to the permissions boundary \(policy.source.name)",
                    statement: edited.statement, before: edited.before, after: edited.after, diff: edited.diff,
                    commands: Commands.newVersion(of: policyARN, edited.after),
                    alsoAllows: [
                        "The same to everybody whose boundary it is and whose policies allow it, or who has it as a policy"
                    ], risks: [risk], cost: Cost.boundary)
            }
        }
    }

    /// A boundary of AWS's can't be changed, but another one with the same statements can take its place.
    private mutating func replaceBoundary(
        _ policy: CompiledPolicy, of holder: String, _ arn: ARNParts, _ madeBy: String, _ risk: String
    ) {
        let name = "\(policy.source.name)-and-more"
        extend(policy, by: allowance()) { edited in
            Change(
                .newPolicy, .permissionsBoundary, newName: name, holder: holder, madeBy: madeBy,
                title:
                    "Give \(arn.type) \(arn.name) a permissions boundary \(name): \(policy.source.name), which is AWS's, "
                    + "with a statement more",
                statement: edited.statement, before: edited.before, after: edited.after, diff: edited.diff,
                commands: Commands.newManaged(name, for: holder, edited.after, asBoundary: true), risks: [risk],
                cost: Cost.boundary + 2)
        }
    }

    // MARK: Sessions

    mutating func allowInSession() {
        let isFederated = principal.kind == .federatedUser
        guard isFederated || principal.kind == .roleSession else { return }
        let managed = (asked.inputs.session ?? []).compactMap(\.source.arn)
        let title = "Ask for another session, whose session policy allows it too"
        if let policy = asked.inputs.session?.first(where: { $0.source.arn == nil }) {
            let holder = principal.arn
            let commands = { [self] in sessionCommands($0, managed) }
            extend(policy, by: allowance()) { edited in
                Change(
                    .newSession, .session, policy: policy.source, holder: holder, madeBy: "the caller",
                    title: title, statement: edited.statement, before: edited.before, after: edited.after,
                    diff: edited.diff, commands: commands(edited.after), cost: Cost.newSession)
            }
        } else {
            let edited = new(allowance())
            guard let policy = compiled(edited.after, as: PolicySource(type: .session)) else { return }
            let change = Change(
                .newSession, .session, holder: principal.arn, madeBy: "the caller", title: title,
                statement: edited.statement, after: edited.after, diff: edited.diff,
                commands: sessionCommands(edited.after, managed), cost: Cost.newSession)
            found.append(Step(change: change) { $0.inputs.session = ($0.inputs.session ?? []) + [policy] })
        }
    }

    /// How a session with other policies is asked for.
    func sessionCommands(_ policy: String?, _ managed: [String]) -> [String] {
        let name = ARNParts(principal.arn)?.name ?? "session"
        var words: [String]
        switch principal.kind {
        case .federatedUser: words = ["sts", "get-federation-token", "--name", name]
        case .roleSession:
            words = [
                "sts", "assume-role", "--role-arn", principal.roleARN ?? "", "--role-session-name", name,
            ]
        default: return []
        }
        if !managed.isEmpty { words += ["--policy-arns"] + managed.map { "arn=\($0)" } }
        if let policy { words += ["--policy", policy] }
        return [Commands.line(words)]
    }

    // MARK: Service control policies

    mutating func allowInServiceControl() {
        let places = asked.inputs.serviceControlPlaces(request)
        for (level, set) in (asked.inputs.serviceControlLevels ?? []).enumerated() {
            let looked = trace.policies.filter { $0.level == level && $0.source.type == .serviceControl }
            guard !looked.contains(where: { $0.hasMatch(effect: "Allow") }) else { continue }
            let place = places.indices.contains(level) ? places[level] : .number(level, of: places.count)
            let madeBy = "the organization's management account"
            let risks = [
                "A service control policy guards all accounts below \(place): that it does not allow the request may be meant"
            ]
            let also = ["The same to all principals of the accounts below whose own policies allow it"]
            for policy in set.policies where !policy.source.isOfAWS {
                guard let arn = policy.source.arn else { continue }
                extend(policy, by: allowance()) { edited in
                    Change(
                        .addStatement, .serviceControl, policy: policy.source, holder: place.id, madeBy: madeBy,
                        title: "Add a statement to the service control policy \(policy.source.name) at \(place)",
                        statement: edited.statement, before: edited.before, after: edited.after, diff: edited.diff,
                        commands: Commands.updateControl(arn, edited.after), alsoAllows: also, risks: risks,
                        cost: Cost.serviceControl)
                }
            }
            let edited = new(allowance())
            let name = "Allow-\(request.action.replacing(":", with: "-"))"
            if let policy = compiled(edited.after, as: PolicySource(type: .serviceControl, name: name)) {
                let change = Change(
                    .newPolicy, .serviceControl, newName: name, holder: place.id, madeBy: madeBy,
                    title: "Attach a new service control policy \(name) to \(place)", statement: edited.statement,
                    after: edited.after, diff: edited.diff,
                    commands: Commands.newServiceControl(name, at: place.id ?? "TARGET", edited.after),
                    alsoAllows: also, risks: risks, cost: Cost.serviceControl + 2)
                found.append(
                    Step(change: change) { asked in
                        guard let set = asked.inputs.serviceControlLevels?[safe: level] else { return }
                        asked.inputs.serviceControlLevels?[level] = set.adding(policy)
                    })
            }
            // One level at a time: the next one is found when the engine is asked again.
            return
        }
    }
}

extension ControlLevel {
    /// What policies are attached to there; nil: it is not known.
    var id: String? {
        switch self {
        case .root(let id), .organizationalUnit(let id), .account(let id): id
        case .number: nil
        }
    }
}

extension Array {
    subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
