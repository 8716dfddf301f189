/// A decision with everything that was looked at on the way, for people and for the record.
///
/// ```swift
/// let trace = PolicyEvaluator.explain(request, PolicyInputs(identity: [policy]), context)
/// for line in trace.lines { print(line) }
/// ```
///
/// The decision is the one that ``PolicyEvaluator/evaluate(_:_:_:)`` makes. `gatehouse why` and `gatehouse simulate`
/// have renderings of their own.
public struct Trace: Sendable, Hashable, CustomStringConvertible {
    /// The decision, equal to what ``PolicyEvaluator/evaluate(_:_:_:)`` returns for the same values.
    public let decision: Decision
    /// AWS's message for the decision; "" if it is an allow.
    public let message: String
    /// Every policy that binds the request, in the order of evaluation.
    public let policies: [Policy]
    /// Types of policy that bind the request although there is none of them, so that they allow nothing.
    public let missing: [PolicyType]
    /// The grants of a KMS key that may count for the request, each with what was found about it, in words. Where there
    /// are none and one would do, that is said.
    public let grants: [String]

    /// One policy that was looked at, with all of its statements.
    public struct Policy: Sendable, Hashable {
        /// Where the policy comes from.
        public let source: PolicySource
        /// The level of the organization that a service or resource control policy is attached to, 0 for the root; nil
        /// for other types.
        public let level: Int?
        /// What is at that level: the root, an organizational unit, or the account.
        public let place: ControlLevel?
        /// What was found about each of its statements, in the order of the document.
        public let statements: [Statement]

        /// Whether a statement of this effect applies.
        /// - Parameter effect: "Allow" or "Deny".
        public func hasMatch(effect: String) -> Bool {
            statements.contains { $0.applies && $0.effect == effect }
        }
    }

    /// One statement that was looked at. All its parts are tested, even if one that fails already rules the statement
    /// out.
    public struct Statement: Sendable, Hashable {
        /// Counted from 0.
        public let index: Int
        /// The statement's Sid; nil if it has none.
        public let sid: String?
        /// "Allow" or "Deny".
        public let effect: String
        /// The line on which the statement begins in the document's text, counted from 1.
        public let line: Int
        /// The column at which it begins, counted from 1.
        public let column: Int
        /// Whether everything matched, so that the statement's effect counts.
        public let applies: Bool
        /// Whether the request's action is among the statement's (or, with `NotAction`, is not).
        public let actionMatched: Bool
        /// Whether the request's resource is among the statement's, with variables replaced; true where there is no
        /// such element.
        public let resourceMatched: Bool
        /// Whether the statement is about the caller; true in types of policy without principals.
        public let principalMatched: Bool
        /// Its conditions, each tested on its own.
        public let conditions: [Condition]
    }

    /// One condition that was looked at: what the policy wants, and what the request has.
    public struct Condition: Sendable, Hashable {
        /// The operator as written.
        public let operatorName: String
        /// The key as written.
        public let key: String
        /// The values of the policy as written.
        public let wanted: [String]
        /// The values of the policy with variables replaced, `nil` for one whose variable is undefined.
        public let resolved: [String?]
        /// The values of the request; nil: it has no such key.
        public let found: [String]?
        /// Whether the condition holds.
        public let matched: Bool
    }

    /// The whole trace for people, one line for each policy, statement and condition.
    public var lines: [String] {
        var lines = ["Decision: \(decision.summary)"]
        if !message.isEmpty { lines.append(message) }
        for type in missing { lines.append("No \(type.displayName) is there, and one would have to allow.") }
        for policy in policies { lines += policy.lines }
        return lines + grants
    }

    /// The ``lines`` as one text.
    public var description: String { lines.joined(separator: "\n") }
}

extension Decision {
    /// The outcome in words, with the type of policy and the statement that decided: "allowed by identity-based policy
    /// ReadHome, statement 1".
    public var summary: String {
        var text = ""
        eachPartOfSummary { text += $0 }
        return text
    }

    /// The ``summary`` in its parts, for who puts it together with more: every recorded call has one.
    public func eachPartOfSummary(_ body: (String) -> Void) {
        switch outcome {
        case .allowed: body("allowed")
        case .explicitlyDenied: body("explicitly denied")
        case .implicitlyDenied: body("implicitly denied")
        }
        guard let policyType else { return }
        guard let statement else {
            body(": no ")
            body(policyType.displayName)
            return body(" allows it")
        }
        body(" by ")
        // A managed policy is compiled by its own type, and may decide as a boundary or for a session.
        let isOfItsType = statement.policy.type == policyType
        body(isOfItsType ? statement.policySummary : statement.policy.summary(as: policyType))
        body(", ")
        body(statement.name)
    }
}

extension PolicySource {
    /// Type, name, version, ARN and holder in words, as far as they are known.
    public var summary: String { summary(as: type) }

    /// As ``summary``, of a policy that is used as another type than its own.
    public func summary(as type: PolicyType) -> String {
        var text = type.displayName
        if !name.isEmpty { text += " \(name)" }
        if let version { text += " (\(version))" }
        if let arn { text += " \(arn)" }
        if let attachedTo { text += " of \(attachedTo)" }
        return text
    }
}

extension Trace.Policy {
    fileprivate var lines: [String] {
        let place = place.map { " at \($0)" } ?? ""
        return ["\(source.summary)\(place)"] + statements.flatMap(\.lines)
    }
}

extension Trace.Statement {
    fileprivate var lines: [String] {
        var misses: [String] = []
        if !actionMatched { misses.append("action") }
        if !resourceMatched { misses.append("resource") }
        if !principalMatched { misses.append("principal") }
        if conditions.contains(where: { !$0.matched }) { misses.append("conditions") }
        let verdict = applies ? "applies" : "does not apply: \(misses.joined(separator: ", ")) not matched"
        let heading = "  \(statementName(index, sid)) (line \(line)), \(effect): \(verdict)"
        // Conditions are of interest only where nothing else already ruled the statement out.
        guard actionMatched, resourceMatched, principalMatched else { return [heading] }
        return [heading] + conditions.map { "    \($0.summary)" }
    }
}

extension Trace.Condition {
    /// The condition with the policy's values, as variables made them, and the request's.
    public var summary: String {
        let values = zip(wanted, resolved).map { written, value in
            guard let value else { return "\"\(written)\" (the variable has no value)" }
            return written == value ? "\"\(value)\"" : "\"\(written)\" = \"\(value)\""
        }
        let has = found.map { $0.map { "\"\($0)\"" }.joined(separator: ", ") } ?? "no such key"
        let verdict = matched ? "holds" : "fails"
        return "\(operatorName) \(key) [\(values.joined(separator: ", "))] \(verdict): the request has \(has)"
    }
}

func statementName(_ index: Int, _ sid: String?) -> String {
    guard let sid, !sid.isEmpty else { return "statement \(index + 1)" }
    return "statement \(index + 1) \"\(sid)\""
}
