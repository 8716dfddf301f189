import WAF

/// A rule made ready.
struct PreparedRule: Sendable {
    let id: Int
    let isLogged: Bool
    let denies: Bool
    let links: [PreparedLink]
    /// Whether it can match only where the scan has found its first expression.
    let waitsForScan: Bool
    /// Where its phase goes on when it has matched; nil: with the next rule.
    var next: Int?
    let skipAfter: String?
}

/// A test made ready, and what is done where it is fulfilled.
struct PreparedLink: Sendable {
    let test: PreparedTest?
    let assignments: [SecAssignment]
}

struct PreparedTest: Sendable {
    let variables: SecVariables
    /// Where the texts are that are tested: one, or several for a test after each transformation.
    let nodes: [Int]
    let isNegated: Bool
    let condition: Condition
    /// Keeps what the expression captures; nil: nobody asks for it.
    let capturing: LinearRegex?

    enum Condition: Sendable {
        /// Expressions of the scan plan, one for each node.
        case scanned([ScanPlace])
        case regex(LinearRegex)
        case sql, script
        case other(SecOperator)
    }
}

/// Makes rules ready.
struct RulePreparation {
    private(set) var planning = ScanPlanning()
    /// The variables of the transaction that do not change.
    private var constants = TransactionVariables()

    /// - Parameters:
    ///   - index: the number that the rule gets.
    ///   - constants: the variables of the transaction, which expressions may name.
    /// - Throws: ``SecLangProblem`` for what can't be asked.
    mutating func prepare(
        _ rule: SecRule, index: Int, _ constants: TransactionVariables
    ) throws(SecLangProblem) -> PreparedRule {
        self.constants = constants
        if let unread = rule.unread { throw SecLangProblem(unread) }
        var links: [PreparedLink] = []
        for (number, link) in rule.links.enumerated() {
            let captures = link.captures && Self.usesCaptures(rule.links[number...])
            links.append(
                PreparedLink(
                    test: try link.test.map { (test) throws(SecLangProblem) in
                        try prepare(test, rule.id, number == 0 ? index : nil, captures)
                    }, assignments: link.assignments))
        }
        var waitsForScan = false
        if case .scanned? = links.first?.test?.condition { waitsForScan = true }
        return PreparedRule(
            id: rule.id, isLogged: rule.isLogged, denies: rule.denies, links: links, waitsForScan: waitsForScan,
            next: nil, skipAfter: rule.skipAfter)
    }

    private mutating func prepare(
        _ test: SecLink.Test, _ id: Int, _ index: Int?, _ captures: Bool
    ) throws(SecLangProblem) -> PreparedTest {
        let path = planning.path(test.transformations)
        let nodes = test.isMultiMatch ? path[...] : path.suffix(1)
        var isNegated = test.isNegated
        var capturing: LinearRegex?
        let condition: PreparedTest.Condition
        switch test.condition {
        case .regex(let text):
            var pattern = try translated(text)
            var isComparison = false
            do throws(LinearRegex.Problem) {
                _ = try LinearRegex(pattern)
            } catch {
                switch PatternSubstitute.of(rule: id) {
                case .opposite(let substitute)?:
                    pattern = substitute
                    isNegated.toggle()
                case .wordComparison?: isComparison = true
                case nil: throw SecLangProblem("the expression: \(error.reason)")
                }
            }
            if isComparison {
                condition = .other(.wordComparison)
            } else {
                if captures { capturing = try? LinearRegex(pattern, capturing: true) }
                condition = try expression(pattern, test, nodes, isNegated, index)
            }
        case .phrases(let phrases):
            condition = try expression(PatternTranslation.anyOf(phrases), test, nodes, isNegated, index)
        case .sqlInjection, .crossSiteScripting:
            if let problem = InjectionDetection.problem { throw SecLangProblem(problem) }
            condition = test.condition == .sqlInjection ? .sql : .script
        default: condition = .other(test.condition)
        }
        return PreparedTest(
            variables: test.variables, nodes: Array(nodes), isNegated: isNegated, condition: condition,
            capturing: capturing)
    }

    private mutating func expression(
        _ pattern: String, _ test: SecLink.Test, _ nodes: ArraySlice<Int>, _ isNegated: Bool, _ index: Int?
    ) throws(SecLangProblem) -> PreparedTest.Condition {
        do throws(LinearRegex.Problem) {
            let regex = try LinearRegex(pattern)
            guard !isNegated, test.variables.areScanned else { return .regex(regex) }
        } catch { throw SecLangProblem("the expression: \(error.reason)") }
        var places: [ScanPlace] = []
        for node in nodes { places.append(planning.add(pattern, at: node, test.variables, rule: index)) }
        return .scanned(places)
    }

    /// The expression with the constants that it names in their places.
    private func translated(_ text: SecText) throws(SecLangProblem) -> String {
        guard let expanded = constants.expanded(text) else {
            throw SecLangProblem("an expression with variables in it")
        }
        return PatternTranslation.translate(String(decoding: expanded, as: UTF8.self))
    }

    /// Whether a test of the chain, or an assignment, asks for what was captured.
    private static func usesCaptures(_ links: ArraySlice<SecLink>) -> Bool {
        func isCapture(_ key: [UInt8]?) -> Bool { key?.count == 1 && key.map { (0x30...0x39).contains($0[0]) } == true }
        func uses(_ text: SecText) -> Bool {
            text.parts.contains { part in
                if case .variable(.transaction, let key) = part { isCapture(key) } else { false }
            }
        }
        return links.contains { link in
            if link.assignments.contains(where: { uses($0.name) || uses($0.value) }) { return true }
            guard let test = link.test else { return false }
            let isAsked = test.variables.choices.contains { choice in
                guard choice.variable == .transaction, case .name(let name)? = choice.selector else { return false }
                return isCapture(name)
            }
            return isAsked || (test.condition.text.map(uses) ?? false)
        }
    }
}

extension SecOperator {
    /// The text that values are compared with; nil: there is none.
    var text: SecText? {
        switch self {
        case .within(let text), .equals(let text), .begins(let text), .ends(let text), .contains(let text),
            .number(_, let text):
            text
        default: nil
        }
    }
}

extension SecVariables {
    /// Whether the values are many or long, so that it pays to look for all expressions at once.
    fileprivate var areScanned: Bool {
        guard choices.allSatisfy({ !$0.isCount && !$0.variable.isOfEvaluation }) else { return false }
        return choices.contains { choice in
            switch choice.variable {
            case .arguments, .argumentNames, .queryArguments, .queryArgumentNames, .bodyArguments,
                .bodyArgumentNames, .files, .fileNames, .cookies, .cookieNames, .headers, .headerNames, .partHeaders:
                choice.selector == nil
            case .body, .filename, .uri, .rawURI, .query: true
            default: false
            }
        }
    }
}

/// What stands in the place of the few expressions that RE2 has no words for.
enum PatternSubstitute: Sendable, Equatable {
    /// An expression that finds what the rule's own does *not*: the rule is turned round.
    case opposite(String)
    /// See ``WordComparison``.
    case wordComparison

    static func of(rule id: Int) -> PatternSubstitute? {
        switch id {
        // File names with quotation marks, equals signs, or semicolons that end no entity: what has none of these.
        case 920120:
            .opposite(
                #"(?s)\A(?:[^;'"=]|&(?:[aAoOuUyY]uml|[aAeEiIoOuU]circ|[eEiIoOuUyY]acute|[aAeEiIoOuU]grave|[cC]cedil|"#
                    + #"[aAnNoO]tilde|amp|apos);)*\z"#)
        case 942130: .wordComparison
        default: nil
        }
    }
}
