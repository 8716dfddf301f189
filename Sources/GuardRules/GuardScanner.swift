/// The characters of rules, one after the other.
struct GuardScanner {
    let bytes: [UInt8]
    var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func peek(_ distance: Int) -> UInt8? {
        position + distance < bytes.count ? bytes[position + distance] : nil
    }

    func error(_ reason: String) -> GuardSyntaxError {
        let before = bytes.prefix(position)
        let line = before.lastIndex(of: UInt8(ascii: "\n"))
        return GuardSyntaxError(
            reason: reason, line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: position - (line.map { $0 + 1 } ?? 0) + 1)
    }

    /// Passes white space and comments.
    mutating func skipSpace() {
        while let byte = next {
            if byte == UInt8(ascii: "#") {
                while let byte = next, byte != UInt8(ascii: "\n") { position += 1 }
            } else if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
                position += 1
            } else {
                return
            }
        }
    }

    mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        let matches = text.withUTF8Buffer { bytes[position..<position + count].elementsEqual($0) }
        if matches { position += count }
        return matches
    }

    /// Takes a word that ends there, in lower or upper case.
    mutating func takeWord(_ lower: StaticString, _ upper: StaticString) -> Bool {
        let start = position
        guard take(lower) || take(upper) else { return false }
        if let byte = next, Self.isName(byte) {
            position = start
            return false
        }
        return true
    }

    mutating func expect(_ text: StaticString) throws(GuardSyntaxError) {
        guard take(text) else { throw error("'\(text)' is missing") }
    }

    static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Letters, digits and `_`; nil: there are none.
    mutating func name() -> String? {
        let start = position
        while let byte = next, Self.isName(byte) { position += 1 }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A text between two equal quotes, in which a backslash is only special before such a quote; nil: there is no quote.
    mutating func quoted() throws(GuardSyntaxError) -> String? {
        guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        position += 1
        return try delimited(by: quote)
    }

    /// Up to a delimiter that no backslash stands before, and passes it.
    mutating func delimited(by end: UInt8) throws(GuardSyntaxError) -> String {
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            if byte == end { return String(decoding: text, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), next == end {
                position += 1
                text.append(end)
            } else {
                text.append(byte)
            }
        }
        throw error("a text does not end")
    }
}
