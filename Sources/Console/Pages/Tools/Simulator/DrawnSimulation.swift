import Directory
import Platform
import Policy
import Remedies

/// The drawing of a decision that is only thought of: the same as of one that was recorded.
///
/// Levels of control policies are drawn to the management account alone. To others they are one stage, of which they learn
/// what AWS's simulator (`AllowedByOrganizations`) and error messages tell: whether it allows, and the ARN of a policy that denies.
extension DrawnDecision {
    init(_ result: SimulationRun.Result, _ visit: Visit) {
        let asked = result.asked
        let drawn = DecisionStages(asked)
        let account = visit.account
        let manager = visit.environment.directory.organization(ofAccount: account)?.managementAccountID
        let seesLevels = manager == account
        var stages: [Stage] = []
        var hidden: Set<DecisionStages.Kind> = []
        for stage in drawn.stages {
            guard stage.kind.isControl, !seesLevels, stage.outcome != .notApplicable else {
                stages.append(Stage(stage, seesControl: seesLevels, asked))
                continue
            }
            guard hidden.insert(stage.kind).inserted else { continue }
            stages.append(Stage(merging: drawn.stages.filter { $0.kind == stage.kind }))
        }
        self.init(
            accessAction: result.action, accessResource: asked.request.resource, isAllowed: asked.decision.isAllowed,
            verdict: asked.decision.outcome.words, reason: Self.reason(asked.decision, seesLevels), stages: stages,
            remarks: [])
    }

    /// The decision in a line.
    private static func reason(_ decision: Decision, _ seesLevels: Bool) -> String {
        guard let type = decision.policyType else {
            return decision.isAllowed ? "allowed, without that a policy has to allow it" : "nothing allows it"
        }
        if let statement = decision.statement {
            let hides = (type == .serviceControl || type == .resourceControl) && !seesLevels
            let source = hides ? "a \(type.displayName)" : statement.description
            return "\(decision.isAllowed ? "allowed" : "denied") by \(source)"
        }
        return decision.isAllowed ? "allowed by \(type.displayName)" : "no \(type.displayName) allows it"
    }
}

extension DecisionStages.Kind {
    fileprivate var isControl: Bool { self == .serviceControl || self == .resourceControl }
}

extension Decision.Outcome {
    fileprivate var words: String {
        switch self {
        case .allowed: "Allowed"
        case .explicitlyDenied: "Explicitly denied"
        case .implicitlyDenied: "Implicitly denied"
        }
    }
}

extension DrawnDecision.Stage {
    fileprivate init(_ stage: DecisionStages.Stage, seesControl: Bool, _ asked: DeniedRequest) {
        let ignores = stage.kind == .resource && asked.inputs.ignoresResourceSide
        let (color, mark, verdict) = stage.isLeftOut(ignores) ? ("quiet", "–", "Left out") : stage.shown
        self.init(
            stageTitle: stage.title, stageColor: color, stageMark: mark, stageVerdict: verdict,
            isDecisive: stage.isDecisive,
            stagePolicies: stage.policies.map { policy in
                let isControl = policy.source.type == .serviceControl || policy.source.type == .resourceControl
                return DrawnDecision.ConsultedPolicy(policy, isForeign: isControl && !seesControl, asked)
            }, stageNotes: stage.notes)
    }

    /// All levels as one.
    fileprivate init(merging levels: [DecisionStages.Stage]) {
        let worst =
            levels.first { $0.outcome == .denied } ?? levels.first { $0.isDecisive }
            ?? levels.first { $0.outcome == .noMatch } ?? levels.first { $0.outcome == .allowed } ?? levels[0]
        let (color, mark, verdict) = worst.shown
        let title = worst.kind == .serviceControl ? "Service control policies" : "Resource control policies"
        // AWS names the policy that denies, and no other.
        let denying = worst.outcome == .denied ? worst.policies.first { $0.statements.contains(where: \.denies) } : nil
        self.init(
            stageTitle: title, stageColor: color, stageMark: mark, stageVerdict: verdict,
            isDecisive: levels.contains(where: \.isDecisive),
            stagePolicies: denying.map {
                [
                    DrawnDecision.ConsultedPolicy(
                        policyTitle: $0.source.arn ?? title, policyPlace: nil, isForeign: true, statements: [])
                ]
            } ?? [],
            stageNotes: ["What the organization's policies say is for its management account to see."])
    }
}

extension DecisionStages.ConsultedStatement {
    fileprivate var denies: Bool { applies && effect == "Deny" }
}

extension DecisionStages.Stage {
    fileprivate func isLeftOut(_ ignores: Bool) -> Bool {
        ignores && (outcome == .notApplicable || outcome == .silent)
    }

    /// Color, sign, and words: none of them alone.
    fileprivate var shown: (color: String, mark: String, verdict: String) {
        switch outcome {
        case .allowed where kind == .explicitDeny: ("good", "✓", "Nothing denies it")
        case .allowed: ("good", "✓", isDecisive ? "Allows it: passed" : "Allows it")
        case .denied: ("bad", "✕", "Denies it explicitly")
        case .noMatch: ("bad", "✕", isDecisive ? "No statement allows it: stopped" : "No statement allows it")
        case .silent: ("quiet", "–", "Says nothing, and need not")
        case .notApplicable: ("quiet", "–", "There is none")
        }
    }
}

extension DrawnDecision.ConsultedPolicy {
    fileprivate init(_ policy: DecisionStages.ConsultedPolicy, isForeign: Bool, _ asked: DeniedRequest) {
        let source = policy.source
        let decided = asked.decision.statement
        policyTitle =
            isForeign
            ? source.arn ?? source.type.displayName
            : [source.name, source.version, source.arn].compactMap { $0 }.filter { !$0.isEmpty }
                .joined(separator: " ").nonEmpty ?? source.type.displayName
        policyPlace = isForeign || source.arn != nil ? nil : source.attachedTo
        self.isForeign = isForeign
        statements =
            isForeign
            ? []
            : policy.statements.filter { $0.applies || $0.isNear }.map { statement in
                DrawnDecision.ConsultedStatement(
                    statement, isDeciding: decided?.policy == source && decided?.index == statement.number - 1)
            }
        silence = "None of its statements is about the action."
    }
}

extension DrawnDecision.ConsultedStatement {
    fileprivate init(_ statement: DecisionStages.ConsultedStatement, isDeciding: Bool) {
        statementName = "statement \(statement.number)" + (statement.sid.map { " \"\($0)\"" } ?? "")
        statementLine = String(statement.line)
        effect = statement.effect
        statementVerdict = statement.applies ? "applies" : "does not apply"
        applies = statement.applies
        self.isDeciding = isDeciding
        conditions = statement.elements.map {
            DrawnDecision.ConsultedCondition(conditionText: $0.text, holds: $0.matched)
        }
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
