import Policy

/// What was decided about a case and why, for people: every statement that was looked at, down to the condition that
/// failed and the values that it was compared with.
///
/// ```swift
/// let report = Report(simulated, style: Style(isColored: false))
/// print(report.lines.joined(separator: "\n"))
/// ```
public struct Report: Sendable {
    private let simulated: SimulatedCase
    private let trace: Trace
    private let style: Style

    /// Evaluates the case in the thorough way, by ``SimulatedCase/trace``.
    public init(_ simulated: SimulatedCase, style: Style) {
        self.simulated = simulated
        trace = simulated.trace
        self.style = style
    }

    /// The report: the decision in the first line, AWS's message for a denial in the second, then each policy with its
    /// statements.
    public var lines: [String] {
        var lines = [headline]
        if !trace.message.isEmpty { lines.append(trace.message) }
        for type in trace.missing {
            lines.append(style.yellow("There is no \(type.displayName), and one would have to allow."))
        }
        for policy in trace.policies { lines += [""] + self.lines(policy) }
        return lines
    }

    /// The outcome and who decided it.
    private var headline: String {
        let decision = trace.decision
        let words =
            switch decision.outcome {
            case .allowed: style.bold(style.green("Allowed"))
            case .explicitlyDenied: style.bold(style.red("Denied")) + " explicitly"
            case .implicitlyDenied: style.bold(style.red("Denied")) + " implicitly"
            }
        if let statement = decision.statement {
            return "\(words) by \(statement.policy.summary), \(Self.name(statement.index, statement.sid))"
        }
        guard let type = decision.policyType else { return "\(words): no policy is needed" }
        return "\(words): no \(type.displayName) allows it"
    }

    // MARK: Policies

    private func lines(_ policy: Trace.Policy) -> [String] {
        let place = policy.place.map { " at \($0)" } ?? ""
        var lines = [style.bold(policy.source.summary) + place]
        let document = self.document(policy)
        for statement in policy.statements {
            let written = document.flatMap { document in
                document.statements.indices.contains(statement.index) ? document.statements[statement.index] : nil
            }
            lines += self.lines(statement, written, policy.source)
        }
        return lines
    }

    private func lines(_ statement: Trace.Statement, _ written: Statement?, _ source: PolicySource) -> [String] {
        let name = "\(Self.name(statement.index, statement.sid)), \(statement.effect)"
        let place = style.faint("\(source.name):\(statement.line):\(statement.column)")
        guard statement.actionMatched else {
            return [style.faint("  - \(name): another action") + "  " + place]
        }
        let verdict: String
        if statement.applies {
            verdict = statement.effect == "Allow" ? style.green("✓ \(name): applies") : style.red("✗ \(name): applies")
        } else {
            verdict = style.yellow("- \(name): does not apply")
        }
        var lines = ["  \(verdict)  \(place)"]
        if !statement.resourceMatched, let resources = written?.resources {
            lines.append(miss("resource", simulated.request.resource, resources))
        }
        if !statement.principalMatched { lines.append(missedPrincipal(written)) }
        for condition in statement.conditions { lines.append(line(condition)) }
        return lines
    }

    private func miss(_ what: String, _ value: String, _ patterns: Statement.Patterns) -> String {
        let listed = patterns.values.map { Self.quoted($0.value) }.joined(separator: ", ")
        let reason =
            patterns.isNegated
            ? "is excepted by Not\(what.capitalizedFirst) [\(listed)]" : "matches none of [\(listed)]"
        let missing = variablesWithoutValue(in: patterns.values.map(\.value))
        let note = missing.isEmpty ? "" : ": \(missing.joined(separator: " and ")) has no value; give it with --context"
        return style.yellow("      \(what) \(Self.quoted(value)) \(reason)\(note)")
    }

    private func missedPrincipal(_ written: Statement?) -> String {
        let principal = simulated.request.principal
        let caller = principal.kind == .anonymous ? "anonymous" : principal.service ?? principal.arn
        guard let principals = written?.principals else {
            return style.yellow("      principal \(caller): the statement names none")
        }
        let listed = principals.entries.map { Self.quoted($0.value) }.joined(separator: ", ")
        let element = principals.isNegated ? "NotPrincipal" : "Principal"
        return style.yellow("      principal \(caller) is not covered by \(element) [\(listed)]")
    }

    private func line(_ condition: Trace.Condition) -> String {
        let text = "      " + Self.printable(condition.summary)
        return condition.matched ? style.faint(text) : style.yellow(text)
    }

    /// The variables of some patterns for which the request has no condition key, as `${aws:username}`. A pattern with
    /// one of them matches nothing.
    private func variablesWithoutValue(in patterns: [String]) -> [String] {
        var missing: [String] = []
        for match in patterns.joined(separator: " ").matches(of: /\$\{([A-Za-z][^}, ]*)\}/) {
            let isGiven = simulated.context.keys.contains { $0.lowercased() == match.1.lowercased() }
            let text = Self.printable(String(match.0))
            if !isGiven, !missing.contains(text) { missing.append(text) }
        }
        return missing
    }

    private static func name(_ index: Int, _ sid: String?) -> String {
        guard let sid, !sid.isEmpty else { return "statement \(index + 1)" }
        return "statement \(index + 1) \"\(sid)\""
    }

    /// Without control characters: a document must not steer its reader's terminal.
    private static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }

    private static func quoted(_ text: String) -> String { "\"" + printable(text) + "\"" }

    // MARK: Documents

    /// The document of a policy in the trace, which the trace knows by its source alone.
    private func document(_ policy: Trace.Policy) -> PolicyDocument? {
        let inputs = simulated.inputs
        var all = inputs.identity
        all += [inputs.resource, inputs.roleTrust].compactMap { $0 }
        all += (inputs.boundaries ?? []) + (inputs.session ?? []) + (inputs.endpoint ?? [])
        all += (inputs.serviceControl ?? []).joined()
        all += (inputs.resourceControl ?? []).joined()
        return all.first { $0.source == policy.source }?.document
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
