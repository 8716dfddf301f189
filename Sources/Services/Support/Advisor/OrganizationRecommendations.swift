import Directory
import Ledger
import Platform
import TrustedAdvisorAPI
import Wire

// What the checks say of all accounts of an organization: its recommendations are those that are red in some account, the
// prioritized ones. Its management account sees them, and its delegated administrators of Trusted Advisor.
// <https://docs.aws.amazon.com/awssupport/latest/user/trusted-advisor-priority.html>

/// What somebody has said is to become of a recommendation of an organization.
struct AdvisorLifecycle: Record {
    static let kind = "AWS::TrustedAdvisor::Lifecycle"

    /// The check's id.
    let id: String
    /// `in_progress`, `pending_response`, `dismissed` or `resolved`.
    var stage: String
    var reason: String?
    var reasonCode: String?
    /// The ARN of who said it.
    var by: String
    /// Seconds since 1970.
    var time: Double
}

/// The recommendations of an organization for one check.
private struct OrganizationAdvice: Sendable {
    let organization: String
    let check: AdvisorCheck
    /// Of each account.
    let results: [AdvisorResult]
    let lifecycle: AdvisorLifecycle?

    var id: String { AdvisorResult.uuid("\(organization) \(check.id)") }
    var arn: String { "arn:aws:trustedadvisor:::organization-recommendation/\(id)" }
    var status: AdvisorCheck.Status { results.map(\.status).max() ?? .ok }
    var stage: String { lifecycle?.stage ?? "pending_response" }
    var time: Double { lifecycle?.time ?? results.map(\.time).max() ?? 0 }

    var aggregates: TrustedAdvisor.RecommendationResourcesAggregates {
        let counted = results.flatMap(\.resources).filter { !$0.isExcluded }
        let excluded = results.flatMap(\.resources).count(where: \.isExcluded)
        return TrustedAdvisor.RecommendationResourcesAggregates {
            $0.okCount = counted.count { $0.status == .ok }
            $0.warningCount = counted.count { $0.status == .warning }
            $0.errorCount = counted.count { $0.status == .error }
            $0.excludedCount = excluded
        }
    }

    var summary: TrustedAdvisor.OrganizationRecommendationSummary {
        TrustedAdvisor.OrganizationRecommendationSummary {
            $0.id = id
            $0.type = "priority"
            $0.checkArn = check.arn
            $0.status = status.rawValue
            $0.lifecycleStage = stage
            $0.pillars = [check.category.rawValue]
            $0.source = check.sourceName
            $0.awsServices = check.services
            $0.name = check.name
            $0.resourcesAggregates = aggregates
            $0.lastUpdatedAt = Timestamp(secondsSinceEpoch: time)
            $0.arn = arn
        }
    }

    var whole: TrustedAdvisor.OrganizationRecommendation {
        TrustedAdvisor.OrganizationRecommendation {
            $0.id = id
            $0.type = "priority"
            $0.checkArn = check.arn
            $0.status = status.rawValue
            $0.lifecycleStage = stage
            $0.pillars = [check.category.rawValue]
            $0.source = check.sourceName
            $0.awsServices = check.services
            $0.name = check.name
            $0.resourcesAggregates = aggregates
            $0.lastUpdatedAt = Timestamp(secondsSinceEpoch: time)
            $0.arn = arn
            $0.description = check.description
            $0.updatedOnBehalfOf = lifecycle?.by
            $0.updateReason = lifecycle?.reason
            $0.updateReasonCode = lifecycle?.reasonCode
            $0.resolvedAt =
                lifecycle?.stage == "resolved" ? lifecycle.map { Timestamp(secondsSinceEpoch: $0.time) } : nil
        }
    }

    /// Those of the organization that the caller administers that are red in some account, or of which somebody has said something.
    /// - Throws: AccessDeniedException.
    static func all(
        _ call: Call, where isWanted: (AdvisorCheck) -> Bool = { _ in true }
    ) async throws(ServiceError) -> [OrganizationAdvice] {
        let organization = try call.advisedOrganization()
        let checks = AdvisorCheck.all.filter(isWanted)
        var byCheck: [String: [AdvisorResult]] = [:]
        for account in try await call.environment.activeAccounts(of: organization) {
            for result in try await call.environment.advice(checks, of: account, at: call.time) {
                byCheck[result.check.id, default: []].append(result)
            }
        }
        let scope = Scope(account: organization.managementAccountID)
        let told = try await call.environment.read(scope) { (records) throws(ServiceError) in
            try records.list(AdvisorLifecycle.self)
        }
        let lifecycles = Dictionary(told.map { ($0.id, $0) }) { first, _ in first }
        return checks.map { check in
            OrganizationAdvice(
                organization: organization.id, check: check, results: byCheck[check.id] ?? [],
                lifecycle: lifecycles[check.id])
        }.filter { $0.status == .error || $0.lifecycle != nil }
    }

    /// - Throws: AccessDeniedException, ResourceNotFoundException.
    static func one(_ arn: String, _ call: Call) async throws(ServiceError) -> OrganizationAdvice {
        let organization = try call.advisedOrganization()
        let found = try await all(call) { check in
            arn.hasSuffix(AdvisorResult.uuid("\(organization.id) \(check.id)"))
        }
        guard let advice = found.first(where: { $0.arn == arn }) else { throw Advice.notFound(arn) }
        return advice
    }
}

