import FoundationEssentials

/// Writes the JSON of a record: the same bytes as a `JSONEncoder` that sorts keys and leaves slashes alone, in a sixth of
/// its time, since every write of the ledger needs it. It makes no tree of the values: it writes them as they come, and
/// puts an object's members in order when the object is complete.
enum RecordEncoder {
    /// - Parameter head: bytes that the JSON is to follow.
    /// - Throws: what the value's `encode(to:)` throws, and `EncodingError` for a number that is not finite.
    static func encode<Value: Encodable>(_ value: Value, after head: [UInt8] = []) throws -> [UInt8] {
        let output = JSONOutput(capacity: 1024)
        if !head.isEmpty { head.withUnsafeBufferPointer { output.append($0) } }
        try ValueEncoder.encode(value, to: output)
        return Array(output.written)
    }
}

/// Encodes one value, to the end of what has been written.
///
/// While a value within it is encoded, that value's encoder writes to the same output. What is handed out to be filled
/// later (`nestedContainer`, `superEncoder`) has an output of its own, which takes its place at the end.
private final class ValueEncoder: Encoder {
    private enum Form { case nothing, single, array, object }

    /// A member of an object, by the places of its name, without the quotation marks, and of its value.
    private struct Member {
        var name: Range<Int>
        var value: Range<Int>
        /// Of `filledLater`, if it is one of them.
        var child: Int?
    }

    let output: JSONOutput
    private let start: Int
    @exclusivity(unchecked) private var form = Form.nothing
    @exclusivity(unchecked) private var members: [Member] = []
    /// What is in output of its own, and for an array's elements its place.
    @exclusivity(unchecked) private var filledLater: [(encoder: ValueEncoder, place: Int)] = []

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    private init(_ output: JSONOutput) {
        self.output = output
        start = output.count
    }

    static func encode<Value: Encodable>(_ value: Value, to output: JSONOutput) throws {
        // By far the most values are texts; without an encoder of their own they cost next to nothing.
        if Value.self == String.self, let text = value as? String { return output.append(quoted: text) }
        if Value.self == Data.self, let data = value as? Data {
            return output.append(quoted: data.base64EncodedString())
        }
        let encoder = ValueEncoder(output)
        try value.encode(to: encoder)
        encoder.finish()
    }

