import WAF
import WAFV2API
import Wire

/// Statements of requests and records, as the engine has them.
/// - Throws: WAFInvalidParameterException, with what is wrong and where.
struct StatementReading {
    /// Whether the rule is a rule group's: then it can't refer to other groups.
    let isInGroup: Bool
    let actions: RuleReading

    /// How deep statements may be nested: no list of AWS's says so, but no request is to exhaust the stack.
    private static let mostDepth = 32

    /// The statement of a rule itself: some are found nowhere else.
    func topLevel(_ view: WAFV2.Statement) throws(ServiceError) -> WAF.Statement {
        try checkIsOne(view)
        if let rate = view.rateBasedStatement { return .rateBased(try self.rate(rate)) }
        if let group = view.ruleGroupReferenceStatement {
            guard !isInGroup else { throw .invalid(.rule, "Statement", .reference) }
            return .ruleGroup(
                WAF.RuleGroupStatement(
                    arn: group.arn, overrides: try overrides(group.ruleActionOverrides),
                    excluded: Set((group.excludedRules ?? []).map(\.name))))
        }
        if let group = view.managedRuleGroupStatement {
            guard !isInGroup else { throw .invalid(.rule, "Statement", .reference) }
            return .managedRuleGroup(
                WAF.ManagedRuleGroupStatement(
                    vendor: group.vendorName, name: group.name, version: group.version,
                    scopeDown: try group.scopeDownStatement.map { (part) throws(ServiceError) in
                        try nested(part, 1)
                    }, overrides: try overrides(group.ruleActionOverrides),
                    excluded: Set((group.excludedRules ?? []).map(\.name)),
                    fraud: try ManagedGroupReading.fraud(group)))
        }
        return try nested(view, 0)
    }

    private func overrides(
        _ views: [WAFV2.RuleActionOverride]?
    ) throws(ServiceError) -> [String: WAF.RuleAction] {
        var overrides: [String: WAF.RuleAction] = [:]
        for view in views ?? [] {
            guard overrides.updateValue(try actions.action(view.actionToUse), forKey: view.name) == nil else {
                throw .invalid(.rule, view.name, .duplicate)
            }
        }
        return overrides
    }

    private func checkIsOne(_ view: WAFV2.Statement) throws(ServiceError) {
        let count = view.structure.shape.members.count { view.structure[$0.name] != nil }
        guard count == 1 else { throw .invalid(.statement, "Statement", .exactlyOne) }
    }

    /// A statement within another, or one that could be.
    private func nested(_ view: WAFV2.Statement, _ depth: Int) throws(ServiceError) -> WAF.Statement {
        guard depth < Self.mostDepth else { throw .invalid(.statement, "Statement", .limit) }
        try checkIsOne(view)
        if let and = view.andStatement {
            return .and(try list(and.statements, .andStatement, "AndStatement", depth))
        }
        if let or = view.orStatement { return .or(try list(or.statements, .orStatement, "OrStatement", depth)) }
        if let not = view.notStatement { return .not(try nested(not.statement, depth + 1)) }
        if let geo = view.geoMatchStatement {
            guard let countries = geo.countryCodes, !countries.isEmpty else {
                throw .invalid(.geoMatchStatement, "CountryCodes", .missing)
            }
            return .geo(countries: countries, forwarded: forwarded(geo.forwardedIPConfig))
        }
        if let asn = view.asnMatchStatement {
            return .asn(asn.asnList, forwarded: forwarded(asn.forwardedIPConfig))
        }
        if let set = view.ipSetReferenceStatement {
            let config = set.ipSetForwardedIPConfig
            return .ipSet(
                arn: set.arn,
                forwarded: config.map {
                    WAF.ForwardedAddress(
                        header: $0.headerName, fallback: WAF.Fallback(rawValue: $0.fallbackBehavior) ?? .noMatch,
                        position: WAF.ForwardedAddress.Position(rawValue: $0.position) ?? .first)
                })
        }
        if let label = view.labelMatchStatement {
            guard let scope = WAF.LabelMatch.Scope(rawValue: label.scope) else {
                throw .invalid(.labelMatchStatement, label.scope, .format)
            }
            return .label(WAF.LabelMatch(scope, label.key))
        }
        if let match = try MatchReading.match(view) { return .match(match) }
        throw .invalid(.statement, "Statement", .nesting)
    }

