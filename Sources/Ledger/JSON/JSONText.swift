/// The structure of a JSON text: where its values are. They are read from there when somebody asks for them.
final class JSONText {
    enum Kind: UInt8 {
        case null, `true`, `false`, number, string, array, object
    }

    /// A value or a member's name. Those within an array or object follow it: elements, or each member's name and value.
    struct Token {
        var kind: Kind
        /// Whether a string has escapes.
        var isEscaped = false
        /// Of a string without its quotation marks.
        var start: UInt32
        var end: UInt32
        /// The token that follows all of the value.
        var next: UInt32 = 0
    }

    let bytes: [UInt8]
    /// The first is the whole.
    let tokens: [Token]

    /// - Parameter start: where the JSON begins.
    /// - Throws: `DecodingError` for what is not JSON (RFC 8259), or nested more than 512 deep.
    init(_ bytes: [UInt8], from start: Int = 0) throws {
        guard bytes.count < UInt32.max else { throw Self.malformed }
        self.bytes = bytes
        var parser = Parser(at: start)
        tokens = try bytes.withUnsafeBufferPointer { bytes in
            try parser.value(bytes, depth: 0)
            parser.skipSpace(bytes)
            guard parser.place == bytes.count else { throw Self.malformed }
            return parser.tokens
        }
    }

