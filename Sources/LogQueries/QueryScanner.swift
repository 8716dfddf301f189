/// What a query consists of.
enum QueryToken: Equatable {
    /// A name or a keyword. Parts between backticks are in it without them; such a name is no keyword.
    case name(String, isQuoted: Bool)
    case number(Double)
    /// A number and what follows it immediately: `5m`.
    case period(Int, unit: String)
    case string(String)
    /// An operator or a bracket.
    case symbol(String)
    case end
}

/// Reads a query from left to right. Comments are left out.
struct QueryScanner {
    private let bytes: [UInt8]
    private var place = 0
    /// The token that is next, and where it is.
    private(set) var token = QueryToken.end
    private(set) var start = 0
    private(set) var end = 0
    /// Where the token before ended.
    private(set) var previousEnd = 0

    init(_ text: String) throws(QueryProblem) {
        bytes = Array(text.utf8)
        try advance()
    }

    /// Moves on to the next token.
    mutating func advance() throws(QueryProblem) {
        previousEnd = end
        skipSpace()
        start = place
        token = try read()
        end = place
    }

    /// Whether the next token begins a text that is written just so; then what follows it is next.
    mutating func take(text: String) throws(QueryProblem) -> Bool {
        guard bytes[start...].starts(with: text.utf8) else { return false }
        place = start + text.utf8.count
        end = place
        try advance()
        return true
    }

    /// What stands between two places, without the space around it.
    func text(_ range: Range<Int>) -> String {
        var slice = bytes[range]
        while let first = slice.first, Self.isSpace(first) { slice.removeFirst() }
        while let last = slice.last, Self.isSpace(last) { slice.removeLast() }
        return String(decoding: slice, as: UTF8.self)
    }

