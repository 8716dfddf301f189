import CognitoIDPAPI
import Platform
import Wire

// What a schema may say. <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html>

extension AttributeSchema {
    /// How many custom attributes a pool may have.
    static let mostCustomAttributes = 50

    /// The schema of a new pool: the standard attributes as the request changes them, and custom ones.
    /// - Throws: InvalidParameterException.
    init(creating requested: [CognitoIDP.SchemaAttributeType]) throws(ServiceError) {
        var attributes = AttributeDefinition.standard
        var custom: [CognitoIDP.SchemaAttributeType] = []
        var seen: Set<String> = []
        for view in requested {
            guard let name = view.name else { throw .invalidParameter("Attribute name is required.") }
            guard let index = attributes.firstIndex(where: { $0.name == name }) else {
                custom.append(view)
                continue
            }
            guard seen.insert(name).inserted else { throw .attributeExists(name) }
            attributes[index] = try attributes[index].changed(by: view)
        }
        self = try AttributeSchema(attributes).adding(custom)
    }

    /// The schema with more custom attributes.
    /// - Throws: InvalidParameterException.
    func adding(_ requested: [CognitoIDP.SchemaAttributeType]) throws(ServiceError) -> AttributeSchema {
        var all = attributes
        var names = Set(attributes.map(\.name))
        for view in requested {
            let attribute = try AttributeDefinition(custom: view)
            guard names.insert(attribute.name).inserted else { throw .attributeExists(attribute.name) }
            all.append(attribute)
        }
        guard all.count(where: \.isCustom) <= Self.mostCustomAttributes else {
            throw .invalidParameter(
                "User pool custom attributes can not exceed the limit of \(Self.mostCustomAttributes).")
        }
        return AttributeSchema(all)
    }

    /// As answers have them.
    var views: [CognitoIDP.SchemaAttributeType] { attributes.map { CognitoIDP.SchemaAttributeType($0) } }
}

extension AttributeDefinition {
    /// A custom attribute.
    fileprivate init(custom view: CognitoIDP.SchemaAttributeType) throws(ServiceError) {
        guard let given = view.name else { throw .invalidParameter("Attribute name is required.") }
        guard let type = view.attributeDataType.flatMap({ DataType(rawValue: $0) }) else {
            throw .invalidParameter(
                "Invalid AttributeDataType input, consider using the provided AttributeDataType enum.")
        }
        guard view.required != true else {
            throw .invalidParameter("Required custom attributes are not supported currently.")
        }
        isDeveloperOnly = view.developerOnlyAttribute ?? false
        name = (isDeveloperOnly ? "dev:custom:" : "custom:") + given
        self.type = type
        isMutable = view.mutable ?? true
        isRequired = false
        try setBounds(view)
    }

    /// A standard attribute as a request for a new pool changes it: what it is can't be changed.
    fileprivate func changed(by view: CognitoIDP.SchemaAttributeType) throws(ServiceError) -> AttributeDefinition {
        guard view.attributeDataType == nil || view.attributeDataType == type.rawValue,
            view.developerOnlyAttribute != true
        else {
            throw .invalidParameter(
                "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute \(name)"
            )
        }
        guard name != "sub" || view.required != false && view.mutable != true else {
            throw .invalidParameter("You can not change the attribute sub.")
        }
        var changed = AttributeDefinition(
            name: name, type: type, isMutable: view.mutable ?? isMutable, isRequired: view.required ?? isRequired,
            isDeveloperOnly: false, minLength: minLength, maxLength: maxLength, minValue: minValue,
            maxValue: maxValue)
        try changed.setBounds(view)
        return changed
    }

    private mutating func setBounds(_ view: CognitoIDP.SchemaAttributeType) throws(ServiceError) {
        if let bounds = view.stringAttributeConstraints, type == .string {
            minLength = try Self.bound(bounds.minLength, in: 0...Self.mostCharacters, name) ?? minLength
            maxLength = try Self.bound(bounds.maxLength, in: 0...Self.mostCharacters, name) ?? maxLength
            guard minLength ?? 0 <= maxLength ?? Self.mostCharacters else {
                throw .invalidParameter("\(name): minLength can not be greater than maxLength.")
            }
        }
        if let bounds = view.numberAttributeConstraints, type == .number {
            minValue = try Self.bound(bounds.minValue, in: Int.min...Int.max, name) ?? minValue
            maxValue = try Self.bound(bounds.maxValue, in: Int.min...Int.max, name) ?? maxValue
            guard minValue ?? .min <= maxValue ?? .max else {
                throw .invalidParameter("\(name): minValue can not be greater than maxValue.")
            }
        }
    }

    private static func bound(
        _ text: String?, in range: ClosedRange<Int>, _ name: String
    ) throws(ServiceError) -> Int? {
        guard let text, !text.isEmpty else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .invalidParameter("\(name): Invalid attribute constraint \(text).")
        }
        return number
    }
}

extension ServiceError {
    fileprivate static func attributeExists(_ name: String) -> ServiceError {
        .invalidParameter("\(name): Existing attribute already has name \(name).")
    }
}

extension CognitoIDP.AddCustomAttributes: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var pool = try records.userPool(input.userPoolId)
        try records.checkImports(into: pool.id)
        var settings = try pool.readSettings()
        let schema = AttributeSchema((settings.schemaAttributes ?? []).map { AttributeDefinition($0) })
        settings.schemaAttributes = try schema.adding(input.customAttributes).views
        pool.settings = settings.structure.json
        pool.modified = call.time
        try records.put(pool)
        return Output()
    }
}
