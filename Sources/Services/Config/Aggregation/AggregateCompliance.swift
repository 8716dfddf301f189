import AWSConfigAPI
import Ledger
import Platform
import Posture
import Wire

// What rules and conformance packs say in the places that an aggregator may read.

extension Aggregator {
    /// The places of an account and a Region; nil: of all.
    fileprivate func places(_ account: String?, _ region: String?, _ environment: Environment) -> [Scope] {
        places(environment).filter { (account ?? $0.account) == $0.account && (region ?? $0.region) == $0.region }
            .sorted { ($0.account, $0.region) < ($1.account, $1.region) }
    }
}

extension RecordReading {
    /// The rules of some places in their order, from a marker on, until there are enough.
    fileprivate func eachRule(
        in places: [Scope], after: String?, _ body: (Scope, Self, StoredRule) throws(ServiceError) -> Bool
    ) throws(ServiceError) -> String? {
        let start =
            after?.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false).map { String($0) } ?? []
        for place in places {
            let isFirst = start.count == 3 && start[0] == place.account && start[1] == place.region
            if start.count == 3, !isFirst, (place.account, place.region) < (start[0], start[1]) { continue }
            let own = of(place)
            var last = isFirst ? start[2] : nil
            while true {
                let rules = try own.list(StoredRule.self, after: last, limit: 100)
                for rule in rules where try !body(place, own, rule) {
                    return Paging.marker(after: "\(place.account)\n\(place.region)\n\(rule.name)")
                }
                guard rules.count == 100 else { break }
                last = rules.last?.id
            }
        }
        return nil
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeAggregateComplianceByConfigRules.html>
extension AWSConfig.DescribeAggregateComplianceByConfigRules: ReadOperation, OnAggregator {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let aggregator = try records.aggregator(input.configurationAggregatorName)
        let filters = input.filters
        let paging = try ConfigPage.paging(input.nextToken, input.limit, usual: 1000, most: 1000)
        var found: [AWSConfig.AggregateComplianceByConfigRule] = []
        let places = aggregator.places(filters?.accountId, filters?.awsRegion, call.environment)
        let next = try records.eachRule(in: places, after: paging.after) {
            (place, own, rule) throws(ServiceError) in
            if let name = filters?.configRuleName, name != rule.name { return true }
            let compliance = try own.compliance(of: rule.name)
            if let type = filters?.complianceType, type != compliance.rawValue { return true }
            let count = try own.sum(Compliance.nonCompliant.rawValue, RuleResult.self, of: rule.name)
            found.append(
                AWSConfig.AggregateComplianceByConfigRule {
                    $0.configRuleName = rule.name
                    $0.accountId = place.account
                    $0.awsRegion = place.region
                    $0.compliance = AWSConfig.Compliance {
                        $0.complianceType = compliance.rawValue
                        if compliance == .nonCompliant { $0.complianceContributorCount = .of(count, most: 25) }
                    }
                })
            return found.count < paging.limit
        }
        let rules = found
        return Output {
            $0.aggregateComplianceByConfigRules = rules
            $0.nextToken = next
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetAggregateComplianceDetailsByConfigRule.html>
extension AWSConfig.GetAggregateComplianceDetailsByConfigRule: ReadOperation, OnAggregator {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let aggregator = try records.aggregator(input.configurationAggregatorName)
        let places = aggregator.places(input.accountId, input.awsRegion, call.environment)
        guard let place = places.first else { return Output { $0.aggregateEvaluationResults = [] } }
        let page = try records.of(place).results(
            of: input.configRuleName, try wanted(input.complianceType.map { [$0] }),
            try ConfigPage.paging(input.nextToken, input.limit, usual: 50))
        return Output {
            $0.aggregateEvaluationResults = page.items.map { result in
                AWSConfig.AggregateEvaluationResult {
                    $0.evaluationResultIdentifier = result.view.evaluationResultIdentifier
                    $0.complianceType = result.compliance.rawValue
                    $0.resultRecordedTime = Timestamp(secondsSinceEpoch: result.recorded)
                    $0.configRuleInvokedTime = Timestamp(secondsSinceEpoch: result.invoked)
                    $0.annotation = result.annotation
                    $0.accountId = place.account
                    $0.awsRegion = place.region
                }
            }
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetAggregateConfigRuleComplianceSummary.html>
extension AWSConfig.GetAggregateConfigRuleComplianceSummary: ReadOperation, OnAggregator {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let aggregator = try records.aggregator(input.configurationAggregatorName)
        let places = aggregator.places(input.filters?.accountId, input.filters?.awsRegion, call.environment)
        var groups: [String: (good: Int, bad: Int)] = [:]
        _ = try records.eachRule(in: places, after: nil) { (place, own, rule) throws(ServiceError) in
            let name = input.groupByKey == "AWS_REGION" ? place.region : place.account
            switch try own.compliance(of: rule.name) {
            case .compliant: groups[name, default: (0, 0)].good += 1
            case .nonCompliant: groups[name, default: (0, 0)].bad += 1
            default: groups[name, default: (0, 0)].good += 0
            }
            return true
        }
        let page = page(
            groups.map { (name: $0.key, count: $0.value) }, by: \.name,
            try ConfigPage.paging(input.nextToken, input.limit, usual: 1000, most: 1000))
        return Output {
            $0.groupByKey = input.groupByKey
            $0.aggregateComplianceCounts = page.items.map { group in
                AWSConfig.AggregateComplianceCount {
                    $0.groupName = group.name
                    $0.complianceSummary = .of(group.count.good, group.count.bad, most: 10_000, call)
                }
            }
            $0.nextToken = page.marker
        }
    }
}

/// What a conformance pack comes to in a place.
private struct PlacedPack {
    let place: Scope
    let name: String
    var good = 0
    var bad = 0
    var all = 0

    var id: String { "\(place.account)\n\(place.region)\n\(name)" }
    var compliance: Compliance { bad > 0 ? .nonCompliant : good > 0 ? .compliant : .insufficientData }
}

extension Records {
    fileprivate func packs(
        of aggregator: Aggregator, _ account: String?, _ region: String?, _ environment: Environment
    ) throws(ServiceError) -> [PlacedPack] {
        var found: [PlacedPack] = []
        for place in aggregator.places(account, region, environment) {
            let own = of(place)
            for pack in try own.list(StoredPack.self) {
                var placed = PlacedPack(place: place, name: pack.name)
                for (_, compliance) in try own.compliances(of: pack) {
                    placed.all += 1
                    if compliance == .compliant { placed.good += 1 }
                    if compliance == .nonCompliant { placed.bad += 1 }
                }
                found.append(placed)
            }
        }
        return found
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeAggregateComplianceByConformancePacks.html>
extension AWSConfig.DescribeAggregateComplianceByConformancePacks: ReadOperation, OnAggregator {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let aggregator = try records.aggregator(input.configurationAggregatorName)
        let filters = input.filters
        let all = try records.packs(of: aggregator, filters?.accountId, filters?.awsRegion, call.environment).filter {
            (filters?.conformancePackName ?? $0.name) == $0.name
                && (filters?.complianceType ?? $0.compliance.rawValue) == $0.compliance.rawValue
        }
        let page = page(all, by: \.id, try ConfigPage.paging(input.nextToken, input.limit, usual: 100))
        return Output {
            $0.aggregateComplianceByConformancePacks = page.items.map { pack in
                AWSConfig.AggregateComplianceByConformancePack {
                    $0.conformancePackName = pack.name
                    $0.accountId = pack.place.account
                    $0.awsRegion = pack.place.region
                    $0.compliance = AWSConfig.AggregateConformancePackCompliance {
                        $0.complianceType = pack.compliance.rawValue
                        $0.compliantRuleCount = pack.good
                        $0.nonCompliantRuleCount = pack.bad
                        $0.totalRuleCount = pack.all
                    }
                }
            }
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetAggregateConformancePackComplianceSummary.html>
extension AWSConfig.GetAggregateConformancePackComplianceSummary: ReadOperation, OnAggregator {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let aggregator = try records.aggregator(input.configurationAggregatorName)
        let filters = input.filters
        var groups: [String: (good: Int, bad: Int)] = [:]
        for pack in try records.packs(of: aggregator, filters?.accountId, filters?.awsRegion, call.environment) {
            let name = input.groupByKey == "AWS_REGION" ? pack.place.region : pack.place.account
            groups[name, default: (0, 0)].good += pack.compliance == .compliant ? 1 : 0
            groups[name, default: (0, 0)].bad += pack.compliance == .nonCompliant ? 1 : 0
        }
        let page = page(
            groups.map { (name: $0.key, count: $0.value) }, by: \.name,
            try ConfigPage.paging(input.nextToken, input.limit, usual: 100))
        return Output {
            $0.groupByKey = input.groupByKey
            $0.aggregateConformancePackComplianceSummaries = page.items.map { group in
                AWSConfig.AggregateConformancePackComplianceSummary {
                    $0.groupName = group.name
                    $0.complianceSummary = AWSConfig.AggregateConformancePackComplianceCount {
                        $0.compliantConformancePackCount = group.count.good
                        $0.nonCompliantConformancePackCount = group.count.bad
                    }
                }
            }
            $0.nextToken = page.marker
        }
    }
}
