import Inspector2API
import Ledger
import Platform
import Wire

// What scans by benchmarks have found: by check, by instance, and one by one.
// <https://docs.aws.amazon.com/inspector/latest/user/scanning-cis-results.html>

extension Inspector2.ListCisScanResultsAggregatedByChecks: ReadOperation, OnAllOfInspector {
    /// What is known of a check of the instances of an account and platform.
    private struct Tally {
        let check: String
        let account: String
        let platform: String?
        let level: String
        let title: String
        var failed = 0
        var passed = 0
        var skipped = 0
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let scan = try records.cisScan(input.scanArn, call)
        let criteria = input.filterCriteria
        let paging = try Paging(inspector: input)
        var tallies: [[String]: Tally] = [:]
        for result in try records.list(CISResult.self, of: scan.id, limit: .max) {
            let key = [result.check, result.accountID, result.platform ?? ""]
            var tally =
                tallies[key]
                ?? Tally(
                    check: result.check, account: result.accountID, platform: result.platform, level: result.level,
                    title: result.title ?? result.check)
            switch result.status {
            case "FAILED": tally.failed += 1
            case "PASSED": tally.passed += 1
            default: tally.skipped += 1
            }
            tallies[key] = tally
        }
        let found = tallies.values.filter { tally in
            guard CISMatch.matches(criteria?.accountIdFilters, [tally.account]),
                CISMatch.matches(criteria?.checkIdFilters, [tally.check]),
                CISMatch.matches(criteria?.titleFilters, [tally.title]),
                CISMatch.matches(criteria?.platformFilters, [tally.platform].compactMap { $0 }),
                CISMatch.matches(criteria?.failedResourcesFilters, tally.failed),
                CISMatch.isOne(of: criteria?.securityLevelFilters?.map(\.value), tally.level)
            else { return false }
            return true
        }
        let ascending = found.sorted { a, b in
            let (left, right) = ([a.check, a.account, a.platform ?? ""], [b.check, b.account, b.platform ?? ""])
            switch input.sortBy {
            case "FAILED_COUNTS" where a.failed != b.failed: return a.failed < b.failed
            case "TITLE" where a.title != b.title: return a.title < b.title
            case "PLATFORM" where a.platform != b.platform: return (a.platform ?? "") < (b.platform ?? "")
            case "SECURITY_LEVEL" where a.level != b.level: return a.level < b.level
            default: return left.lexicographicallyPrecedes(right)
            }
        }
        let page = page(input.sortOrder == "DESC" ? ascending.reversed() : ascending, paging)
        return Output(
            page.map { tally in
                Inspector2.CisCheckAggregation {
                    $0.scanArn = scan.arn
                    $0.checkId = tally.check
                    $0.title = tally.title
                    $0.level = tally.level
                    $0.accountId = tally.account
                    $0.platform = tally.platform
                    $0.statusCounts = counts(tally.failed, tally.passed, tally.skipped)
                }
            })
    }
}

private func counts(_ failed: Int, _ passed: Int, _ skipped: Int) -> Inspector2.StatusCounts {
    Inspector2.StatusCounts {
        $0.failed = failed
        $0.passed = passed
        $0.skipped = skipped
    }
}

