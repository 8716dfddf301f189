import Policy
import Reasoning

/// A way to act as somebody else.
struct Way {
    let method: String
    let requests: [EscalationPath.Request]
    let effect: String
    var assumptions: [String] = []
}

// How a holder can come to act as another user or role.

extension EscalationSearch {
    /// Those as whom a holder can come to act by one step.
    func reachable(by actor: Holder) -> [Holder] {
        if let known = actor.reachable { return known }
        let found = targets.filter { !ways(into: $0, by: actor, limit: 1).isEmpty }
        actor.reachable = found
        return found
    }

    /// The ways into a user or role.
    ///
    /// - Parameters:
    ///   - limit: how many are looked for.
    ///   - isWanted: whether a way by that method is of interest; of a family of methods, the first that is possible is
    ///     looked for.
    func ways(
        into target: Holder, by actor: Holder, limit: Int = .max, where isWanted: (String) -> Bool = { _ in true }
    ) -> [Way] {
        let member = target.member
        guard member.arn != actor.member.arn else { return [] }
        if !member.isRole { return credentialWays(into: member, by: actor, where: isWanted) }
        var found: [Way] = []
        func take(_ method: String, _ effect: String, _ asked: () -> Found) {
            guard found.count < limit, isWanted(method), case .requests(let requests) = asked() else { return }
            found.append(Way(method: method, requests: requests, effect: "\(effect) \(member.arn)"))
        }
        take("sts:AssumeRole", "acts as") { assume(member, by: actor) }
        if may(actor, "iam:UpdateAssumeRolePolicy") {
            take("iam:UpdateAssumeRolePolicy, sts:AssumeRole", "names itself in the trust policy of") {
                rewriteTrust(of: member, by: actor)
            }
        }
        if may(actor, "iam:UpdateSAMLProvider") {
            take("iam:UpdateSAMLProvider, sts:AssumeRoleWithSAML", "vouches for itself to") {
                vouch(for: member, by: actor)
            }
        }
        if found.count < limit, member.arn.accountInARN == actor.member.principal.accountID {
            found += serviceWays(into: target, by: actor, limit: limit - found.count, where: isWanted)
        }
        return found
    }

    private func single(
        _ actor: Holder, _ action: String, on member: Estate.Member, trust: CompiledPolicy? = nil
    ) -> Found {
        var facts = ResourceFacts(member)
        facts.trust = trust
        switch ask(actor, action, on: member.arn, facts) {
        case .yes(let witness): return .requests([request(witness, by: actor, trust: trust)])
        case .no: return .no
        case .unknown(let doubt): return .unknown("\(doubt)")
        }
    }

    private func assume(_ role: Estate.Member, by actor: Holder) -> Found {
        guard let trust = role.trust else { return .no }
        let reach = trust.reach(actor.member.principal, hasBoundary: actor.member.boundary != nil)
        // Who is trusted with its account has to be allowed by its own policies.
        guard reach > .account || reach == .account && may(actor, "sts:AssumeRole") else { return .no }
        return single(actor, "sts:AssumeRole", on: role, trust: trust)
    }

    private func rewriteTrust(of role: Estate.Member, by actor: Holder) -> Found {
        guard case .requests(let first) = single(actor, "iam:UpdateAssumeRolePolicy", on: role) else { return .no }
        let trust = Self.trust(naming: actor.member.principal.arn)
        guard case .requests(let second) = single(actor, "sts:AssumeRole", on: role, trust: trust) else { return .no }
        return .requests(first + second)
    }

    /// With a provider's metadata, whoever holds the key in it says who people are.
    private func vouch(for role: Estate.Member, by actor: Holder) -> Found {
        guard let trust = role.trust else { return .no }
        let providers = trust.document.statements.flatMap { $0.principals?.entries ?? [] }
            .filter { $0.type == "Federated" && $0.value.contains(":saml-provider/") }.map(\.value)
        for provider in Set(providers).sorted() {
            guard let first = ask(actor, "iam:UpdateSAMLProvider", on: provider).witness else { continue }
            var inputs = PolicyInputs()
            inputs.roleTrust = trust
            let account = actor.member.principal.accountID
            let caller = BoundCaller(
                Principal(kind: .saml, arn: provider, accountID: account),
                SymbolicInputs(inputs, symbolic: cache.symbolic), domain: checks.domain)
            let target = AccessTarget(["sts:AssumeRoleWithSAML"], on: [role.arn])
            guard let second = checks.access(of: caller, to: target).witness else { continue }
            return .requests([
                request(first, by: actor), EscalationPath.Request(witness: second, inputs: inputs),
            ])
        }
        return .no
    }

    // MARK: Users

