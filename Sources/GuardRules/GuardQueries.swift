/// What clauses compare: ways into documents, and what stands beside the comparator.
extension GuardParser {
    mutating func arguments() throws(GuardSyntaxError) -> [Operand] {
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

    mutating func operand() throws(GuardSyntaxError) -> Operand {
        try enter()
        defer { depth -= 1 }
        if let value = try value() { return .value(value) }
        let start = scanner.position
        if let name = scanner.name(), scanner.take("(") { return .function(name, try arguments()) }
        scanner.position = start
        return .query(try query())
    }

    mutating func query() throws(GuardSyntaxError) -> Query {
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