extension Inspector2.ListCisScanResultsAggregatedByTargetResource: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let scan = try records.cisScan(input.scanArn, call)
        let criteria = input.filterCriteria
        let paging = try Paging(inspector: input)
        var found: [CISTarget] = []
        for target in try records.list(CISTarget.self, of: scan.id, limit: .max) {
            guard CISMatch.matches(criteria?.accountIdFilters, [target.accountID]),
                CISMatch.matches(criteria?.targetResourceIdFilters, [target.resource]),
                CISMatch.matches(criteria?.targetResourceTagFilters, target.tags),
                CISMatch.matches(criteria?.platformFilters, [target.platform].compactMap { $0 }),
                CISMatch.isOne(of: criteria?.targetStatusFilters?.map(\.value), target.status),
                CISMatch.isOne(of: criteria?.targetStatusReasonFilters?.map(\.value), target.reason),
                CISMatch.matches(criteria?.failedChecksFilters, target.failed)
            else { continue }
            if criteria?.checkIdFilters != nil || criteria?.statusFilters != nil {
                let results = try records.list(
                    CISResult.self, of: scan.id, RowRange(RowPrefix(.text(target.resource))), limit: .max)
                guard
                    results.contains(where: { result in
                        CISMatch.matches(criteria?.checkIdFilters, [result.check])
                            && CISMatch.isOne(of: criteria?.statusFilters?.map(\.value), result.status)
                    })
                else { continue }
            }
            found.append(target)
        }
        let ascending = found.sorted { a, b in
            switch input.sortBy {
            case "FAILED_COUNTS": (a.failed, a.resource) < (b.failed, b.resource)
            case "ACCOUNT_ID": (a.accountID, a.resource) < (b.accountID, b.resource)
            case "PLATFORM": (a.platform ?? "", a.resource) < (b.platform ?? "", b.resource)
            case "TARGET_STATUS": (a.status ?? "", a.resource) < (b.status ?? "", b.resource)
            case "TARGET_STATUS_REASON": (a.reason ?? "", a.resource) < (b.reason ?? "", b.resource)
            default: a.resource < b.resource
            }
        }
        let page = page(input.sortOrder == "DESC" ? ascending.reversed() : ascending, paging)
        return Output(page) { target in
            Inspector2.CisTargetResourceAggregation {
                $0.scanArn = scan.arn
                $0.targetResourceId = target.resource
                $0.accountId = target.accountID
                $0.targetResourceTags = target.tags
                $0.platform = target.platform
                $0.targetStatus = target.status
                $0.targetStatusReason = target.status == nil ? "SCAN_IN_PROGRESS" : target.reason
                $0.statusCounts = counts(target.failed, target.passed, target.skipped)
            }
        }
    }
}

extension Inspector2.GetCisScanResultDetails: ReadOperation, OnAllOfInspector {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let scan = try records.cisScan(input.scanArn, call)
        let (criteria, account) = (input.filterCriteria, input.accountId)
        let paging = try Paging(inspector: input)
        let results = try records.list(
            CISResult.self, of: scan.id, RowRange(RowPrefix(.text(input.targetResourceId))), limit: .max)
        let found = results.filter { result in
            guard result.accountID == account,
                CISMatch.matches(criteria?.checkIdFilters, [result.check]),
                CISMatch.matches(criteria?.titleFilters, [result.title ?? result.check]),
                CISMatch.matches(criteria?.findingArnFilters, [result.arn(in: scan)]),
                CISMatch.isOne(of: criteria?.findingStatusFilters?.map(\.value), result.status),
                CISMatch.isOne(of: criteria?.securityLevelFilters?.map(\.value), result.level)
            else { return false }
            return true
        }
        let ascending = found.sorted { a, b in
            input.sortBy == "STATUS" ? (a.status, a.check) < (b.status, b.check) : a.check < b.check
        }
        let page = page(input.sortOrder == "DESC" ? ascending.reversed() : ascending, paging)
        return Output(page) { result in
            Inspector2.CisScanResultDetails {
                $0.scanArn = scan.arn
                $0.accountId = result.accountID
                $0.targetResourceId = result.resource
                $0.platform = result.platform
                $0.status = result.status
                $0.statusReason = result.details
                $0.checkId = result.check
                $0.title = result.title ?? result.check
                $0.level = result.level
                $0.findingArn = result.arn(in: scan)
            }
        }
    }
}

extension CISResult {
    func arn(in scan: CISScan) -> String {
        InspectorName.arn(
            scan.region, scan.accountID,
            "owner/\(scan.accountID)/cis-finding/\(InspectorName.uuid([scan.id, resource, check]))")
    }
}
