import Ledger
import Platform
import Wire

/// Deletes events that are older than 90 days.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html>
struct ForgetOldEvents: RecurringJob {
    static let kind = "CloudTrail::ForgetOldEvents"
    static let interval = 3600.0
    /// How long the history is.
    static let historySeconds = 90.0 * 24 * 3600

    func run(_ context: JobContext) async throws(ServiceError) {
        let end = context.environment.clock.now - Self.historySeconds
        do throws(LedgerError) {
            try await context.environment.ledger.purgeEvents(before: Int64(end * 1000))
        } catch {
            throw ServiceError(error)
        }
    }
}
