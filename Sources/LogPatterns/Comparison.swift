/// What a value is compared with, and how: `= 4*`, `!= "x"`, `>= 500`, `= %4\d\d%`.
struct Comparison: Sendable {
    enum Operator: Sendable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    }

    private enum Operand: Sendable {
        case expression(PatternExpression)
        /// The number is nil where the text is none, or stands between quotes.
        case text(TextOperand, number: Double?)
    }

    private let relation: Operator
    private let operand: Operand

    /// Reads the operator and what stands after it.
    init(_ scanner: inout PatternScanner) throws(InvalidFilterPattern) {
        scanner.skipSpace()
        relation = try Self.relation(&scanner)
        scanner.skipSpace()
        switch scanner.next {
        case UInt8(ascii: "%"): operand = .expression(try scanner.expression())
        case UInt8(ascii: "\""): operand = .text(TextOperand(try scanner.quoted()), number: nil)
        default:
            let bytes = scanner.bytes { Self.isBare($0) }
            guard !bytes.isEmpty else { throw scanner.invalid("a value is missing, or needs quotes") }
            operand = .text(TextOperand(bytes), number: Self.number(bytes))
        }
        switch (relation, operand) {
        case (.equal, _), (.notEqual, _), (_, .text(_, number: .some)): break
        default: throw scanner.invalid("only numbers are less or greater")
        }
    }

    private static func relation(_ scanner: inout PatternScanner) throws(InvalidFilterPattern) -> Operator {
        if scanner.take("!=") { return .notEqual }
        if scanner.take("<=") { return .lessOrEqual }
        if scanner.take(">=") { return .greaterOrEqual }
        if scanner.take("=") { return .equal }
        if scanner.take("<") { return .less }
        if scanner.take(">") { return .greater }
        throw scanner.invalid("an operator is missing")
    }

    /// Whether a character of a value needs no quotes.
    private static func isBare(_ byte: UInt8) -> Bool {
        PatternScanner.isAlphanumeric(byte) || "._*+-".utf8.contains(byte)
    }

    /// A number in AWS's spelling: digits, a point, and an exponent. What else Swift takes for one is none.
    static func number(_ bytes: some Collection<UInt8>) -> Double? {
        guard bytes.contains(where: { (0x30...0x39).contains($0) }),
            bytes.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) })
        else {
            return nil
        }
        return Double(String(decoding: bytes, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }

    /// Whether a text fits. One that is a number is compared as such with a number.
    func holds(_ text: [UInt8]) -> Bool {
        switch operand {
        case .expression(let expression): return expression.matches(text) == (relation == .equal)
        case .text(let operand, let number):
            if let number, let value = Self.number(text) { return holds(value, number) }
            switch relation {
            case .equal: return operand.matches(text)
            case .notEqual: return !operand.matches(text)
            default: return false
            }
        }
    }

    private func holds(_ value: Double, _ number: Double) -> Bool {
        switch relation {
        case .equal: value == number
        case .notEqual: value != number
        case .less: value < number
        case .lessOrEqual: value <= number
        case .greater: value > number
        case .greaterOrEqual: value >= number
        }
    }
}

/// A text with an asterisk at its beginning, its end or both, which stands for anything. One in the middle is itself.
private struct TextOperand: Sendable {
    private let text: SearchedText
    private let isOpenBefore: Bool
    private let isOpenAfter: Bool

    init(_ bytes: [UInt8]) {
        let star = UInt8(ascii: "*")
        isOpenBefore = bytes.first == star
        isOpenAfter = bytes.last == star
        let rest = bytes.dropFirst(isOpenBefore ? 1 : 0)
        text = SearchedText(Array(isOpenAfter ? rest.dropLast() : rest))
    }

    func matches(_ value: [UInt8]) -> Bool {
        switch (isOpenBefore, isOpenAfter) {
        case (false, false): value == text.bytes
        case (false, true): value.starts(with: text.bytes)
        case (true, false): value.suffix(text.bytes.count).elementsEqual(text.bytes)
        case (true, true): text.isIn(value)
        }
    }
}
