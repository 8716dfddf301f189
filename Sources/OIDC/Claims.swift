import JWTKit

/// What a token says, claim by claim.
public enum ClaimValue: Sendable, Hashable, Codable {
    /// Text.
    case string(String)
    /// A number; JSON makes no difference between whole and fractional ones, so times are numbers, too.
    case number(Double)
    /// A whole number that a ``number(_:)`` would round: one beyond 2^53, such as people's ids may be.
    case largeInteger(Int64)
    /// True or false.
    case boolean(Bool)
    /// Values, in the token's order.
    case array([ClaimValue])
    /// Values by name, in no particular order.
    case object([String: ClaimValue])
    /// A claim that is there, and says nothing.
    case null

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            let whole = value.magnitude < Self.firstRounded ? nil : try? container.decode(Int64.self)
            self = whole.map { .largeInteger($0) } ?? .number(value)
        } else if let value = try? container.decode([ClaimValue].self) {
            self = .array(value)
        } else if let value = try? container.decode([String: ClaimValue].self) {
            self = .object(value)
        } else if container.decodeNil() {
            self = .null
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no JSON value")
        }
    }

    /// 2^53: from here on there are whole numbers that no `Double` is.
    public static let firstRounded = 9_007_199_254_740_992.0

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .largeInteger(let value): try container.encode(value)
        case .number(let value):
            // Times are whole seconds: not 1.7e9.
            if let whole = Int64(exactly: value) { try container.encode(whole) } else { try container.encode(value) }
        case .boolean(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        case .null: try container.encodeNil()
        }
    }

    /// The text; nil for any other value.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The texts of an array, or the one text.
    public var strings: [String]? {
        switch self {
        case .string(let value): return [value]
        case .array(let values):
            let strings = values.compactMap(\.string)
            return strings.count == values.count ? strings : nil
        default: return nil
        }
    }

    /// The value of an object's member; nil for an object that lacks it and for any other value.
    public subscript(member: String) -> ClaimValue? {
        if case .object(let members) = self { members[member] } else { nil }
    }

    /// Whole seconds since 1970, of the years until 9999.
    var time: Int64? {
        switch self {
        case .number(let value): Int64(exactly: min(max(value, 0), 253_402_300_799).rounded(.down))
        case .largeInteger(let value): min(max(value, 0), 253_402_300_799)
        default: nil
        }
    }
}

/// The claims as jwt-kit reads and writes them. Expiry is checked elsewhere, by AWS's rules.
struct Claims: JWTPayload {
    let members: [String: ClaimValue]

    init(members: [String: ClaimValue]) {
        self.members = members
    }

    init(from decoder: any Decoder) throws {
        members = try decoder.singleValueContainer().decode([String: ClaimValue].self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(members)
    }

    func verify(using key: some JWTAlgorithm) {}
}
