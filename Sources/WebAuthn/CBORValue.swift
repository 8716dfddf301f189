import CCBOR

/// What an authenticator writes in CBOR: whole items of definite length (CTAP2's canonical form). libcbor decodes the
/// single items.
///
/// Keys may stand in any order, but none twice. Nesting is limited, and an announced count reserves no memory.
indirect enum CBORValue: Sendable, Hashable {
    case integer(Int)
    case bytes([UInt8])
    case text(String)
    case array([CBORValue])
    case map([CBORValue: CBORValue])
    case boolean(Bool)
    case null

    /// CTAP2 allows four levels.
    private static let depthLimit = 8

    /// Reads the item that bytes begin with, and leaves what follows it.
    /// - Returns: nil for what is no CBOR of this form.
    /// - Complexity: linear in the length of the item.
    init?(takenFrom rest: inout ArraySlice<UInt8>) {
        guard let value = Self.take(&rest, depth: 0) else { return nil }
        self = value
    }

    /// Reads bytes that are one item and nothing else.
    init?(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        self.init(takenFrom: &rest)
        guard rest.isEmpty else { return nil }
    }

    subscript(key: CBORValue) -> CBORValue? {
        if case .map(let entries) = self { entries[key] } else { nil }
    }

    var integer: Int? { if case .integer(let integer) = self { integer } else { nil } }
    var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var entries: [CBORValue: CBORValue]? { if case .map(let entries) = self { entries } else { nil } }

    private static func take(_ rest: inout ArraySlice<UInt8>, depth: Int) -> CBORValue? {
        guard depth < depthLimit else { return nil }
        let (item, content) = rest.withUnsafeBufferPointer { bytes in
            let item = ccbor_next(bytes.baseAddress, bytes.count)
            return (item, Array(UnsafeBufferPointer(start: item.bytes, count: item.count)))
        }
        rest = rest.dropFirst(item.length)
        switch item.kind {
        case ccbor_unsigned: return Int(exactly: item.number).map { .integer($0) }
        case ccbor_negative: return Int(exactly: item.number).map { .integer(-1 - $0) }
        case ccbor_bytes: return .bytes(content)
        case ccbor_string: return String(validating: content, as: UTF8.self).map { .text($0) }
        case ccbor_boolean: return .boolean(item.number == 1)
        case ccbor_null: return .null
        case ccbor_array:
            var elements: [CBORValue] = []
            // Each takes a byte at least, so that the count ends with the bytes.
            var left = item.number
            while left > 0 {
                guard let element = take(&rest, depth: depth + 1) else { return nil }
                elements.append(element)
                left -= 1
            }
            return .array(elements)
        case ccbor_map:
            var entries: [CBORValue: CBORValue] = [:]
            var left = item.number
            while left > 0 {
                guard let key = take(&rest, depth: depth + 1), let value = take(&rest, depth: depth + 1),
                    entries.updateValue(value, forKey: key) == nil
                else { return nil }
                left -= 1
            }
            return .map(entries)
        default: return nil
        }
    }
}
