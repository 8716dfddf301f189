import Policy

// What an explicit deny can be made to spare: the caller, the action and the resource of the request, and nothing besides.

extension Steps {
    /// Where a statement denies: first a request that it does not deny, then a statement that spares the request.
    mutating func spare(_ reference: StatementReference, of type: PolicyType) {
        guard let policy = policy(of: reference),
            let statement = policy.document.statements[safe: reference.index]
        else {
            obstacles.append("\(reference.policy.summary) can't be read, and denies everything in its place.")
            return
        }
        avoid(statement, of: policy)
        // Beside a trust policy, whatever denies on the resource's side is called one.
        let isOnResource = type == .resource || type == .roleTrust
        narrow(statement, of: policy, as: isOnResource ? policy.source.type : type)
    }

    private func policy(of reference: StatementReference) -> CompiledPolicy? {
        let inputs = asked.inputs
        var all = inputs.identity + [inputs.roleTrust, inputs.resource].compactMap { $0 }
        all += (inputs.boundaries ?? []) + (inputs.session ?? []) + (inputs.endpoint ?? [])
        all += (inputs.serviceControl ?? []).joined()
        all += (inputs.resourceControl ?? []).joined()
        return all.first { $0.source == reference.policy && !$0.document.text.isEmpty }
    }

    private mutating func narrow(_ statement: Statement, of policy: CompiledPolicy, as type: PolicyType) {
        let source = policy.source
        if source.isOfAWS { return detach(source, as: type) }
        guard let place = place(of: source, as: type) else {
            obstacles.append("\(source.summary(as: type)) denies it, and nothing is known of who could change that.")
            return
        }
        let name = "statement \(statement.index + 1)" + (statement.sid.map { " \"\($0.value)\"" } ?? "")
        var seen: Set<String> = []
        // Not every type of policy takes every element, so what is less exact comes last.
        for leavesAction in [true, false] {
            let spared = Spared(
                self, statement, of: policy, onlyCaller: place.isCallersAlone, leavesAction: leavesAction)
            let old = [StatementText(statement)]
            let diff = LineDiff.lines(from: old, to: spared.statements)
            var title = "Have \(name) of \(place.what) spare the request"
            if place.kind == .newSession {
                title = "Ask for another session, without \(name) of its policy for the request"
            }
            func change(_ edited: Edited, _ commands: [String]) -> Change {
                Change(
                    place.kind, type, policy: source, holder: place.holder, madeBy: place.madeBy, title: title,
                    statement: spared.statements.isEmpty
                        ? nil : spared.statements.map { $0.json() }.joined(separator: "\n"),
                    before: edited.before, after: edited.after.isEmpty ? nil : edited.after, diff: edited.diff,
                    commands: commands, alsoAllows: spared.alsoSpared, risks: place.risks, cost: place.cost)
            }
            if let text = DocumentEdit(policy.document).replacing(statement, by: spared.statements) {
                guard seen.insert(text).inserted else { continue }
                let count = found.count
                replace(policy, by: text, diff, nil) { change($0, place.commands($0.after)) }
                if found.count > count { return }
            } else if spared.statements.isEmpty, let commands = place.removal, seen.insert("").inserted {
                // Nothing else is in the document.
                let edited = Edited(
                    before: asked.shown(policy.document.text, source.type), after: "", diff: diff, statement: nil)
                found.append(Step(change: change(edited, commands)) { $0.inputs.replace(policy, by: nil) })
                return
            }
        }
    }

    private mutating func detach(_ source: PolicySource, as type: PolicyType) {
        guard type == .identity, let policyARN = source.arn, let holder = principal.policyHolder,
            let arn = ARNParts(holder), let own = asked.inputs.identitySets.first,
            let policy = own.policies.first(where: { $0.source == source })
        else {
            obstacles.append(
                "\(source.summary(as: type)) denies it, which is AWS's: it can be detached, but not changed.")
            return
        }
        let change = Change(
            .detachPolicy, type, policy: source, holder: holder,
            madeBy: "an administrator of account \(arn.account)",
            title: "Detach \(source.name), which is AWS's and can't be changed, from \(arn.type) \(arn.name)",
            before: policy.document.text,
            diff: LineDiff.lines(from: policy.document.statements.map(StatementText.init), to: []),
            commands: [
                Commands.line([
                    "iam", "detach-\(arn.type)-policy", "--\(arn.type)-name", arn.name, "--policy-arn", policyARN,
                ])
            ], alsoAllows: ["All else that \(source.name) denies and other policies allow"],
            risks: ["Somebody attached \(source.name) to deny this: find out why first"], cost: Cost.detach)
        found.append(Step(change: change) { $0.inputs.replace(policy, by: nil) })
    }

