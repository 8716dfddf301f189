import FoundationEssentials

/// Reads the JSON of a record as `JSONDecoder` does, in a fraction of its time: every change of a record begins with it,
/// and the start reads every identity.
enum RecordDecoder {
    /// - Parameter start: where in the bytes the JSON begins.
    /// - Throws: `DecodingError`, and what the value's `init(from:)` throws.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], at start: Int = 0) throws -> Value {
        try JSONText(bytes, from: start).value(type, at: 0)
    }
}

// MARK: - Values

extension JSONText {
    fileprivate func value<Value: Decodable>(_ type: Value.Type, at index: Int) throws -> Value {
        if type == String.self, let text = try string(at: index) as? Value { return text }
        if type == Data.self {
            guard let data = Data(base64Encoded: try string(at: index)) as? Value else { throw mismatch(type) }
            return data
        }
        return try Value(from: ValueDecoder(self, index))
    }

    /// The token of a member's name, among those in a range.
    fileprivate func member(_ name: String, _ range: Range<Int>) -> Int? {
        var name = name
        return name.withUTF8 { name in
            bytes.withUnsafeBufferPointer { bytes in
                tokens.withUnsafeBufferPointer { tokens in
                    var at = range.lowerBound
                    while at < range.upperBound {
                        if tokens[at].isEscaped ? isEqual(tokens[at], name) : isEqual(tokens[at], name, bytes) {
                            return at
                        }
                        at = Int(tokens[at + 1].next)
                    }
                    return nil
                }
            }
        }
    }

    private func isEqual(
        _ token: Token, _ name: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let start = Int(token.start)
        guard Int(token.end) - start == name.count else { return false }
        for offset in name.indices where bytes[start + offset] != name[offset] { return false }
        return true
    }

    private func isEqual(_ token: Token, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        string(token).utf8.elementsEqual(name)
    }

    fileprivate func isNull(_ index: Int) -> Bool { tokens[index].kind == .null }

    fileprivate func string(at index: Int) throws -> String {
        let token = tokens[index]
        guard token.kind == .string else { throw mismatch(String.self, token) }
        return string(token)
    }

    fileprivate func boolean(at index: Int) throws -> Bool {
        switch tokens[index].kind {
        case .true: return true
        case .false: return false
        default: throw mismatch(Bool.self, tokens[index])
        }
    }

    fileprivate func integer<Number: FixedWidthInteger>(_ type: Number.Type, at index: Int) throws -> Number {
        let token = tokens[index]
        guard token.kind == .number else { throw mismatch(type, token) }
        let number: Number? = withBytes(of: token) { digits in
            // Eighteen digits always fit.
            if digits.count <= 18, digits.allSatisfy({ 0x30...0x39 ~= $0 }) {
                return Number(exactly: digits.reduce(Int64(0)) { $0 &* 10 &+ Int64($1 &- 0x30) })
            }
            let text = String(decoding: digits, as: UTF8.self)
            return Number(text) ?? Double(text).flatMap { Number(exactly: $0) }
        }
        guard let number else { throw mismatch(type) }
        return number
    }

    fileprivate func number<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ type: Number.Type, at index: Int
    ) throws -> Number {
        let token = tokens[index]
        guard token.kind == .number else { throw mismatch(type, token) }
        let number: Number? = withBytes(of: token) { digits in
            if digits.count <= 9, digits.allSatisfy({ 0x30...0x39 ~= $0 }) {
                return Number(exactly: digits.reduce(Int64(0)) { $0 &* 10 &+ Int64($1 &- 0x30) })
            }
            return Number(String(decoding: digits, as: UTF8.self))
        }
        guard let number, number.isFinite else { throw mismatch(type) }
        return number
    }

    /// - Parameter token: what was found; nil: a value of the right kind that can't be one of the type.
    fileprivate func mismatch(_ type: any Any.Type, _ token: Token? = nil) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: [], debugDescription: "A value is not of the type that is asked for.")
        return switch token?.kind {
        case nil: .dataCorrupted(context)
        case .null: .valueNotFound(type, context)
        default: .typeMismatch(type, context)
        }
    }
}

