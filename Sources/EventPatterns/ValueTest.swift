import WAF
import Wire

/// A value of an event that is neither object nor array. Texts are compared by their bytes.
enum Scalar: Hashable, Sendable {
    case text([UInt8])
    case integer(Int)
    case double(Double)
    case boolean(Bool)
    case null

    /// nil for objects and arrays.
    init?(_ value: JSONValue) {
        switch value {
        case .string(let text): self = .text(Array(text.utf8))
        case .integer(let number): self = .integer(number)
        case .double(let number): self = .double(number)
        case .boolean(let flag): self = .boolean(flag)
        case .null: self = .null
        case .array, .object: return nil
        }
    }

    /// nil for all but numbers.
    var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    var text: [UInt8]? {
        if case .text(let text) = self { text } else { nil }
    }
}

/// What one element of a field's array in a pattern asks of a value.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>
enum ValueTest: Hashable, Sendable {
    case exactly(Scalar)
    /// A text that is an address matches all spellings of the address.
    case address(AddressRange, [UInt8])
    case prefix([UInt8])
    case suffix([UInt8])
    /// In lower case, as the following two.
    case prefixIgnoringCase([UInt8])
    case suffixIgnoringCase([UInt8])
    case equalsIgnoringCase([UInt8])
    case wildcard(Wildcard)
    case numeric(NumericRange)
    case cidr(AddressRange)
    /// A value is there, and none of these is true of it.
    case anythingBut([ValueTest])
    case exists
    case absent

    /// Whether it is true of a value that is there.
    /// - Complexity: linear in the lengths of both.
    func matches(_ value: Scalar) -> Bool {
        switch self {
        case .exactly(let wanted): value == wanted
        case .address(let range, let text): value.text.map { $0 == text || range.contains(text: $0) } ?? false
        case .prefix(let prefix): value.text?.starts(with: prefix) ?? false
        case .suffix(let suffix): value.text.map { $0.ends(with: suffix) } ?? false
        case .prefixIgnoringCase(let prefix): value.lowerText?.starts(with: prefix) ?? false
        case .suffixIgnoringCase(let suffix): value.lowerText.map { $0.ends(with: suffix) } ?? false
        case .equalsIgnoringCase(let text): value.lowerText == text
        case .wildcard(let wildcard): value.text.map(wildcard.matches) ?? false
        case .numeric(let range): value.number.map(range.contains) ?? false
        case .cidr(let range): value.text.map(range.contains(text:)) ?? false
        case .anythingBut(let tests): !tests.contains { $0.matches(value) }
        case .exists: true
        case .absent: false
        }
    }
}

extension Scalar {
    fileprivate var lowerText: [UInt8]? { text?.lowercased }
}

extension [UInt8] {
    /// In lower case, by Unicode's rules that depend on no language.
    var lowercased: [UInt8] {
        if allSatisfy({ $0 < 0x80 }) {
            return map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        }
        return Array(String(decoding: self, as: UTF8.self).lowercased().utf8)
    }

    func ends(with suffix: [UInt8]) -> Bool {
        count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
    }
}

/// Numbers between two others.
struct NumericRange: Hashable, Sendable {
    var lower: Double
    var includesLower: Bool
    var upper: Double
    var includesUpper: Bool

    /// The greatest number, and with a minus the least, that is compared.
    static let most = 5.0e9

    func contains(_ number: Double) -> Bool {
        guard abs(number) <= Self.most else { return false }
        return (includesLower ? number >= lower : number > lower)
            && (includesUpper ? number <= upper : number < upper)
    }

    /// Where a number is in the order of all.
    static func place(_ number: Double) -> UInt64 {
        // Minus zero is zero.
        let bits = (number == 0 ? 0 : number).bitPattern
        return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    }

    /// The places of the first and the last number; nil: there is none.
    var places: (first: UInt64, last: UInt64)? {
        let first = includesLower ? lower : lower.nextUp
        let last = includesUpper ? upper : upper.nextDown
        return first <= last ? (Self.place(first), Self.place(last)) : nil
    }
}

/// A network's addresses.
struct AddressRange: Hashable, Sendable {
    /// 4 or 16.
    let bytes: [UInt8]
    let length: Int

    /// `10.0.0.0/8`; nil for what is none.
    init?(cidr text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), let length = Int(parts[1]),
            String(length) == parts[1], (0...address.width).contains(length)
        else { return nil }
        self.init(address.bytes, length: length)
    }

    /// One address; nil for what is none.
    init?(address text: String) {
        guard let address = IPAddress(text) else { return nil }
        self.init(address.bytes, length: address.width)
    }

    private init(_ bytes: [UInt8], length: Int) {
        self.bytes = Self.masked(bytes, length)
        self.length = length
    }

    /// The first bits of an address, and zeros.
    static func masked(_ bytes: [UInt8], _ length: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let bits = min(max(length - index * 8, 0), 8)
            return bits == 8 ? byte : byte & ~(UInt8.max >> UInt8(bits))
        }
    }

    func contains(text: [UInt8]) -> Bool {
        // No address is longer.
        guard text.count <= 64, let address = IPAddress(String(decoding: text, as: UTF8.self)) else { return false }
        return address.bytes.count == bytes.count && Self.masked(address.bytes, length) == bytes
    }
}
