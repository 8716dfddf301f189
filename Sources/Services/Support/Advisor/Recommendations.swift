import Directory
import Ledger
import Platform
import TrustedAdvisorAPI
import Wire

// Recommendations: what the checks say of an account, one for each check.
// <https://docs.aws.amazon.com/trustedadvisor/latest/APIReference/API_Recommendation.html>

extension TrustedAdvisor.ListChecks: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let checks = AdvisorCheck.all.filter { check in
            (input.pillar ?? check.category.rawValue) == check.category.rawValue
                && (input.source ?? check.sourceName) == check.sourceName
                && input.awsService.map { check.has($0) } ?? true
        }
        return Output(
            page(checks, by: \.id, try Paging(advisor: input)).map { check in
                TrustedAdvisor.CheckSummary {
                    $0.id = check.id
                    $0.arn = check.arn
                    $0.name = check.name
                    $0.description = check.description
                    $0.pillars = [check.category.rawValue]
                    $0.awsServices = check.services
                    $0.source = check.sourceName
                    $0.metadata = Dictionary(
                        check.columns.enumerated().map { (String($0.offset), $0.element) }
                    ) { first, _ in first }
                }
            })
    }
}

extension AdvisorCheck {
    /// Of the API: those that come from AWS Config's rules there.
    var sourceName: String { id == "c18d2gz150" ? "aws_config" : "ta_check" }

    func has(_ service: String) -> Bool { services.contains { $0.lowercased() == service.lowercased() } }
}

extension Paging {
    /// - Throws: ValidationException for a token that is not one of ours.
    init<F: PageRequestFields>(advisor input: View<F>) throws(ServiceError) {
        do throws(ServiceError) { try self.init(input) } catch {
            throw TrustedAdvisor.Failure.validationException("The nextToken is not valid.")
        }
    }
}

/// What operations on recommendations have in common.
enum Advice {
    /// What all of them, or those of a filter, say of the caller's account.
    static func results(
        _ call: Call, of account: String? = nil, where isWanted: (AdvisorCheck) -> Bool = { _ in true }
    ) async throws(ServiceError) -> [AdvisorResult] {
        let checks = AdvisorCheck.all.filter(isWanted)
        return try await call.environment.advice(checks, of: account ?? call.accountID, at: call.time)
    }

    /// The result that a recommendation of the caller's account is of.
    /// - Throws: ResourceNotFoundException.
    static func result(_ arn: String, _ call: Call) async throws(ServiceError) -> AdvisorResult {
        let start = "arn:aws:trustedadvisor::\(call.accountID):recommendation/"
        guard arn.hasPrefix(start),
            let check = AdvisorCheck.all.first(where: {
                AdvisorResult.uuid("\(call.accountID) \($0.id)") == arn.dropFirst(start.count)
            }),
            let result = try await call.environment.advice([check], of: call.accountID, at: call.time).first
        else { throw notFound(arn) }
        return result
    }

    static func notFound(_ arn: String) -> ServiceError {
        TrustedAdvisor.Failure.resourceNotFoundException("The recommendation \(arn) could not be found.")
    }
}

extension AdvisorResult {
    /// How many resources of each colour count.
    var aggregates: TrustedAdvisor.RecommendationResourcesAggregates {
        let counted = resources.filter { !$0.isExcluded }
        return TrustedAdvisor.RecommendationResourcesAggregates {
            $0.okCount = counted.count { $0.status == .ok }
            $0.warningCount = counted.count { $0.status == .warning }
            $0.errorCount = counted.count { $0.status == .error }
            $0.excludedCount = resources.count(where: \.isExcluded)
        }
    }

    /// It is as new as the answer.
    fileprivate var updated: Timestamp { Timestamp(secondsSinceEpoch: time) }

    fileprivate var summary: TrustedAdvisor.RecommendationSummary {
        TrustedAdvisor.RecommendationSummary {
            $0.id = id
            $0.type = "standard"
            $0.checkArn = check.arn
            $0.status = status.rawValue
            $0.pillars = [check.category.rawValue]
            $0.source = check.sourceName
            $0.awsServices = check.services
            $0.name = check.name
            $0.resourcesAggregates = aggregates
            $0.lastUpdatedAt = updated
            $0.arn = arn
            $0.statusReason = isEmpty ? "no_data_ok" : nil
        }
    }

    fileprivate var whole: TrustedAdvisor.Recommendation {
        TrustedAdvisor.Recommendation {
            $0.id = id
            $0.type = "standard"
            $0.checkArn = check.arn
            $0.status = status.rawValue
            $0.pillars = [check.category.rawValue]
            $0.source = check.sourceName
            $0.awsServices = check.services
            $0.name = check.name
            $0.resourcesAggregates = aggregates
            $0.lastUpdatedAt = updated
            $0.arn = arn
            $0.statusReason = isEmpty ? "no_data_ok" : nil
            $0.description = check.description
        }
    }