    /// The regular expression whose first slash is the next token; then what follows it is next.
    mutating func regex() throws(QueryProblem) -> String {
        var pattern: [UInt8] = []
        place = start + 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "/") {
            if bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count {
                if bytes[place + 1] != UInt8(ascii: "/") { pattern.append(bytes[place]) }
                place += 1
            }
            pattern.append(bytes[place])
            place += 1
        }
        guard place < bytes.count, !pattern.isEmpty else { throw unexpected() }
        place += 1
        end = place
        try advance()
        return String(decoding: pattern, as: UTF8.self)
    }

    // MARK: Problems

    /// The next token can't stand where it does.
    func unexpected() -> QueryProblem { malformed(start..<max(start, end)) }

    /// In AWS's words.
    func malformed(_ range: Range<Int>) -> QueryProblem {
        let found = range.lowerBound >= bytes.count ? "<EOF>" : text(range)
        let before = bytes[..<min(range.lowerBound, bytes.count)]
        let line = before.reduce(1) { $1 == 0x0a ? $0 + 1 : $0 }
        let column = before.lastIndex(of: 0x0a).map { before.count - $0 - 1 } ?? before.count
        return QueryProblem(
            .malformed, "unexpected symbol found \(found) at line \(line) and position \(column)",
            at: location(range))
    }

    func problem(_ kind: QueryProblem.Kind, _ message: String, _ range: Range<Int>) -> QueryProblem {
        QueryProblem(kind, message, at: location(range))
    }

    private func location(_ range: Range<Int>) -> Range<Int> {
        func offset(_ place: Int) -> Int {
            String(decoding: bytes[..<min(place, bytes.count)], as: UTF8.self).utf16.count
        }
        return offset(range.lowerBound)..<offset(range.upperBound)
    }

    // MARK: Tokens

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Whether a byte may stand in a name. All letters beyond ASCII may.
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...0xff, UInt8(ascii: "_"), UInt8(ascii: "@"): true
        default: false
        }
    }

    private mutating func skipSpace() {
        while let byte = next {
            if byte == UInt8(ascii: "#") {
                while let byte = next, byte != 0x0a {
                    _ = byte
                    place += 1
                }
            } else if Self.isSpace(byte) {
                place += 1
            } else {
                return
            }
        }
    }

    private mutating func read() throws(QueryProblem) -> QueryToken {
        guard let byte = next else { return .end }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try quoted(byte))
        case UInt8(ascii: "`"): return try name()
        case 0x30...0x39: return try number()
        case UInt8(ascii: ".") where place + 1 < bytes.count && Self.isDigit(bytes[place + 1]): return try number()
        case _ where Self.isName(byte): return try name()
        default: return try symbol()
        }
    }

    private mutating func symbol() throws(QueryProblem) -> QueryToken {
        for text in [
            "!=", "<=", ">=", "=~", "==", "(", ")", "[", "]", ",", "|", "=", "<", ">", "+", "-", "*", "/", "^", "%",
            ":",
        ]
        where bytes[place...].starts(with: text.utf8) {
            place += text.utf8.count
            return .symbol(text == "==" ? "=" : text)
        }
        throw malformed(place..<place + 1)
    }

    private mutating func quoted(_ quote: UInt8) throws(QueryProblem) -> String {
        var text: [UInt8] = []
        place += 1
        while let byte = next {
            place += 1
            if byte == quote { return String(decoding: text, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\"), let escaped = next else {
                text.append(byte)
                continue
            }
            place += 1
            switch escaped {
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0d)
            case quote, UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escaped)
            default: text += [byte, escaped]
            }
        }
        throw malformed(start..<place)
    }

    private mutating func number() throws(QueryProblem) -> QueryToken {
        while let byte = next, Self.isDigit(byte) || byte == UInt8(ascii: ".") { place += 1 }
        var ahead = place
        if ahead < bytes.count, bytes[ahead] | 0x20 == UInt8(ascii: "e") {
            ahead += 1
            if ahead < bytes.count, bytes[ahead] == UInt8(ascii: "+") || bytes[ahead] == UInt8(ascii: "-") {
                ahead += 1
            }
            let digits = bytes[ahead...].prefix { Self.isDigit($0) }
            if !digits.isEmpty { place = digits.endIndex }
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if let byte = next, Self.isName(byte) {
            let unit = place
            while let byte = next, Self.isName(byte) { place += 1 }
            guard let count = Int(text) else { throw malformed(start..<place) }
            return .period(count, unit: String(decoding: bytes[unit..<place], as: UTF8.self).lowercased())
        }
        guard let number = Double(text), number.isFinite else { throw malformed(start..<place) }
        return .number(number)
    }

    /// A name: `userIdentity.type`, `` `detail-type` ``, `js.users[1].action`, `@timestamp`.
    private mutating func name() throws(QueryProblem) -> QueryToken {
        var (text, isQuoted): ([UInt8], Bool) = ([], false)
        while let byte = next {
            if Self.isName(byte) {
                text.append(byte)
                place += 1
            } else if byte == UInt8(ascii: "`") {
                let rest = bytes[(place + 1)...]
                guard let close = rest.firstIndex(of: byte), close > place + 1 else {
                    throw malformed(start..<place + 1)
                }
                text += rest[..<close]
                isQuoted = true
                place = close + 1
            } else if byte == UInt8(ascii: "."), place + 1 < bytes.count,
                Self.isName(bytes[place + 1]) || bytes[place + 1] == UInt8(ascii: "`")
            {
                text.append(byte)
                place += 1
            } else if byte == UInt8(ascii: "[") {
                // An element by its number: the same as `.1`.
                let digits = bytes[(place + 1)...].prefix { Self.isDigit($0) }
                guard !digits.isEmpty, digits.endIndex < bytes.count, bytes[digits.endIndex] == UInt8(ascii: "]") else {
                    break
                }
                text += [UInt8(ascii: ".")] + digits
                place = digits.endIndex + 1
            } else {
                break
            }
        }
        return .name(String(decoding: text, as: UTF8.self), isQuoted: isQuoted)
    }
}
