/// A word, a literal or a sign of a PartiQL statement, and where it stands in the text.
struct PartiQLToken: Equatable {
    enum Kind: Equatable {
        /// A keyword, a function or a name, as it is written.
        case word(String)
        /// A name in double quotes.
        case quotedName(String)
        /// Text in single quotes.
        case string(String)
        /// A number, in the form that keys have; nil for one that DynamoDB does not hold.
        case number(String?)
        /// `?`, with its place among them.
        case parameter(Int)
        case sign(PartiQLSign)
    }

    let kind: Kind
    /// Its bytes in the text.
    let range: Range<Int>

    /// Whether it is a keyword, which may be written in either case. `keyword` is in upper case.
    func isKeyword(_ keyword: String) -> Bool {
        guard case .word(let word) = kind else { return false }
        return word.utf8.count == keyword.utf8.count && word.uppercased() == keyword
    }

    func isSign(_ sign: PartiQLSign) -> Bool { kind == .sign(sign) }
}

/// The signs of PartiQL.
enum PartiQLSign: String {
    case open = "("
    case close = ")"
    case openBracket = "["
    case closeBracket = "]"
    case openBrace = "{"
    case closeBrace = "}"
    case openSet = "<<"
    case closeSet = ">>"
    case comma = ","
    case dot = "."
    case colon = ":"
    case star = "*"
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

extension PartiQLToken {
    /// The tokens of a statement.
    ///
    /// Comments and literals of Amazon Ion (in back quotes) are refused, as is everything outside of quotes that is not
    /// ASCII: not every reader takes them for the same. Takes time linear in the length.
    static func tokens(of bytes: [UInt8]) throws(Unmapped) -> [PartiQLToken] {
        var scanner = Scanner(bytes: bytes)
        var tokens: [PartiQLToken] = []
        while let token = try scanner.next() { tokens.append(token) }
        return tokens
    }

    private struct Scanner {
        let bytes: [UInt8]
        var index = 0
        var parameters = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

        mutating func next() throws(Unmapped) -> PartiQLToken? {
            while let byte, byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) { index += 1 }
            let start = index
            guard let byte else { return nil }
            let kind: Kind
            switch byte {
            case UInt8(ascii: "'"): kind = .string(try quoted(by: byte))
            case UInt8(ascii: "\""): kind = .quotedName(try quoted(by: byte))
            case UInt8(ascii: "?"):
                index += 1
                kind = .parameter(parameters)
                parameters += 1
            case 0x30...0x39: kind = .number(KeyText.number(try number()))
            case _ where byte.isWordByte:
                while let byte = self.byte, byte.isWordByte { index += 1 }
                kind = .word(String(decoding: bytes[start..<index], as: UTF8.self))
            default: kind = .sign(try sign())
            }
            return PartiQLToken(kind: kind, range: start..<index)
        }

        /// Text in quotes; a quote within it is doubled.
        private mutating func quoted(by quote: UInt8) throws(Unmapped) -> String {
            var text: [UInt8] = []
            index += 1
            while let byte {
                index += 1
                if byte == quote {
                    guard self.byte == quote else {
                        guard let string = String(validating: text, as: UTF8.self) else { break }
                        return string
                    }
                    index += 1
                }
                text.append(byte)
            }
            throw Unmapped("Statement has a quotation mark without its counterpart")
        }

        /// `12`, `1.5`, `1e-3`. What follows a number at once is no part of it in any language, and refused.
        private mutating func number() throws(Unmapped) -> String {
            let start = index
            while let byte, byte.isDigit { index += 1 }
            if byte == UInt8(ascii: ".") {
                index += 1
                while let byte, byte.isDigit { index += 1 }
            }
            if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
                index += 1
                if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") { index += 1 }
                while let byte, byte.isDigit { index += 1 }
            }
            if let byte, byte.isWordByte || byte == UInt8(ascii: ".") {
                throw Unmapped("Statement has a name that begins with a digit")
            }
            return String(decoding: bytes[start..<index], as: UTF8.self)
        }

        private mutating func sign() throws(Unmapped) -> PartiQLSign {
            let pair = index + 1 < bytes.count ? String(decoding: bytes[index...index + 1], as: UTF8.self) : ""
            guard pair != "--", pair != "/*" else { throw Unmapped("Statement has a comment") }
            if let sign = PartiQLSign(rawValue: pair) {
                index += 2
                return sign
            }
            guard let sign = PartiQLSign(rawValue: String(decoding: [bytes[index]], as: UTF8.self)) else {
                throw Unmapped("Statement has a character that PartiQL for DynamoDB does not have")
            }
            index += 1
            return sign
        }
    }
}
