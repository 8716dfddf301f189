/// A piece of a statement, and where it stands.
struct SelectToken: Equatable {
    /// Counted from 1.
    struct Place: Equatable {
        var line = 1
        var column = 1
    }

    enum Kind: Equatable {
        /// A keyword, or a name without quotation marks.
        case word(String)
        /// A name in quotation marks.
        case quoted(String)
        /// What stands between apostrophes.
        case string(String)
        case number(Double, text: String)
        /// `=`, `<>`, `(`, …
        case symbol(String)
        /// Behind the last.
        case end
    }

    var kind: Kind
    var place: Place

    /// A word in capitals; nil for all else.
    var keyword: String? {
        guard case .word(let text) = kind else { return nil }
        return text.uppercased()
    }

    func `is`(_ symbol: String) -> Bool { kind == .symbol(symbol) }
}

/// Takes a statement apart.
struct SelectScanner {
    private let bytes: [UInt8]
    private var offset = 0
    private var place = SelectToken.Place()

    /// - Throws: ``ConfigQueryError`` for what is no token.
    static func tokens(of text: String) throws(ConfigQueryError) -> [SelectToken] {
        var scanner = SelectScanner(bytes: Array(text.utf8))
        var tokens: [SelectToken] = []
        while let token = try scanner.next() { tokens.append(token) }
        tokens.append(SelectToken(kind: .end, place: scanner.place))
        return tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func byte(_ ahead: Int = 0) -> UInt8? { offset + ahead < bytes.count ? bytes[offset + ahead] : nil }

    private mutating func take() -> UInt8? {
        guard let byte = byte() else { return nil }
        offset += 1
        if byte == UInt8(ascii: "\n") {
            place = SelectToken.Place(line: place.line + 1, column: 1)
        } else if byte & 0xC0 != 0x80 {
            // What goes on with a character does not count as another.
            place.column += 1
        }
        return byte
    }

    private mutating func next() throws(ConfigQueryError) -> SelectToken? {
        while let byte = byte(), byte == 0x20 || (0x09...0x0D).contains(byte) { _ = take() }
        let start = place
        guard let first = byte() else { return nil }
        switch first {
        case UInt8(ascii: "'"): return SelectToken(kind: .string(try quoted(by: first)), place: start)
        case UInt8(ascii: "\""), UInt8(ascii: "`"):
            return SelectToken(kind: .quoted(try quoted(by: first)), place: start)
        case _ where Self.isDigit(first), UInt8(ascii: "-") where byte(1).map(Self.isDigit) == true:
            return SelectToken(kind: try number(start), place: start)
        case _ where Self.isLetter(first):
            var word: [UInt8] = []
            while let byte = byte(), Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: "-") {
                word.append(byte)
                _ = take()
            }
            return SelectToken(kind: .word(String(decoding: word, as: UTF8.self)), place: start)
        default:
            for symbol in ["<>", "!=", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", "*"]
            where bytes[offset...].starts(with: symbol.utf8) {
                for _ in symbol.utf8 { _ = take() }
                return SelectToken(kind: .symbol(symbol), place: start)
            }
            throw .syntax(start)
        }
    }

    /// A mark within is written twice.
    private mutating func quoted(by mark: UInt8) throws(ConfigQueryError) -> String {
        let start = place
        _ = take()
        var text: [UInt8] = []
        while let byte = take() {
            if byte != mark {
                text.append(byte)
            } else if self.byte() == mark {
                _ = take()
                text.append(mark)
            } else {
                return String(decoding: text, as: UTF8.self)
            }
        }
        throw .syntax(start)
    }

    private mutating func number(_ start: SelectToken.Place) throws(ConfigQueryError) -> SelectToken.Kind {
        var text: [UInt8] = []
        if byte() == UInt8(ascii: "-") { text.append(take() ?? 0) }
        while let byte = byte(), Self.isDigit(byte) || byte == UInt8(ascii: ".") {
            text.append(byte)
            _ = take()
        }
        let written = String(decoding: text, as: UTF8.self)
        guard let value = Double(written), value.isFinite else { throw .syntax(start) }
        if let byte = byte(), Self.isLetter(byte) { throw .syntax(start) }
        return .number(value, text: written)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte >= 0x80
    }
}