    // MARK: Containers

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if form == .nothing {
            form = .object
            // Records mostly have no more.
            members.reserveCapacity(16)
            output.append(UInt8(ascii: "{"))
        }
        return KeyedEncodingContainer(Members<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if form == .nothing {
            form = .array
            output.append(UInt8(ascii: "["))
        }
        return Elements(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        if form == .nothing { form = .single }
        return Single(encoder: self)
    }

    // MARK: Parts

    func member(_ key: some CodingKey, child: ValueEncoder? = nil, _ write: () throws -> Void) rethrows {
        if !members.isEmpty { output.append(UInt8(ascii: ",")) }
        let name = output.count + 1
        output.append(quoted: key.stringValue)
        let end = output.count
        output.append(UInt8(ascii: ":"))
        try write()
        members.append(
            Member(
                name: name..<end - 1, value: end + 1..<output.count,
                child: child == nil ? nil : filledLater.count))
        if let child { filledLater.append((child, end + 1)) }
    }

    func element(_ count: Int, child: ValueEncoder? = nil, _ write: () throws -> Void) rethrows {
        if count > 0 { output.append(UInt8(ascii: ",")) }
        if let child { filledLater.append((child, output.count)) }
        try write()
    }

    static func filledLater() -> ValueEncoder { ValueEncoder(JSONOutput(capacity: 64)) }

    // MARK: The end

    /// Completes the value, when all of it has been encoded.
    private func finish() {
        switch form {
        case .nothing: output.append("{}")
        case .single: break
        case .array:
            if !filledLater.isEmpty { insertElements() }
            output.append(UInt8(ascii: "]"))
        case .object:
            if !filledLater.isEmpty || !isInOrder { rewriteMembers() }
            output.append(UInt8(ascii: "}"))
        }
    }

    private var isInOrder: Bool {
        let written = output.written
        for index in members.indices.dropFirst()
        where !precedes(members[index - 1].name, members[index].name, written) { return false }
        return true
    }

    /// Whether one name comes before another in the order of their bytes.
    private func precedes(_ a: Range<Int>, _ b: Range<Int>, _ written: UnsafeBufferPointer<UInt8>) -> Bool {
        for offset in 0..<min(a.count, b.count) {
            let (first, second) = (written[a.lowerBound + offset], written[b.lowerBound + offset])
            if first != second { return first < second }
        }
        return a.count < b.count
    }

    private func rewriteMembers() {
        let unordered = Array(output.written[start...])
        unordered.withUnsafeBufferPointer { unordered in
            var members = members
            for index in members.indices {
                members[index].name = members[index].name.lowerBound - start..<members[index].name.upperBound - start
                members[index].value = members[index].value.lowerBound - start..<members[index].value.upperBound - start
            }
            // There are few, and moving them costs least.
            for index in members.indices.dropFirst() {
                let moved = members[index]
                var place = index
                while place > 0, precedes(moved.name, members[place - 1].name, unordered) {
                    members[place] = members[place - 1]
                    place -= 1
                }
                members[place] = moved
            }
            output.truncate(to: start + 1)
            for (place, member) in members.enumerated() {
                // What is there twice has the value that it was given last.
                if place + 1 < members.count, !precedes(member.name, members[place + 1].name, unordered) { continue }
                if output.count > start + 1 { output.append(UInt8(ascii: ",")) }
                output.append(
                    UnsafeBufferPointer(rebasing: unordered[member.name.lowerBound - 1..<member.value.upperBound]))
                if let child = member.child { output.append(filledLater[child].encoder.finished()) }
            }
        }
    }

    private func insertElements() {
        let incomplete = Array(output.written[start...])
        incomplete.withUnsafeBufferPointer { incomplete in
            output.truncate(to: start)
            var at = 0
            for (encoder, place) in filledLater {
                output.append(UnsafeBufferPointer(rebasing: incomplete[at..<place - start]))
                output.append(encoder.finished())
                at = place - start
            }
            output.append(UnsafeBufferPointer(rebasing: incomplete[at...]))
        }
    }

    /// All bytes of what has an output of its own; valid as long as that is.
    private func finished() -> UnsafeBufferPointer<UInt8> {
        finish()
        return output.written
    }
}

// MARK: - The containers

/// An object's members.
private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { encoder.member(key) { encoder.output.append("null") } }

    func encode(_ value: Bool, forKey key: Key) {
        encoder.member(key) { encoder.output.append(value ? "true" : "false") }
    }

    func encode(_ value: String, forKey key: Key) { encoder.member(key) { encoder.output.append(quoted: value) } }

    func encode(_ value: Double, forKey key: Key) throws {
        try encoder.member(key) { try encoder.output.write(value) }
    }

    func encode(_ value: Float, forKey key: Key) throws { try encoder.member(key) { try encoder.output.write(value) } }

