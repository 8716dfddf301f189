import Platform
import Wire

/// A simulated request as JSON, and as commands that ask the same.
enum SimulatedRequestText {
    static func json(_ run: SimulationRun, _ result: SimulationRun.Result) -> String {
        func text(_ value: String) -> JSONValue { .string(value) }
        let context = run.entries.map { entry -> (key: String, value: JSONValue) in
            let values = entry.values.map { JSONValue.string($0) }
            return (entry.key, entry.type.hasSuffix("List") ? .array(values) : values.first ?? .null)
        }
        return FormattedJSON.of(
            object([
                ("principal", text(run.question.principal)), ("action", text(result.action)),
                ("resource", text(run.question.askedResource)), ("context", object(context)),
            ]))
    }

    /// `aws iam simulate-principal-policy`, which asks exactly what the page asked.
    static func command(_ run: SimulationRun) -> String {
        let question = run.question
        var lines: [String] = []
        let isInstead = question.extra != nil && question.extraUse == .instead
        if isInstead {
            lines.append("aws iam simulate-custom-policy")
        } else {
            lines.append("aws iam simulate-principal-policy")
            lines.append("--policy-source-arn \(CLICommand.quoted(question.principal))")
        }
        lines.append("--action-names " + question.actions.map(CLICommand.quoted).joined(separator: " "))
        lines.append("--resource-arns \(CLICommand.quoted(question.askedResource))")
        if !run.entries.isEmpty {
            let entries = run.entries.map { entry in
                object([
                    ("ContextKeyName", .string(entry.key)),
                    ("ContextKeyValues", .array(entry.values.map { .string($0) })),
                    ("ContextKeyType", .string(entry.type)),
                ])
            }
            lines.append("--context-entries \(CLICommand.quoted(FormattedJSON.of(.array(entries))))")
        }
        if let owner = run.owner { lines.append("--resource-owner \(CLICommand.quoted(owner))") }
        if let extra = question.extra {
            switch question.extraUse {
            case .addition, .instead: lines.append("--policy-input-list \(CLICommand.quoted(extra))")
            case .boundary: lines.append("--permissions-boundary-policy-input-list \(CLICommand.quoted(extra))")
            case .resource: break
            }
        }
        if !isInstead, let policy = run.resourcePolicy {
            lines.append("--resource-policy \(CLICommand.quoted(policy))")
        }
        return lines.joined(separator: " \\\n  ")
    }

    /// `gatehouse simulate`, which takes policies from files: of a policy that is tried instead of all others.
    static func gatehouseCommand(_ run: SimulationRun, _ result: SimulationRun.Result) -> String? {
        let question = run.question
        guard question.extra != nil, question.extraUse == .instead else { return nil }
        var lines = [
            "gatehouse simulate", "--principal \(CLICommand.quoted(question.principal))",
            "--action \(CLICommand.quoted(result.action))", "--resource \(CLICommand.quoted(question.askedResource))",
        ]
        for entry in run.entries {
            for value in entry.values { lines.append("--context \(CLICommand.quoted("\(entry.key)=\(value)"))") }
        }
        lines.append("--identity policy.json")
        return lines.joined(separator: " \\\n  ")
    }

    private static func object(_ members: [(key: String, value: JSONValue)]) -> JSONValue {
        .object(members.map { JSONMember(key: $0.key, value: $0.value) })
    }
}