extension Call {
    /// The organization whose accounts' recommendations the caller may see.
    /// - Throws: AccessDeniedException.
    fileprivate func advisedOrganization() throws(ServiceError) -> Organization {
        guard let organization = directory.organization(ofAccount: accountID),
            organization.managementAccountID == accountID
                || environment.isAdvisorAdministrator(accountID)
        else {
            throw TrustedAdvisor.Failure.accessDeniedException(
                "The account \(accountID) neither manages an organization nor administers Trusted Advisor for one.")
        }
        return organization
    }
}

extension Environment {
    fileprivate func isAdvisorAdministrator(_ account: String) -> Bool {
        directory.organizationAccount(account)?.delegatedServices["reporting.trustedadvisor.amazonaws.com"] != nil
    }

    /// The accounts of an organization that are in use, by their numbers.
    fileprivate func activeAccounts(of organization: Organization) async throws(ServiceError) -> [String] {
        directory.allAccounts.filter { account in
            account.isActive && directory.organization(ofAccount: account.id)?.id == organization.id
        }.map(\.id).sorted()
    }
}

extension TrustedAdvisor.ListOrganizationRecommendations: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let found = try await OrganizationAdvice.all(call) { check in
            (input.pillar ?? check.category.rawValue) == check.category.rawValue
                && (input.source ?? check.sourceName) == check.sourceName
                && (input.checkIdentifier ?? check.arn) == check.arn && input.awsService.map { check.has($0) } ?? true
        }.filter { one in
            (input.status ?? one.status.rawValue) == one.status.rawValue && (input.type ?? "priority") == "priority"
                && (input.afterLastUpdatedAt?.secondsSinceEpoch ?? 0) <= one.time
                && one.time <= (input.beforeLastUpdatedAt?.secondsSinceEpoch ?? .infinity)
        }
        return Output(page(found, by: \.id, try Paging(advisor: input)).map(\.summary))
    }
}

extension TrustedAdvisor.GetOrganizationRecommendation: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let advice = try await OrganizationAdvice.one(input.organizationRecommendationIdentifier, call)
        return Output { $0.organizationRecommendation = advice.whole }
    }
}

extension TrustedAdvisor.ListOrganizationRecommendationAccounts: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let advice = try await OrganizationAdvice.one(input.organizationRecommendationIdentifier, call)
        let accounts = advice.results.filter { result in
            result.status == .error && (input.affectedAccountId ?? result.account) == result.account
        }
        return Output(
            page(accounts, by: \.account, try Paging(advisor: input)).map { result in
                TrustedAdvisor.AccountRecommendationLifecycleSummary {
                    $0.accountId = result.account
                    $0.accountRecommendationArn = result.arn
                    $0.lifecycleStage = advice.stage
                    $0.updatedOnBehalfOf = advice.lifecycle?.by
                    $0.updateReason = advice.lifecycle?.reason
                    $0.updateReasonCode = advice.lifecycle?.reasonCode
                    $0.lastUpdatedAt = Timestamp(secondsSinceEpoch: advice.time)
                }
            })
    }
}

/// A resource of one of an organization's accounts.
private struct AdvisedResource {
    let result: AdvisorResult
    let resource: AdvisorResult.Resource

    var key: String { "\(result.account) \(resource.id)" }

    func fits(_ input: TrustedAdvisor.ListOrganizationRecommendationResources.Input) -> Bool {
        if let account = input.affectedAccountId, account != result.account { return false }
        if let status = input.status, status != resource.status.rawValue { return false }
        if let region = input.regionCode, region != resource.region { return false }
        if let exclusion = input.exclusionStatus { return (exclusion == "excluded") == resource.isExcluded }
        return true
    }

    func view(_ advice: String) -> TrustedAdvisor.OrganizationRecommendationResourceSummary {
        TrustedAdvisor.OrganizationRecommendationResourceSummary {
            $0.id = resource.id
            $0.arn = result.arn(of: resource)
            $0.awsResourceId = resource.resource
            $0.regionCode = resource.region.isEmpty ? "us-east-1" : resource.region
            $0.status = resource.status.rawValue
            $0.metadata = result.texts(of: resource)
            $0.lastUpdatedAt = Timestamp(secondsSinceEpoch: result.time)
            $0.exclusionStatus = resource.isExcluded ? "excluded" : "included"
            $0.accountId = result.account
            $0.recommendationArn = advice
        }
    }
}

extension TrustedAdvisor.ListOrganizationRecommendationResources: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let advice = try await OrganizationAdvice.one(input.organizationRecommendationIdentifier, call)
        let all = advice.results.flatMap { result in
            result.resources.map { AdvisedResource(result: result, resource: $0) }
        }
        let found = page(all.filter { $0.fits(input) }, by: \.key, try Paging(advisor: input))
        return Output(found.map { $0.view(advice.arn) })
    }
}

extension TrustedAdvisor.UpdateOrganizationRecommendationLifecycle: PreparedWriteOperation, OnAllOfSupport {
    /// The check, and the account in whose scope it is kept.
    public struct Preparation: Sendable {
        fileprivate let check: String
        fileprivate let account: String
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let advice = try await OrganizationAdvice.one(input.organizationRecommendationIdentifier, call)
        if input.lifecycleStage == "dismissed", input.updateReasonCode == nil {
            throw TrustedAdvisor.Failure.validationException("A recommendation is dismissed with an updateReasonCode.")
        }
        return Preparation(check: advice.check.id, account: try call.advisedOrganization().managementAccountID)
    }

    public static func handle(
        _ input: Input, _ preparation: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.of(Scope(account: preparation.account)).put(
            AdvisorLifecycle(
                id: preparation.check, stage: input.lifecycleStage, reason: input.updateReason,
                reasonCode: input.updateReasonCode, by: call.caller.arn, time: call.time))
        return Output()
    }
}
