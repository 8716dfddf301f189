import Policy

/// A statement without which a policy would say the same.
public struct UselessStatement: Sendable {
    /// Why it can never matter.
    public enum Reason: Sendable, Hashable {
        /// No request matches it: its own elements contradict each other.
        case matchesNothing
        /// Everything that it allows is denied by the policy's own denies.
        case denied
        /// Everything that it says, other statements say: those of these places, from 0.
        case covered(by: [Int])
    }

    /// The statement's place, from 0.
    public let index: Int
    /// Why it can never matter.
    public let reason: Reason
}

extension Checks {
    /// The statements of a policy that can never matter, in their order.
    ///
    /// Of two statements that say the same, the later is reported. A statement of which nothing certain can be said is
    /// not reported.
    ///
    /// A Deny that denies what nothing in the policy allows is not among them: it may deny what another policy allows.
    ///
    /// It takes eight budgets at most; what they do not reach is not reported.
    public func useless(in policy: SymbolicPolicy) -> [UselessStatement] {
        let meter = Meter(domain.budget.times(8))
        guard let callers = Caller.all(named: [policy], domain, meter) else { return [] }
        var found: [Int: UselessStatement.Reason] = [:]
        for statement in policy.statements.reversed() {
            let denies = policy.statements.filter { $0.isDeny && $0.index != statement.index && found[$0.index] == nil }
            let allows = policy.statements.filter {
                !$0.isDeny && $0.index != statement.index && found[$0.index] == nil
            }
            if isNothing([statement], without: [], policy, callers, meter) {
                found[statement.index] = .matchesNothing
            } else if statement.isDeny {
                guard isNothing([statement], without: denies, policy, callers, meter) else { continue }
                found[statement.index] = .covered(by: smallest(denies, covering: statement, policy, callers, meter))
            } else if !denies.isEmpty, isNothing([statement], without: denies, policy, callers, meter) {
                found[statement.index] = .denied
            } else if isNothing([statement], without: denies + allows, policy, callers, meter) {
                let others = smallest(allows, beside: denies, covering: statement, policy, callers, meter)
                found[statement.index] = .covered(by: others)
            }
        }
        return found.keys.sorted().compactMap { index in
            found[index].map { UselessStatement(index: index, reason: $0) }
        }
    }

    /// As few as can be of the statements that cover another: those without which the rest covers it are left out.
    private func smallest(
        _ candidates: [SymbolicStatement], beside others: [SymbolicStatement] = [],
        covering statement: SymbolicStatement,
        _ policy: SymbolicPolicy, _ callers: [Caller], _ meter: Meter
    ) -> [Int] {
        var kept = candidates
        for candidate in candidates {
            let rest = kept.filter { $0.index != candidate.index }
            if isNothing([statement], without: rest + others, policy, callers, meter) { kept = rest }
        }
        return kept.map(\.index)
    }

    /// Whether no request of any caller matches all of some statements and none of others: certainly.
    private func isNothing(
        _ statements: [SymbolicStatement], without others: [SymbolicStatement], _ policy: SymbolicPolicy,
        _ callers: [Caller], _ meter: Meter
    ) -> Bool {
        callers.allSatisfy { caller in
            let reaches = policy.reaches(caller.principal, hasBoundary: false)
            guard statements.allSatisfy({ reaches[$0.index] != .none }) else { return true }
            // An Allow that reaches the caller less far does not make up for one that reaches it farther.
            let least = statements.filter { !$0.isDeny }.map { reaches[$0.index] }.max() ?? .account
            var formulas = statements.map(\.applies)
            for other in others where other.isDeny ? reaches[other.index] != .none : reaches[other.index] >= least {
                formulas.append(other.appliesNot)
            }
            if case .none = Solver(domain: domain, meter: meter, facts: caller.keys).solve(formulas) {
                return true
            }
            return false
        }
    }

    /// Whether two policies grant the same: no to both questions, or the first request that only one of them grants.
    ///
    /// - Returns: what only the first grants, and what only the second grants.
    public func differences(_ first: SymbolicPolicy, _ second: SymbolicPolicy) -> (first: Answer, second: Answer) {
        (newAccess(from: second, to: first), newAccess(from: first, to: second))
    }
}
