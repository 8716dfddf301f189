public import Policy

/// What one statement of a caller's own policies gives it, once everything else has had its say.
public struct EffectiveGrant: Sendable {
    /// The statement.
    public let statement: StatementReference
    /// The actions as the statement writes them; of several, those of which something is left.
    public let actions: [String]
    /// Whether they are those of a `NotAction`.
    public let isNotAction: Bool
    /// The resources as the statement writes them.
    public let resources: [String]
    /// Whether they are those of a `NotResource`.
    public let isNotResource: Bool
    /// The conditions, as "StringEquals aws:username alice".
    public let conditions: [String]
    /// The denies that take something away from it.
    public let denies: [StatementReference]
    /// The types of policy that have to allow as well, and do not allow all of it.
    public let limits: [PolicyType]
    /// A request that it allows.
    public let witness: Witness
}

extension Checks {
    /// What a caller may do by its own policies, statement by statement.
    ///
    /// Statements of which nothing is left are left out, and so are actions of a statement.
    ///
    /// - Returns: the grants, and the statements of which it could not be said whether something is left.
    public func grants(of caller: BoundCaller) -> (grants: [EffectiveGrant], undecided: [StatementReference]) {
        var grants: [EffectiveGrant] = []
        var undecided: [StatementReference] = []
        let everything = AccessTarget([], on: [])
        for policy in caller.policies.identityPolicies {
            for statement in policy.statements where !statement.isDeny {
                let reference = policy.policy.reference(ofStatement: statement.index)
                switch answer(caller, everything, beside: [statement.applies]) {
                case .no: continue
                case .unknown: undecided.append(reference)
                case .yes(let witness):
                    grants.append(grant(statement, of: policy, reference, caller, witness))
                }
            }
        }
        return (grants, undecided)
    }

    private func grant(
        _ statement: SymbolicStatement, of policy: SymbolicPolicy, _ reference: StatementReference,
        _ caller: BoundCaller, _ witness: Witness
    ) -> EffectiveGrant {
        let source = policy.document.statements[statement.index]
        let written = source.actions.values.map(\.value)
        let left =
            written.count == 1 || source.actions.isNegated
            ? written
            : written.filter { action in
                !answer(caller, AccessTarget([action], on: []), beside: [statement.applies]).isNo
            }
        let isWhole = left.count == written.count
        let rest = Formula.both([
            statement.applies, isWhole ? .always(true) : .action(PatternSet(left.map { Pattern.action($0) }), true),
        ])
        let (denies, limits) = caller.policies.narrowing(rest, caller, domain)
        return EffectiveGrant(
            statement: reference, actions: left, isNotAction: source.actions.isNegated,
            resources: source.resources?.values.map(\.value) ?? [],
            isNotResource: source.resources?.isNegated ?? false,
            conditions: source.conditions.map { condition in
                "\(condition.operatorName.value) \(condition.key.value) "
                    + condition.values.map(\.value).joined(separator: ", ")
            },
            denies: denies, limits: limits, witness: witness)
    }
}

extension SymbolicInputs {
    /// The denies and the filtering types of policy that take something away from what a formula says.
    fileprivate func narrowing(
        _ formula: Formula, _ caller: BoundCaller, _ domain: Domain
    ) -> (denies: [StatementReference], limits: [PolicyType]) {
        func isPossible(_ more: Formula) -> Bool {
            let meter = Meter(domain.budget)
            if case .none = Solver(domain: domain, meter: meter, facts: caller.keys).solve([formula, more]) {
                return false
            }
            return true
        }
        let hasBoundary = inputs.boundaries != nil
        var denies: [StatementReference] = []
        var limits: [PolicyType] = []
        for group in filters {
            for policy in group.policies {
                let reaches = policy.reaches(caller.principal, hasBoundary: hasBoundary)
                for statement in policy.statements where statement.isDeny && reaches[statement.index] != .none {
                    if isPossible(statement.applies) {
                        denies.append(policy.policy.reference(ofStatement: statement.index))
                    }
                }
            }
            guard group.mustAllow, !limits.contains(group.type) else { continue }
            let allows = group.policies.flatMap { $0.allowing(caller.principal, hasBoundary: hasBoundary) }
            if isPossible(Formula.any(allows).negated) { limits.append(group.type) }
        }
        return (denies, limits)
    }
}
