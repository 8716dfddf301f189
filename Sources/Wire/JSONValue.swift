/// A JSON value that keeps the order of an object's members.
///
/// ```swift
/// let value = try JSONValue(parsing: text)
/// guard case .array(let rules)? = value["Rules"] else { … }
/// let id = rules.first?["Id"]  // .integer(1)
/// ```
public enum JSONValue: Sendable, Equatable {
    /// `null`
    case null
    /// `true` or `false`
    case boolean(Bool)
    /// A number without fraction and exponent, if 64 bits hold it.
    case integer(Int)
    /// Any other number that a double can hold; digits beyond its precision are lost.
    case double(Double)
    /// A string, its escapes resolved.
    case string(String)
    /// The elements, in the order of the text.
    case array([JSONValue])
    /// The members, in the order of the text. None is there twice.
    case object([JSONMember])

    /// Reads a JSON text (RFC 8259).
    ///
    /// It is strict: no comments, no trailing commas, no key twice in an object, no lone surrogates, no number beyond a
    /// double, nothing but UTF-8.
    ///
    /// `depthLimit` is the number of arrays and objects that may be open at once, so that a hostile text can't exhaust
    /// the stack.
    ///
    /// - Throws: ``JSONError``, which says what is wrong and at which byte.
    /// - Complexity: linear in the length of the text.
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
    /// The name, its escapes resolved.
    public var key: String
    /// What stands after the colon.
    public var value: JSONValue

    /// Makes a member.
    public init(key: String, value: JSONValue) {
        self.key = key
        self.value = value
    }
}

/// What is wrong with a JSON text, and at which byte.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of faults, in words for people.
    public enum Reason: String, Sendable {
        /// The text ends within a value, or is empty.
        case unexpectedEnd = "unexpected end"
        /// A character can't stand here, perhaps because something follows the value.
        case unexpectedCharacter = "unexpected character"
        /// An escape that JSON does not have, half of a surrogate pair, or a control character.
        case invalidString = "invalid string"
        /// Bytes that are not UTF-8.
        case invalidUTF8 = "invalid UTF-8"
        /// A number that JSON does not write so, or that no double can hold.
        case invalidNumber = "invalid number"
        /// More levels of arrays and objects than the reader was told to follow.
        case tooDeep = "nested too deeply"
        /// An object has two members of one name.
        case duplicateKey = "duplicate key"
    }

    /// What is wrong.
    public let reason: Reason
    /// Where it is, in bytes from the beginning of the text.
    public let offset: Int

    public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
