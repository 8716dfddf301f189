/// A piece of a statement.
enum SQLToken: Equatable {
    /// A keyword, or a name without quotation marks.
    case word(String)
    /// A name in quotation marks.
    case quoted(String)
    /// The id of an event data store.
    case store(String)
    /// What stands between apostrophes.
    case string(String)
    case number(String)
    /// An operator, or a mark.
    case symbol(String)

    /// A word in lower case; nil for all else.
    var keyword: String? {
        guard case .word(let text) = self else { return nil }
        return text.lowercased()
    }

    func `is`(_ symbol: String) -> Bool { self == .symbol(symbol) }
}

/// Takes a statement apart. What it does not know it refuses, so that nothing reaches the engine unseen.
struct SQLScanner {
    private let bytes: [UInt8]
    private var place = 0

    /// - Throws: ``LakeQueryError/statement(_:)``.
    static func tokens(of text: String) throws(LakeQueryError) -> [SQLToken] {
        var scanner = SQLScanner(bytes: Array(text.utf8))
        var tokens: [SQLToken] = []
        while let token = try scanner.next() { tokens.append(token) }
        return tokens
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func byte(_ offset: Int = 0) -> UInt8? {
        place + offset < bytes.count ? bytes[place + offset] : nil
    }

    private mutating func next() throws(LakeQueryError) -> SQLToken? {
        try skip()
        guard let first = byte() else { return nil }
        if let id = storeID() { return .store(id) }
        switch first {
        case UInt8(ascii: "'"): return .string(try quoted(by: first, "string"))
        case UInt8(ascii: "\""): return .quoted(try quoted(by: first, "name"))
        case _ where Self.isDigit(first), UInt8(ascii: ".") where byte(1).map(Self.isDigit) == true:
            return .number(try number())
        case _ where Self.isLetter(first):
            return .word(take { Self.isLetter($0) || Self.isDigit($0) })
        default: return try symbol(first)
        }
    }

    /// Blanks and comments.
    private mutating func skip() throws(LakeQueryError) {
        while let first = byte() {
            if first == 0x20 || (0x09...0x0D).contains(first) {
                place += 1
            } else if first == UInt8(ascii: "-"), byte(1) == UInt8(ascii: "-") {
                _ = take { $0 != 0x0A }
            } else if first == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
                let start = place
                place += 2
                while byte() != UInt8(ascii: "*") || byte(1) != UInt8(ascii: "/") {
                    guard byte() != nil else {
                        throw .statement("The comment that begins at position \(start + 1) has no end.")
                    }
                    place += 1
                }
                place += 2
            } else {
                return
            }
        }
    }

    private mutating func take(while isPart: (UInt8) -> Bool) -> String {
        let start = place
        while let next = byte(), isPart(next) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    /// `8-4-4-4-12` hexadecimal digits that are no part of something longer.
    private mutating func storeID() -> String? {
        let groups = [8, 4, 4, 4, 12]
        let length = 36
        guard place + length <= bytes.count else { return nil }
        var offset = 0
        for (index, count) in groups.enumerated() {
            if index > 0 {
                guard byte(offset) == UInt8(ascii: "-") else { return nil }
                offset += 1
            }
            for _ in 0..<count {
                guard let digit = byte(offset), Self.isHexadecimal(digit) else { return nil }
                offset += 1
            }
        }
        if let next = byte(length), Self.isLetter(next) || Self.isDigit(next) || next == UInt8(ascii: "-") {
            return nil
        }
        defer { place += length }
        return String(decoding: bytes[place..<(place + length)], as: UTF8.self).lowercased()
    }

    /// A mark within is written twice.
    private mutating func quoted(by mark: UInt8, _ what: String) throws(LakeQueryError) -> String {
        let start = place
        var text: [UInt8] = []
        place += 1
        while let next = byte() {
            place += 1
            if next == mark {
                guard byte() == mark else {
                    guard let text = String(validating: text, as: UTF8.self), !text.utf8.contains(0) else {
                        throw .statement("The \(what) at position \(start + 1) has characters that cannot be read.")
                    }
                    return text
                }
                place += 1
            }
            text.append(next)
        }
        throw .statement("The \(what) that begins at position \(start + 1) has no end.")
    }

    private mutating func number() throws(LakeQueryError) -> String {
        let start = place
        var text = take(while: Self.isDigit)
        if byte() == UInt8(ascii: ".") {
            place += 1
            text += "." + take(while: Self.isDigit)
        }
        if byte().map({ $0 | 0x20 }) == UInt8(ascii: "e") {
            var sign = ""
            if byte(1) == UInt8(ascii: "-") { sign = "-" }
            if byte(1) == UInt8(ascii: "+") { sign = "+" }
            place += 1 + sign.utf8.count
            let digits = take(while: Self.isDigit)
            guard !digits.isEmpty else { throw .statement("The number at position \(start + 1) has no end.") }
            text += "e" + sign + digits
        }
        if let next = byte(), Self.isLetter(next) {
            throw .statement("The number at position \(start + 1) goes on with a letter.")
        }
        return text
    }

    private mutating func symbol(_ first: UInt8) throws(LakeQueryError) -> SQLToken {
        if let second = byte(1) {
            let pair = String(decoding: [first, second], as: UTF8.self)
            if ["<>", "!=", "<=", ">=", "||"].contains(pair) {
                place += 2
                return .symbol(pair)
            }
        }
        guard "(),.+-*/%=<>[];".utf8.contains(first) else {
            let text = (0x21...0x7E).contains(first) ? String(UnicodeScalar(first)) : "a character"
            throw .statement("\(text) at position \(place + 1) is not supported.")
        }
        place += 1
        return .symbol(String(UnicodeScalar(first)))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
    }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