    static let malformed = DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: [], debugDescription: "This is not JSON."))

    /// A token's bytes.
    func withBytes<T>(of token: Token, _ body: (UnsafeBufferPointer<UInt8>) -> T) -> T {
        bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[Int(token.start)..<Int(token.end)])) }
    }

    func string(_ token: Token) -> String {
        withBytes(of: token) { token.isEscaped ? Self.unescaped($0) : String(decoding: $0, as: UTF8.self) }
    }

    /// The escapes are whole ones: the parser has seen them. Half a pair of surrogates becomes U+FFFD.
    private static func unescaped(_ text: UnsafeBufferPointer<UInt8>) -> String {
        // No escape is shorter than what it stands for.
        String(unsafeUninitializedCapacity: text.count) { result in
            var (at, count) = (0, 0)
            func add(_ byte: UInt8) {
                result[count] = byte
                count += 1
            }
            while at < text.count {
                guard text[at] == UInt8(ascii: "\\") else {
                    add(text[at])
                    at += 1
                    continue
                }
                let letter = text[at + 1]
                at += 2
                switch letter {
                case UInt8(ascii: "b"): add(0x08)
                case UInt8(ascii: "f"): add(0x0c)
                case UInt8(ascii: "n"): add(0x0a)
                case UInt8(ascii: "r"): add(0x0d)
                case UInt8(ascii: "t"): add(0x09)
                case UInt8(ascii: "u"):
                    for byte in UTF8.encode(scalar(text, &at)) ?? UTF8.encodedReplacementCharacter { add(byte) }
                default: add(letter)
                }
            }
            return count
        }
    }

    /// The character of one escape, or of two that are a pair of surrogates.
    /// - Parameter at: where the four digits are; in the end, what follows.
    private static func scalar(_ text: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Unicode.Scalar {
        let first = unit(text, at)
        at += 4
        guard UTF16.isLeadSurrogate(first), at + 6 <= text.count, text[at] == UInt8(ascii: "\\"),
            text[at + 1] == UInt8(ascii: "u")
        else { return Unicode.Scalar(first) ?? "\u{fffd}" }
        let second = unit(text, at + 2)
        guard UTF16.isTrailSurrogate(second) else { return "\u{fffd}" }
        at += 6
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private static func unit(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt16 {
        UInt16(String(decoding: text[at..<min(at + 4, text.count)], as: UTF8.self), radix: 16) ?? 0xfffd
    }
}

/// Walks through the text once.
private struct Parser {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    private(set) var place: Int
    private(set) var tokens: [JSONText.Token] = []

    init(at place: Int) {
        self.place = place
        tokens.reserveCapacity(32)
    }

    mutating func skipSpace(_ bytes: Bytes) {
        while let byte = peek(bytes), byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { place += 1 }
    }

    private func peek(_ bytes: Bytes) -> UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func take(_ byte: UInt8, _ bytes: Bytes) -> Bool {
        guard peek(bytes) == byte else { return false }
        place += 1
        return true
    }

    mutating func value(_ bytes: Bytes, depth: Int) throws {
        guard depth < 512 else { throw JSONText.malformed }
        skipSpace(bytes)
        switch peek(bytes) {
        case UInt8(ascii: "{"): try object(bytes, depth)
        case UInt8(ascii: "["): try array(bytes, depth)
        case UInt8(ascii: "\""): try string(bytes)
        case UInt8(ascii: "t"): try word("true", .true, bytes)
        case UInt8(ascii: "f"): try word("false", .false, bytes)
        case UInt8(ascii: "n"): try word("null", .null, bytes)
        default: try number(bytes)
        }
    }

    private mutating func add(_ kind: JSONText.Kind, from start: Int, isEscaped: Bool = false, to end: Int? = nil) {
        tokens.append(
            JSONText.Token(
                kind: kind, isEscaped: isEscaped, start: UInt32(start), end: UInt32(end ?? place),
                next: UInt32(tokens.count + 1)))
    }

    private mutating func object(_ bytes: Bytes, _ depth: Int) throws {
        let index = tokens.count
        add(.object, from: place)
        place += 1
        skipSpace(bytes)
        if !take(UInt8(ascii: "}"), bytes) {
            repeat {
                skipSpace(bytes)
                try string(bytes)
                skipSpace(bytes)
                guard take(UInt8(ascii: ":"), bytes) else { throw JSONText.malformed }
                try value(bytes, depth: depth + 1)
                skipSpace(bytes)
            } while take(UInt8(ascii: ","), bytes)
            guard take(UInt8(ascii: "}"), bytes) else { throw JSONText.malformed }
        }
        tokens[index].next = UInt32(tokens.count)
    }

    private mutating func array(_ bytes: Bytes, _ depth: Int) throws {
        let index = tokens.count
        add(.array, from: place)
        place += 1
        skipSpace(bytes)
        if !take(UInt8(ascii: "]"), bytes) {
            repeat {
                try value(bytes, depth: depth + 1)
                skipSpace(bytes)
            } while take(UInt8(ascii: ","), bytes)
            guard take(UInt8(ascii: "]"), bytes) else { throw JSONText.malformed }
        }
        tokens[index].next = UInt32(tokens.count)
    }

    private mutating func string(_ bytes: Bytes) throws {
        guard take(UInt8(ascii: "\""), bytes) else { throw JSONText.malformed }
        let start = place
        var isEscaped = false
        while true {
            place = JSONSpecials.first(in: bytes, from: place)
            guard let byte = peek(bytes), byte >= 0x20 else { throw JSONText.malformed }
            place += 1
            if byte == UInt8(ascii: "\"") { return add(.string, from: start, isEscaped: isEscaped, to: place - 1) }
            isEscaped = true
            try escape(bytes)
        }
    }

    private mutating func escape(_ bytes: Bytes) throws {
        guard let letter = peek(bytes) else { throw JSONText.malformed }
        place += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            break
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = peek(bytes), isHexDigit(digit) else { throw JSONText.malformed }
                place += 1
            }
        default: throw JSONText.malformed
        }
    }

    private func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte
    }

    private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private mutating func word(_ text: StaticString, _ kind: JSONText.Kind, _ bytes: Bytes) throws {
        let start = place
        for letter in UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) {
            guard take(letter, bytes) else { throw JSONText.malformed }
        }
        add(kind, from: start)
    }

    private mutating func number(_ bytes: Bytes) throws {
        let start = place
        _ = take(UInt8(ascii: "-"), bytes)
        if !take(UInt8(ascii: "0"), bytes) { try digits(bytes) }
        if take(UInt8(ascii: "."), bytes) { try digits(bytes) }
        if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
            if !take(UInt8(ascii: "+"), bytes) { _ = take(UInt8(ascii: "-"), bytes) }
            try digits(bytes)
        }
        add(.number, from: start)
    }

    private mutating func digits(_ bytes: Bytes) throws {
        let start = place
        while let byte = peek(bytes), isDigit(byte) { place += 1 }
        guard place > start else { throw JSONText.malformed }
    }
}
