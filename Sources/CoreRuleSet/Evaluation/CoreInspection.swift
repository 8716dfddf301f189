import WAF

/// What the Core Rule Set says of one request. It is worked out as far as it is asked for, and nothing twice.
final class CoreInspection {
    let rules: CoreRules
    private let request: WebRequest
    private var texts: TextStore
    let values: RequestValues
    private var transaction: TransactionVariables
    /// What the tests of the current rule have matched.
    private var matched: [(name: [UInt8], text: Int)] = []
    private var result: CoreRules.Result?

    init(_ rules: CoreRules, _ request: WebRequest) {
        self.rules = rules
        self.request = request
        var texts = TextStore(rules.plan)
        values = RequestValues(request, rules.plan, &texts)
        texts.finishValues()
        self.texts = texts
        transaction = rules.variables
    }

    /// Asks all rules in their order.
    func run() -> CoreRules.Result {
        if let result { return result }
        let candidates = scan()
        var ids: [Int] = []
        var isDenied = values.isCut
        for numbers in rules.phases {
            var position = 0
            while position < numbers.count {
                let number = numbers[position]
                let rule = rules.rules[number]
                position += 1
                if rule.waitsForScan, !candidates[number] { continue }
                guard isMatch(rule) else { continue }
                if rule.isLogged { ids.append(rule.id) }
                if rule.denies { isDenied = true }
                if let next = rule.next { position = next }
            }
        }
        if texts.isExhausted { isDenied = true }
        let score = transaction[Array("anomaly_score".utf8)].map(TransactionVariables.number) ?? 0
        let result = CoreRules.Result(rules: ids, score: score, isDenied: isDenied)
        self.result = result
        return result
    }

    /// Which rules' first expressions are found anywhere where they look.
    private func scan() -> [Bool] {
        var candidates = [Bool](repeating: false, count: rules.rules.count)
        let plan = rules.plan
        for value in values.places {
            for number in plan.classesOfSets.indices where value.classes & plan.classesOfSets[number] != 0 {
                let text = texts.number(of: value.text, at: plan.nodesOfSets[number])
                for match in texts.matches(text, number) {
                    for rule in plan.sets[number].rules[match] { candidates[rule] = true }
                }
            }
        }
        return candidates
    }

    // MARK: Rules

    private func isMatch(_ rule: PreparedRule) -> Bool {
        matched = []
        for link in rule.links {
            guard let test = link.test else {
                assign(link.assignments)
                continue
            }
            guard isFulfilled(test, link.assignments) else { return false }
        }
        return true
    }

    /// All values are tested: each that matches has its assignments made.
    private func isFulfilled(_ test: PreparedTest, _ assignments: [SecAssignment]) -> Bool {
        var isMatch = false
        func take(_ name: () -> [UInt8], _ text: Int) {
            for (index, node) in test.nodes.enumerated() {
                let number = texts.number(of: text, at: node)
                // Only what a transformation has changed is tested again.
                if index > 0, number == texts.number(of: text, at: test.nodes[index - 1]) { continue }
                guard holds(test, index, number) != test.isNegated else { continue }
                isMatch = true
                matched.append((name(), number))
                if let captured = test.capturing?.captures(texts.text(number)) { keep(captured) }
                assign(assignments)
            }
        }
        for choice in test.variables.choices {
            if choice.isCount {
                var count = 0
                forEach(choice, test.variables.exceptions) { _, _ in count += 1 }
                take({ Array(choice.variable.name.utf8) }, texts.add(Array(String(count).utf8)))
            } else {
                forEach(choice, test.variables.exceptions, take)
            }
        }
        return isMatch
    }

    private func holds(_ test: PreparedTest, _ index: Int, _ text: Int) -> Bool {
        switch test.condition {
        case .scanned(let places): texts.matches(text, places[index].set).contains(places[index].number)
        case .regex(let regex): regex.matches(texts.text(text))
        case .sql: texts.isSQL(text)
        case .script: texts.isScript(text)
        case .other(let condition): condition.holds(texts.text(text), condition.text.map(expanded) ?? [])
        }
    }

