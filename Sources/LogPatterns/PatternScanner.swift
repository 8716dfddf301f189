/// Reads the text of a pattern from left to right.
struct PatternScanner {
    private let bytes: [UInt8]
    private(set) var place = 0
    /// How many regular expressions there were so far.
    private(set) var expressions = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The next byte; nil: it is all read.
    var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    func invalid(_ reason: String) -> InvalidFilterPattern { InvalidFilterPattern(reason: reason, place: place) }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }

    mutating func skipSpace() {
        while let byte = next, Self.isSpace(byte) { place += 1 }
    }

    /// Whether some bytes are next; then they are read.
    mutating func take(_ text: StaticString) -> Bool {
        let end = place + text.utf8CodeUnitCount
        guard end <= bytes.count, text.withUTF8Buffer({ bytes[place..<end].elementsEqual($0) }) else { return false }
        place = end
        return true
    }

    /// Whether a word is next that ends there; then it is read, and the space before it.
    mutating func takeWord(_ word: StaticString) -> Bool {
        let start = place
        skipSpace()
        if take(word), next.map({ !Self.isAlphanumeric($0) }) ?? true { return true }
        place = start
        return false
    }

    /// The bytes up to the first that is not wanted; maybe none.
    mutating func bytes(while isWanted: (UInt8) -> Bool) -> [UInt8] {
        let start = place
        while let byte = next, isWanted(byte) { place += 1 }
        return Array(bytes[start..<place])
    }

    /// What stands between quotes, the first of which is next. A backslash takes its meaning from a quote or a backslash.
    mutating func quoted(_ quote: UInt8 = UInt8(ascii: "\"")) throws(InvalidFilterPattern) -> [UInt8] {
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            place += 1
            if byte == quote { return text }
            if byte == UInt8(ascii: "\\"), let escaped = next, escaped == quote || escaped == byte {
                text.append(escaped)
                place += 1
            } else {
                text.append(byte)
            }
        }
        throw invalid("a quote is not closed")
    }

    /// A regular expression between percent signs, the first of which is next.
    mutating func expression() throws(InvalidFilterPattern) -> PatternExpression {
        place += 1
        let start = place
        while let byte = next, byte != UInt8(ascii: "%") {
            place += byte == UInt8(ascii: "\\") && place + 1 < bytes.count ? 2 : 1
        }
        guard next != nil, place > start else { throw invalid("a regular expression is empty or not closed") }
        defer { place += 1 }
        expressions += 1
        guard expressions <= FilterPattern.mostExpressions else { throw invalid("too many regular expressions") }
        do {
            return try PatternExpression(bytes[start..<place])
        } catch {
            throw InvalidFilterPattern(reason: error.reason, place: start)
        }
    }
}
