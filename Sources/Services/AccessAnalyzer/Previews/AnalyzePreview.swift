import AccessAnalyzerAPI
import Ledger
import Platform
import Wire

/// Finds out what an access preview has to say. Its id is the preview's.
struct AnalyzePreview: Job {
    static let kind = "AccessAnalyzer::AnalyzePreview"

    /// The name of the analyzer.
    let analyzer: String
    /// Where the preview is.
    let partition: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id, name, partition) = (context.environment, context.id, analyzer, partition)
        let known = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try Known(id, partition, analyzer: name, records)
        }
        // Who deleted the analyzer has no use for its previews.
        guard let known else { return }
        let result: Result<[PreviewedFinding], AccessPreview.Failure>
        do throws(AccessPreview.Failure) { result = .success(try await known.findings(environment)) } catch {
            result = .failure(error)
        }
        try await context.finish { (records) throws(ServiceError) in
            guard var preview = try records.get(AccessPreview.self, RowKey(.text(id)), of: partition) else { return }
            switch result {
            case .success(let findings):
                preview.status = .completed
                preview.findings = findings
            case .failure(let failure):
                preview.status = .failed
                preview.failure = failure
            }
            try records.put(preview)
        }
    }

    /// What the ledger has about it.
    private struct Known: Sendable {
        let preview: AccessPreview
        let analyzer: Analyzer
        let existing: [AnalyzedFinding]

        /// nil: the preview or its analyzer is gone.
        init?(_ id: String, _ partition: String, analyzer name: String, _ records: Records) throws(ServiceError) {
            guard let preview = try records.get(AccessPreview.self, RowKey(.text(id)), of: partition),
                let analyzer = try records.get(Analyzer.self, name), analyzer.findingsPartition == partition
            else { return nil }
            self.preview = preview
            self.analyzer = analyzer
            existing = try Findings.rows(ofResource: preview.resource, of: partition, records)
        }

        func findings(_ environment: Environment) async throws(AccessPreview.Failure) -> [PreviewedFinding] {
            let configuration: AccessAnalyzer.Configuration
            let kind: ConfigurationKind
            do throws(ServiceError) {
                configuration = AccessAnalyzer.Configuration(
                    try Structure(json: preview.configuration, of: AccessAnalyzer.ConfigurationFields.shape))
                kind = try ConfigurationKind(of: configuration)
            } catch { throw .internalError }
            let type =
                environment.analyzedResources.first { $0.name == kind.resourceType }
                ?? .policyOnly(kind.resourceType)
            guard let type else { throw .internalError }
            let proposed = try await proposed(configuration, kind, type, environment)
            var found = Exposure.external(proposed.resource, type, ZoneOfTrust(of: analyzer, environment))
            for index in found.findings.indices {
                guard let user = proposed.canonicalUsers[found.findings[index].principal] else { continue }
                found.findings[index].principalType = "CanonicalUser"
                found.findings[index].principal = user
                found.findings[index].witness = nil
            }
            return PreviewComparison(
                analyzer: analyzer, resource: preview.resource, resourceType: kind.resourceType,
                owner: analyzer.accountID, time: preview.created
            ).findings(found.findings, isUndecided: found.isUndecided, existing: existing)
        }

        private func proposed(
            _ configuration: AccessAnalyzer.Configuration, _ kind: ConfigurationKind, _ type: AnalyzedResourceType,
            _ environment: Environment
        ) async throws(AccessPreview.Failure) -> ProposedBucket.Outcome {
            var existing: AnalyzedResource?
            do throws(ServiceError) { existing = try await type.fetch(preview.resource, environment) } catch {
                throw .internalError
            }
            // What belongs to somebody else is not looked at: the proposal is for a new one.
            if existing?.owner != analyzer.accountID { existing = nil }
            let proposal = ProposedResource(
                arn: preview.resource, owner: analyzer.accountID, region: analyzer.region, existing: existing,
                directory: environment.directory)
            guard kind == .s3Bucket else {
                return ProposedBucket.Outcome(resource: try proposal.resource(configuration), canonicalUsers: [:])
            }
            guard let propose = type.propose else { throw .internalError }
            guard let outcome = propose(try proposal.bucket(configuration.s3Bucket), environment) else {
                throw .invalidConfiguration
            }
            return outcome
        }
    }
}

/// Deletes an access preview when its day is over. Its id is the preview's.
struct ForgetPreview: Job {
    static let kind = "AccessAnalyzer::ForgetPreview"

    /// Where the preview is.
    let partition: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (id, partition) = (context.id, partition)
        try await context.finish { (records) throws(ServiceError) in
            try records.delete(AccessPreview.self, RowKey(.text(id)), of: partition)
        }
    }
}