    // MARK: Where a policy is

    /// Where a policy that denies is, and who can change it.
    private struct Place {
        var kind = Change.Kind.narrowDeny
        var what: String
        var holder: String?
        var madeBy: String
        /// Whether it binds nobody but the caller.
        var isCallersAlone = false
        var commands: (String) -> [String]
        /// Removes the whole policy; nil: that is not for here.
        var removal: [String]?
        var risks: [String]
        var cost: Int
    }

    private func place(of source: PolicySource, as type: PolicyType) -> Place? {
        let deliberate = ["Somebody denied this explicitly: find out why first"]
        switch type {
        case .identity, .permissionsBoundary:
            let isBoundary = type == .permissionsBoundary
            let account = principal.accountID
            let what = isBoundary ? "the permissions boundary \(source.name)" : "the policy \(source.name)"
            if let arn = source.arn {
                return Place(
                    what: what, holder: isBoundary ? principal.policyHolder : nil,
                    madeBy: "an administrator of account \(account)",
                    commands: { Commands.newVersion(of: arn, $0) }, risks: deliberate,
                    cost: isBoundary ? Cost.narrowBoundary : Cost.narrowDeny + 2)
            }
            guard let holder = source.attachedTo else { return nil }
            return Place(
                what: "\(what) of \(holder)", holder: holder, madeBy: "an administrator of account \(account)",
                isCallersAlone: holder == principal.policyHolder,
                commands: { Commands.putInline(source.name, of: holder, $0) },
                removal: Commands.deleteInline(source.name, of: holder), risks: deliberate, cost: Cost.narrowDeny)
        case .session:
            let others = (asked.inputs.session ?? []).compactMap(\.source.arn)
            guard source.arn == nil else { return nil }
            return Place(
                kind: .newSession, what: "the session policy", holder: principal.arn, madeBy: "the caller",
                isCallersAlone: true, commands: { sessionCommands($0, others) }, risks: [], cost: Cost.newSession)
        case .serviceControl, .resourceControl:
            guard let arn = source.arn else { return nil }
            let looked = trace.policies.first { $0.source == source }
            let level = looked?.place.map { " at \($0)" } ?? ""
            return Place(
                what: "the \(type.displayName) \(source.name)\(level)", holder: looked?.place?.id,
                madeBy: "the organization's management account", commands: { Commands.updateControl(arn, $0) },
                risks: [
                    "A \(type.displayName) is a guardrail of the whole organization, which nobody in the account may lift: "
                        + "its owners should decide"
                ], cost: Cost.narrowControl)
        case .resource, .roleTrust:
            let resource = source.attachedTo ?? bucketOrResource
            let owner = request.resourceAccount ?? ARNParts(resource).map(\.account) ?? ""
            return Place(
                what: type == .roleTrust ? "the trust policy of \(resource)" : "the policy of \(resource)",
                holder: resource,
                madeBy: owner.isAccountID ? "an administrator of account \(owner)" : "the owner of the resource",
                commands: { Commands.putResourcePolicy(of: resource, $0) ?? [] }, risks: deliberate,
                cost: Cost.narrowDeny + 4)
        case .endpoint: return nil
        }
    }

    private var bucketOrResource: String {
        guard let arn = ARNParts(request.resource), arn.service == "s3", arn.region.isEmpty else {
            return request.resource
        }
        return "arn:aws:s3:::\(arn.resource.prefix { $0 != "/" })"
    }
}

/// What a Deny becomes that spares a request: the statement for all other callers, for all other resources, and for all other
/// actions, as far as the policy language can say that.
private struct Spared {
    private(set) var statements: [StatementText] = []
    /// What is no longer denied besides the request.
    private(set) var alsoSpared: [String] = []

