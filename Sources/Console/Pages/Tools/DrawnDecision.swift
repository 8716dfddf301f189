import Policy
import Wire

/// A decision as it was recorded, drawn: the types of policy in the order of AWS's evaluation, each with what it said.
///
/// It is read from the lines that are kept beside the event (`DecisionRecord`), so it is what was decided then, whatever the
/// policies say today. Mustache looks names up in what is around a section, too: so each level has names of its own.
struct DrawnDecision {
    /// `iam:DeleteUser`
    let accessAction: String
    let accessResource: String
    let isAllowed: Bool
    let verdict: String
    /// The recorded decision in a line.
    let reason: String
    let stages: [Stage]
    /// What was found besides policies: grants of a key.
    let remarks: [String]
    /// Where the same can be asked of the simulator; nil: it is asked there, or can't be.
    var simulateLink: String?

    struct Stage {
        let stageTitle: String
        /// `good`, `bad`, `quiet`
        let stageColor: String
        let stageMark: String
        let stageVerdict: String
        let isDecisive: Bool
        let stagePolicies: [ConsultedPolicy]
        var stageNotes: [String] = []
    }

    struct ConsultedPolicy {
        let policyTitle: String
        let policyPlace: String?
        /// Whether its statements are another account's business.
        let isForeign: Bool
        let statements: [ConsultedStatement]
        /// Said where no statement is shown.
        var silence = "It was consulted; its statements are recorded for denials only."
    }

    struct ConsultedStatement {
        let statementName: String
        let statementLine: String
        let effect: String
        let statementVerdict: String
        let applies: Bool
        let isDeciding: Bool
        let conditions: [ConsultedCondition]
    }

    struct ConsultedCondition {
        let conditionText: String
        let holds: Bool
    }
}

extension DrawnDecision {
    /// The decisions that are kept beside an event.
    /// - Parameters:
    ///   - record: the JSON of a `DecisionRecord`.
    ///   - reader: says whose policies are shown with their statements.
    static func all(_ record: [UInt8], _ reader: PolicyReader) async -> [DrawnDecision] {
        var drawn: [DrawnDecision] = []
        for access in ((try? Wire.JSONValue(parsing: record)) ?? .null).elements {
            drawn.append(await DrawnDecision(access, reader))
        }
        return drawn
    }

    private init(_ access: Wire.JSONValue, _ reader: PolicyReader) async {
        accessAction = access["action"]?.text ?? "?"
        accessResource = access["resource"]?.text ?? "?"
        let outcome = access["outcome"]?.text ?? ""
        isAllowed = outcome == Decision.Outcome.allowed.rawValue
        verdict = isAllowed ? "Allowed" : outcome == "explicitlyDenied" ? "Explicitly denied" : "Implicitly denied"
        let trace = RecordedTrace((access["trace"]?.elements ?? []).compactMap(\.text))
        var foreign: Set<Int> = []
        for (place, policy) in trace.policies.enumerated()
        where await !reader.mayRead(policy, onAccessTo: accessResource) {
            foreign.insert(place)
        }
        let isHidden = trace.policies.indices.contains { foreign.contains($0) && trace.policies[$0].isDeciding }
        // The line names the statement by its Sid.
        reason =
            isHidden ? "\(verdict.lowercased()) by \(trace.decidingType?.displayName ?? "a policy")" : trace.decision
        remarks = await reader.isOwn(accessResource) ? trace.remarks : []
        var stages: [Stage] = []
        for (types, title) in Self.order {
            let places = trace.policies.indices.filter { types.contains(trace.policies[$0].type) }
            let isDecisive = trace.decidingType.map { types.contains($0) } ?? false
            guard !places.isEmpty || isDecisive || Self.usual.contains(title) else { continue }
            let policies = places.map { place in
                ConsultedPolicy(trace.policies[place], isForeign: foreign.contains(place))
            }
            stages.append(
                Stage(
                    title, policies: places.map { trace.policies[$0] }, shown: policies, isDecisive: isDecisive,
                    isAllowed: isAllowed))
        }
        self.stages = stages
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
    private static let order: [(types: [PolicyType], title: String)] = [
        ([.resourceControl], "Resource control policies"), ([.serviceControl], "Service control policies"),
        ([.roleTrust], "Role trust policy"), ([.resource], "Resource-based policy"),
        ([.identity], "Identity-based policies"), ([.permissionsBoundary], "Permissions boundary"),
        ([.session], "Session policies"), ([.endpoint], "VPC endpoint policy"),
    ]

    /// Those that are shown even where there are none: one wants to see that they were thought of.
    private static let usual: Set<String> = [
        "Resource control policies", "Service control policies", "Resource-based policy", "Identity-based policies",
        "Permissions boundary", "Session policies",
    ]
}

extension DrawnDecision.Stage {
    /// - Parameter isAllowed: whether the whole request is: then only what applied was recorded.
    fileprivate init(
        _ title: String, policies: [RecordedTrace.Policy], shown: [DrawnDecision.ConsultedPolicy], isDecisive: Bool,
        isAllowed: Bool
    ) {
        func isAllowing(_ policies: [RecordedTrace.Policy]) -> Bool {
            policies.contains { $0.statements.contains { $0.applies && $0.effect == "Allow" } }
        }
        stageTitle = title
        self.isDecisive = isDecisive
        stagePolicies = shown
        let denies = policies.contains { $0.statements.contains { $0.applies && $0.effect == "Deny" } }
        // Of control policies each level of the organization has to allow.
        let levels = Dictionary(grouping: policies) { $0.place ?? "" }
        (stageColor, stageMark, stageVerdict) =
            switch () {
            case _ where isAllowed && isDecisive: ("good", "✓", "Allowed it")
            case _ where policies.isEmpty && isDecisive: ("bad", "✕", "There is none, and one has to allow")
            case _ where policies.isEmpty: ("quiet", "–", "None applies")
            case _ where isAllowed: ("good", "✓", "Did not stop it")
            case _ where denies: ("bad", "✕", "Denies it explicitly")
            case _ where isDecisive: ("bad", "✕", "No statement allows it")
            case _ where levels.values.allSatisfy(isAllowing): ("good", "✓", "Allows it")
            default: ("quiet", "–", "Does not allow it")
            }
    }
}

extension DrawnDecision.ConsultedPolicy {
    fileprivate init(_ policy: RecordedTrace.Policy, isForeign: Bool) {
        policyTitle = isForeign ? policy.arns.first ?? policy.type.displayName : policy.title
        policyPlace = policy.place
        self.isForeign = isForeign
        statements = isForeign ? [] : policy.statements.map(DrawnDecision.ConsultedStatement.init)
    }
}

extension DrawnDecision.ConsultedStatement {
    fileprivate init(_ statement: RecordedTrace.Statement) {
        statementName = statement.name
        statementLine = statement.line
        effect = statement.effect
        statementVerdict = statement.verdict
        applies = statement.applies
        isDeciding = statement.isDeciding
        conditions = statement.conditions.map {
            DrawnDecision.ConsultedCondition(conditionText: $0, holds: !$0.contains("] fails: the request has "))
        }
    }
}
