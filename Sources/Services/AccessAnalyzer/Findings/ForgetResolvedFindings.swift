import Ledger
import Platform
import Wire

/// Deletes findings that have been resolved for 90 days.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html>
struct ForgetResolvedFindings: RecurringJob {
    static let kind = "AccessAnalyzer::ForgetResolvedFindings"
    static let interval = 24.0 * 3600

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let latest = environment.clock.now - Findings.keptResolved
        for analyzer in environment.projection(AnalyzerIndex.self).all {
            let partition = analyzer.findingsPartition
            while true {
                let count = try await environment.write(analyzer.scope, requestID: "") {
                    (records) throws(ServiceError) in
                    let oldest = try records.list(
                        AnalyzedFinding.self, by: AnalyzedFinding.byResolution, of: partition, limit: 64)
                    let old = oldest.filter { $0.status == .resolved && $0.updated <= latest }
                    for finding in old { try records.delete(AnalyzedFinding.self, finding.key, of: partition) }
                    return old.count
                }
                guard count == 64 else { break }
            }
        }
        try await context.finish { _ in }
    }
}
