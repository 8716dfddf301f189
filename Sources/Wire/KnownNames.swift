/// Tells of most JSON texts that all their members are the shape's, without making values of them.
///
/// It is for a text that was read already, and is right about no other.
struct KnownNames {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var offset = 0

    /// Whether all names are those of members, in all structures. False also where that takes a closer look, such as at a name
    /// with an escape.
    /// - Complexity: linear in the length of the text, for structures with few members.
    static func areAll(in body: [UInt8], of shape: StructureShape) -> Bool {
        body.withUnsafeBufferPointer { bytes in
            var names = KnownNames(bytes: bytes)
            return names.structure(shape, depth: 0)
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private mutating func value(_ shape: Shape, depth: Int) -> Bool {
        guard depth < 128, let first = next() else { return false }
        switch (first, shape) {
        case (UInt8(ascii: "{"), .structure(let shape)): return structure(shape, depth: depth)
        case (UInt8(ascii: "{"), .map(let shape)):
            return elements(until: UInt8(ascii: "}")) { names in
                names.name() != nil && names.value(shape.value, depth: depth + 1)
            }
        case (UInt8(ascii: "["), .list(let shape)):
            return elements(until: UInt8(ascii: "]")) { $0.value(shape.element, depth: depth + 1) }
        case (UInt8(ascii: "{"), _), (UInt8(ascii: "["), _): return false
        case (UInt8(ascii: "\""), _): return string() != nil
        default:
            // A number or a word.
            while let byte = peek, !Self.isEnd(byte) { offset += 1 }
            return true
        }
    }

    private mutating func structure(_ shape: StructureShape, depth: Int) -> Bool {
        guard next() == UInt8(ascii: "{") else { return false }
        return elements(until: UInt8(ascii: "}")) { names in
            guard let name = names.name() else { return false }
            let found = shape.members.firstIndex { member in
                member.wireName.utf8.count == name.count && member.wireName.withBytes { $0.elementsEqual(name) }
            }
            guard let found else { return false }
            return names.value(shape.members[found].shape, depth: depth + 1)
        }
    }

    /// What stands between two brackets, at the first of which it is.
    private mutating func elements(until end: UInt8, _ element: (inout KnownNames) -> Bool) -> Bool {
        offset += 1
        if next() == end {
            offset += 1
            return true
        }
        while element(&self) {
            guard let mark = next() else { return false }
            offset += 1
            if mark == end { return true }
            guard mark == UInt8(ascii: ",") else { return false }
        }
        return false
    }

    /// A member's name, up to behind its colon; nil for one that has to be decoded first.
    private mutating func name() -> UnsafeBufferPointer<UInt8>.SubSequence? {
        guard next() == UInt8(ascii: "\""), let range = string() else { return nil }
        let name = bytes[range]
        guard !name.contains(UInt8(ascii: "\\")), next() == UInt8(ascii: ":") else { return nil }
        offset += 1
        return name
    }

    /// Where the text of a string is, at whose opening quote it is.
    private mutating func string() -> Range<Int>? {
        offset += 1
        let start = offset
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return start..<offset - 1
            case UInt8(ascii: "\\"): offset += 2
            default: offset += 1
            }
        }
        return nil
    }

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// The next byte that is no white space; it is not taken.
    private mutating func next() -> UInt8? {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
        return peek
    }

    private static func isEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte <= 0x20
    }
}