    /// As answers have a resource's texts: by the names of the columns.
    func texts(of resource: Resource) -> [String: String] {
        Dictionary(Array(zip(check.columns, resource.metadata))) { first, _ in first }
    }
}

extension TrustedAdvisor.ListRecommendations: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        // All are of this type; those of the other are an organization's.
        guard input.type ?? "standard" == "standard" else { return Output(nextToken: nil, recommendationSummaries: []) }
        let results = try await Advice.results(call) { check in
            (input.pillar ?? check.category.rawValue) == check.category.rawValue
                && (input.source ?? check.sourceName) == check.sourceName
                && (input.checkIdentifier ?? check.arn) == check.arn && input.awsService.map { check.has($0) } ?? true
        }
        let found = results.filter { result in
            (input.status ?? result.status.rawValue) == result.status.rawValue
                && (input.afterLastUpdatedAt?.secondsSinceEpoch ?? 0) <= result.time
                && result.time <= (input.beforeLastUpdatedAt?.secondsSinceEpoch ?? .infinity)
        }
        return Output(page(found, by: \.id, try Paging(advisor: input)).map(\.summary))
    }
}

extension TrustedAdvisor.GetRecommendation: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let result = try await Advice.result(input.recommendationIdentifier, call)
        return Output { $0.recommendation = result.whole }
    }
}

extension TrustedAdvisor.ListRecommendationResources: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let result = try await Advice.result(input.recommendationIdentifier, call)
        let found = result.resources.filter { resource in
            (input.status ?? resource.status.rawValue) == resource.status.rawValue
                && (input.exclusionStatus.map { ($0 == "excluded") == resource.isExcluded } ?? true)
                && (input.regionCode ?? resource.region) == resource.region
        }
        return Output(
            page(found, by: \.id, try Paging(advisor: input)).map { resource in
                TrustedAdvisor.RecommendationResourceSummary {
                    $0.id = resource.id
                    $0.arn = result.arn(of: resource)
                    $0.awsResourceId = resource.resource
                    // What is in no Region is in Trusted Advisor's own.
                    $0.regionCode = resource.region.isEmpty ? "us-east-1" : resource.region
                    $0.status = resource.status.rawValue
                    $0.metadata = result.texts(of: resource)
                    $0.lastUpdatedAt = Timestamp(secondsSinceEpoch: result.time)
                    $0.exclusionStatus = resource.isExcluded ? "excluded" : "included"
                    $0.recommendationArn = result.arn
                }
            })
    }
}

/// <https://docs.aws.amazon.com/trustedadvisor/latest/APIReference/API_UpdateRecommendationLifecycle.html>: "This API only supports
/// prioritized recommendations", of which an account has none by itself.
extension TrustedAdvisor.UpdateRecommendationLifecycle: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        _ = try await Advice.result(input.recommendationIdentifier, call)
        throw TrustedAdvisor.Failure.validationException(
            "The lifecycle of a recommendation of the type standard can't be updated.")
    }
}

extension TrustedAdvisor.BatchUpdateRecommendationResourceExclusion: PreparedWriteOperation, OnAllOfSupport {
    /// What is to be excluded or included, and what there is not.
    public struct Preparation: Sendable {
        fileprivate var changes: [(id: String, isExcluded: Bool)] = []
        fileprivate var missing: [String] = []
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        var preparation = Preparation()
        let results = try await Advice.results(call)
        for exclusion in input.recommendationResourceExclusions {
            let found = results.lazy.compactMap { result in
                result.resources.first { result.arn(of: $0) == exclusion.arn }.map { (result.check.id, $0.id) }
            }.first
            guard let (check, resource) = found else {
                preparation.missing.append(exclusion.arn)
                continue
            }
            preparation.changes.append((AdvisorExclusion.id(check, resource), exclusion.isExcluded))
        }
        return preparation
    }

    public static func handle(
        _ input: Input, _ preparation: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        for (id, isExcluded) in preparation.changes {
            let present = try records.get(AdvisorExclusion.self, id)
            if isExcluded, present == nil { try records.put(AdvisorExclusion(id: id, since: call.time)) }
            if !isExcluded, let present { try records.delete(present) }
        }
        return Output(
            batchUpdateRecommendationResourceExclusionErrors: preparation.missing.map { arn in
                TrustedAdvisor.UpdateRecommendationResourceExclusionError {
                    $0.arn = arn
                    $0.errorCode = "ResourceNotFoundException"
                    $0.errorMessage = "The recommendation resource \(arn) could not be found."
                }
            })
    }
}
