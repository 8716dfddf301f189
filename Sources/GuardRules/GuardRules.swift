public import Wire

/// A rule file in the language of AWS CloudFormation Guard, ready to be evaluated against documents.
///
/// AWS: <https://docs.aws.amazon.com/cfn-guard/latest/ug/writing-rules.html>
public struct GuardRules: Sendable {
    /// The names of the rules, in the order of the text. Clauses outside of rules are those of the rule `default`.
    public var names: [String] { file.rules.map(\.name) }
    let file: RuleFile

    /// The most bytes that a text may have.
    public static let mostBytes = 100_000

    /// Reads a text.
    /// - Throws: ``GuardSyntaxError``, which says what is wrong and where.
    /// - Complexity: linear in the text, but for names and clauses that can't be told apart at once.
    public init(_ text: String) throws(GuardSyntaxError) {
        guard text.utf8.count <= Self.mostBytes else {
            throw GuardSyntaxError(reason: "the text has more than \(Self.mostBytes) bytes", line: 1, column: 1)
        }
        var parser = GuardParser(text)
        file = try parser.file()
    }

    /// What the rules say of a document.
    /// - Throws: ``GuardEvaluationError`` where a rule can't be evaluated.
    /// - Complexity: bounded by ``GuardEvaluationError/tooMuchWork``.
    public func evaluate(_ document: JSONValue) throws(GuardEvaluationError) -> GuardOutcome {
        let evaluation = Evaluation(file)
        let root = Scope(GuardValue(document), variables: file.assignments, parent: nil)
        evaluation.root = root
        var rules: [GuardOutcome.Rule] = []
        for (number, rule) in file.rules.enumerated() {
            evaluation.messages = []
            let status = try evaluation.status(ofRule: number)
            rules.append(
                GuardOutcome.Rule(
                    name: rule.name, status: status, messages: status == .fail ? evaluation.messages : []))
        }
        return GuardOutcome(rules: rules)
    }
}

/// What a rule, a clause or a whole file says of a document.
public enum GuardStatus: String, Sendable, Equatable {
    case pass = "PASS"
    case fail = "FAIL"
    /// It is about nothing that the document has.
    case skip = "SKIP"
}

/// What the rules of a file say of a document.
public struct GuardOutcome: Sendable, Equatable {
    /// One named rule. A name may be there more than once.
    public struct Rule: Sendable, Equatable {
        public let name: String
        public let status: GuardStatus
        /// The custom messages of the clauses that failed, in their order; none unless the rule failed.
        public let messages: [String]
    }

    /// The rules, in the order of the text.
    public let rules: [Rule]

    /// FAIL if any rule fails; otherwise PASS if any passes.
    public var status: GuardStatus {
        if rules.contains(where: { $0.status == .fail }) { return .fail }
        return rules.contains { $0.status == .pass } ? .pass : .skip
    }

    /// The custom messages of all rules that failed.
    public var messages: [String] { rules.flatMap(\.messages) }
}

/// What is wrong with a text that should be rules.
public struct GuardSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    public let reason: String
    /// Where, from 1 on.
    public let line: Int
    /// The byte in the line, from 1 on.
    public let column: Int

    public var description: String { "line \(line), column \(column): \(reason)" }
}

/// Why rules could not be evaluated against a document.
public enum GuardEvaluationError: Error, Sendable, Equatable {
    /// No variable of the name is in scope.
    case unknownVariable(String)
    /// No rule of the name is in the file, or it wants another number of arguments.
    case unknownRule(String)
    /// A rule refers to itself, by way of others or at once.
    case circularRule(String)
    /// An operation on a type that has none: whether `null` is empty, a function's argument.
    case incompatible(String)
    /// Evaluation would take more than ``GuardEvaluationError/mostSteps`` steps, or nest too deeply.
    case tooMuchWork

    /// How many values may be looked at. A file of the size that AWS Config takes needs some thousand.
    public static let mostSteps = 200_000
}
