import Wire

/// Why a text is no data protection policy.
public struct InvalidDataProtectionPolicy: Error, Sendable, Equatable {
    /// In words for people.
    public let reason: String

    init(_ reason: String) { self.reason = reason }

    static func unknownIdentifier(_ name: String) -> InvalidDataProtectionPolicy {
        InvalidDataProtectionPolicy(
            IdentifierTable.notBuilt.contains(name)
                ? "Gatehouse does not have the managed data identifier \(name)."
                : "The data identifier \(name) is not valid.")
    }
}

/// An object in a policy, read member by member.
struct PolicyObject {
    private let members: [JSONMember]
    private let place: String

    init(_ value: JSONValue, _ place: String) throws(InvalidDataProtectionPolicy) {
        guard case .object(let members) = value else {
            throw InvalidDataProtectionPolicy("\(place) has to be an object.")
        }
        (self.members, self.place) = (members, place)
    }

    var count: Int { members.count }

    /// - Throws: there is a member of another name.
    func allow(_ names: [String]) throws(InvalidDataProtectionPolicy) {
        for member in members where !names.contains(member.key) {
            throw InvalidDataProtectionPolicy("\(place) can't have the member \(member.key).")
        }
    }

    private func value(_ name: String) -> JSONValue? { members.first { $0.key == name }?.value }

    private func missing(_ name: String) -> InvalidDataProtectionPolicy {
        InvalidDataProtectionPolicy("\(place) needs the member \(name).")
    }

    private func wrong(_ name: String, _ kind: String) -> InvalidDataProtectionPolicy {
        InvalidDataProtectionPolicy("\(name) has to be \(kind).")
    }

    func optionalText(_ name: String) throws(InvalidDataProtectionPolicy) -> String? {
        switch value(name) {
        case nil: return nil
        case .string(let text)?: return text
        default: throw wrong(name, "a string")
        }
    }

    func text(_ name: String) throws(InvalidDataProtectionPolicy) -> String {
        guard let text = try optionalText(name), !text.isEmpty else { throw missing(name) }
        return text
    }

    func optionalObject(_ name: String) throws(InvalidDataProtectionPolicy) -> PolicyObject? {
        try value(name).map { value throws(InvalidDataProtectionPolicy) in try PolicyObject(value, name) }
    }

    func object(_ name: String) throws(InvalidDataProtectionPolicy) -> PolicyObject {
        guard let object = try optionalObject(name) else { throw missing(name) }
        return object
    }

    func objects(_ name: String) throws(InvalidDataProtectionPolicy) -> [PolicyObject] {
        guard let value = value(name) else { throw missing(name) }
        guard case .array(let elements) = value else { throw wrong(name, "an array") }
        return try elements.map { element throws(InvalidDataProtectionPolicy) in try PolicyObject(element, name) }
    }

    func optionalTexts(_ name: String) throws(InvalidDataProtectionPolicy) -> [String]? {
        guard let value = value(name) else { return nil }
        guard case .array(let elements) = value else { throw wrong(name, "an array") }
        return try elements.map { element throws(InvalidDataProtectionPolicy) in
            guard case .string(let text) = element else { throw wrong(name, "an array of strings") }
            return text
        }
    }

    func texts(_ name: String) throws(InvalidDataProtectionPolicy) -> [String] {
        guard let texts = try optionalTexts(name) else { throw missing(name) }
        return texts
    }
}
