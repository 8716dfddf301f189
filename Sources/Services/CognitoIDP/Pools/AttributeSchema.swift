import CognitoIDPAPI
import Platform
import Wire

/// The attributes that the users of a pool can have.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html>
struct AttributeSchema: Sendable {
    /// In the order in which answers have them: the standard ones, then the pool's own.
    let attributes: [AttributeDefinition]
    private let places: [String: Int]

    init(_ attributes: [AttributeDefinition]) {
        self.attributes = attributes
        places = Dictionary(attributes.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }

    /// The attribute of a name, as it is in answers: `email`, `custom:team`, `dev:custom:rank`; nil: the pool has no such.
    subscript(name: String) -> AttributeDefinition? { places[name].map { attributes[$0] } }

    /// Those that a user must have from the beginning, without `sub`, which users are given.
    var required: [AttributeDefinition] { attributes.filter { $0.isRequired && $0.name != "sub" } }
}

/// An attribute of a user pool's schema.
struct AttributeDefinition: Sendable, Equatable {
    enum DataType: String, Sendable {
        case string = "String"
        case number = "Number"
        case dateTime = "DateTime"
        case boolean = "Boolean"
    }

    /// With its prefix.
    let name: String
    let type: DataType
    let isMutable: Bool
    let isRequired: Bool
    /// Whether only administrators can set it, and only they and tokens show it.
    let isDeveloperOnly: Bool
    /// In characters; nil: none is set.
    var minLength: Int?
    var maxLength: Int?
    var minValue: Int?
    var maxValue: Int?

    /// The longest value that any attribute may have, in characters.
    static let mostCharacters = 2048

    var isCustom: Bool { name.hasPrefix("custom:") || name.hasPrefix("dev:") }

    /// Whether a value is one that the attribute can have.
    /// - Complexity: linear in its length.
    func accepts(_ value: String) -> Bool {
        switch type {
        case .string:
            let count = value.count
            return count >= minLength ?? 0 && count <= min(maxLength ?? Self.mostCharacters, Self.mostCharacters)
        case .number:
            guard let number = Int(value) else { return false }
            return number >= minValue ?? .min && number <= maxValue ?? .max
        case .boolean: return value == "true" || value == "false"
        case .dateTime: return Timestamp(parsing: value) != nil || Int(value) != nil
        }
    }
}

extension AttributeDefinition {
    /// - Parameter view: as a pool's settings have it, complete.
    init(_ view: CognitoIDP.SchemaAttributeType) {
        name = view.name ?? ""
        type = view.attributeDataType.flatMap { DataType(rawValue: $0) } ?? .string
        isMutable = view.mutable ?? true
        isRequired = view.required ?? false
        isDeveloperOnly = view.developerOnlyAttribute ?? false
        minLength = view.stringAttributeConstraints?.minLength.flatMap { Int($0) }
        maxLength = view.stringAttributeConstraints?.maxLength.flatMap { Int($0) }
        minValue = view.numberAttributeConstraints?.minValue.flatMap { Int($0) }
        maxValue = view.numberAttributeConstraints?.maxValue.flatMap { Int($0) }
    }

    /// The attributes that every pool has, in the order of AWS's answers.
    static let standard: [AttributeDefinition] =
        [text("sub", 1, isRequired: true, isMutable: false)]
        + ["name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture"]
        .map { text($0) } + [text("website"), text("email"), flag("email_verified"), text("gender")]
        + [text("birthdate", 10, 10), text("zoneinfo"), text("locale"), text("phone_number")]
        + [flag("phone_number_verified"), text("address"), moment("updated_at")]

    private static func text(
        _ name: String, _ minimum: Int = 0, _ maximum: Int = mostCharacters, isRequired: Bool = false,
        isMutable: Bool = true
    ) -> AttributeDefinition {
        AttributeDefinition(
            name: name, type: .string, isMutable: isMutable, isRequired: isRequired, isDeveloperOnly: false,
            minLength: minimum, maxLength: maximum)
    }

    private static func flag(_ name: String) -> AttributeDefinition {
        AttributeDefinition(name: name, type: .boolean, isMutable: true, isRequired: false, isDeveloperOnly: false)
    }

    private static func moment(_ name: String) -> AttributeDefinition {
        AttributeDefinition(
            name: name, type: .number, isMutable: true, isRequired: false, isDeveloperOnly: false, minValue: 0)
    }
}

extension CognitoIDP.SchemaAttributeType {
    init(_ attribute: AttributeDefinition) {
        self.init()
        name = attribute.name
        attributeDataType = attribute.type.rawValue
        developerOnlyAttribute = attribute.isDeveloperOnly
        mutable = attribute.isMutable
        required = attribute.isRequired
        switch attribute.type {
        case .string:
            stringAttributeConstraints = CognitoIDP.StringAttributeConstraintsType {
                $0.minLength = attribute.minLength.map { String($0) }
                $0.maxLength = attribute.maxLength.map { String($0) }
            }
        case .number:
            numberAttributeConstraints = CognitoIDP.NumberAttributeConstraintsType {
                $0.minValue = attribute.minValue.map { String($0) }
                $0.maxValue = attribute.maxValue.map { String($0) }
            }
        case .boolean, .dateTime: break
        }
    }
}
