import Ledger
import Platform
import SupportAPI
import Wire

// Trusted Advisor by the interface of AWS Support.
// <https://docs.aws.amazon.com/awssupport/latest/user/trustedadvisor.html>

/// When a check was refreshed last, by whoever asked for it.
struct AdvisorRefresh: Record {
    static let kind = "AWS::TrustedAdvisor::Refresh"
    static let keepsHistory = false
    /// AWS: five minutes.
    static let interval = 300.0

    /// The check's id.
    let id: String
    /// Seconds since 1970.
    let time: Double
}

extension AdvisorCheck {
    /// - Throws: InvalidParameterValueException, with AWS's words, for what is no check here.
    static func asked(_ id: String) throws(ServiceError) -> AdvisorCheck {
        guard let check = named(id) else {
            throw ServiceError("InvalidParameterValueException", "Invalid check ID: \(id)", status: 400)
        }
        return check
    }

    fileprivate static func asked(_ ids: [String]) throws(ServiceError) -> [AdvisorCheck] {
        var found: [AdvisorCheck] = []
        for id in ids { found.append(try asked(id)) }
        return found
    }
}

extension Support.DescribeTrustedAdvisorChecks: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        Output(
            checks: AdvisorCheck.all.map { check in
                Support.TrustedAdvisorCheckDescription {
                    $0.id = check.id
                    $0.name = check.name
                    $0.description = check.description
                    $0.category = check.category.rawValue
                    $0.metadata = check.columns
                }
            })
    }
}

extension AdvisorResult {
    /// `not_available` where there was nothing to look at.
    var statusText: String { isEmpty ? "not_available" : status.rawValue }

    fileprivate var timestamp: String { Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601 }

    fileprivate var summary: Support.TrustedAdvisorResourcesSummary {
        let excluded = flagged.count(where: \.isExcluded)
        return Support.TrustedAdvisorResourcesSummary {
            $0.resourcesProcessed = resources.count
            $0.resourcesFlagged = flagged.count - excluded
            $0.resourcesIgnored = 0
            $0.resourcesSuppressed = excluded
        }
    }

    /// What it would save is not known: Gatehouse has no prices of AWS's here.
    fileprivate var ofCategory: Support.TrustedAdvisorCategorySpecificSummary {
        Support.TrustedAdvisorCategorySpecificSummary()
    }
}

extension Support.DescribeTrustedAdvisorCheckResult: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let check = try AdvisorCheck.asked(input.checkId)
        let results = try await call.environment.advice([check], of: call.accountID, at: call.time)
        guard let result = results.first else { throw .internalFailure }
        return Output {
            $0.result = Support.TrustedAdvisorCheckResult {
                $0.checkId = check.id
                $0.timestamp = result.timestamp
                $0.status = result.statusText
                $0.resourcesSummary = result.summary
                $0.categorySpecificSummary = result.ofCategory
                // Of service limits all are shown, whatever their colour.
                $0.flaggedResources = (check.category == .limits ? result.resources : result.flagged).map { resource in
                    Support.TrustedAdvisorResourceDetail {
                        $0.status = resource.status.rawValue
                        $0.region = resource.region.isEmpty ? nil : resource.region
                        $0.resourceId = resource.id
                        $0.isSuppressed = resource.isExcluded
                        $0.metadata = resource.metadata
                    }
                }
            }
        }
    }
}

extension Support.DescribeTrustedAdvisorCheckSummaries: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let checks = try AdvisorCheck.asked(input.checkIds)
        let results = try await call.environment.advice(checks, of: call.accountID, at: call.time)
        return Output(
            summaries: results.map { result in
                Support.TrustedAdvisorCheckSummary {
                    $0.checkId = result.check.id
                    $0.timestamp = result.timestamp
                    $0.status = result.statusText
                    $0.hasFlaggedResources = result.flagged.contains { !$0.isExcluded }
                    $0.resourcesSummary = result.summary
                    $0.categorySpecificSummary = result.ofCategory
                }
            })
    }
}

extension AdvisorRefresh? {
    /// As answers have it: results are computed when they are asked for, so that a refresh is done at once.
    fileprivate func shown(_ check: String, _ call: Call) -> Support.TrustedAdvisorCheckRefreshStatus {
        let left = self.map { max(0, $0.time + AdvisorRefresh.interval - call.time) } ?? 0
        let isKnown = self != nil
        return Support.TrustedAdvisorCheckRefreshStatus {
            $0.checkId = check
            $0.status = isKnown ? "success" : "none"
            $0.millisUntilNextRefreshable = Int((min(left, AdvisorRefresh.interval) * 1000).rounded())
        }
    }
}

extension Support.DescribeTrustedAdvisorCheckRefreshStatuses: ReadOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var statuses: [Support.TrustedAdvisorCheckRefreshStatus] = []
        for check in try AdvisorCheck.asked(input.checkIds) {
            statuses.append(try records.get(AdvisorRefresh.self, check.id).shown(check.id, call))
        }
        return Output(statuses: statuses)
    }
}

extension Support.RefreshTrustedAdvisorCheck: WriteOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let check = try AdvisorCheck.asked(input.checkId)
        var refresh = try records.get(AdvisorRefresh.self, check.id)
        if refresh.map({ call.time >= $0.time + AdvisorRefresh.interval }) ?? true {
            let made = AdvisorRefresh(id: check.id, time: call.time)
            try records.put(made)
            refresh = made
        }
        let shown = refresh.shown(check.id, call)
        return Output { $0.status = shown }
    }
}
