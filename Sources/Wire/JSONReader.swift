/// The parser behind `JSONValue.init(parsing:)`.
struct JSONReader {
    private let bytes: [UInt8]
    private let depthLimit: Int
    private var offset = 0

    init(_ bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    /// One value with nothing behind it.
    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipWhitespace()
        guard offset == bytes.count else { throw error(.unexpectedCharacter) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < depthLimit else { throw error(.tooDeep) }
        switch try next() {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), 0x30...0x39: return try number()
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw error(.unexpectedCharacter)
        }
    }

    private mutating func members(depth: Int) throws(JSONError) -> [JSONMember] {
        offset += 1
        var members: [JSONMember] = []
        var keys = KeySet()
        if try take(UInt8(ascii: "}")) { return members }
        repeat {
            guard try next() == UInt8(ascii: "\"") else { throw error(.unexpectedCharacter) }
            let start = offset
            let key = try string()
            guard keys.insert(key, after: members) else { throw JSONError(reason: .duplicateKey, offset: start) }
            try expect(UInt8(ascii: ":"))
            members.append(JSONMember(key: key, value: try value(depth: depth + 1)))
        } while try take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
        return members
    }

    private mutating func elements(depth: Int) throws(JSONError) -> [JSONValue] {
        offset += 1
        var elements: [JSONValue] = []
        if try take(UInt8(ascii: "]")) { return elements }
        repeat {
            elements.append(try value(depth: depth + 1))
        } while try take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return elements
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let end = offset + text.utf8CodeUnitCount
        guard end <= bytes.count else { throw error(.unexpectedEnd) }
        let matches = text.withUTF8Buffer { bytes[offset..<end].elementsEqual($0) }
        guard matches else { throw error(.unexpectedCharacter) }
        offset = end
        return value
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        if peek == UInt8(ascii: "-") { offset += 1 }
        let digitsStart = offset
        let digits = skipDigits()
        // A number does not begin with a zero, unless it is all of its whole part.
        guard digits == 1 || (digits > 1 && bytes[digitsStart] != UInt8(ascii: "0")) else {
            throw error(.invalidNumber)
        }
        var isWhole = true
        if peek == UInt8(ascii: ".") {
            offset += 1
            isWhole = false
            guard skipDigits() > 0 else { throw error(.invalidNumber) }
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            offset += 1
            isWhole = false
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { offset += 1 }
            guard skipDigits() > 0 else { throw error(.invalidNumber) }
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isWhole, let integer = Int(text) { return .integer(integer) }
        guard let double = Double(text), double.isFinite else {
            throw JSONError(reason: .invalidNumber, offset: start)
        }
        return .double(double)
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while let byte = peek, (0x30...0x39).contains(byte) { offset += 1 }
        return offset - start
    }

    /// Reads a string, at whose opening quote the reader stands.
    private mutating func string() throws(JSONError) -> String {
        offset += 1
        let start = offset
        offset += plainCount(from: start)
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return try text(bytes[start..<offset - 1], at: start)
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw error(.invalidString)
            default: offset += 1
            }
        }
        throw error(.unexpectedEnd)
    }

    /// How many bytes from there on neither end a string nor are special in one: counted by eights, so that up to seven
    /// more may follow.
    private func plainCount(from start: Int) -> Int {
        bytes.withUnsafeBytes { bytes in
            var end = start
            while end + 8 <= bytes.count {
                let eight = ByteLanes(word: bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self))
                if eight.hasAny(below: 0x20) || eight.hasAny("\"") || eight.hasAny("\\") { break }
                end += 8
            }
            return end - start
        }
    }

    /// Reads a string on from its first escape.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var buffer = Array(bytes[start..<offset])
        while let byte = peek {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(buffer[...], at: start)
            case UInt8(ascii: "\\"): try escape(into: &buffer)
            case 0..<0x20: throw error(.invalidString)
            default: buffer.append(byte)
            }
        }
        throw error(.unexpectedEnd)
    }

    private func text(_ slice: ArraySlice<UInt8>, at start: Int) throws(JSONError) -> String {
        guard let text = String(utf8: slice) else {
            throw JSONError(reason: .invalidUTF8, offset: start)
        }
        return text
    }

    private mutating func escape(into buffer: inout [UInt8]) throws(JSONError) {
        guard let byte = peek else { throw error(.unexpectedEnd) }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            guard let scalar = Unicode.Scalar(try codePoint()) else { throw error(.invalidString) }
            buffer.append(contentsOf: String(scalar).utf8)
        default: throw error(.invalidString)
        }
    }

    /// The four digits of `\u`, and those of the low surrogate after a high one.
    private mutating func codePoint() throws(JSONError) -> UInt32 {
        let first = try fourHexDigits()
        guard (0xD800...0xDBFF).contains(first) else { return first }
        guard peek == UInt8(ascii: "\\") else { throw error(.invalidString) }
        offset += 1
        guard peek == UInt8(ascii: "u") else { throw error(.invalidString) }
        offset += 1
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second) else { throw error(.invalidString) }
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = peek.flatMap(hexDigit) else { throw error(.invalidString) }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// The next byte that is no white space; it is not taken.
    private mutating func next() throws(JSONError) -> UInt8 {
        skipWhitespace()
        guard let byte = peek else { throw error(.unexpectedEnd) }
        return byte
    }

    private mutating func skipWhitespace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) throws(JSONError) -> Bool {
        guard try next() == byte else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard try take(byte) else { throw error(.unexpectedCharacter) }
    }

    private func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: reason, offset: offset)
    }
}

/// The keys of an object; a few are compared one by one, many go into a set.
private struct KeySet {
    private var set: Set<String> = []

    /// False when the key is there already.
    mutating func insert(_ key: String, after members: [JSONMember]) -> Bool {
        if members.count < 8 { return !members.contains { $0.key == key } }
        if set.isEmpty { set.formUnion(members.lazy.map(\.key)) }
        return set.insert(key).inserted
    }
}
