/// How many capacity units (WCU) rules take.
///
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html>, and the page of each statement. A
/// transformation that several statements apply to the same part of a request is counted once, as AWS says that it may be.
///
/// ```swift
/// let capacity = Capacity.of([rule]) { _ in 0 }
/// ```
public enum Capacity {
    /// The cost of one transformation.
    static let transformation = 10
    /// What all arguments of the query cost besides.
    static let allQueryArguments = 10
    /// What each part of a rate's own key costs.
    static let rateKey = 30

    /// What a part of a request is after some of its transformations: rules that need it share it.
    private struct Transformed: Hashable {
        let field: String
        let transformations: [TextTransformation]
    }

    /// The sum over rules.
    /// - Parameter groups: the capacity of the rule group that a statement refers to.
    /// - Throws: what `groups` throws.
    public static func of<Failure: Error>(
        _ rules: [Rule], groups: (Statement) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        var seen: Set<Transformed> = []
        var sum = 0
        for rule in rules { sum += try cost(rule.statement, &seen, groups) }
        return sum
    }

    private static func cost<Failure: Error>(
        _ statement: Statement, _ seen: inout Set<Transformed>, _ groups: (Statement) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        switch statement {
        case .match(let match):
            return cost(match) + cost(of: match.transformations, on: "\(match.field)", &seen)
        case .geo, .asn, .label: return 1
        // Managed groups say what they cost.
        case .inspection: return 0
        case .ipSet(_, let forwarded): return forwarded?.position == .any ? 5 : 1
        case .rateBased(let rate):
            var sum = 2
            if case .keys(let keys) = rate.aggregation {
                for key in keys { sum += rateKey + cost(of: key.transformations, on: "\(key)", &seen) }
            }
            if let scopeDown = rate.scopeDown { sum += try cost(scopeDown, &seen, groups) }
            return sum
        case .managedRuleGroup(let group):
            var sum = try groups(statement)
            if let scopeDown = group.scopeDown { sum += try cost(scopeDown, &seen, groups) }
            return sum
        case .ruleGroup: return try groups(statement)
        case .and(let parts), .or(let parts):
            var sum = 0
            for part in parts { sum += try cost(part, &seen, groups) }
            return sum
        case .not(let part): return try cost(part, &seen, groups)
        }
    }

    private static func cost(_ match: FieldMatch) -> Int {
        let base =
            switch match.criterion {
            case .bytes(_, .exactly), .bytes(_, .startsWith), .bytes(_, .endsWith): 2
            case .bytes(_, .contains), .bytes(_, .containsWord): 10
            case .regex: 3
            case .regexSet: 25
            case .size: 1
            case .sqlInjection(.low): 20
            case .sqlInjection(.high): 30
            case .crossSiteScripting: 40
            }
        return switch match.field {
        case .jsonBody: base * 2
        case .allQueryArguments: base + allQueryArguments
        default: base
        }
    }

    private static func cost(
        of transformations: [TextTransformation], on field: String, _ seen: inout Set<Transformed>
    ) -> Int {
        var sum = 0
        var before: [TextTransformation] = []
        for next in transformations where next != .none {
            before.append(next)
            if seen.insert(Transformed(field: field, transformations: before)).inserted { sum += transformation }
        }
        return sum
    }
}
