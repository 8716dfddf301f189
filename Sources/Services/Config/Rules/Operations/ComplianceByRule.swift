import AWSConfigAPI
import Directory
import Ledger
import Platform
import Wire

extension RecordReading {
    /// What a rule says of all that it is about; nil: nothing yet.
    func compliance(of rule: String) throws(ServiceError) -> Compliance {
        if try sum(Compliance.nonCompliant.rawValue, RuleResult.self, of: rule) > 0 { return .nonCompliant }
        if try sum(Compliance.compliant.rawValue, RuleResult.self, of: rule) > 0 { return .compliant }
        return .insufficientData
    }
}

/// The types that a request asks for.
/// - Throws: InvalidParameterValueException for what is none. Nothing is kept of what is not applicable.
func wanted(_ types: [String]?) throws(ServiceError) -> Set<Compliance> {
    let all = try (types ?? []).map { (text) throws(ServiceError) in
        guard let compliance = Compliance(rawValue: text) else {
            throw ServiceError.invalidParameterValue("The ComplianceType \(text) is not valid.")
        }
        return compliance
    }
    return all.isEmpty ? [.compliant, .nonCompliant, .insufficientData] : Set(all)
}

extension AWSConfig.ComplianceContributorCount {
    /// A number, of which no more than a limit is told.
    static func of(_ count: Int, most: Int) -> AWSConfig.ComplianceContributorCount {
        AWSConfig.ComplianceContributorCount {
            $0.cappedCount = Swift.min(count, most)
            $0.capExceeded = count > most
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeComplianceByConfigRule.html>
extension AWSConfig.DescribeComplianceByConfigRule: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let wanted = try wanted(input.complianceTypes)
        let page = try records.rules(input.configRuleNames, try ConfigPage.paging(input.nextToken, nil, usual: 25))
        var found: [AWSConfig.ComplianceByConfigRule] = []
        for rule in page.items {
            let compliance = try records.compliance(of: rule.name)
            guard wanted.contains(compliance) else { continue }
            let count = try records.sum(Compliance.nonCompliant.rawValue, RuleResult.self, of: rule.name)
            found.append(
                AWSConfig.ComplianceByConfigRule {
                    $0.configRuleName = rule.name
                    $0.compliance = AWSConfig.Compliance {
                        $0.complianceType = compliance.rawValue
                        if compliance == .nonCompliant { $0.complianceContributorCount = .of(count, most: 25) }
                    }
                })
        }
        return Output {
            $0.complianceByConfigRules = found
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html>
extension AWSConfig.GetComplianceDetailsByConfigRule: ReadOperation, OnConfigRule {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let rule = try records.rule(input.configRuleName)
        let page = try records.results(
            of: rule.name, try wanted(input.complianceTypes),
            try ConfigPage.paging(input.nextToken, input.limit, usual: 10))
        return Output {
            $0.evaluationResults = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

extension RecordReading {
    /// A page of what a rule has said, in the order of types and ids.
    func results(
        of rule: String, _ wanted: Set<Compliance>, _ paging: Paging
    ) throws(ServiceError) -> Page<RuleResult> {
        var found: [RuleResult] = []
        var after = paging.after.flatMap(RuleResult.place)
        // A single verdict has its index.
        if wanted.count == 1, let only = wanted.first {
            let rows = try list(
                RuleResult.self, by: RuleResult.byCompliance, of: rule,
                RowIndexRange(
                    RowPrefix(.text(only.rawValue)),
                    after: after.map { (RuleResult.value(only, $0.type, $0.id), $0.key) }),
                limit: paging.limit + 1)
            return Page(rows, limit: paging.limit)
        }
        while true {
            let rows = try list(
                RuleResult.self, of: rule, RowRange(after: after.map { .key($0.key) }), limit: paging.limit + 1)
            for row in rows where wanted.contains(row.compliance) {
                found.append(row)
                if found.count > paging.limit { return Page(found, limit: paging.limit) }
            }
            guard rows.count > paging.limit, let last = rows.last else { return Page(items: found) }
            after = (last.type, last.id, last.key)
        }
    }
}

/// What pages of results and of resources are found by.
protocol ResourceRow: TableRow {
    var type: String { get }
    var id: String { get }
}

extension RuleResult: ResourceRow {}
extension ResourceCompliance: ResourceRow {}

extension RuleResult {
    /// The place that a marker stands for.
    static func place(_ marker: String) -> (type: String, id: String, key: RowKey)? {
        let parts = marker.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        return (String(parts[0]), String(parts[1]), key(String(parts[0]), String(parts[1])))
    }

    static func value(_ compliance: Compliance, _ type: String, _ id: String) -> RowKey {
        RowKey(.text(compliance.rawValue), .text(type), .text(id))
    }
}

extension Page where Item: ResourceRow {
    /// A page of rows, of which there is one more than it has if there is another page.
    init(_ rows: [Item], limit: Int) {
        let shown = Array(rows.prefix(limit))
        self.init(
            items: shown,
            marker: rows.count > limit ? shown.last.map { Paging.marker(after: "\($0.type)\n\($0.id)") } : nil)
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceSummaryByConfigRule.html>
extension AWSConfig.GetComplianceSummaryByConfigRule: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var counts: [Compliance: Int] = [:]
        var after: String?
        while true {
            let rules = try records.list(StoredRule.self, after: after, limit: 100)
            for rule in rules { counts[try records.compliance(of: rule.name), default: 0] += 1 }
            guard rules.count == 100 else { break }
            after = rules.last?.id
        }
        return Output {
            $0.complianceSummary = .of(counts[.compliant] ?? 0, counts[.nonCompliant] ?? 0, most: 25, call)
        }
    }
}

extension AWSConfig.ComplianceSummary {
    static func of(_ compliant: Int, _ nonCompliant: Int, most: Int, _ call: Call) -> AWSConfig.ComplianceSummary {
        AWSConfig.ComplianceSummary {
            $0.compliantResourceCount = .of(compliant, most: most)
            $0.nonCompliantResourceCount = .of(nonCompliant, most: most)
            $0.complianceSummaryTimestamp = call.timestamp
        }
    }
}
