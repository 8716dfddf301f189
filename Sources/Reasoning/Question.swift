import Policy

/// Looks for a request that some policies allow, each by itself, and others do not.
struct Question {
    /// The policies that have to allow it.
    var allowedBy: [SymbolicPolicy]
    /// Those that must not.
    var notAllowedBy: [SymbolicPolicy] = []
    /// What else must be so.
    var other: [Formula] = []
    /// The place of the statement, in the first of ``allowedBy``, that has to be what allows it; nil: any.
    var statement: Int?

    func answer(_ domain: Domain) -> Answer {
        let meter = Meter(domain.budget)
        guard let callers = Caller.all(named: allowedBy + notAllowedBy, domain, meter) else { return .unknown(.budget) }
        return answer(callers, domain, meter)
    }

    func answer(_ callers: [Caller], _ domain: Domain, _ meter: Meter) -> Answer {
        var isUnknown = false
        // Each caller is compared with every name.
        let names = (allowedBy + notAllowedBy).reduce(1) { $0 + $1.document.principals.joined().count }
        for caller in callers {
            meter.spend(names)
            if meter.isExhausted { return .unknown(meter.doubt ?? .budget) }
            guard isReached(caller) else { continue }
            switch answer(caller, domain, meter) {
            case .yes(let witness): return .yes(witness)
            case .no: break
            case .unknown(let doubt):
                meter.note(doubt)
                isUnknown = true
            }
        }
        return isUnknown ? .unknown(meter.doubt ?? .budget) : .no
    }

    /// Whether the statement that is asked about, if one is, allows the caller anything.
    private func isReached(_ caller: Caller) -> Bool {
        guard let statement, let policy = allowedBy.first else { return true }
        guard policy.statements.indices.contains(statement), !policy.statements[statement].isDeny else { return false }
        let hasBoundary = policy.type == .permissionsBoundary
        return policy.policy.reach(ofStatement: statement, caller.principal, hasBoundary: hasBoundary) >= .account
    }

    private func answer(_ caller: Caller, _ domain: Domain, _ meter: Meter) -> Answer {
        let solver = Solver(domain: domain, meter: meter, facts: caller.keys)
        switch solver.solve(formulas(caller)) {
        case .none: return .no
        case .unknown: return .unknown(meter.doubt ?? .budget)
        case .found(let assignment):
            if meter.isExhausted { return .unknown(.budget) }
            return confirmed(assignment, caller)
        }
    }

    /// What the request must be like.
    func formulas(_ caller: Caller) -> [Formula] {
        var formulas = other
        let principal = caller.principal
        if principal.kind != .anonymous {
            // It can't be denied (rule 17).
            formulas.append(.action(Self.neverDenied, false))
        }
        if let statement, let policy = allowedBy.first, policy.statements.indices.contains(statement) {
            formulas.append(policy.statements[statement].applies)
        }
        for policy in allowedBy { formulas += Self.granting(policy, principal) }
        for policy in notAllowedBy { formulas.append(Formula.all(Self.granting(policy, principal)).negated) }
        return formulas
    }

    private static let neverDenied = PatternSet([.action("sts:GetCallerIdentity")])
    private static let neverControlled = PatternSet([.action("kms:RetireGrant")])

    /// What must be so that a policy grants a request to a caller.
    private static func granting(_ policy: SymbolicPolicy, _ principal: Principal) -> [Formula] {
        let allows = policy.allowing(principal, hasBoundary: policy.type == .permissionsBoundary)
        let denies = policy.notDenying(principal, hasBoundary: policy.type == .permissionsBoundary)
        let granting: [Formula] = [.any(allows, isSource: true)] + denies
        switch policy.type {
        case .resourceControl: return [.any([.action(neverControlled, true), .all(granting)])]
        case .serviceControl where !principal.isInAccount: return []
        default: return granting
        }
    }

    /// The request that was found, decided by the engine.
    private func confirmed(_ assignment: Solver.Assignment, _ caller: Caller) -> Answer {
        let principal = caller.named(by: assignment.context)
        // The policies stand alone: whose the resource is, is no question.
        let isAlone = !(allowedBy + notAllowedBy).contains { $0.type.namesPrincipals }
        let request = AuthorizationRequest(
            principal: principal, action: assignment.action, resource: assignment.resource,
            resourceAccount: isAlone ? principal.accountID : nil)
        let context = DictionaryContext(assignment.context)
        var decision: Decision?
        for policy in allowedBy {
            let made = PolicyEvaluator.evaluate(request, PolicyInputs(alone: policy.policy, principal), context)
            guard made.isAllowed else { return .unknown(.disagreement) }
            decision = decision ?? made
        }
        for policy in notAllowedBy {
            let isAllowed = PolicyEvaluator.allows(request, PolicyInputs(alone: policy.policy, principal), context)
            guard !isAllowed else { return .unknown(.disagreement) }
        }
        guard let decision else { return .unknown(.disagreement) }
        return .yes(
            Witness(
                request: request, context: assignment.context, absentKeys: assignment.absent.sorted(),
                decision: decision))
    }
}
