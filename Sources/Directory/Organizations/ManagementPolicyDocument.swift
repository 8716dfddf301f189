import Policy

/// A value-setting operator of management policies.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html>
package enum ValueOperator: String, CaseIterable {
    case assign = "@@assign"
    case append = "@@append"
    case remove = "@@remove"
}

/// What a setting is set to. AWS shows numbers and truth values as text.
package enum SettingValue: Equatable, Sendable {
    case one(String)
    case many([String])

    package var values: [String] {
        switch self {
        case .one(let value): [value]
        case .many(let values): values
        }
    }
}

/// What one policy says at one place: operators with values, or further places inside.
package struct PolicyNode: Sendable {
    /// As written. Names that differ only in case are the same.
    package let name: String
    package let key: String
    package var operators: [ValueOperator: SettingValue] = [:]
    /// What policies at lower levels may do here; nil: nothing is said about it.
    package var allowedForChildren: Set<ValueOperator>?
    package private(set) var members: [PolicyNode] = []
    private var places: [String: Int] = [:]

    package init(name: String, operators: [ValueOperator: SettingValue] = [:]) {
        self.name = name
        key = name.lowercased()
        self.operators = operators
    }

    package func member(_ key: String) -> PolicyNode? { places[key].map { members[$0] } }

    /// Whether there was none of that name.
    fileprivate mutating func add(_ member: PolicyNode) -> Bool {
        members.append(member)
        return places.updateValue(members.count - 1, forKey: member.key) == nil
    }
}

/// A management policy, parsed. The parser of policies' JSON limits its depth, so that nothing here recurses further.
package struct ManagementPolicyDocument: Sendable {
    package let root: PolicyNode

    /// nil for a text that breaks the syntax that all management policies share.
    /// - Parameter takesPlainValues: whether a value may stand without an operator, as if it were assigned.
    package init?(parsing text: String, takesPlainValues: Bool = false) {
        guard let json = try? JSONText.parse(text), case .object(let members) = json.value,
            let root = PolicyNode(name: "", members, takesPlainValues: takesPlainValues), root.operators.isEmpty
        else { return nil }
        self.root = root
    }
}

extension PolicyNode {
    fileprivate init?(name: String, _ json: [JSONMember], takesPlainValues: Bool) {
        self.init(name: name)
        for member in json {
            let name = member.name.value
            let value = member.element.value
            if let valueOperator = ValueOperator(rawValue: name) {
                guard let setting = SettingValue(value) else { return nil }
                if valueOperator != .assign, case .one = setting { return nil }
                operators[valueOperator] = setting
            } else if name == "@@operators_allowed_for_child_policies" {
                guard let allowed = Self.allowed(value) else { return nil }
                allowedForChildren = allowed
            } else if name.hasPrefix("@@") {
                return nil
            } else if case .object(let members) = value {
                // Names that differ only in case are the same name, given twice.
                guard let node = PolicyNode(name: name, members, takesPlainValues: takesPlainValues), add(node) else {
                    return nil
                }
            } else if takesPlainValues, let setting = SettingValue(value) {
                guard add(PolicyNode(name: name, operators: [.assign: setting])) else { return nil }
            } else {
                return nil
            }
        }
        // A place has a value or places inside, not both.
        guard operators.isEmpty || members.isEmpty else { return nil }
    }

    private static func allowed(_ json: JSONValue) -> Set<ValueOperator>? {
        guard case .array(let elements) = json, !elements.isEmpty else { return nil }
        var allowed: Set<ValueOperator> = []
        for element in elements {
            guard case .string(let name) = element.value else { return nil }
            switch name {
            case "@@all":
                guard elements.count == 1 else { return nil }
                return Set(ValueOperator.allCases)
            case "@@none":
                guard elements.count == 1 else { return nil }
                return []
            default:
                guard let valueOperator = ValueOperator(rawValue: name) else { return nil }
                allowed.insert(valueOperator)
            }
        }
        return allowed
    }
}

extension SettingValue {
    /// nil for null, objects, and arrays of anything but plain values.
    fileprivate init?(_ json: JSONValue) {
        if case .array(let elements) = json {
            var values: [String] = []
            for element in elements {
                guard let value = Self.plain(element.value) else { return nil }
                values.append(value)
            }
            self = .many(values)
        } else {
            guard let value = Self.plain(json) else { return nil }
            self = .one(value)
        }
    }

    private static func plain(_ json: JSONValue) -> String? {
        switch json {
        case .string(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        case .null, .array, .object: nil
        }
    }
}