    /// The values of a choice, with their full names.
    private func forEach(
        _ choice: SecVariables.Choice, _ exceptions: [SecVariables.Choice], _ body: (() -> [UInt8], Int) -> Void
    ) {
        let variable = choice.variable
        func full(_ name: [UInt8]) -> () -> [UInt8] {
            { Array(variable.name.utf8) + (name.isEmpty ? [] : [UInt8(ascii: ":")] + name) }
        }
        switch variable {
        case .transaction:
            // Sorted: which of several is the last one must not be chance.
            let names: [[UInt8]] =
                switch choice.selector {
                case .name(let name)?: transaction[name] == nil ? [] : [name]
                case let selector:
                    transaction.values.keys.filter { selector?.selects($0) ?? true }
                        .sorted { $0.lexicographicallyPrecedes($1) }
                }
            for name in names {
                guard let value = transaction[name] else { continue }
                body(full(name), texts.add(value))
            }
        case .matched: if let last = matched.last { body({ last.name }, last.text) }
        case .matchedName: if let last = matched.last { body({ last.name }, texts.add(last.name)) }
        case .allMatched: for match in matched { body({ match.name }, match.text) }
        case .allMatchedNames: for match in matched { body({ match.name }, texts.add(match.name)) }
        default:
            for primary in variable.primaries {
                for number in values.numbers(of: primary) {
                    let value = values.values[number]
                    // Most rules look at all, but for what they name.
                    guard choice.selector?.selects(value.name) ?? true,
                        exceptions.isEmpty
                            || !exceptions.contains(where: { exception in
                                exception.variable.primaries.contains(primary)
                                    && exception.selector?.selects(value.name) ?? true
                            })
                    else { continue }
                    body(full(value.name), value.text)
                }
            }
        }
    }

    // MARK: Variables of the transaction

    private func keep(_ captured: [[UInt8]?]) {
        for (group, text) in captured.enumerated() {
            if let text { transaction.set(Array(String(group).utf8), text) }
        }
    }

    private func assign(_ assignments: [SecAssignment]) {
        for assignment in assignments {
            transaction.assign(expanded(assignment.name), assignment.change, expanded(assignment.value))
        }
    }

    private func expanded(_ text: SecText) -> [UInt8] {
        if let constant = text.constant { return constant }
        var result: [UInt8] = []
        for part in text.parts {
            switch part {
            case .literal(let bytes): result += bytes
            case .empty: break
            case .variable(.transaction, let key): result += key.flatMap { transaction[$0] } ?? []
            case .variable(let variable, let key):
                var isFirst = true
                let choice = SecVariables.Choice(variable: variable, selector: key.map { .name($0) })
                forEach(choice, []) { _, number in
                    if isFirst { result += texts.text(number) }
                    isFirst = false
                }
            }
        }
        return result
    }

    // MARK: Signatures

    /// What one of some rules has found.
    struct SignatureMatch {
        /// The rule's number.
        let id: Int
        /// The value that it was found in; nil: not all was looked at.
        let value: RequestValue?
    }

    /// The first of some rules that finds something in a part of the request, whatever it looks at by itself.
    func firstMatch(_ signatures: [Signature], in part: RequestPart) -> SignatureMatch? {
        for value in values.values where part.has(value.variable, value.name) {
            for signature in signatures where isFound(signature, value.text) {
                return SignatureMatch(id: signature.id, value: value)
            }
        }
        guard values.cutParts.contains(part) || texts.isExhausted else { return nil }
        return SignatureMatch(id: 0, value: nil)
    }

    /// The text of a value.
    func text(of value: RequestValue) -> [UInt8] { texts.text(value.text) }

    /// How often an expression was asked of a text by itself.
    var singleMatches: Int { texts.singleMatches }

    private func isFound(_ signature: Signature, _ text: Int) -> Bool {
        for (index, node) in signature.test.nodes.enumerated() {
            let number = texts.number(of: text, at: node)
            guard holds(signature.test, index, number) else { continue }
            if signature.further.allSatisfy({ holds($0, 0, texts.number(of: number, at: $0.nodes[0])) != $0.isNegated })
            {
                return true
            }
        }
        return false
    }
}

extension CoreRules {
    /// What the rules say of a request.
    public struct Result: Sendable, Equatable {
        /// The numbers of those that match and are written to logs, in the order in which they were asked.
        public let rules: [Int]
        /// The sum of what the matches count.
        public let score: Int
        /// Whether the score, or a rule by itself, refuses the request, or it has more values than are looked at.
        public let isDenied: Bool
    }

    /// Asks all rules about a request.
    /// - Complexity: linear in the request, for each set of transformations.
    public func inspect(_ request: WebRequest) -> Result { CoreInspection(self, request).run() }
}
