import Ledger
import Platform
import WAF
import WAFV2API
import Wire

// What web ACLs have seen.

/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_GetSampledRequests.html>
extension WAFV2.GetSampledRequests: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let name = WAFName(arn: input.webAclArn), name.type == StoredWebACL.type else {
            throw .invalid(.resourceArn, input.webAclArn, .arn)
        }
        return .required(call.wafAccess(name.arn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let acl = try records.resource(StoredWebACL.self, arn: input.webAclArn)
        guard acl.fullName.place == records.scope, acl.head.scope == (try WAFScope(input.scope, region: call.region))
        else { throw .nonexistentItem }
        try checkHas(input.ruleMetricName, acl, records)
        let window = input.timeWindow
        guard window.startTime.secondsSinceEpoch <= window.endTime.secondsSinceEpoch else {
            throw .invalid(.webACL, "TimeWindow", .time)
        }
        // What is older is gone; AWS moves the beginning as well.
        let start = max(window.startTime.secondsSinceEpoch, call.time - WebTraffic.longest)
        let end = max(start, window.endTime.secondsSinceEpoch)
        let (samples, population) = call.environment.projection(WebTraffic.self).samples(
            WebTraffic.Key(webACL: acl.arn, metric: input.ruleMetricName), from: start, to: end, limit: input.maxItems)
        return Output {
            $0.sampledRequests = samples.map { sample in
                WAFV2.SampledHTTPRequest(sample, weight: max(1, population / max(1, samples.count)))
            }
            $0.populationSize = population
            $0.timeWindow = WAFV2.TimeWindow {
                $0.startTime = Timestamp(secondsSinceEpoch: start)
                $0.endTime = Timestamp(secondsSinceEpoch: end)
            }
        }
    }

    /// - Throws: WAFNonexistentItemException for a metric that neither the web ACL nor a rule of it has.
    private static func checkHas(_ metric: String, _ acl: StoredWebACL, _ records: Records) throws(ServiceError) {
        let view = try acl.view()
        var metrics = [view.visibilityConfig.metricName] + (view.rules ?? []).map(\.visibilityConfig.metricName)
        for rule in view.rules ?? [] {
            guard let arn = rule.statement.ruleGroupReferenceStatement?.arn else { continue }
            let group = try records.resource(StoredRuleGroup.self, arn: arn).view()
            metrics += (group.rules ?? []).map(\.visibilityConfig.metricName)
        }
        guard metrics.contains(metric) || metric == "Default_Action" else { throw .nonexistentItem }
    }
}

/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_GetRateBasedStatementManagedKeys.html>
extension WAFV2.GetRateBasedStatementManagedKeys: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.wafAccess(
                try call.wafName(
                    StoredWebACL.type, scope: input.scope, name: input.webACLName, id: input.webACLId
                ).arn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let acl = try records.resource(
            StoredWebACL.self, name: input.webACLName, scope: input.scope, id: input.webACLId)
        let rules = try acl.acl().rules
        let statement: WAF.RateBasedStatement
        let identity: String
        if let inner = input.ruleGroupRuleName {
            guard case .ruleGroup(let reference)? = rules.first(where: { $0.name == input.ruleName })?.statement else {
                throw .nonexistentItem
            }
            let group = try records.resource(StoredRuleGroup.self, arn: reference.arn).group()
            statement = try rate(group.rules, inner)
            identity = statement.identity(acl: acl.arn, group: input.ruleName, rule: inner)
        } else {
            statement = try rate(rules, input.ruleName)
            identity = statement.identity(acl: acl.arn, rule: input.ruleName)
        }
        switch statement.aggregation {
        case .address, .forwardedAddress: break
        default:
            throw WAFV2.Failure.wafUnsupportedAggregateKeyTypeException(
                "The rule that you've named doesn't aggregate solely on the IP address or solely on the forwarded IP address."
            )
        }
        let limited = call.environment.projection(WebTraffic.self).rates.limited(identity, at: call.time)
            .map { String(decoding: $0, as: UTF8.self) }.sorted()
        func set(_ version: String) -> WAFV2.RateBasedStatementManagedKeysIPSet {
            WAFV2.RateBasedStatementManagedKeysIPSet {
                $0.ipAddressVersion = version
                $0.addresses = limited.filter { $0.contains(":") == (version == "IPV6") }
                    .map { $0 + (version == "IPV6" ? "/128" : "/32") }
            }
        }
        return Output(managedKeysIPV4: set("IPV4"), managedKeysIPV6: set("IPV6"))
    }

    private static func rate(_ rules: [WAF.Rule], _ name: String) throws(ServiceError) -> WAF.RateBasedStatement {
        guard case .rateBased(let statement)? = rules.first(where: { $0.name == name })?.statement else {
            throw .nonexistentItem
        }
        return statement
    }
}

extension WAFV2.SampledHTTPRequest {
    init(_ sample: WebTraffic.Sample, weight: Int) {
        self.init {
            $0.request = WAFV2.HTTPRequest {
                $0.clientIP = sample.address
                $0.country = sample.country ?? "-"
                $0.uri = sample.uri
                $0.method = sample.method
                $0.httpVersion = sample.version
                $0.headers = sample.headers.map { WAFV2.HTTPHeader($0) }
            }
            $0.weight = weight
            $0.timestamp = Timestamp(secondsSinceEpoch: sample.time)
            $0.action = sample.action
            $0.ruleNameWithinRuleGroup = sample.ruleInGroup
            $0.overriddenAction = sample.overridden
            $0.responseCodeSent = sample.status
            if !sample.labels.isEmpty {
                $0.labels = sample.labels.map { name in WAFV2.Label { $0.name = name } }
            }
            if !sample.inserted.isEmpty { $0.requestHeadersInserted = sample.inserted.map { WAFV2.HTTPHeader($0) } }
        }
    }
}

extension WAFV2.HTTPHeader {
    fileprivate init(_ header: (name: String, value: String)) {
        self.init {
            $0.name = header.name
            $0.value = header.value
        }
    }
}
