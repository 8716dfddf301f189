/// What rows of a table are ordered by: the bytes of one part, among equal ones those of the next, and so on.
///
/// ```swift
/// RowKey(.text(name), .descending(time))
/// ```
///
/// Any bytes can be in a text, a NUL too, and the order is that of the bytes on every database: `"a" < "a\0" < "a/" < "aa"`.
/// Keys that are compared with each other have to have the same sorts of parts.
public struct RowKey: Hashable, Comparable, Sendable {
    /// One part of a key.
    public enum Part: Sendable {
        /// In the order of its UTF-8 bytes.
        case text(String)
        /// In the order of the bytes.
        case bytes([UInt8])
        /// In the order of numbers.
        case number(Int64)
        /// The highest number first.
        case descending(Int64)
    }

    /// How many bytes a row's account, region, kind, partition, key and one of its indexes may have together: what fits into
    /// PostgreSQL's indexes.
    public static let mostBytes = 2600

    /// What the database orders by. A text takes two bytes more than it has, and one more for each NUL; a number takes eight.
    public let bytes: [UInt8]

    /// Makes a key of its parts.
    public init(_ parts: Part...) {
        bytes = parts.reduce(into: []) { Self.append($1, to: &$0) }
    }

    /// Takes a key back that was given out as ``bytes``, in a page's token for instance. Bytes that were never a key find
    /// nothing.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    public static func < (a: RowKey, b: RowKey) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

    /// A text ends with 0 1. A NUL in it becomes 0 255, so that the end is less than whatever goes on.
    fileprivate static let end: [UInt8] = [0, 1]

    fileprivate static func append(_ part: Part, to bytes: inout [UInt8]) {
        switch part {
        case .text(let text):
            append(escaped: text.utf8, to: &bytes)
            bytes += end
        case .bytes(let text):
            append(escaped: text, to: &bytes)
            bytes += end
        case .number(let number):
            // Negative numbers come first.
            append(UInt64(bitPattern: number) ^ 1 << 63, to: &bytes)
        case .descending(let number):
            append(~(UInt64(bitPattern: number) ^ 1 << 63), to: &bytes)
        }
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    fileprivate static func append(escaped text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        for byte in text {
            bytes.append(byte)
            if byte == 0 { bytes.append(255) }
        }
    }

    /// A text as it is in keys, without its end.
    static func escaped(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        append(escaped: text, to: &bytes)
        return bytes
    }

    fileprivate static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        var isAfterNUL = false
        for byte in bytes {
            if isAfterNUL, byte == 255 {
                isAfterNUL = false
            } else {
                text.append(byte)
                isAfterNUL = byte == 0
            }
        }
        return text
    }
}

/// What keys begin with: whole parts, and then the beginning of a text.
///
/// ```swift
/// RowPrefix(beginning: "photos/")
/// …
/// RowPrefix(.text(name))
/// ```
public struct RowPrefix: Hashable, Sendable {
    let bytes: [UInt8]
    /// Where the text begins of which this has the beginning.
    private let text: Int

    /// What all keys begin with.
    public static let none = RowPrefix()

    /// Keys with these parts, whatever follows.
    public init(_ parts: RowKey.Part...) {
        bytes = parts.reduce(into: []) { RowKey.append($1, to: &$0) }
        text = bytes.count
    }

    /// Keys with these parts and, after them, a text that begins with these bytes.
    public init(_ parts: RowKey.Part..., beginning: some Sequence<UInt8>) {
        var bytes: [UInt8] = parts.reduce(into: []) { RowKey.append($1, to: &$0) }
        text = bytes.count
        RowKey.append(escaped: beginning, to: &bytes)
        self.bytes = bytes
    }

    /// Keys with these parts and, after them, a text that begins with another.
    public init(_ parts: RowKey.Part..., beginning: String) {
        var bytes: [UInt8] = parts.reduce(into: []) { RowKey.append($1, to: &$0) }
        text = bytes.count
        RowKey.append(escaped: beginning.utf8, to: &bytes)
        self.bytes = bytes
    }

    private init(_ bytes: [UInt8], text: Int) {
        self.bytes = bytes
        self.text = text
    }

    /// The beginning of the text that stands after the whole parts.
    public var beginning: [UInt8] { RowKey.unescaped(bytes[text...]) }

    /// What a key that begins with this has in common with others up to the first `delimiter` after it, in the same text; nil
    /// where there is none.
    /// - Parameter delimiter: not empty.
    func group(of key: [UInt8], _ delimiter: [UInt8]) -> RowPrefix? {
        let wanted = RowKey.escaped(delimiter)
        var place = bytes.count
        while place + wanted.count <= key.count {
            if key[place...].starts(with: RowKey.end) { return nil }
            if key[place...].starts(with: wanted) {
                return RowPrefix(Array(key[..<(place + wanted.count)]), text: text)
            }
            // A NUL and what marks it as one are not apart.
            place += key[place...].starts(with: [0, 255]) ? 2 : 1
        }
        return nil
    }

    /// The first bytes that are behind all that begin with these; nil: there are none.
    static func end(of prefix: [UInt8]) -> [UInt8]? {
        guard let last = prefix.lastIndex(where: { $0 < 255 }) else { return nil }
        return prefix[..<last] + [prefix[last] + 1]
    }
}
