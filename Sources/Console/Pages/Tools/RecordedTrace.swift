import Policy

/// The lines of a recorded decision (`Trace.lines` of the policy engine), taken apart.
struct RecordedTrace {
    /// "implicitly denied: no identity-based policy allows it"
    private(set) var decision = ""
    private(set) var policies: [Policy] = []
    /// Grants of a key, and what was missing.
    private(set) var remarks: [String] = []
    /// The type of policy that decided, or that lacked an allow; nil: none did.
    private(set) var decidingType: PolicyType?

    struct Policy {
        let type: PolicyType
        /// Name, version, ARN and holder, as far as there are.
        let title: String
        /// The level of the organization at which a control policy is attached.
        let place: String?
        /// The ARNs in the title: the policy's own, and that of who or what holds it.
        let arns: [String]
        var statements: [Statement] = []
        var isDeciding = false
    }

    struct Statement {
        let name: String
        let line: String
        let effect: String
        let verdict: String
        let applies: Bool
        let isDeciding: Bool
        var conditions: [String] = []
    }

    init(_ lines: [String]) {
        for line in lines {
            if line.hasPrefix("Decision: ") {
                decision = String(line.dropFirst(10))
                decidingType = Self.decidingType(decision)
            } else if line.hasPrefix("    "), let last = policies.indices.last,
                let statement = policies[last].statements.indices.last
            {
                policies[last].statements[statement].conditions.append(line.trimmed)
            } else if line.hasPrefix("  "), let last = policies.indices.last {
                let statement = statement(line.trimmed, of: last)
                policies[last].statements.append(statement)
                if statement.isDeciding { policies[last].isDeciding = true }
            } else if let policy = Policy(line.hasPrefix("looked at: ") ? line.dropFirst(11) : line[...]) {
                policies.append(policy)
                // Of an allowed call only the deciding statement is recorded, within the decision.
                guard decision.hasPrefix("allowed by "), let name = decidingStatement(of: policy) else { continue }
                policies[policies.count - 1].isDeciding = true
                policies[policies.count - 1].statements = [
                    Statement(
                        name: name, line: "", effect: "Allow", verdict: "applies", applies: true, isDeciding: true)
                ]
            } else if !line.hasPrefix("User: "), !line.hasPrefix("No ") || line.hasPrefix("No grant ") {
                remarks.append(line.hasPrefix("looked at: ") ? String(line.dropFirst(11)) : line)
            }
        }
    }

    private static func decidingType(_ decision: String) -> PolicyType? {
        for opening in ["allowed by ", "explicitly denied by ", "implicitly denied: no "]
        where decision.hasPrefix(opening) {
            return PolicyType(atStartOf: decision.dropFirst(opening.count))
        }
        return nil
    }

    /// The name of the statement that decided, if it is of this policy.
    private func decidingStatement(of policy: Policy) -> String? {
        guard policy.type == decidingType else { return nil }
        for opening in ["allowed by ", "explicitly denied by "] {
            let start = opening + policy.type.displayName + (policy.title.isEmpty ? "" : " " + policy.title) + ", "
            if decision.hasPrefix(start + "statement ") { return String(decision.dropFirst(start.count)) }
        }
        return nil
    }

    /// `statement 1 "Read" (line 4), Allow: does not apply: resource not matched`. A Sid of a resource's policy may have any
    /// characters, and what is behind it has not.
    private func statement(_ line: String, of policy: Int) -> Statement {
        for effect in ["Allow", "Deny"] {
            for verdict in [": applies", ": does not apply: "] {
                let mark = "), \(effect)\(verdict)"
                guard let end = line.ranges(of: mark).last,
                    verdict.hasSuffix("applies") ? end.upperBound == line.endIndex : true,
                    let place = line[..<end.lowerBound].ranges(of: " (line ").last
                else { continue }
                let name = String(line[..<place.lowerBound])
                let isDeciding = decidingStatement(of: policies[policy]) == name
                return Statement(
                    name: name, line: String(line[place.upperBound..<end.lowerBound]), effect: effect,
                    verdict: String(line[line.index(end.lowerBound, offsetBy: 3 + effect.count + 2)...]),
                    applies: verdict.hasSuffix("applies"), isDeciding: isDeciding)
            }
        }
        return Statement(name: line, line: "", effect: "", verdict: "", applies: false, isDeciding: false)
    }
}

extension RecordedTrace.Policy {
    /// nil: the line is not of a policy.
    fileprivate init?(_ line: Substring) {
        guard let type = PolicyType(atStartOf: line) else { return nil }
        self.type = type
        var rest = String(line.dropFirst(type.displayName.count)).trimmed
        var place: String?
        if type == .serviceControl || type == .resourceControl, let end = rest.ranges(of: " at ").last {
            place = String(rest[end.upperBound...])
            rest = String(rest[..<end.lowerBound])
        }
        self.place = place
        title = rest
        arns = rest.split(separator: " ").filter { $0.hasPrefix("arn:") }.map(String.init)
    }
}

extension PolicyType {
    /// The type whose name a text begins with.
    fileprivate init?(atStartOf text: Substring) {
        for type in PolicyType.allCases
        where text == type.displayName || text.hasPrefix(type.displayName + " ")
            || text.hasPrefix(type.displayName + ",")
        {
            self = type
            return
        }
        return nil
    }
}