    func encode(_ value: Int, forKey key: Key) { encoder.member(key) { encoder.output.append(number: value) } }
    func encode(_ value: Int8, forKey key: Key) { encoder.member(key) { encoder.output.append(number: value) } }
    func encode(_ value: Int16, forKey key: Key) { encoder.member(key) { encoder.output.append(number: value) } }
    func encode(_ value: Int32, forKey key: Key) { encoder.member(key) { encoder.output.append(number: value) } }
    func encode(_ value: Int64, forKey key: Key) { encoder.member(key) { encoder.output.append(number: value) } }
    func encode(_ value: UInt, forKey key: Key) { encoder.member(key) { encoder.output.append(number: value) } }
    func encode(_ value: UInt8, forKey key: Key) { encoder.member(key) { encoder.output.append(number: value) } }
    func encode(_ value: UInt16, forKey key: Key) { encoder.member(key) { encoder.output.append(number: value) } }
    func encode(_ value: UInt32, forKey key: Key) { encoder.member(key) { encoder.output.append(number: value) } }
    func encode(_ value: UInt64, forKey key: Key) { encoder.member(key) { encoder.output.append(number: value) } }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try encoder.member(key) { try ValueEncoder.encode(value, to: encoder.output) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        later(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { later(key).unkeyedContainer() }

    func superEncoder() -> any Encoder { later(Super.key) }

    func superEncoder(forKey key: Key) -> any Encoder { later(key) }

    private func later(_ key: some CodingKey) -> ValueEncoder {
        let child = ValueEncoder.filledLater()
        encoder.member(key, child: child) {}
        return child
    }

    private enum Super: String, CodingKey { case key = "super" }
}

/// An array's elements.
private struct Elements: UnkeyedEncodingContainer {
    let encoder: ValueEncoder
    private(set) var count = 0

    init(encoder: ValueEncoder) {
        self.encoder = encoder
    }

    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() { add { $0.append("null") } }
    mutating func encode(_ value: Bool) { add { $0.append(value ? "true" : "false") } }
    mutating func encode(_ value: String) { add { $0.append(quoted: value) } }
    mutating func encode(_ value: Double) throws { try add { try $0.write(value) } }
    mutating func encode(_ value: Float) throws { try add { try $0.write(value) } }
    mutating func encode(_ value: Int) { add { $0.append(number: value) } }
    mutating func encode(_ value: Int8) { add { $0.append(number: value) } }
    mutating func encode(_ value: Int16) { add { $0.append(number: value) } }
    mutating func encode(_ value: Int32) { add { $0.append(number: value) } }
    mutating func encode(_ value: Int64) { add { $0.append(number: value) } }
    mutating func encode(_ value: UInt) { add { $0.append(number: value) } }
    mutating func encode(_ value: UInt8) { add { $0.append(number: value) } }
    mutating func encode(_ value: UInt16) { add { $0.append(number: value) } }
    mutating func encode(_ value: UInt32) { add { $0.append(number: value) } }
    mutating func encode(_ value: UInt64) { add { $0.append(number: value) } }
    mutating func encode<Value: Encodable>(_ value: Value) throws { try add { try ValueEncoder.encode(value, to: $0) } }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        later().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { later().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder { later() }

    private mutating func later() -> ValueEncoder {
        let child = ValueEncoder.filledLater()
        encoder.element(count, child: child) {}
        count += 1
        return child
    }

    private mutating func add(_ write: (JSONOutput) throws -> Void) rethrows {
        try encoder.element(count) { try write(encoder.output) }
        count += 1
    }
}

/// A value that is neither object nor array.
private struct Single: SingleValueEncodingContainer {
    let encoder: ValueEncoder

    var codingPath: [any CodingKey] { [] }

    func encodeNil() { encoder.output.append("null") }
    func encode(_ value: Bool) { encoder.output.append(value ? "true" : "false") }
    func encode(_ value: String) { encoder.output.append(quoted: value) }
    func encode(_ value: Double) throws { try encoder.output.write(value) }
    func encode(_ value: Float) throws { try encoder.output.write(value) }
    func encode(_ value: Int) { encoder.output.append(number: value) }
    func encode(_ value: Int8) { encoder.output.append(number: value) }
    func encode(_ value: Int16) { encoder.output.append(number: value) }
    func encode(_ value: Int32) { encoder.output.append(number: value) }
    func encode(_ value: Int64) { encoder.output.append(number: value) }
    func encode(_ value: UInt) { encoder.output.append(number: value) }
    func encode(_ value: UInt8) { encoder.output.append(number: value) }
    func encode(_ value: UInt16) { encoder.output.append(number: value) }
    func encode(_ value: UInt32) { encoder.output.append(number: value) }
    func encode(_ value: UInt64) { encoder.output.append(number: value) }
    func encode<Value: Encodable>(_ value: Value) throws { try ValueEncoder.encode(value, to: encoder.output) }
}

extension JSONOutput {
    fileprivate func write(_ value: some BinaryFloatingPoint & LosslessStringConvertible) throws {
        guard append(number: value) else {
            throw EncodingError.invalidValue(
                value, EncodingError.Context(codingPath: [], debugDescription: "JSON has no such number."))
        }
    }
}
