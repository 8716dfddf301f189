/// A word or a sign of an expression of DynamoDB's.
enum ExpressionToken: Equatable {
    /// The name of an attribute, a keyword or a function, as it is written.
    case word(String)
    /// A placeholder for a name, with its `#`.
    case nameAlias(String)
    /// A placeholder for a value, with its `:`.
    case valueAlias(String)
    /// The place of an element in a list.
    case number
    /// Anything else: `(`, `<>`.
    case sign(ExpressionSign)

    /// Whether it is a keyword, which may be written in either case. `keyword` is in upper case.
    func isKeyword(_ keyword: String) -> Bool {
        guard case .word(let word) = self else { return false }
        return word.utf8.count == keyword.utf8.count && word.uppercased() == keyword
    }
}

/// The signs of expressions.
enum ExpressionSign: String {
    case open = "("
    case close = ")"
    case openBracket = "["
    case closeBracket = "]"
    case comma = ","
    case dot = "."
    case plus = "+"
    case minus = "-"
    case equal = "="
    case unequal = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    var isComparator: Bool {
        switch self {
        case .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }
}

extension ExpressionToken {
    /// The tokens of an expression. Throws for a character that no expression has outside of placeholders' values.
    ///
    /// Names begin with a letter or an underscore; any other has to be a placeholder. Takes time linear in the length.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html>
    static func tokens(of text: String, _ member: String) throws(Unmapped) -> [ExpressionToken] {
        let bytes = Array(text.utf8)
        var tokens: [ExpressionToken] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let start = index
            index += 1
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case UInt8(ascii: "#"), UInt8(ascii: ":"):
                while index < bytes.count, bytes[index].isWordByte { index += 1 }
                guard index > start + 1 else { throw Unmapped("\(member) has a placeholder without a name") }
                let name = String(decoding: bytes[start..<index], as: UTF8.self)
                tokens.append(byte == UInt8(ascii: "#") ? .nameAlias(name) : .valueAlias(name))
            case 0x30...0x39:
                while index < bytes.count, bytes[index].isWordByte {
                    guard bytes[index].isDigit else { throw Unmapped("\(member) has a name that begins with a digit") }
                    index += 1
                }
                tokens.append(.number)
            case _ where byte.isWordByte:
                while index < bytes.count, bytes[index].isWordByte { index += 1 }
                tokens.append(.word(String(decoding: bytes[start..<index], as: UTF8.self)))
            default:
                let pair = index < bytes.count ? String(decoding: bytes[start...index], as: UTF8.self) : ""
                if let sign = ExpressionSign(rawValue: pair) {
                    tokens.append(.sign(sign))
                    index += 1
                } else if let sign = ExpressionSign(rawValue: String(decoding: [byte], as: UTF8.self)) {
                    tokens.append(.sign(sign))
                } else {
                    throw Unmapped("\(member) has a character that expressions do not have")
                }
            }
        }
        return tokens
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }

    /// A letter, a digit or an underscore.
    var isWordByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }
}
