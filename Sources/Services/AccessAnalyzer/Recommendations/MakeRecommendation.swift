import Directory
import Learning
import Ledger
import Platform
import Wire

/// Makes the recommendation of its id.
struct MakeRecommendation: Job {
    static let kind = "AccessAnalyzer::MakeRecommendation"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, id) = (context.environment, context.scope, context.id)
        let asked = try await environment.read(scope) { (records) throws(ServiceError) in
            try records.get(FindingRecommendation.self, id)
        }
        guard var recommendation = asked, recommendation.completed == nil else { return }
        let analyzer = AnalyzerName(recommendation.analyzer, account: scope.account, region: scope.region)
        // Nobody waits for what is recommended for an analyzer that is gone.
        guard let analyzer = environment.projection(AnalyzerIndex.self).analyzer(analyzer) else {
            return try await context.finish { (records) throws(ServiceError) in
                if let old = try records.get(FindingRecommendation.self, id) { try records.delete(old) }
            }
        }
        do throws(FindingRecommendation.Failure) {
            recommendation.steps = try await Recommender(environment: environment, analyzer: analyzer)
                .steps(for: recommendation.resource)
        } catch {
            recommendation.failure = error
        }
        recommendation.completed = max(environment.now(), recommendation.started)
        let done = recommendation
        try await context.finish { (records) throws(ServiceError) in
            try records.put(done)
            try records.schedule(
                ForgetRecommendation(), id: id, at: environment.now() + FindingRecommendation.lifetime)
        }
    }
}

/// Says which policies of a user or role should be replaced, and by what, or be detached.
struct Recommender: Sendable {
    let environment: Environment
    let analyzer: Analyzer

    /// For each policy that allows something which was not used: the policy that takes its place, unless nothing of it was used;
    /// and that it is to be detached.
    func steps(
        for arn: String
    ) async throws(FindingRecommendation.Failure) -> [FindingRecommendation.Step] {
        guard let id = environment.directory.uniqueID(ofARN: arn) else {
            throw .notFound("\(arn) does not exist.")
        }
        let policies = try policies(of: id)
        let used = try await used(by: id, arn: arn)
        var steps: [FindingRecommendation.Step] = []
        var checks: [(old: String, new: String?)] = []
        for policy in policies {
            let outcome: PolicyReduction.Outcome
            do throws(PolicyReduction.Refusal) {
                outcome = try PolicyReduction().reduce(policy.document) { service, action in
                    used.keeps(action, of: service)
                }
            } catch {
                switch error {
                case .notAction:
                    throw .notSupported("The policy \(policy.name) has a statement with NotAction.")
                case .unreadable: throw .internalError("The policy \(policy.name) can't be read.")
                }
            }
            let detach = FindingRecommendation.Step(
                action: .detachPolicy, existingPolicy: policy.name, updated: policy.updated)
            switch outcome {
            case .unchanged: continue
            case .nothing:
                steps.append(detach)
                checks.append((policy.document, nil))
            case .reduced(let text):
                steps.append(
                    FindingRecommendation.Step(
                        action: .createPolicy, policy: text, existingPolicy: policy.name, updated: policy.updated))
                steps.append(detach)
                checks.append((policy.document, text))
            }
        }
        let check = RecommendationCheck(accesses: used.accesses)
        for (old, new) in checks { try check.confirm(new, inPlaceOf: old) }
        return steps
    }

    /// A policy of a user or role.
    private struct HeldPolicy {
        /// The ARN of a managed policy; the name of an inline one.
        let name: String
        let document: String
        let updated: Double?
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html>
    private func policies(of id: String) throws(FindingRecommendation.Failure) -> [HeldPolicy] {
        if let user = environment.directory.user(uniqueID: id) {
            guard user.groupIDs.isEmpty else {
                throw .notSupported("The user \(user.name) is in a user group.")
            }
            return policies(user)
        }
        guard let role = environment.directory.role(uniqueID: id) else { throw .notFound("It does not exist.") }
        guard !role.path.hasPrefix(Self.identityCenterPath) else {
            throw .notSupported("The role \(role.name) is one of IAM Identity Center.")
        }
        return policies(role)
    }

    private static let identityCenterPath = "/aws-reserved/sso.amazonaws.com/"

    private func policies(_ identity: some Identity) -> [HeldPolicy] {
        let inline = identity.inlinePolicies.map { HeldPolicy(name: $0.name, document: $0.document, updated: nil) }
        return inline
            + identity.attachedPolicies.compactMap { arn in
                if let own = environment.directory.managedPolicy(arn: arn) {
                    return own.defaultVersion.map {
                        HeldPolicy(name: arn, document: $0.document, updated: own.updateDate)
                    }
                }
                return ManagedPolicyCatalog.aws.entry(arn: arn).map {
                    HeldPolicy(name: arn, document: $0.document, updated: $0.updateDate)
                }
            }
    }

    /// What was used of a user's or role's permissions within the time that the analyzer says.
    private func used(by id: String, arn: String) async throws(FindingRecommendation.Failure) -> UsedPermissions {
        let access = UnusedAccessSearch(environment: environment).access(analyzer)
        let since = Int64(exactly: (access.latest * 1000).rounded()) ?? 0
        let found: RecordedAccesses
        do {
            try await environment.ledger.flushEvents()
            found = try await RecordedAccesses.read(
                environment.ledger, of: try RecordedPrincipal(arn), RecordedSpan(since: since, until: nil))
        } catch {
            throw .internalError("The event history can't be read.")
        }
        return UsedPermissions(
            usage: environment.usage.usage(of: id), since: since, accesses: Array(found.accesses.keys),
            tracked: access.tracked)
    }
}

/// What was used of somebody's permissions.
private struct UsedPermissions {
    /// Since when, in milliseconds since 1970.
    private let since: Int64
    private let usage: PrincipalUsage?
    let accesses: [ObservedAccess]
    private let tracked: @Sendable (_ namespace: String) -> Set<String>
    /// In lower case, with their services.
    private let actions: Set<String>

    init(
        usage: PrincipalUsage?, since: Int64, accesses: [ObservedAccess],
        tracked: @escaping @Sendable (_ namespace: String) -> Set<String>
    ) {
        self.usage = usage
        self.since = since
        self.accesses = accesses
        self.tracked = tracked
        actions = Set(accesses.map { $0.action.lowercased() })
    }

    /// Whether an action was used. Of a service whose requests do not come by here, nobody knows: its actions stay if the service
    /// was used.
    func keeps(_ action: String, of service: String) -> Bool {
        if actions.contains("\(service):\(action)".lowercased()) { return true }
        if usage?.lastUse(of: action, in: service)?.time ?? .min > since { return true }
        return tracked(service).isEmpty && usage?.lastNeed(of: service)?.time ?? .min > since
    }
}

extension FindingRecommendation.Failure {
    fileprivate static func notFound(_ message: String) -> Self { Self(code: "RESOURCE_NOT_FOUND", message: message) }
    fileprivate static func notSupported(_ message: String) -> Self {
        Self(code: "NOT_SUPPORTED", message: "Policy recommendation is not supported: \(message)")
    }
    static func internalError(_ message: String) -> Self { Self(code: "INTERNAL_ERROR", message: message) }
}
