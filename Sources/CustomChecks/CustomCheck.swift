public import Reasoning

/// One of Access Analyzer's custom policy checks: what is asked of a policy.
///
/// ```swift
/// let verdict = CustomCheck.noNewAccess(since: old).verdict(on: new)
/// print(verdict.result.rawValue, verdict.message)
/// for reason in verdict.reasons { print(reason.description) }
/// ```
///
/// The service and the command line ask the same questions and answer in the same words.
///
/// AWS: "Validate policies with custom policy checks", `access-analyzer-custom-policy-checks.html`.
public enum CustomCheck: Sendable {
    /// That a policy grants nothing that an older one does not.
    case noNewAccess(since: SymbolicPolicy)
    /// That a policy grants none of some actions on any of some resources; an empty list stands for all there are.
    case accessNotGranted(actions: [String], resources: [String])
    /// That a resource's policy grants nothing to the public.
    case noPublicAccess

    /// Makes the check.
    ///
    /// A check that fails names every statement that makes it fail, as far as each can be decided; the statement of the
    /// request that was found first is always there.
    ///
    /// - Parameters:
    ///   - policy: the policy, read as the type that it is.
    ///   - checks: the requests that count.
    /// - Complexity: one question, and for a check that fails one for each statement that allows something, up to 256 of
    ///   them; see `Budget`.
    public func verdict(on policy: SymbolicPolicy, _ checks: Checks = .withCatalogue) -> CheckVerdict {
        let answer = ask(checks, policy, nil)
        guard case .yes(let witness) = answer else { return CheckVerdict(answer, wording) }
        let allowing = policy.policy.document.statements.filter { $0.effect == .allow }
        guard allowing.count > 1, allowing.count <= Self.mostStatements else { return CheckVerdict(answer, wording) }
        // What all statements may take together is not much more than the question itself may.
        var bounded = checks
        bounded.domain.budget = Budget(steps: max(20_000, checks.domain.budget.steps / allowing.count))
        var reasons: [CheckVerdict.Reason] = []
        for statement in allowing {
            if statement.index == witness.decision.statement?.index {
                reasons.append(wording.reason(statement, witness))
            } else if case .yes(let witness) = ask(bounded, policy, statement.index) {
                reasons.append(wording.reason(statement, witness))
            }
        }
        guard !reasons.isEmpty else { return CheckVerdict(answer, wording) }
        return CheckVerdict(result: .fail, message: wording.fail, reasons: reasons)
    }

    /// More statements than any policy has that AWS would store, but for ones that are made to be slow.
    private static let mostStatements = 256

    private func ask(_ checks: Checks, _ policy: SymbolicPolicy, _ statement: Int?) -> Answer {
        switch self {
        case .noNewAccess(let old): checks.newAccess(from: old, to: policy, by: statement)
        case .accessNotGranted(let actions, let resources):
            checks.access(by: policy, to: actions, on: resources, by: statement)
        case .noPublicAccess: checks.publicAccess(by: policy, by: statement)
        }
    }

    /// AWS's words for the check's answers.
    public var wording: CheckWording {
        switch self {
        case .noNewAccess: .noNewAccess
        case .accessNotGranted: .accessNotGranted
        case .noPublicAccess: .noPublicAccess
        }
    }
}
