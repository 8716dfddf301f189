import Inspector2API
import Ledger
import Platform
import Wire

// What is scanned, and what can't be.
// <https://docs.aws.amazon.com/inspector/latest/user/assessing-coverage.html>

enum CoverageMatch {
    static func matches(_ criteria: Inspector2.CoverageFilterCriteria?, _ row: CoveredResource) throws(ServiceError)
        -> Bool
    {
        guard let criteria else { return true }
        guard
            matches(criteria.scanStatusCode, [row.isActive ? "ACTIVE" : "INACTIVE"]),
            matches(criteria.scanStatusReason, [row.reason]), matches(criteria.accountId, [row.accountID]),
            matches(criteria.resourceId, [row.resource]), matches(criteria.resourceType, [row.type]),
            matches(criteria.scanType, [row.scanType])
        else { return false }
        let view = try row.view()
        let metadata = try row.metadataView()
        let (image, function) = (metadata.ecrImage, metadata.lambdaFunction)
        let repository = metadata.ecrRepository?.name ?? repository(of: row)
        guard matches(criteria.ecrRepositoryName, [repository].compactMap { $0 }),
            matches(criteria.ecrImageTags, image?.tags ?? []),
            matches(criteria.ec2InstanceTags, metadata.ec2?.tags),
            matches(criteria.lambdaFunctionName, [function?.functionName].compactMap { $0 }),
            matches(criteria.lambdaFunctionTags, function?.functionTags),
            matches(criteria.lambdaFunctionRuntime, [function?.runtime].compactMap { $0 }),
            matches(criteria.scanMode, [view.scanMode].compactMap { $0 }),
            matches(criteria.lastScannedAt, view.lastScannedAt),
            matches(criteria.imagePulledAt, image?.imagePulledAt),
            matches(criteria.ecrImageLastInUseAt, image?.lastInUseAt),
            matches(criteria.ecrImageInUseCount, image?.inUseCount),
            matches(criteria.codeRepositoryProjectName, []),
            matches(criteria.codeRepositoryProviderType, []),
            matches(criteria.codeRepositoryProviderTypeVisibility, []),
            matches(criteria.lastScannedCommitId, [])
        else { return false }
        return true
    }

    /// The name of the repository that an image is in.
    static func repository(of row: CoveredResource) -> String? {
        guard row.type == "AWS_ECR_CONTAINER_IMAGE" else { return nil }
        return RegistryImage.repository(ofARN: row.resource)
    }

    private static func matches(_ filters: [Inspector2.CoverageStringFilter]?, _ values: [String]) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        return StringMatch.matches(filters.map { ($0.comparison, $0.value) }, values)
    }

    private static func matches(_ filters: [Inspector2.CoverageMapFilter]?, _ tags: [String: String]?) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        return filters.contains { filter in
            guard let value = tags?[filter.key] else { return false }
            return filter.value.map { $0 == value } ?? true
        }
    }

    private static func matches(_ filters: [Inspector2.CoverageDateFilter]?, _ date: Timestamp?) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        guard let date else { return false }
        return filters.contains { filter in
            (filter.startInclusive.map { $0 <= date } ?? true) && (filter.endInclusive.map { date <= $0 } ?? true)
        }
    }

    private static func matches(_ filters: [Inspector2.CoverageNumberFilter]?, _ number: Int?) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        guard let number else { return false }
        return filters.contains { filter in
            (filter.lowerInclusive.map { $0 <= number } ?? true) && (filter.upperInclusive.map { number <= $0 } ?? true)
        }
    }
}

extension Records {
    /// The covered resources that an account sees, in the order of accounts, types and ids.
    fileprivate func covered(
        _ criteria: Inspector2.CoverageFilterCriteria?, _ call: Call
    ) throws(ServiceError) -> [CoveredResource] {
        var found: [CoveredResource] = []
        for account in call.environment.inspected(by: call.accountID, region: call.region) {
            for row in try of(account: account).list(CoveredResource.self, limit: .max) {
                if try CoverageMatch.matches(criteria, row) { found.append(row) }
            }
        }
        return found
    }
}

extension Inspector2.ListCoverage: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try Paging(inspector: input, limit: 200)
        let page = page(
            try records.covered(input.filterCriteria, call),
            by: { "\($0.accountID)/\($0.type)/\($0.resource)/\($0.scanType)" }, paging)
        return Output(try page.map { row throws(ServiceError) in try row.view() })
    }
}

extension Inspector2.ListCoverageStatistics: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try Paging(inspector: input.nextToken, nil)
        let rows = try records.covered(input.filterCriteria, call)
        var counts: [String: Int] = [:]
        if let group = input.groupBy {
            for row in rows { if let key = key(row, group) { counts[key, default: 0] += 1 } }
        }
        return Output {
            $0.totalCounts = rows.count
            guard input.groupBy != nil else { return }
            $0.countsByGroup = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { name, count in
                Inspector2.Counts {
                    $0.groupKey = name
                    $0.count = count
                }
            }
        }
    }

    private static func key(_ row: CoveredResource, _ group: String) -> String? {
        switch group {
        case "SCAN_STATUS_CODE": row.isActive ? "ACTIVE" : "INACTIVE"
        case "SCAN_STATUS_REASON": row.reason
        case "ACCOUNT_ID": row.accountID
        case "RESOURCE_TYPE": row.type
        default: CoverageMatch.repository(of: row)
        }
    }
}