    private func list(
        _ views: [WAFV2.Statement], _ field: InvalidField, _ name: String, _ depth: Int
    ) throws(ServiceError) -> [WAF.Statement] {
        guard views.count >= 2 else { throw .invalid(field, name, .minimum) }
        return try views.map { (view) throws(ServiceError) in try nested(view, depth + 1) }
    }

    private func forwarded(_ view: WAFV2.ForwardedIPConfig?) -> WAF.ForwardedAddress? {
        view.map {
            WAF.ForwardedAddress(
                header: $0.headerName, fallback: WAF.Fallback(rawValue: $0.fallbackBehavior) ?? .noMatch)
        }
    }

    // MARK: Rates

    private func rate(_ view: WAFV2.RateBasedStatement) throws(ServiceError) -> WAF.RateBasedStatement {
        let window = view.evaluationWindowSec ?? WAF.RateBasedStatement.usualWindow
        guard WAF.RateBasedStatement.windows.contains(window) else {
            throw .invalid(.rateBasedStatement, String(window), .format)
        }
        let scopeDown = try view.scopeDownStatement.map { (part) throws(ServiceError) in try nested(part, 1) }
        let aggregation: WAF.RateBasedStatement.Aggregation
        let config = forwarded(view.forwardedIPConfig)
        switch view.aggregateKeyType {
        case "IP": aggregation = .address
        case "FORWARDED_IP":
            guard let config else { throw .invalid(.forwardedIPConfig, "ForwardedIPConfig", .missing) }
            aggregation = .forwardedAddress(config)
        case "CONSTANT":
            guard scopeDown != nil else { throw .invalid(.scopeDown, "ScopeDownStatement", .missing) }
            aggregation = .constant
        default:
            let keys = try (view.customKeys ?? []).map { (key) throws(ServiceError) in try self.key(key) }
            guard !keys.isEmpty else { throw .invalid(.customKeys, "CustomKeys", .missing) }
            // An address alone is an aggregation of its own.
            if keys == [.address] || keys == [.forwardedAddress] {
                throw .invalid(.customKeys, "CustomKeys", .minimum)
            }
            if keys.contains(.forwardedAddress), config == nil {
                throw .invalid(.forwardedIPConfig, "ForwardedIPConfig", .missing)
            }
            aggregation = .keys(keys)
        }
        if view.aggregateKeyType != "CUSTOM_KEYS", view.customKeys?.isEmpty == false {
            throw .invalid(.customKeys, "CustomKeys", .exactlyOne)
        }
        return WAF.RateBasedStatement(
            limit: view.limit, window: window, aggregation: aggregation, scopeDown: scopeDown, forwarded: config)
    }

    private func key(
        _ view: WAFV2.RateBasedStatementCustomKey
    ) throws(ServiceError) -> WAF.RateBasedStatement.Key {
        let count = view.structure.shape.members.count { view.structure[$0.name] != nil }
        guard count == 1 else { throw .invalid(.customKeys, "CustomKey", .exactlyOne) }
        if let key = view.header {
            return .header(key.name, try MatchReading.transformations(key.textTransformations))
        }
        if let key = view.cookie {
            return .cookie(key.name, try MatchReading.transformations(key.textTransformations))
        }
        if let key = view.queryArgument {
            return .queryArgument(key.name, try MatchReading.transformations(key.textTransformations))
        }
        if let key = view.queryString {
            return .queryString(try MatchReading.transformations(key.textTransformations))
        }
        if let key = view.uriPath { return .uriPath(try MatchReading.transformations(key.textTransformations)) }
        if let key = view.labelNamespace { return .labelNamespace(key.namespace) }
        if let key = view.ja3Fingerprint { return .ja3(WAF.Fallback(rawValue: key.fallbackBehavior) ?? .noMatch) }
        if let key = view.ja4Fingerprint { return .ja4(WAF.Fallback(rawValue: key.fallbackBehavior) ?? .noMatch) }
        if view.httpMethod != nil { return .method }
        if view.forwardedIP != nil { return .forwardedAddress }
        if view.asn != nil { return .asn }
        return .address
    }
}