    /// - Parameters:
    ///   - onlyCaller: whether the policy binds the caller alone, so that nobody else has to be denied any longer.
    ///   - leavesAction: whether to say "all other actions": not every type of policy may.
    init(_ steps: Steps, _ statement: Statement, of policy: CompiledPolicy, onlyCaller: Bool, leavesAction: Bool) {
        let request = steps.request
        let written = StatementText(statement)
        let others = policy.document.statements
        var parts: [StatementText] = []
        if !onlyCaller {
            if let arn = steps.principal.lastingARN {
                parts.append(Self.sparing(arn, in: written))
                if steps.principal.kind == .roleSession {
                    alsoSpared.append("The same for all sessions of the role \(arn)")
                }
            } else {
                alsoSpared.append("The same for all other callers")
            }
        }
        // A key policy is about one key, however it calls it.
        let isOfKey = policy.source.type == .resource && request.action.lowercased().hasPrefix("kms:")
        let resources = isOfKey ? .some(nil) : Self.otherResources(written, but: request, policy.document.version)
        let actions = leavesAction ? Self.otherActions(written, but: request.action) : nil
        parts += [resources, actions].compactMap { $0 ?? nil }
        switch (resources, actions) {
        case (.some, .some): break
        case (nil, .some): alsoSpared.append("The same action on other resources of the statement")
        case (.some, nil): alsoSpared.append("Other actions of the statement on the same resource")
        case (nil, nil): alsoSpared.append("All that the statement denies, to the caller")
        }
        for index in parts.indices where index > 0 {
            guard let sid = parts[index].sid else { continue }
            parts[index].sid = StatementText.sid("\(sid)\(index + 1)", beside: others)
        }
        statements = parts
    }

    /// The statement for everybody but a principal.
    private static func sparing(_ arn: String, in statement: StatementText) -> StatementText {
        var statement = statement
        let names: Set<String> = ["arnnotequals", "arnnotlike", "stringnotequals", "stringnotlike"]
        for (index, condition) in statement.conditions.enumerated()
        where names.contains(condition.operatorName.lowercased()) {
            if let key = condition.keys.firstIndex(where: { $0.name.lowercased() == "aws:principalarn" }) {
                // Of negated values, none may match.
                statement.conditions[index].keys[key].values.append(arn)
                return statement
            }
        }
        statement.add("ArnNotEquals", "aws:PrincipalArn", [arn])
        return statement
    }

    /// The statement for all other resources; `.some(nil)`: it has no other; nil: the language can't say that.
    private static func otherResources(
        _ statement: StatementText, but request: AuthorizationRequest, _ version: PolicyDocument.Version
    ) -> StatementText?? {
        guard let resources = statement.resources, request.resource != "*" else { return .some(nil) }
        guard let pattern = request.resourcePattern(in: version) else { return nil }
        var rest = statement
        if statement.isNotResource {
            rest.resources = resources + [pattern]
            return .some(rest)
        }
        if resources == ["*"] {
            rest.isNotResource = true
            rest.resources = [pattern]
            return .some(rest)
        }
        let others = resources.filter { $0 != pattern }
        guard others.count < resources.count, !others.contains(where: { $0.utf8.contains { "*?$".utf8.contains($0) } })
        else { return nil }
        rest.resources = others
        return .some(others.isEmpty ? nil : rest)
    }

    /// The statement for all other actions, as ``otherResources(_:but:_:)``.
    private static func otherActions(_ statement: StatementText, but action: String) -> StatementText?? {
        var rest = statement
        if statement.isNotAction {
            rest.actions.append(action)
            return .some(rest)
        }
        if statement.actions == ["*"] {
            rest.isNotAction = true
            rest.actions = [action]
            return .some(rest)
        }
        let others = statement.actions.filter { $0.lowercased() != action.lowercased() }
        guard others.count < statement.actions.count,
            !others.contains(where: { $0.utf8.contains { "*?".utf8.contains($0) } })
        else { return nil }
        rest.actions = others
        return .some(others.isEmpty ? nil : rest)
    }
}
