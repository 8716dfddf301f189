/// Reads rules by recursive descent. Clauses, names and blocks are told apart by what follows them, so that some words are read
/// twice.
struct GuardParser {
    var scanner: GuardScanner
    var depth = 0
    /// How deeply blocks, filters and values may nest.
    private static let mostDepth = 48

    init(_ text: String) { scanner = GuardScanner(text) }

    // MARK: Files and rules

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
    private mutating func conditions() throws(GuardSyntaxError) -> Conjunctions {
        var conditions: Conjunctions = []
        scanner.skipSpace()
        while scanner.next != UInt8(ascii: "{") {
            conditions.append(try disjunction(isCondition: true))
            scanner.skipSpace()
        }
        guard !conditions.isEmpty else { throw scanner.error("a condition is missing") }
        return conditions
    }

    private mutating func block() throws(GuardSyntaxError) -> Block {
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

    // MARK: Clauses

    private mutating func disjunction(isCondition: Bool = false) throws(GuardSyntaxError) -> [Clause] {
        var clauses = [try clause(isCondition: isCondition)]
        while true {
            let end = scanner.position
            scanner.skipSpace()
            guard scanner.takeWord("or", "OR") || scanner.take("|OR|") else {
                scanner.position = end
                return clauses
            }
            scanner.skipSpace()
            clauses.append(try clause(isCondition: isCondition))
        }
    }

    private mutating func clause(isCondition: Bool) throws(GuardSyntaxError) -> Clause {
        try enter()
        defer { depth -= 1 }
        if !isCondition, scanner.takeWord("when", "WHEN") {
            let conditions = try conditions()
            return .when(conditions, try block())
        }
        if let type = typeName() { return try typeClause(type) }
        let isNegated = negation()
        let start = scanner.position
        if let name = scanner.name(), scanner.take("(") {
            let arguments = try arguments()
            return .call(name, arguments, message: try message())
        }
        scanner.position = start
        let query = try query()
        let end = scanner.position
        scanner.skipSpace()
        if let clause = try comparison(of: query, isNegated: isNegated) { return clause }
        if !isCondition, !isNegated, scanner.next == UInt8(ascii: "{") { return .block(query, try block()) }
        scanner.position = end
        guard case .key(let name)? = query.parts.first, query.parts.count == 1, !query.isSome else {
            throw scanner.error("a comparison is missing")
        }
        return .rule(name, isNegated: isNegated, message: try message())
    }

    private mutating func negation() -> Bool {
        let start = scanner.position
        if scanner.takeWord("not", "NOT") {
            let end = scanner.position
            scanner.skipSpace()
            if scanner.position > end { return true }
        } else if scanner.next == UInt8(ascii: "!"), scanner.peek(1) != UInt8(ascii: "=") {
            scanner.position += 1
            scanner.skipSpace()
            return true
        }
        scanner.position = start
        return false
    }

    /// `AWS::S3::Bucket`, at least two parts.
    private mutating func typeName() -> String? {
        let start = scanner.position
        var parts = 0
        while scanner.name() != nil {
            parts += 1
            guard scanner.take("::") else { break }
        }
        guard parts > 1 else {
            scanner.position = start
            return nil
        }
        return String(decoding: scanner.bytes[start..<scanner.position], as: UTF8.self)
    }

    private mutating func typeClause(_ type: String) throws(GuardSyntaxError) -> Clause {
        let isType = Clause.comparison(
            ComparisonClause(
                query: Query(parts: [.key("Type")]), comparator: .equal, isInverse: false, isNegated: false,
                operand: .value(.string(type)), message: nil))
        let query = Query(parts: [.key("Resources"), .allValues, .filter(capture: nil, [[isType]])])
        scanner.skipSpace()
        var conditions: Conjunctions?
        if scanner.takeWord("when", "WHEN") { conditions = try self.conditions() }
        scanner.skipSpace()
        if scanner.next == UInt8(ascii: "{") { return .type(query, conditions: conditions, try block()) }
        guard conditions == nil else { throw scanner.error("a block is missing") }
        return .type(query, conditions: nil, Block(conjunctions: [[try clause(isCondition: true)]]))
    }

    private mutating func comparison(
        of query: Query, isNegated: Bool
    ) throws(GuardSyntaxError) -> Clause? {
        guard let (comparator, isInverse) = comparator() else { return nil }
        var right: Operand?
        if !comparator.isUnary {
            scanner.skipSpace()
            right = try operand()
        }
        return .comparison(
            ComparisonClause(
                query: query, comparator: comparator, isInverse: isInverse, isNegated: isNegated, operand: right,
                message: try message()))
    }

    private mutating func comparator() -> (Comparator, isInverse: Bool)? {
        if scanner.take("==") { return (.equal, false) }
        if scanner.take("!=") { return (.equal, true) }
        if scanner.take(">=") { return (.greaterOrEqual, false) }
        if scanner.take("<=") { return (.lessOrEqual, false) }
        if scanner.take(">") { return (.greater, false) }
        if scanner.next == UInt8(ascii: "<"), scanner.peek(1) != UInt8(ascii: "<") {
            scanner.position += 1
            return (.less, false)
        }
        let start = scanner.position
        let isInverse = negation()
        for (comparator, lower, upper) in Self.words where scanner.takeWord(lower, upper) {
            return (comparator, isInverse)
        }
        scanner.position = start
        return nil
    }

    private static let words: [(Comparator, StaticString, StaticString)] = [
        (.isIn, "in", "IN"), (.exists, "exists", "EXISTS"), (.isEmpty, "empty", "EMPTY"),
        (.isString, "is_string", "IS_STRING"), (.isList, "is_list", "IS_LIST"),
        (.isStruct, "is_struct", "IS_STRUCT"), (.isBool, "is_bool", "IS_BOOL"), (.isInt, "is_int", "IS_INT"),
        (.isFloat, "is_float", "IS_FLOAT"), (.isNull, "is_null", "IS_NULL"),
    ]

    /// `<< what is wrong >>`
    private mutating func message() throws(GuardSyntaxError) -> String? {
        let end = scanner.position
        scanner.skipSpace()
        guard scanner.take("<<") else {
            scanner.position = end
            return nil
        }
        let start = scanner.position
        while scanner.next != nil {
            if scanner.next == UInt8(ascii: ">"), scanner.peek(1) == UInt8(ascii: ">") {
                let bytes = scanner.bytes[start..<scanner.position]
                scanner.position += 2
                return Self.trimmed(bytes)
            }
            scanner.position += 1
        }
        throw scanner.error("a message does not end")
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var bytes = bytes
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Operands

    private mutating func arguments() throws(GuardSyntaxError) -> [Operand] {
        var arguments: [Operand] = []
        scanner.skipSpace()
        if scanner.take(")") { return [] }
        while true {
            arguments.append(try operand())
            scanner.skipSpace()
            if scanner.take(")") { return arguments }
            try scanner.expect(",")
            scanner.skipSpace()
        }
    }

    private mutating func operand() throws(GuardSyntaxError) -> Operand {
        try enter()
        defer { depth -= 1 }
        if let value = try value() { return .value(value) }
        let start = scanner.position
        if let name = scanner.name(), scanner.take("(") { return .function(name, try arguments()) }
        scanner.position = start
        return .query(try query())
    }

    // MARK: Queries

    private mutating func query() throws(GuardSyntaxError) -> Query {
        var query = Query(parts: [])
        let start = scanner.position
        if scanner.takeWord("some", "SOME") {
            let end = scanner.position
            scanner.skipSpace()
            query.isSome = scanner.position > end
            if !query.isSome { scanner.position = start }
        }
        query.parts.append(try firstPart())
        while true {
            // Before a filter there may be blanks.
            var blanks = 0
            while scanner.peek(blanks) == UInt8(ascii: " ") { blanks += 1 }
            if scanner.peek(blanks) == UInt8(ascii: "[") {
                scanner.position += blanks + 1
                query.parts.append(try bracketed())
            } else if scanner.take(".") {
                query.parts.append(try dotted())
            } else {
                return query
            }
        }
    }

    private mutating func firstPart() throws(GuardSyntaxError) -> QueryPart {
        if scanner.takeWord("this", "THIS") { return .this }
        return try dotted()
    }

    private mutating func dotted() throws(GuardSyntaxError) -> QueryPart {
        if scanner.take("*") { return .allValues }
        if scanner.take("%") {
            guard let name = scanner.name() else { throw scanner.error("the name of a variable is missing") }
            return .variable(name)
        }
        if let text = try scanner.quoted() { return .key(text) }
        guard let name = scanner.name() else { throw scanner.error("a query is missing") }
        return .key(name)
    }

    /// What stands between brackets, the first of which is taken.
    private mutating func bracketed() throws(GuardSyntaxError) -> QueryPart {
        try enter()
        defer { depth -= 1 }
        scanner.skipSpace()
        let start = scanner.position
        if scanner.take("*") {
            scanner.skipSpace()
            try scanner.expect("]")
            return .allIndices
        }
        if let number = self.number(), case .int(let index) = number {
            scanner.skipSpace()
            if scanner.take("]") { return .index(index) }
        }
        scanner.position = start
        if let text = try scanner.quoted() {
            scanner.skipSpace()
            if scanner.take("]") { return .key(text) }
        }
        scanner.position = start
        let capture = self.capture()
        if let part = try keysFilter(capture) { return part }
        var conjunctions: Conjunctions = []
        scanner.skipSpace()
        while !scanner.take("]") {
            conjunctions.append(try disjunction(isCondition: false))
            scanner.skipSpace()
        }
        guard !conjunctions.isEmpty else { throw scanner.error("a filter is empty") }
        return .filter(capture: capture, conjunctions)
    }

    /// `name |`
    private mutating func capture() -> String? {
        let start = scanner.position
        if let name = scanner.name() {
            scanner.skipSpace()
            if scanner.next == UInt8(ascii: "|"), scanner.peek(1) != UInt8(ascii: "O") {
                scanner.position += 1
                scanner.skipSpace()
                return name
            }
        }
        scanner.position = start
        return nil
    }

    private mutating func keysFilter(_ capture: String?) throws(GuardSyntaxError) -> QueryPart? {
        let start = scanner.position
        guard scanner.takeWord("keys", "KEYS") else { return nil }
        scanner.skipSpace()
        guard let (comparator, isInverse) = comparator(), comparator == .equal || comparator == .isIn else {
            scanner.position = start
            return nil
        }
        scanner.skipSpace()
        let operand = try operand()
        scanner.skipSpace()
        try scanner.expect("]")
        return .keys(capture: capture, comparator, isInverse: isInverse, operand)
    }
}
