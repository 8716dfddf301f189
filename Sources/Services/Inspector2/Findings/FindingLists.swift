import Inspector2API
import Ledger
import Platform
import Wire

// Lists of findings, and more about single ones.
// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_ListFindings.html>

extension Inspector2.ListFindings: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let criteria = input.filterCriteria
        if let criteria { try FindingMatch.check(criteria) }
        let paging = try Paging(inspector: input)
        let walk = FindingWalk(records, call)
        func isWanted(_ finding: Inspector2.Finding) -> Bool {
            criteria.map { FindingMatch.matches($0, finding) } ?? true
        }
        guard let sort = input.sortCriteria else { return Output(try walk.page(paging, where: isWanted)) }
        var all: [Inspector2.Finding] = []
        try walk.each { (row) throws(ServiceError) in
            let view = try row.view()
            if isWanted(view) { all.append(view) }
        }
        return Output(page(FindingOrder.sorted(all, by: sort), paging))
    }
}

/// By what findings are sorted.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_SortCriteria.html>
enum FindingOrder {
    /// What an attribute is compared by; those without one come first.
    private enum Rank: Comparable {
        case none
        case number(Double)
        case text(String)
    }

    /// Those that are equal stay in the order of their ARNs, so that pages go on where the last one ended.
    static func sorted(
        _ findings: [Inspector2.Finding], by criteria: Inspector2.SortCriteria
    ) -> [Inspector2.Finding] {
        let field = criteria.field
        let isDescending = criteria.sortOrder == "DESC"
        let ranked = findings.map { (rank: rank($0, field), arn: $0.findingArn, finding: $0) }
        return ranked.sorted { a, b in
            guard a.rank != b.rank else { return a.arn < b.arn }
            return isDescending ? b.rank < a.rank : a.rank < b.rank
        }.map { $0.finding }
    }

    private static func rank(_ finding: Inspector2.Finding, _ field: String) -> Rank {
        func text(_ value: String?) -> Rank { value.map { .text($0) } ?? .none }
        let image = finding.resources.lazy.compactMap { $0.details?.awsEcrContainerImage }.first
        switch field {
        case "AWS_ACCOUNT_ID": return text(finding.awsAccountId)
        case "FINDING_TYPE": return text(finding.type)
        case "SEVERITY": return .number(Double(severity(finding.severity)))
        case "FIRST_OBSERVED_AT": return .number(finding.firstObservedAt.secondsSinceEpoch)
        case "LAST_OBSERVED_AT": return .number(finding.lastObservedAt.secondsSinceEpoch)
        case "FINDING_STATUS": return text(finding.status)
        case "RESOURCE_TYPE": return text(finding.resources.first?.type)
        case "ECR_IMAGE_PUSHED_AT": return image?.pushedAt.map { .number($0.secondsSinceEpoch) } ?? .none
        case "ECR_IMAGE_REPOSITORY_NAME": return text(image?.repositoryName)
        case "ECR_IMAGE_REGISTRY": return text(image?.registry)
        case "NETWORK_PROTOCOL": return text(finding.networkReachabilityDetails?.protocol)
        case "COMPONENT_TYPE":
            return text(finding.networkReachabilityDetails?.networkPath.steps?.first?.componentType)
        case "VULNERABILITY_ID": return text(finding.packageVulnerabilityDetails?.vulnerabilityId)
        case "VULNERABILITY_SOURCE": return text(finding.packageVulnerabilityDetails?.source)
        case "INSPECTOR_SCORE": return finding.inspectorScore.map { .number($0) } ?? .none
        case "VENDOR_SEVERITY": return text(finding.packageVulnerabilityDetails?.vendorSeverity)
        case "EPSS_SCORE": return finding.epss?.score.map { .number($0) } ?? .none
        default: return .none
        }
    }

    /// Severities, the least first.
    static let severities = ["UNTRIAGED", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]

    private static func severity(_ name: String) -> Int { severities.firstIndex(of: name) ?? 0 }
}

extension Inspector2.BatchGetFindingDetails: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let walk = FindingWalk(records, call)
        var output = Output()
        (output.findingDetails, output.errors) = ([], [])
        for arn in input.findingArns {
            guard let finding = try walk.finding(arn, region: call.region), let facts = finding.facts else {
                output.errors?.append(
                    Inspector2.FindingDetailsError {
                        $0.findingArn = arn
                        $0.errorCode = "FINDING_DETAILS_NOT_FOUND"
                        $0.errorMessage = "No details of the finding were found."
                    })
                continue
            }
            output.findingDetails?.append(
                Inspector2.FindingDetail {
                    $0.findingArn = arn
                    $0.referenceUrls = Array(facts.references.prefix(100))
                    $0.cwes = facts.weaknesses
                    $0.epssScore = facts.exploitProbability
                })
        }
        return output
    }
}
