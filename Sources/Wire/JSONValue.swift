/// A JSON value that keeps the order of an object's members.
public enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// A number without fraction and exponent, if 64 bits hold it.
    case integer(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// Reads a JSON text (RFC 8259).
    ///
    /// It is strict: no comments, no trailing commas, no key twice in an object, no lone surrogates, no number beyond
    /// a double, nothing but UTF-8. Time is linear in the text; the depth of nesting is limited.
    public init(parsing text: [UInt8], depthLimit: Int = 64) throws(JSONError) {
        var reader = JSONReader(text, depthLimit: depthLimit)
        self = try reader.document()
    }

    /// The value of an object's member, nil for an object that lacks it and for any other value.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }
}

/// A member of a JSON object.
public struct JSONMember: Sendable, Equatable {
    public var key: String
    public var value: JSONValue

    public init(key: String, value: JSONValue) {
        self.key = key
        self.value = value
    }
}

/// What is wrong with a JSON text, and at which byte.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of faults, in words for people.
    public enum Reason: String, Sendable {
        case unexpectedEnd = "unexpected end"
        case unexpectedCharacter = "unexpected character"
        case invalidString = "invalid string"
        case invalidUTF8 = "invalid UTF-8"
        case invalidNumber = "invalid number"
        case tooDeep = "nested too deeply"
        case duplicateKey = "duplicate key"
    }

    /// What is wrong.
    public let reason: Reason
    /// Where it is, in bytes from the beginning of the text.
    public let offset: Int

    public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
