// Rules are numbered as in Documentation/PolicyRules.md.

/// A condition operator, taken apart: "ForAllValues:StringNotEqualsIfExists".
///
/// AWS: `reference_policies_elements_condition_operators.html`.
package struct ConditionOperator: BitwiseCopyable, Sendable, Hashable {
    /// How the values of a multivalued key are combined (`reference_policies_condition-single-vs-multi-valued-…`).
    package enum Quantifier: BitwiseCopyable, Sendable, Hashable {
        case none
        case forAllValues
        case forAnyValue
    }

    /// What is compared, and how. The negated operators are these with `isNegated`.
    package enum Comparison: BitwiseCopyable, Sendable, Hashable {
        case stringEquals
        case stringEqualsIgnoreCase
        case stringLike
        case numeric(Order)
        case date(Order)
        case bool
        case binaryEquals
        case ipAddress
        case arnLike
        case null
    }

    package enum Order: BitwiseCopyable, Sendable, Hashable {
        case equal
        case less
        case lessOrEqual
        case greater
        case greaterOrEqual

        /// Whether `found`, the request's value, is in this order to `wanted`, the policy's.
        package func holds<Value: Comparable>(_ found: Value, _ wanted: Value) -> Bool {
            switch self {
            case .equal: found == wanted
            case .less: found < wanted
            case .lessOrEqual: found <= wanted
            case .greater: found > wanted
            case .greaterOrEqual: found >= wanted
            }
        }
    }

    package let quantifier: Quantifier
    package let comparison: Comparison
    package let isNegated: Bool
    package let ifExists: Bool

    /// nil for a name that is no operator, among them "NullIfExists" (rule 34).
    package init?(_ name: String) {
        var rest = Substring(name)
        if rest.hasPrefix("ForAllValues:") {
            quantifier = .forAllValues
            rest = rest.dropFirst("ForAllValues:".count)
        } else if rest.hasPrefix("ForAnyValue:") {
            quantifier = .forAnyValue
            rest = rest.dropFirst("ForAnyValue:".count)
        } else {
            quantifier = .none
        }
        ifExists = rest.hasSuffix("IfExists")
        if ifExists { rest = rest.dropLast("IfExists".count) }
        guard let (comparison, isNegated) = Self.comparison(rest) else { return nil }
        if comparison == .null, ifExists { return nil }
        self.comparison = comparison
        self.isNegated = isNegated
    }

    private static func comparison(_ name: Substring) -> (Comparison, isNegated: Bool)? {
        switch name {
        case "StringEquals": (.stringEquals, false)
        case "StringNotEquals": (.stringEquals, true)
        case "StringEqualsIgnoreCase": (.stringEqualsIgnoreCase, false)
        case "StringNotEqualsIgnoreCase": (.stringEqualsIgnoreCase, true)
        case "StringLike": (.stringLike, false)
        case "StringNotLike": (.stringLike, true)
        case "NumericEquals": (.numeric(.equal), false)
        case "NumericNotEquals": (.numeric(.equal), true)
        case "NumericLessThan": (.numeric(.less), false)
        case "NumericLessThanEquals": (.numeric(.lessOrEqual), false)
        case "NumericGreaterThan": (.numeric(.greater), false)
        case "NumericGreaterThanEquals": (.numeric(.greaterOrEqual), false)
        case "DateEquals": (.date(.equal), false)
        case "DateNotEquals": (.date(.equal), true)
        case "DateLessThan": (.date(.less), false)
        case "DateLessThanEquals": (.date(.lessOrEqual), false)
        case "DateGreaterThan": (.date(.greater), false)
        case "DateGreaterThanEquals": (.date(.greaterOrEqual), false)
        case "Bool": (.bool, false)
        case "BinaryEquals": (.binaryEquals, false)
        case "IpAddress": (.ipAddress, false)
        case "NotIpAddress": (.ipAddress, true)
        case "ArnEquals", "ArnLike": (.arnLike, false)
        case "ArnNotEquals", "ArnNotLike": (.arnLike, true)
        case "Null": (.null, false)
        default: nil
        }
    }
}
