/// Reads rules by recursive descent: files, rules and blocks here, then clauses, queries and literals in files of their own.
/// Clauses, names and blocks are told apart by what follows them, so that some words are read twice.
struct GuardParser {
    var scanner: GuardScanner
    var depth = 0
    /// How deeply blocks, filters and values may nest.
    private static let mostDepth = 48

    init(_ text: String) { scanner = GuardScanner(text) }

    mutating func file() throws(GuardSyntaxError) -> RuleFile {
        var file = RuleFile()
        var loose = Block()
        scanner.skipSpace()
        while scanner.next != nil {
            let start = scanner.position
            if scanner.takeWord("rule", "rule") {
                scanner.skipSpace()
                // A clause may be about a key of this name.
                if let name = scanner.name() {
                    try add(name, to: &file)
                    scanner.skipSpace()
                    continue
                }
                scanner.position = start
            }
            if scanner.takeWord("let", "let") {
                try assignment(into: &file.assignments)
            } else {
                loose.conjunctions.append(try disjunction())
            }
            scanner.skipSpace()
        }
        if !loose.conjunctions.isEmpty {
            file.rules.insert(NamedRule(name: "default", parameters: [], conditions: nil, block: loose), at: 0)
        }
        guard !file.rules.isEmpty else { throw scanner.error("there is no rule") }
        return file
    }

    private mutating func add(_ name: String, to file: inout RuleFile) throws(GuardSyntaxError) {
        var parameters: [String] = []
        let isFunction = scanner.take("(")
        if isFunction {
            repeat {
                scanner.skipSpace()
                guard let parameter = scanner.name() else { throw scanner.error("a parameter is missing") }
                parameters.append(parameter)
                scanner.skipSpace()
            } while scanner.take(",")
            try scanner.expect(")")
        }
        scanner.skipSpace()
        var conditions: Conjunctions?
        if !isFunction, scanner.takeWord("when", "WHEN") { conditions = try self.conditions() }
        let rule = NamedRule(name: name, parameters: parameters, conditions: conditions, block: try block())
        if isFunction {
            guard file.functions.updateValue(rule, forKey: name) == nil else {
                throw scanner.error("a rule with parameters, \(name), is there twice")
            }
        } else {
            file.rules.append(rule)
        }
    }

    /// Up to the brace that begins a block.
    mutating func conditions() throws(GuardSyntaxError) -> Conjunctions {
        var conditions: Conjunctions = []
        scanner.skipSpace()
        while scanner.next != UInt8(ascii: "{") {
            conditions.append(try disjunction(isCondition: true))
            scanner.skipSpace()
        }
        guard !conditions.isEmpty else { throw scanner.error("a condition is missing") }
        return conditions
    }

    mutating func block() throws(GuardSyntaxError) -> Block {
        scanner.skipSpace()
        try scanner.expect("{")
        try enter()
        defer { depth -= 1 }
        var block = Block()
        scanner.skipSpace()
        while !scanner.take("}") {
            if scanner.takeWord("let", "let") {
                try assignment(into: &block.assignments)
            } else {
                block.conjunctions.append(try disjunction())
            }
            scanner.skipSpace()
        }
        guard !block.conjunctions.isEmpty else { throw scanner.error("a block has no clauses") }
        return block
    }

    mutating func enter() throws(GuardSyntaxError) {
        depth += 1
        guard depth <= Self.mostDepth else { throw scanner.error("blocks and values nest too deeply") }
    }

    private mutating func assignment(into assignments: inout [String: Operand]) throws(GuardSyntaxError) {
        scanner.skipSpace()
        guard let name = scanner.name() else { throw scanner.error("the name of a variable is missing") }
        scanner.skipSpace()
        guard scanner.take(":=") || scanner.take("=") else { throw scanner.error("'=' is missing") }
        scanner.skipSpace()
        let operand = try operand()
        guard assignments.updateValue(operand, forKey: name) == nil else {
            throw scanner.error("the variable \(name) is assigned twice")
        }
    }
}
