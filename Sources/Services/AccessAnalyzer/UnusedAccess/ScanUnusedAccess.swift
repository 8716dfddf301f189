import Platform
import Wire

/// Looks at all users and roles once a day: what nobody uses becomes unused by itself.
struct ScanUnusedAccess: RecurringJob {
    static let kind = "AccessAnalyzer::ScanUnusedAccess"
    static let interval = 24.0 * 3600

    func run(_ context: JobContext) async throws(ServiceError) {
        let search = UnusedAccessSearch(environment: context.environment)
        for analyzer in search.analyzers { try await search.scan(analyzer) }
    }
}
