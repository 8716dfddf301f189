import WAF
import WAFV2API
import Wire

/// Rules of requests and records, as the engine has them.
/// - Throws: WAFInvalidParameterException, with what is wrong and where.
struct RuleReading {
    /// Whether the rules are a rule group's: then they can't refer to other groups.
    let isInGroup: Bool
    /// The bodies that custom responses may name.
    let bodies: [String: WAF.ResponseBody]
    /// Whether those are known: where capacity alone is asked for, they are not.
    var knowsBodies = true

    func rules(_ views: [WAFV2.Rule]) throws(ServiceError) -> [WAF.Rule] {
        var rules: [WAF.Rule] = []
        var (names, priorities): (Set<String>, Set<Int>) = ([], [])
        for view in views {
            guard names.insert(view.name).inserted else { throw .invalid(.rule, view.name, .duplicate) }
            guard priorities.insert(view.priority).inserted else {
                throw .invalid(.rule, String(view.priority), .duplicate)
            }
            rules.append(try rule(view))
        }
        return rules
    }

    private func rule(_ view: WAFV2.Rule) throws(ServiceError) -> WAF.Rule {
        let statement = try StatementReading(isInGroup: isInGroup, actions: self).topLevel(view.statement)
        let effect: WAF.Rule.Effect
        switch statement {
        case .ruleGroup, .managedRuleGroup:
            guard view.action == nil, let override = view.overrideAction else {
                throw .invalid(.rule, "Statement", .reference)
            }
            guard (override.count == nil) != (override.none == nil) else {
                throw .invalid(.overrideAction, "OverrideAction", .exactlyOne)
            }
            effect = .group(counts: override.count != nil)
        default:
            guard view.overrideAction == nil, let action = view.action else {
                throw .invalid(.ruleAction, "RuleAction", .exactlyOne)
            }
            effect = .action(try self.action(action))
        }
        return WAF.Rule(
            name: view.name, priority: view.priority, statement: statement, effect: effect,
            labels: try (view.ruleLabels ?? []).map { (label) throws(ServiceError) in try checked(label.name) },
            captchaImmunity: view.captchaConfig?.immunityTimeProperty?.immunityTime,
            challengeImmunity: view.challengeConfig?.immunityTimeProperty?.immunityTime)
    }

    /// Words that no part of a label may be.
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-label-requirements.html>
    private static let reserved: Set<Substring> = [
        "awswaf", "aws", "waf", "rulegroup", "webacl", "regexpatternset", "ipset", "managed",
    ]

    private func checked(_ label: String) throws(ServiceError) -> String {
        let parts = label.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ (1...128).contains($0.utf8.count) && !Self.reserved.contains($0) }) else {
            throw .invalid(.rule, label, .format)
        }
        return label
    }

    // MARK: Actions

    func action(_ view: WAFV2.RuleAction) throws(ServiceError) -> WAF.RuleAction {
        var actions: [WAF.RuleAction] = []
        if let allow = view.allow { actions.append(.allow(inserting: try headers(allow.customRequestHandling))) }
        if let block = view.block { actions.append(.block(try response(block.customResponse))) }
        if let count = view.count { actions.append(.count(inserting: try headers(count.customRequestHandling))) }
        if let captcha = view.captcha {
            actions.append(.captcha(inserting: try headers(captcha.customRequestHandling)))
        }
        if let challenge = view.challenge {
            actions.append(.challenge(inserting: try headers(challenge.customRequestHandling)))
        }
        guard let action = actions.first, actions.count == 1 else {
            throw .invalid(.ruleAction, "RuleAction", .exactlyOne)
        }
        return action
    }

    func defaultAction(_ view: WAFV2.DefaultAction) throws(ServiceError) -> WAF.DefaultAction {
        switch (view.allow, view.block) {
        case (let allow?, nil): .allow(inserting: try headers(allow.customRequestHandling))
        case (nil, let block?): .block(try response(block.customResponse))
        default: throw .invalid(.defaultAction, "DefaultAction", .exactlyOne)
        }
    }

    /// <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
    private static let mostHeaders = 10

    private func headers(_ view: WAFV2.CustomRequestHandling?) throws(ServiceError) -> [WAF.InsertedHeader] {
        let headers = view?.insertHeaders ?? []
        try check(headers, .customRequestHandling)
        return headers.map { WAF.InsertedHeader(name: $0.name, value: $0.value) }
    }

    private func response(_ view: WAFV2.CustomResponse?) throws(ServiceError) -> WAF.CustomResponse? {
        guard let view else { return nil }
        if let key = view.customResponseBodyKey, knowsBodies, bodies[key] == nil {
            throw .invalid(.customResponseBody, key, .reference)
        }
        let headers = view.responseHeaders ?? []
        try check(headers, .customResponse)
        return WAF.CustomResponse(
            status: view.responseCode, bodyKey: view.customResponseBodyKey,
            headers: headers.map { WAF.CustomResponse.Header(name: $0.name, value: $0.value) })
    }

    private func check(_ headers: [WAFV2.CustomHTTPHeader], _ field: InvalidField) throws(ServiceError) {
        guard headers.count <= Self.mostHeaders else { throw .invalid(field, "Headers", .limit) }
        var names: Set<String> = []
        for header in headers {
            guard names.insert(header.name.lowercased()).inserted else {
                throw .invalid(field, header.name, .duplicate)
            }
            guard header.name.lowercased() != "content-type" else { throw .invalid(field, header.name, .format) }
            guard header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw .invalid(field, header.name, .format)
            }
        }
    }
}

/// The bodies of custom responses.
enum ResponseBodyReading {
    /// Bytes, of all together.
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
    private static let mostBytes = 51_200

    static func bodies(
        _ views: [String: WAFV2.CustomResponseBody]?
    ) throws(ServiceError) -> [String: WAF.ResponseBody] {
        var bodies: [String: WAF.ResponseBody] = [:]
        for (key, view) in views ?? [:] {
            guard let type = WAF.ResponseBody.ContentType(rawValue: view.contentType) else {
                throw .invalid(.customResponseBody, key, .format)
            }
            bodies[key] = WAF.ResponseBody(contentType: type, content: view.content)
        }
        guard bodies.values.reduce(0, { $0 + $1.content.utf8.count }) <= mostBytes else { throw .limitsExceeded }
        return bodies
    }
}
