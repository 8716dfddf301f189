import Wire

/// A key attribute's value as `dynamodb:LeadingKeys` shows it: a string as it is, a number in the one form that DynamoDB
/// returns it in, bytes in base 64.
///
/// A number has many spellings (`7`, `07`, `7.0`, `70e-1`) that are one key; policies would be passed by if each was another
/// value. AWS does not document the form; this is that of DynamoDB's answers, without exponent.
enum KeyText {
    /// The text of an `AttributeValue`.
    ///
    /// Throws for what can't be a key: any other type, two types at once, an empty string, and a number that DynamoDB can't
    /// hold.
    static func text(of value: Value) throws(Unmapped) -> String {
        guard case .structure(let structure) = value else { throw Unmapped("The value of a key has no type") }
        var found: (type: String, value: Value)?
        let members = structure.shape.members
        for index in members.indices {
            guard let value = structure[member: index] else { continue }
            guard found == nil else { throw Unmapped("The value of a key has two types") }
            found = (members[index].name, value)
        }
        let text: String
        switch (found?.type, found?.value) {
        case ("S"?, .string(let string)?): text = string
        case ("N"?, .string(let digits)?):
            guard let number = number(digits) else { throw Unmapped("The value of a key is no number of DynamoDB's") }
            text = number
        case ("B"?, .blob(let bytes)?): text = String(decoding: Base64.encode(bytes), as: UTF8.self)
        default: throw Unmapped("The value of a key is no string, number or binary")
        }
        // Policies take an empty text for a key that is not there; DynamoDB refuses it.
        guard !text.isEmpty else { throw Unmapped("The value of a key is empty") }
        return text
    }

    /// A number without exponent, sign of plus and superfluous zeros; nil for one that DynamoDB refuses: it holds up to 38
    /// digits, between 1E-130 and 9.99E+125.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>
    static func number(_ text: String) -> String? {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        // Digits, and how many of them stand before the point.
        var digits: [UInt8] = []
        var whole: Int?
        while let byte = rest.first, isDigit(byte) || (byte == UInt8(ascii: ".") && whole == nil) {
            if byte == UInt8(ascii: ".") { whole = digits.count } else { digits.append(byte) }
            rest = rest.dropFirst()
        }
        guard !digits.isEmpty else { return nil }
        var point = whole ?? digits.count
        if let mark = rest.first {
            guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E"), let exponent = exponent(rest.dropFirst())
            else { return nil }
            point += exponent
        }
        // Without zeros at either end.
        guard let first = digits.firstIndex(where: { $0 != 0x30 }),
            let last = digits.lastIndex(where: { $0 != 0x30 })
        else { return "0" }
        point -= first
        digits = Array(digits[first...last])
        guard digits.count <= 38, point > -130, point <= 126 else { return nil }
        let zero = UInt8(ascii: "0")
        var result: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        if point <= 0 {
            result += [zero, UInt8(ascii: ".")] + [UInt8](repeating: zero, count: -point) + digits
        } else if point >= digits.count {
            result += digits + [UInt8](repeating: zero, count: point - digits.count)
        } else {
            result += digits[..<point] + [UInt8(ascii: ".")] + digits[point...]
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// nil for what is none, or has more than four digits.
    private static func exponent(_ text: Substring.UTF8View) -> Int? {
        var rest = text
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard !rest.isEmpty, rest.count <= 4, rest.allSatisfy(isDigit), let value = Int(String(Substring(rest))) else {
            return nil
        }
        return isNegative ? -value : value
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
