import WAF
import Wire

/// A value of a document or of the rules.
indirect enum GuardValue: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case list([GuardValue])
    case map([(key: String, value: GuardValue)])
    case regex(GuardRegex)
    case range(GuardRange)

    init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .boolean(let value): self = .bool(value)
        case .integer(let value): self = .int(value)
        case .double(let value): self = .float(value)
        case .string(let value): self = .string(value)
        case .array(let values): self = .list(values.map { GuardValue($0) })
        case .object(let members): self = .map(members.map { ($0.key, GuardValue($0.value)) })
        }
    }

    var isScalar: Bool {
        switch self {
        case .list, .map: false
        default: true
        }
    }

    /// Whether it equals another value; nil: values of these types can't be compared.
    /// - Parameter work: grows by the bytes and values that were looked at.
    func equals(_ other: GuardValue, _ work: inout Int) -> Bool? {
        work += size + other.size
        return switch (self, other) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.string(let text), .regex(let regex)), (.regex(let regex), .string(let text)): regex.matches(text)
        case (.regex(let left), .regex(let right)): left.text == right.text
        case (.range(let range), let value), (let value, .range(let range)): range.contains(value)
        case (.list(let left), .list(let right)): Self.equals(left, right, &work)
        case (.map(let left), .map(let right)): Self.equals(left, right, &work)
        default: nil
        }
    }

    /// Without what is in its values.
    private var size: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .map(let members): members.count
        case .regex(let regex): regex.text.utf8.count
        default: 1
        }
    }

    private static func equals(_ left: [GuardValue], _ right: [GuardValue], _ work: inout Int) -> Bool? {
        guard left.count == right.count else { return false }
        for (left, right) in zip(left, right) {
            guard let equals = left.equals(right, &work) else { return nil }
            if !equals { return false }
        }
        return true
    }

    private static func equals(
        _ left: [(key: String, value: GuardValue)], _ right: [(key: String, value: GuardValue)], _ work: inout Int
    ) -> Bool? {
        guard left.count == right.count else { return false }
        let byKey = Dictionary(right.map { ($0.key, $0.value) }) { first, _ in first }
        for (key, value) in left {
            guard let other = byKey[key] else { return false }
            guard let equals = value.equals(other, &work) else { return nil }
            if !equals { return false }
        }
        return true
    }

    /// Which is less: -1, 0, 1; nil: they can't be ordered.
    func order(_ other: GuardValue) -> Int? {
        switch (self, other) {
        case (.null, .null): 0
        case (.int(let left), .int(let right)): Self.order(left, right)
        case (.float(let left), .float(let right)): Self.order(left, right)
        case (.string(let left), .string(let right)):
            left.utf8.elementsEqual(right.utf8) ? 0 : left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
        default: nil
        }
    }

    private static func order<T: Comparable>(_ left: T, _ right: T) -> Int { left < right ? -1 : left > right ? 1 : 0 }

    /// The text that a function makes of it; nil of a list or a map.
    var text: String? {
        switch self {
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .float(let value): "\(value)"
        case .string(let value): value
        default: nil
        }
    }
}

/// A regular expression, matched in linear time: RE2's syntax has no look-around and no back-references.
struct GuardRegex: Sendable {
    let text: String
    private let regex: LinearRegex

    init(_ text: String, capturing: Bool = false) throws(LinearRegex.Problem) {
        self.text = text
        regex = try LinearRegex(text, capturing: capturing)
    }

    func matches(_ text: String) -> Bool { regex.matches(Array(text.utf8)) }

    func captures(_ text: [UInt8]) -> [[UInt8]?]? { regex.captures(text) }
}

/// `r[1, 5)`
struct GuardRange: Sendable {
    let lower: GuardValue
    let upper: GuardValue
    let includesLower: Bool
    let includesUpper: Bool

    /// nil for a value of another type.
    func contains(_ value: GuardValue) -> Bool? {
        guard let low = value.order(lower), let high = value.order(upper) else { return nil }
        return (includesLower ? low >= 0 : low > 0) && (includesUpper ? high <= 0 : high < 0)
    }
}