    private func credentialWays(
        into user: Estate.Member, by actor: Holder, where isWanted: (String) -> Bool
    ) -> [Way] {
        var found: [Way] = []
        func take(_ action: String, _ effect: String, _ assumptions: [String], beside: Found = .requests([])) {
            guard mayOnOthers(actor, action), isWanted(action),
                case .requests(let requests) = single(actor, action, on: user),
                case .requests(let others) = beside
            else { return }
            found.append(
                Way(
                    method: action, requests: others + requests, effect: "\(effect) \(user.arn)",
                    assumptions: assumptions))
        }
        take("iam:CreateAccessKey", "makes an access key of", [])
        if user.hasPassword != true {
            let assumption = user.hasPassword == nil ? ["\(user.arn) has no password yet"] : []
            take("iam:CreateLoginProfile", "makes a password for", assumption)
        }
        if user.hasPassword != false {
            var assumptions = user.hasPassword == nil ? ["\(user.arn) has a password"] : []
            var beside = Found.requests([])
            if user.hasSecondFactor != false {
                // Who signs in with the new password is asked for the code of the user's device, if there is one.
                let removal =
                    mayOnOthers(actor, "iam:UpdateLoginProfile")
                    ? single(actor, "iam:DeactivateMFADevice", on: user) : .no
                if case .requests = removal {
                    beside = removal
                } else if user.hasSecondFactor == true {
                    beside = .no
                } else {
                    assumptions.append("\(user.arn) has no MFA device")
                }
            }
            take("iam:UpdateLoginProfile", "changes the password of", assumptions, beside: beside)
        }
        return found
    }

    // MARK: Services

    private func serviceWays(
        into target: Holder, by actor: Holder, limit: Int, where isWanted: (String) -> Bool
    ) -> [Way] {
        let role = target.member
        var found: [Way] = []
        var families: Set<String> = []
        for (index, own) in serviceRequests(of: actor) where found.count < limit {
            let method = ServiceMethod.all[index]
            guard !families.contains(method.family), isWanted(method.name), let trust = trusts(target, method.service)
            else { continue }
            var requests: [EscalationPath.Request] = []
            if method.passesRole {
                guard case .requests(let passing) = pass(role, to: method, by: actor) else { continue }
                requests += passing
            }
            families.insert(method.family)
            let assumptions = method.assumption.map { [method.passesRole ? $0 : "\($0) \(role.arn)"] } ?? []
            found.append(
                Way(
                    method: method.name, requests: requests + own + [trust],
                    effect: "makes \(method.service) run something as \(role.arn)", assumptions: assumptions))
        }
        return found
    }

    /// The request of a service for a session of the role; nil where the role does not trust it.
    private func trusts(_ role: Holder, _ service: String) -> EscalationPath.Request? {
        let key = "\(role.member.arn) \(service)"
        if let known = trusted[key] { return known }
        trusted[key] = .some(nil)
        guard let trust = role.member.trust else { return nil }
        let principal = Principal(kind: .service, service: service)
        guard trust.reach(principal) != .none else { return nil }
        var inputs = PolicyInputs()
        inputs.roleTrust = trust
        let caller = BoundCaller(principal, SymbolicInputs(inputs, symbolic: cache.symbolic), domain: checks.domain)
        var context: [String: String?] = [:]
        if caller.policies.conditionKeys.contains("aws:sourceaccount") {
            context["aws:sourceaccount"] = role.member.principal.accountID
        }
        let target = AccessTarget(["sts:AssumeRole"], on: [role.member.arn]).with(context)
        guard let witness = checks.access(of: caller, to: target).witness else { return nil }
        let request = EscalationPath.Request(witness: witness, inputs: inputs)
        trusted[key] = request
        return request
    }

    /// What the methods ask of the actor but for the role itself, of those that it can ask.
    private func serviceRequests(
        of actor: Holder
    ) -> [(index: Int, requests: [EscalationPath.Request])] {
        if let known = actor.serviceRequests { return known }
        let account = actor.member.principal.accountID
        var found: [(index: Int, requests: [EscalationPath.Request])] = []
        for (index, method) in ServiceMethod.all.enumerated() {
            guard !method.passesRole || may(actor, "iam:PassRole"),
                method.actions.allSatisfy({ may(actor, $0.name) })
            else { continue }
            let asked = method.actions.flatMap { action in
                action.resources.map { Asked(action: action.name, resource: $0.replacing("{account}", with: account)) }
            }
            if case .requests(let requests) = ask(actor, asked) { found.append((index, requests)) }
        }
        actor.serviceRequests = found
        return found
    }

    private func pass(_ role: Estate.Member, to method: ServiceMethod, by actor: Holder) -> Found {
        var requests: [EscalationPath.Request] = []
        let facts = ResourceFacts(role)
        switch ask(actor, "iam:PassRole", on: role.arn, saying: ["iam:passedtoservice": method.service], facts) {
        case .yes(let witness): requests.append(request(witness, by: actor))
        case .no: return .no
        case .unknown(let doubt): return .unknown("\(doubt)")
        }
        guard method.needsInstanceProfile, role.instanceProfiles.isEmpty else { return .requests(requests) }
        let profile = "arn:aws:iam::\(actor.member.principal.accountID):instance-profile/*"
        guard
            case .requests(let making) = ask(
                actor,
                ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"].map {
                    Asked(action: $0, resource: profile)
                })
        else { return .no }
        return .requests(making + requests)
    }
}

extension CompiledPolicy {
    /// How far statements that allow may reach the principal, whatever their conditions.
    fileprivate func reach(_ principal: Principal, hasBoundary: Bool = false) -> Reach {
        document.statements.reduce(.none) { reach, statement in
            guard statement.effect == .allow else { return reach }
            return max(reach, self.reach(ofStatement: statement.index, principal, hasBoundary: hasBoundary))
        }
    }
}