/// Decodes one value of a text.
private final class ValueDecoder: Decoder {
    let text: JSONText
    let index: Int
    /// The name of the member that was found last. Members are mostly asked for in one of a few orders, so the search goes
    /// on from there.
    @exclusivity(unchecked) private var last: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ text: JSONText, _ index: Int) {
        self.text = text
        self.index = index
        last = index + 1
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard text.tokens[index].kind == .object else { throw text.mismatch([String: Any].self, text.tokens[index]) }
        return KeyedDecodingContainer(MembersToRead<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard text.tokens[index].kind == .array else { throw text.mismatch([Any].self, text.tokens[index]) }
        return ElementsToRead(text, index)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { SingleToRead(text: text, index: index) }

    /// The value of a member; nil when there is none.
    func member(_ name: String) -> Int? {
        let end = Int(text.tokens[index].next)
        guard let found = text.member(name, last..<end) ?? text.member(name, index + 1..<last) else { return nil }
        last = found
        return found + 1
    }

    /// The names of all members.
    var names: [String] {
        let end = Int(text.tokens[index].next)
        var names: [String] = []
        var at = index + 1
        while at < end {
            names.append(text.string(text.tokens[at]))
            at = Int(text.tokens[at + 1].next)
        }
        return names
    }
}

// MARK: - The containers

/// An object's members.
private struct MembersToRead<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ValueDecoder

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { decoder.names.compactMap { Key(stringValue: $0) } }

    private var text: JSONText { decoder.text }

    func contains(_ key: Key) -> Bool { decoder.member(key.stringValue) != nil }

    private func place(_ key: some CodingKey) throws -> Int {
        guard let index = decoder.member(key.stringValue) else {
            throw DecodingError.keyNotFound(
                key, DecodingError.Context(codingPath: [], debugDescription: "A member is missing."))
        }
        return index
    }

    /// nil when there is no such member, or it is null.
    private func placeIfPresent(_ key: Key) -> Int? {
        guard let index = decoder.member(key.stringValue), !text.isNull(index) else { return nil }
        return index
    }

    func decodeNil(forKey key: Key) throws -> Bool { text.isNull(try place(key)) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try text.boolean(at: place(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try text.string(at: place(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try text.number(type, at: place(key)) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try text.number(type, at: place(key)) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try text.integer(type, at: place(key)) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try text.integer(type, at: place(key)) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try text.integer(type, at: place(key)) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try text.integer(type, at: place(key)) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try text.integer(type, at: place(key)) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try text.integer(type, at: place(key)) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try text.integer(type, at: place(key)) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try text.integer(type, at: place(key)) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try text.integer(type, at: place(key)) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try text.integer(type, at: place(key)) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try text.value(type, at: place(key))
    }

    // Those that records have, without a second search.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try placeIfPresent(key).map { try text.boolean(at: $0) }
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try placeIfPresent(key).map { try text.string(at: $0) }
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try placeIfPresent(key).map { try text.number(type, at: $0) }
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try placeIfPresent(key).map { try text.integer(type, at: $0) }
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try placeIfPresent(key).map { try text.value(type, at: $0) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try ValueDecoder(text, place(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try ValueDecoder(text, place(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { ValueDecoder(text, try place(Super.key)) }

    func superDecoder(forKey key: Key) throws -> any Decoder { ValueDecoder(text, try place(key)) }

    private enum Super: String, CodingKey { case key = "super" }
}

/// An array's elements.
private struct ElementsToRead: UnkeyedDecodingContainer {
    private let text: JSONText
    private let end: Int
    private var next: Int
    private(set) var currentIndex = 0

    init(_ text: JSONText, _ index: Int) {
        self.text = text
        next = index + 1
        end = Int(text.tokens[index].next)
    }

    var codingPath: [any CodingKey] { [] }
    var isAtEnd: Bool { next >= end }

    var count: Int? {
        var (count, at) = (currentIndex, next)
        while at < end {
            count += 1
            at = Int(text.tokens[at].next)
        }
        return count
    }

    private mutating func take<T>(_ type: T.Type, _ read: (JSONText, Int) throws -> T) throws -> T {
        guard next < end else {
            throw DecodingError.valueNotFound(
                type, DecodingError.Context(codingPath: [], debugDescription: "An array has no more elements."))
        }
        // What can't be read as one type may be read as another.
        let value = try read(text, next)
        next = Int(text.tokens[next].next)
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard next < end else { return try take(Never?.self) { _, _ in nil } == nil }
        guard text.isNull(next) else { return false }
        return try take(Bool.self) { _, _ in true }
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try take(type) { try $0.boolean(at: $1) } }
    mutating func decode(_ type: String.Type) throws -> String { try take(type) { try $0.string(at: $1) } }
    mutating func decode(_ type: Double.Type) throws -> Double { try take(type) { try $0.number(type, at: $1) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try take(type) { try $0.number(type, at: $1) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try take(type) { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try take(type) { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try take(type) { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try take(type) { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try take(type) { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try take(type) { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try take(type) { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try take(type) { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try take(type) { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try take(type) { try $0.integer(type, at: $1) } }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try take(type) { try $0.value(type, at: $1) }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try take(KeyedDecodingContainer<NestedKey>.self) { try ValueDecoder($0, $1).container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try take((any UnkeyedDecodingContainer).self) { try ValueDecoder($0, $1).unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try take((any Decoder).self) { ValueDecoder($0, $1) }
    }
}

/// A value as it is.
private struct SingleToRead: SingleValueDecodingContainer {
    let text: JSONText
    let index: Int

    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { text.isNull(index) }
    func decode(_ type: Bool.Type) throws -> Bool { try text.boolean(at: index) }
    func decode(_ type: String.Type) throws -> String { try text.string(at: index) }
    func decode(_ type: Double.Type) throws -> Double { try text.number(type, at: index) }
    func decode(_ type: Float.Type) throws -> Float { try text.number(type, at: index) }
    func decode(_ type: Int.Type) throws -> Int { try text.integer(type, at: index) }
    func decode(_ type: Int8.Type) throws -> Int8 { try text.integer(type, at: index) }
    func decode(_ type: Int16.Type) throws -> Int16 { try text.integer(type, at: index) }
    func decode(_ type: Int32.Type) throws -> Int32 { try text.integer(type, at: index) }
    func decode(_ type: Int64.Type) throws -> Int64 { try text.integer(type, at: index) }
    func decode(_ type: UInt.Type) throws -> UInt { try text.integer(type, at: index) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try text.integer(type, at: index) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try text.integer(type, at: index) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try text.integer(type, at: index) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try text.integer(type, at: index) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try text.value(type, at: index) }
}
