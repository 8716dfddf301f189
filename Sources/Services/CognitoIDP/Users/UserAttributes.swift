import CognitoIDPAPI
import Platform
import Wire

// What attributes of users may be. <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html>

/// Who sets attributes.
enum AttributeWriter {
    /// A user, by an app client.
    case user(ClientEntry)
    case administrator
}

extension PoolEntry {
    /// The attributes of a new user.
    /// - Parameters:
    ///   - requested: as the request has them; of two with one name, the last counts.
    ///   - ofUsername: the attribute that the user name is, which nobody needs a permission for.
    ///   - demandsRequired: whether those that the schema requires have to be there.
    /// - Throws: InvalidParameterException for what the schema does not allow, NotAuthorizedException for what the app client may
    ///   not set.
    func attributes(
        ofNew requested: [CognitoIDP.AttributeType], by writer: AttributeWriter, ofUsername: PoolUser.Attribute?,
        demandsRequired: Bool
    ) throws(ServiceError) -> [PoolUser.Attribute] {
        try check(requested, by: writer, isNew: true)
        var attributes: [PoolUser.Attribute] = []
        for attribute in requested.map({ PoolUser.Attribute(name: $0.name, value: $0.value ?? "") }) {
            attributes.removeAll { $0.name == attribute.name }
            if !attribute.value.isEmpty { attributes.append(attribute) }
        }
        if let ofUsername {
            attributes.removeAll { $0.name == ofUsername.name }
            attributes.append(ofUsername)
        }
        if demandsRequired {
            let missing = schema.required.filter { needed in !attributes.contains { $0.name == needed.name } }
            guard missing.isEmpty else {
                throw .schemaBroken(missing.map { "\($0.name): The attribute is required" })
            }
        }
        for name in ["email", "phone_number"] where attributes.contains(where: { $0.name == "\(name)_verified" }) {
            guard attributes.contains(where: { $0.name == name }) else {
                throw .invalidParameter("\(name) is required to set \(name)_verified.")
            }
        }
        return attributes
    }

    /// Checks what is to become of the attributes of a user; a blank value deletes one.
    /// - Throws: as ``attributes(ofNew:by:ofUsername:demandsRequired:)``.
    func check(
        _ requested: [CognitoIDP.AttributeType], by writer: AttributeWriter, isNew: Bool = false
    ) throws(ServiceError) {
        if case .user(let client) = writer {
            for attribute in requested where schema[attribute.name] != nil && !client.canWrite(attribute.name) {
                throw .notAuthorized("A client attempted to write unauthorized attribute")
            }
        }
        var complaints: [String] = []
        for attribute in requested {
            let (name, value) = (attribute.name, attribute.value ?? "")
            guard let definition = schema[name] else {
                complaints.append("\(name): Attribute does not exist in the schema.")
                continue
            }
            guard name != "sub", isNew || definition.isMutable else {
                throw .invalidParameter("user.\(name): Attribute cannot be updated.")
            }
            if value.isEmpty {
                if definition.isRequired, !isNew { complaints.append("\(name): The attribute is required") }
                continue
            }
            try checkFormat(name, value)
            if !definition.accepts(value) { complaints.append("\(name): \(definition.complaint(about: value))") }
        }
        guard complaints.isEmpty else { throw .schemaBroken(complaints) }
    }

    private func checkFormat(_ name: String, _ value: String) throws(ServiceError) {
        switch name {
        case "email" where !AddressFormat.isEmail(value): throw .invalidParameter("Invalid email address format.")
        case "phone_number" where !AddressFormat.isPhoneNumber(value):
            throw .invalidParameter("Invalid phone number format.")
        case "birthdate" where !AddressFormat.isDate(value):
            throw .invalidParameter("Invalid birthdate format: it has to be YYYY-MM-DD.")
        default: break
        }
    }
}

extension AttributeDefinition {
    fileprivate func complaint(about value: String) -> String {
        switch type {
        case .string where value.count < minLength ?? 0: "String is too short"
        case .string: "String is too long"
        case .number where Int(value) == nil: "Attribute value is not a number"
        case .number: "Attribute value is out of range"
        case .boolean: "Attribute value is not a boolean"
        case .dateTime: "Attribute value is not a date"
        }
    }
}

/// What e-mail addresses, phone numbers and dates look like.
enum AddressFormat {
    /// A local part and a domain of labels, without white space.
    static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let local = parts.first, let domain = parts.last, !local.isEmpty, domain.count <= 255,
            text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f && !$0.properties.isWhitespace })
        else { return false }
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count > 1 && labels.allSatisfy { !$0.isEmpty && !$0.hasPrefix("-") && !$0.hasSuffix("-") }
            && text.unicodeScalars.allSatisfy { !"<>()[],;:\\\"".unicodeScalars.contains($0) }
    }

    /// `+14325551212`: E.164, at most 15 digits.
    static func isPhoneNumber(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst()
        return text.utf8.first == UInt8(ascii: "+") && (5...15).contains(digits.count)
            && digits.allSatisfy { (0x30...0x39).contains($0) } && digits.first != 0x30
    }

    /// `YYYY-MM-DD`
    static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], let month = Int(parts[1]), let day = Int(parts[2]),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2d })
        else { return false }
        return (1...12).contains(month) && (1...31).contains(day)
    }
}

extension PoolUser {
    /// Changes attributes as a request says, in its order: a blank value deletes one, and an address that changes is not
    /// verified unless the request says so.
    mutating func change(_ requested: [CognitoIDP.AttributeType]) {
        for attribute in requested {
            let value = attribute.value ?? ""
            let isChanged = self[attribute: attribute.name] != value
            self[attribute: attribute.name] = value.isEmpty ? nil : value
            guard isChanged, Message.Medium(attribute: attribute.name) != nil else { continue }
            let isStated = requested.contains { $0.name == "\(attribute.name)_verified" }
            if !isStated { self[attribute: "\(attribute.name)_verified"] = value.isEmpty ? nil : "false" }
        }
    }

    /// The attributes as triggers are told them.
    var triggerAttributes: JSONValue {
        var members = [
            JSONMember(key: "sub", value: .string(sub)),
            JSONMember(key: "cognito:user_status", value: .string(status.rawValue)),
        ]
        members += attributes.map { JSONMember(key: $0.name, value: .string($0.value)) }
        if let identitiesJSON { members.append(JSONMember(key: "identities", value: .string(identitiesJSON))) }
        return .object(members)
    }
}

extension [CognitoIDP.AttributeType] {
    /// As triggers are told them: `validationData`.
    var json: JSONValue {
        .object(
            map { JSONMember(key: $0.name, value: .string($0.value ?? "")) }.reduce(into: []) { members, member in
                members.removeAll { $0.key == member.key }
                members.append(member)
            })
    }
}

extension [String: String] {
    /// As triggers are told them: `clientMetadata`.
    var json: JSONValue {
        .object(sorted { $0.key < $1.key }.map { JSONMember(key: $0.key, value: .string($0.value)) })
    }
}

extension ServiceError {
    static func schemaBroken(_ complaints: [String]) -> ServiceError {
        .invalidParameter("Attributes did not conform to the schema: \(complaints.map { $0 + "\n" }.joined())")
    }
}
