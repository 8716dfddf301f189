import WAF

/// Values as rules write them.
extension GuardParser {
    /// A literal; nil: there is none, but a query.
    mutating func value() throws(GuardSyntaxError) -> GuardValue? {
        switch scanner.next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return try scanner.quoted().map { .string($0) }
        case UInt8(ascii: "/"):
            scanner.position += 1
            return .regex(try regex(scanner.delimited(by: UInt8(ascii: "/"))))
        case UInt8(ascii: "["): return .list(try list())
        case UInt8(ascii: "{"): return .map(try map())
        case UInt8(ascii: "r"):
            if let range = try range() { return .range(range) }
        default: break
        }
        if let number = number() { return number }
        if scanner.takeWord("true", "TRUE") || scanner.takeWord("True", "True") { return .bool(true) }
        if scanner.takeWord("false", "FALSE") || scanner.takeWord("False", "False") { return .bool(false) }
        if scanner.takeWord("null", "NULL") { return .null }
        return nil
    }

    private func regex(_ text: String) throws(GuardSyntaxError) -> GuardRegex {
        do throws(LinearRegex.Problem) { return try GuardRegex(text) } catch {
            throw scanner.error("the regular expression /\(text)/ is none: \(error.reason)")
        }
    }

    mutating func number() -> GuardValue? {
        let start = scanner.position
        _ = scanner.take("-")
        while let byte = scanner.next, GuardScanner.isDigit(byte) { scanner.position += 1 }
        var isFloat = false
        if scanner.next == UInt8(ascii: "."), let digit = scanner.peek(1), GuardScanner.isDigit(digit) {
            isFloat = true
            scanner.position += 1
            while let byte = scanner.next, GuardScanner.isDigit(byte) { scanner.position += 1 }
        }
        let text = String(decoding: scanner.bytes[start..<scanner.position], as: UTF8.self)
        if scanner.next.map(GuardScanner.isName) != true {
            if isFloat, let value = Double(text) { return .float(value) }
            if !isFloat, let value = Int(text) { return .int(value) }
        }
        scanner.position = start
        return nil
    }

    private mutating func range() throws(GuardSyntaxError) -> GuardRange? {
        let start = scanner.position
        scanner.position += 1
        let includesLower = scanner.take("[")
        guard includesLower || scanner.take("(") else {
            scanner.position = start
            return nil
        }
        scanner.skipSpace()
        guard let lower = number() else { throw scanner.error("a range begins with a number") }
        scanner.skipSpace()
        try scanner.expect(",")
        scanner.skipSpace()
        guard let upper = number() else { throw scanner.error("a range ends with a number") }
        scanner.skipSpace()
        let includesUpper = scanner.take("]")
        guard includesUpper || scanner.take(")") else { throw scanner.error("a range does not end") }
        return GuardRange(lower: lower, upper: upper, includesLower: includesLower, includesUpper: includesUpper)
    }

    private mutating func element() throws(GuardSyntaxError) -> GuardValue {
        try enter()
        defer { depth -= 1 }
        scanner.skipSpace()
        guard let value = try value() else { throw scanner.error("a value is missing") }
        scanner.skipSpace()
        return value
    }

    private mutating func list() throws(GuardSyntaxError) -> [GuardValue] {
        scanner.position += 1
        var values: [GuardValue] = []
        scanner.skipSpace()
        if scanner.take("]") { return [] }
        repeat { values.append(try element()) } while scanner.take(",")
        try scanner.expect("]")
        return values
    }

    private mutating func map() throws(GuardSyntaxError) -> [(key: String, value: GuardValue)] {
        scanner.position += 1
        var members: [(key: String, value: GuardValue)] = []
        scanner.skipSpace()
        if scanner.take("}") { return [] }
        repeat {
            scanner.skipSpace()
            guard let key = try scanner.quoted() ?? scanner.name() else { throw scanner.error("a key is missing") }
            scanner.skipSpace()
            try scanner.expect(":")
            members.append((key, try element()))
        } while scanner.take(",")
        try scanner.expect("}")
        return members
    }
}
