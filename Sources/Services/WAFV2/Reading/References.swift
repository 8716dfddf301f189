import Ledger
import Platform
import WAF
import WAFV2API
import Wire

/// What rules refer to: whether it is there, and how much capacity it takes.
struct RuleReferences {
    /// The ARNs of IP sets, regex pattern sets and rule groups.
    private(set) var arns: [String] = []
    /// How much the rules take.
    private(set) var capacity = 0

    /// - Parameters:
    ///   - scope: of the web ACL or rule group that has the rules.
    ///   - isInGroup: whether it is a rule group, which may have fewer rates.
    /// - Throws: WAFNonexistentItemException for what is not there; WAFInvalidParameterException for a reference to something
    ///   else; WAFLimitsExceededException for too many.
    init(
        of rules: [WAF.Rule], in scope: WAFScope, isInGroup: Bool = false, _ records: some RecordReading
    ) throws(ServiceError) {
        var (references, rates) = (0, 0)
        for statement in rules.flatMap(\.statement.all) {
            switch statement {
            case .ipSet(let arn, _): try add(arn, StoredIPSet.self, scope, records)
            case .match(let match):
                guard case .regexSet(let arn) = match.criterion else { continue }
                try add(arn, StoredRegexSet.self, scope, records)
            case .ruleGroup(let group): try add(group.arn, StoredRuleGroup.self, scope, records)
            case .rateBased:
                rates += 1
                continue
            case .managedRuleGroup: break
            default: continue
            }
            references += 1
        }
        let mostRates = isInGroup ? Self.mostRatesInGroup : Self.mostRates
        guard references <= Self.mostReferences, rates <= mostRates else { throw .limitsExceeded }
        capacity = try Capacity.of(rules) { (statement) throws(ServiceError) in
            switch statement {
            case .ruleGroup(let group): try records.resource(StoredRuleGroup.self, arn: group.arn).capacity
            case .managedRuleGroup(let group):
                try ManagedRuleGroup.named(group.vendor, group.name, group.version).capacity
            default: 0
            }
        }
    }

    /// <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
    private static let mostReferences = 50
    private static let mostRates = 10
    private static let mostRatesInGroup = 4

    private mutating func add<R: WAFResource>(
        _ arn: String, _ type: R.Type, _ scope: WAFScope, _ records: some RecordReading
    ) throws(ServiceError) {
        guard let name = WAFName(arn: arn) else { throw .invalid(.resourceArn, arn, .arn) }
        guard name.type == R.type, name.scope == scope, name.region == records.scope.region else {
            throw .invalid(.rule, "Statement", .reference)
        }
        _ = try records.resource(type, arn: arn)
        arns.append(arn)
    }

    /// The ARNs that rules of a request name, for the policies to be asked about: nothing is looked up.
    static func named(in rules: [WAFV2.Rule]?) -> [String] {
        var found: [String] = []
        func look(_ statement: WAFV2.Statement, _ depth: Int) {
            guard depth < 64 else { return }
            if let arn = statement.ipSetReferenceStatement?.arn { found.append(arn) }
            if let arn = statement.regexPatternSetReferenceStatement?.arn { found.append(arn) }
            if let arn = statement.ruleGroupReferenceStatement?.arn { found.append(arn) }
            for part in statement.andStatement?.statements ?? [] { look(part, depth + 1) }
            for part in statement.orStatement?.statements ?? [] { look(part, depth + 1) }
            if let part = statement.notStatement?.statement { look(part, depth + 1) }
            if let part = statement.rateBasedStatement?.scopeDownStatement { look(part, depth + 1) }
            if let part = statement.managedRuleGroupStatement?.scopeDownStatement { look(part, depth + 1) }
        }
        for rule in rules ?? [] { look(rule.statement, 0) }
        return Set(found.filter { WAFName(arn: $0) != nil }).sorted()
    }
}
