import Directory
import Learning
import Ledger
import Platform
import Wire

/// Writes the policies of its id, if the role lets it look at the trails.
///
/// What was done is taken from the event history, which has everything that a trail's log files could have, and what the policies
/// were asked about besides: so the resources are known.
struct RunPolicyGeneration: Job {
    static let kind = "AccessAnalyzer::RunPolicyGeneration"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, id) = (context.environment, context.scope, context.id)
        let asked = try await environment.read(scope) { (records) throws(ServiceError) in
            try records.get(PolicyGeneration.self, id)
        }
        guard let asked, asked.status == .inProgress else { return }
        var done = asked
        do throws(PolicyGenerationError) {
            let services = try await TrailAccess(environment: environment, scope: scope, generation: asked).services()
            done.result = try await result(asked, services, environment)
            done.status = .succeeded
        } catch {
            switch error {
            case .own(let error): throw error
            case .refused(let failure):
                done.failure = failure
                done.status = .failed
            }
        }
        done.completed = max(environment.now(), done.started)
        let generation = done
        try await context.finish { (records) throws(ServiceError) in
            // Whoever has canceled it meanwhile has taken it off the schedule, too.
            guard try records.get(PolicyGeneration.self, id)?.status == .inProgress else { return }
            try records.put(generation)
        }
    }

    /// - Parameter services: those that were used, as far as last accessed information tells.
    private func result(
        _ generation: PolicyGeneration, _ services: Set<String>, _ environment: Environment
    ) async throws(PolicyGenerationError) -> PolicyGeneration.Result {
        var result = PolicyGeneration.Result()
        var found = RecordedAccesses()
        if let cloudTrail = generation.cloudTrail {
            found = try await accesses(generation.principal, cloudTrail, environment)
            var generator = PolicyGenerator()
            generator.statementPrefix = PolicyTemplates.statementPrefix
            do throws(GenerationError) {
                result.policies = try generator.policies(for: Array(found.accesses.keys)).map(\.compactText)
            } catch {
                throw .refused(.init(code: .service, message: "\(error)"))
            }
            result.templates = PolicyTemplates().withPlaceholders(found.accesses.keys)
        }
        let known = Set(found.accesses.keys.map { String($0.action.prefix { $0 != ":" }) })
        let left = services.subtracting(known).subtracting(found.freeServices)
        result.serviceLevel = PolicyTemplates().serviceLevel(left.sorted())
        result.isComplete = generation.cloudTrail != nil && left.isEmpty
        return result
    }

    private func accesses(
        _ principal: String, _ cloudTrail: PolicyGeneration.CloudTrail, _ environment: Environment
    ) async throws(PolicyGenerationError) -> RecordedAccesses {
        func milliseconds(_ seconds: Double) -> Int64 { Int64(exactly: (seconds * 1000).rounded()) ?? 0 }
        let isEverywhere = cloudTrail.trails.contains(where: \.allRegions)
        let regions = Set(cloudTrail.trails.flatMap(\.regions))
        let whose: RecordedPrincipal
        do { whose = try RecordedPrincipal(principal) } catch {
            throw .refused(.init(code: .resourceNotFound, message: error.description))
        }
        do throws(LedgerError) {
            try await environment.ledger.flushEvents()
            return try await RecordedAccesses.read(
                environment.ledger, of: whose,
                RecordedSpan(
                    since: milliseconds(cloudTrail.start), until: milliseconds(cloudTrail.end),
                    regions: isEverywhere ? nil : regions))
        } catch {
            throw .own(ServiceError(error))
        }
    }
}

/// Why a policy is not written.
enum PolicyGenerationError: Error {
    /// Gatehouse's own fault: it is tried again later.
    case own(ServiceError)
    /// It comes to nothing.
    case refused(PolicyGeneration.Failure)
}
