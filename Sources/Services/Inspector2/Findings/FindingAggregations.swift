import Inspector2API
import Ledger
import Platform
import Wire

// How many active findings there are, by account, resource, package and so on.
// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_ListFindingAggregations.html>

extension Inspector2.ListFindingAggregations: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try Paging(inspector: input)
        let grouping = try FindingGrouping.of(input.aggregationType, input.aggregationRequest)
        var groups: [[String]: (group: FindingGroup, tally: FindingTally)] = [:]
        let accounts = input.accountIds
        let walk = FindingWalk(records, call) { StringMatch.matches(accounts, $0) }
        try walk.each { (row) throws(ServiceError) in
            guard row.status == .active else { return }
            let finding = try row.view()
            for group in grouping.groups(finding) {
                groups[group.key, default: (group, FindingTally())].tally.add(finding)
            }
        }
        let (sort, isAscending) = (grouping.sortBy ?? "CRITICAL", grouping.sortOrder == "ASC")
        let sorted = groups.values.sorted { a, b in
            let (left, right) = (a.tally.amount(sort), b.tally.amount(sort))
            guard left == right else { return isAscending ? left < right : right < left }
            return a.group.key.lexicographicallyPrecedes(b.group.key)
        }
        let page = page(sorted, paging)
        return Output {
            $0.aggregationType = input.aggregationType
            $0.responses = page.items.map { $0.group.show($0.tally) }
            $0.nextToken = page.marker
        }
    }
}

extension FindingGrouping {
    /// - Throws: ValidationException for a request that is of another type.
    fileprivate static func of(
        _ type: String, _ request: Inspector2.AggregationRequest?
    ) throws(ServiceError) -> FindingGrouping {
        let request = request ?? Inspector2.AggregationRequest()
        let (grouping, asks) = grouping(type, request)
        guard asks || request.structure.isEmpty else {
            throw .invalidField("aggregationRequest", "The aggregation request is not one for \(type).")
        }
        return grouping
    }

    private static func grouping(
        _ type: String, _ request: Inspector2.AggregationRequest
    ) -> (FindingGrouping, asks: Bool) {
        switch type {
        case "ACCOUNT": (byAccount(request.accountAggregation), request.accountAggregation != nil)
        case "FINDING_TYPE": (byType(request.findingTypeAggregation), request.findingTypeAggregation != nil)
        case "AMI": (byImageID(request.amiAggregation), request.amiAggregation != nil)
        case "AWS_EC2_INSTANCE": (byInstance(request.ec2InstanceAggregation), request.ec2InstanceAggregation != nil)
        case "AWS_ECR_CONTAINER":
            (byContainer(request.awsEcrContainerAggregation), request.awsEcrContainerAggregation != nil)
        case "IMAGE_LAYER": (byLayer(request.imageLayerAggregation), request.imageLayerAggregation != nil)
        case "REPOSITORY": (byRepository(request.repositoryAggregation), request.repositoryAggregation != nil)
        case "PACKAGE": (byPackage(request.packageAggregation), request.packageAggregation != nil)
        case "TITLE": (byTitle(request.titleAggregation), request.titleAggregation != nil)
        case "AWS_LAMBDA_FUNCTION":
            (byFunction(request.lambdaFunctionAggregation), request.lambdaFunctionAggregation != nil)
        case "LAMBDA_LAYER": (byFunctionLayer(request.lambdaLayerAggregation), request.lambdaLayerAggregation != nil)
        // Code is not scanned, so that no repository has findings.
        default:
            (FindingGrouping { _ in [] }, request.codeRepositoryAggregation != nil)
        }
    }

    private static func isOf(_ type: String?, _ resourceType: String?, _ finding: Inspector2.Finding) -> Bool {
        (type.map { $0 == finding.type } ?? true)
            && (resourceType.map { wanted in finding.resources.contains { $0.type == wanted } } ?? true)
    }

    private static func byAccount(_ request: Inspector2.AccountAggregation?) -> FindingGrouping {
        FindingGrouping(sortBy: request?.sortBy, sortOrder: request?.sortOrder) { finding in
            guard isOf(request?.findingType, request?.resourceType, finding) else { return [] }
            let account = finding.awsAccountId
            return [
                FindingGroup([account], \.accountAggregation) { tally in
                    Inspector2.AccountAggregationResponse {
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                        $0.exploitAvailableCount = tally.exploitable
                        $0.fixAvailableCount = tally.fixable
                    }
                }
            ]
        }
    }

    private static func byType(_ request: Inspector2.FindingTypeAggregation?) -> FindingGrouping {
        FindingGrouping(sortBy: request?.sortBy, sortOrder: request?.sortOrder) { finding in
            guard isOf(request?.findingType, request?.resourceType, finding) else { return [] }
            let account = finding.awsAccountId
            return [
                FindingGroup([account, finding.type], \.findingTypeAggregation) { tally in
                    Inspector2.FindingTypeAggregationResponse {
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                        $0.exploitAvailableCount = tally.exploitable
                        $0.fixAvailableCount = tally.fixable
                    }
                }
            ]
        }
    }

    private static func byPackage(_ request: Inspector2.PackageAggregation?) -> FindingGrouping {
        FindingGrouping(sortBy: request?.sortBy, sortOrder: request?.sortOrder) { finding in
            let account = finding.awsAccountId
            let names = Set((finding.packageVulnerabilityDetails?.vulnerablePackages ?? []).map(\.name))
            return names.filter { StringMatch.matches(request?.packageNames, $0) }.map { name in
                FindingGroup([account, name], \.packageAggregation) { tally in
                    Inspector2.PackageAggregationResponse {
                        $0.packageName = name
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                    }
                }
            }
        }
    }

    private static func byTitle(_ request: Inspector2.TitleAggregation?) -> FindingGrouping {
        FindingGrouping(sortBy: request?.sortBy, sortOrder: request?.sortOrder) { finding in
            let id = finding.packageVulnerabilityDetails?.vulnerabilityId
            guard let title = finding.title, isOf(request?.findingType, request?.resourceType, finding),
                StringMatch.matches(request?.titles, title), StringMatch.matches(request?.vulnerabilityIds, id)
            else { return [] }
            let account = finding.awsAccountId
            return [
                FindingGroup([account, title, id ?? ""], \.titleAggregation) { tally in
                    Inspector2.TitleAggregationResponse {
                        $0.title = title
                        $0.vulnerabilityId = id
                        $0.accountId = account
                        $0.severityCounts = tally.severityCounts
                    }
                }
            ]
        }
    }
}
