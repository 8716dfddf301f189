/// A condition operator, taken apart: "ForAllValues:StringNotEqualsIfExists".
///
/// AWS: `reference_policies_elements_condition_operators.html`.
struct OperatorName {
    enum Qualifier { case forAllValues, forAnyValue }

    /// What kind of values is compared.
    enum Family: String {
        case string = "String"
        case numeric = "Numeric"
        case date = "Date"
        case bool = "Bool"
        case binary = "Binary"
        case ipAddress = "IpAddress"
        case arn = "Arn"
        case null = "Null"
    }

    let qualifier: Qualifier?
    /// Without qualifier and suffix: "StringNotEquals".
    let base: String
    let family: Family
    let ifExists: Bool

    var isNegated: Bool { base.contains("Not") }
    var isLike: Bool { base.hasSuffix("Like") }

    /// nil for a name that is no operator. `NullIfExists` is taken, so that it can be told from nonsense.
    init?(_ name: String) {
        var rest = name[...]
        if rest.hasPrefix("ForAllValues:") {
            qualifier = .forAllValues
        } else if rest.hasPrefix("ForAnyValue:") {
            qualifier = .forAnyValue
        } else {
            qualifier = nil
        }
        if qualifier != nil, let colon = rest.firstIndex(of: ":") { rest = rest[rest.index(after: colon)...] }
        ifExists = rest.hasSuffix("IfExists")
        if ifExists { rest = rest.dropLast("IfExists".count) }
        guard let family = Self.family(of: rest) else { return nil }
        self.family = family
        base = String(rest)
    }

    /// All operators without qualifier and suffix.
    static let names =
        """
        StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike \
        NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan \
        NumericGreaterThanEquals DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan \
        DateGreaterThanEquals Bool BinaryEquals IpAddress NotIpAddress ArnEquals ArnNotEquals ArnLike ArnNotLike Null
        """
        .split(separator: " ").map(String.init)

    private static func family(of name: Substring) -> Family? {
        guard names.contains(String(name)) else { return nil }
        if name == "NotIpAddress" { return .ipAddress }
        let families: [Family] = [.string, .numeric, .date, .bool, .binary, .ipAddress, .arn, .null]
        return families.first { name.hasPrefix($0.rawValue) }
    }
}
