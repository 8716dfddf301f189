import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import Wire

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeComplianceByResource.html>
extension AWSConfig.DescribeComplianceByResource: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let wanted = try wanted(input.complianceTypes)
        let paging = try ConfigPage.paging(input.nextToken, input.limit, usual: 10)
        let page: Page<ResourceCompliance>
        if let id = input.resourceId {
            guard let type = input.resourceType else {
                throw .invalidParameterValue("You must specify the resource type if you specify a resource ID.")
            }
            let found = try records.get(ResourceCompliance.self, RuleResult.key(type, id))
            page = Page(items: [found].compactMap { $0 }.filter { wanted.contains($0.compliance) })
        } else {
            page = try records.resources(input.resourceType, wanted, paging)
        }
        return Output {
            $0.complianceByResources = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

extension RecordReading {
    fileprivate func resources(
        _ type: String?, _ wanted: Set<Compliance>, _ paging: Paging
    ) throws(ServiceError) -> Page<ResourceCompliance> {
        let prefix = type.map { RowPrefix(.text($0)) } ?? .none
        var after = paging.after.flatMap(RuleResult.place)
        if wanted.count == 1, let only = wanted.first {
            let indexed = type.map { RowPrefix(.text(only.rawValue), .text($0)) } ?? RowPrefix(.text(only.rawValue))
            let rows = try list(
                ResourceCompliance.self, by: RuleResult.byCompliance,
                RowIndexRange(indexed, after: after.map { (RuleResult.value(only, $0.type, $0.id), $0.key) }),
                limit: paging.limit + 1)
            return Page(rows, limit: paging.limit)
        }
        var found: [ResourceCompliance] = []
        while true {
            let rows = try list(
                ResourceCompliance.self, RowRange(prefix, after: after.map { .key($0.key) }), limit: paging.limit + 1)
            for row in rows where wanted.contains(row.compliance) {
                found.append(row)
                if found.count > paging.limit { return Page(found, limit: paging.limit) }
            }
            guard rows.count > paging.limit, let last = rows.last else { return Page(items: found) }
            after = (last.type, last.id, last.key)
        }
    }
}

extension ResourceCompliance {
    var view: AWSConfig.ComplianceByResource {
        AWSConfig.ComplianceByResource {
            $0.resourceType = type
            $0.resourceId = id
            $0.compliance = AWSConfig.Compliance {
                $0.complianceType = compliance.rawValue
                if compliance == .nonCompliant { $0.complianceContributorCount = .of(nonCompliant, most: 25) }
            }
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByResource.html>
extension AWSConfig.GetComplianceDetailsByResource: ReadOperation, OnAllOfConfig {
    /// How many rules are looked through for a page.
    private static let limit = 100

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let wanted = try wanted(input.complianceTypes)
        if let evaluation = input.resourceEvaluationId {
            let results = try records.proposal(evaluation, at: call.time).results.filter {
                wanted.contains($0.compliance)
            }
            return Output { $0.evaluationResults = results.map { $0.view(evaluation) } }
        }
        guard let type = input.resourceType, let id = input.resourceId else {
            throw .invalidParameterValue("You must specify either a resource ID and type, or a resource evaluation ID.")
        }
        let paging = try ConfigPage.paging(input.nextToken, nil, usual: limit)
        let rules = try records.page(StoredRule.self, paging)
        var found: [AWSConfig.EvaluationResult] = []
        for rule in rules.items {
            guard let result = try records.get(RuleResult.self, RuleResult.key(type, id), of: rule.name),
                wanted.contains(result.compliance)
            else { continue }
            found.append(result.view)
        }
        return Output {
            $0.evaluationResults = found
            $0.nextToken = rules.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceSummaryByResourceType.html>
extension AWSConfig.GetComplianceSummaryByResourceType: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let (good, bad) = (Compliance.compliant.rawValue, Compliance.nonCompliant.rawValue)
        guard let types = input.resourceTypes, !types.isEmpty else {
            let summary = AWSConfig.ComplianceSummary.of(
                try records.sum(good, ResourceCompliance.self), try records.sum(bad, ResourceCompliance.self),
                most: 100, call)
            return Output {
                $0.complianceSummariesByResourceType = [
                    AWSConfig.ComplianceSummaryByResourceType { $0.complianceSummary = summary }
                ]
            }
        }
        var found: [AWSConfig.ComplianceSummaryByResourceType] = []
        for type in types {
            let summary = AWSConfig.ComplianceSummary.of(
                try records.sum("\(good) \(type)", ResourceCompliance.self),
                try records.sum("\(bad) \(type)", ResourceCompliance.self), most: 100, call)
            found.append(
                AWSConfig.ComplianceSummaryByResourceType {
                    $0.resourceType = type
                    $0.complianceSummary = summary
                })
        }
        return Output { $0.complianceSummariesByResourceType = found }
    }
}
