import Ledger
import Platform
import Wire

/// Deletes journal entries that are older than seven years, for which AWS Config keeps history by default.
/// <https://docs.aws.amazon.com/config/latest/developerguide/delete-config-data-with-retention-period.html>
struct ForgetOldJournal: RecurringJob {
    static let kind = "Gatehouse::ForgetOldJournal"
    static let interval = 24.0 * 3600
    private static let keptSeconds = 2557.0 * 24 * 3600

    func run(_ context: JobContext) async throws(ServiceError) {
        // The journal's dates are real time.
        let end = context.environment.clock.realTime - Self.keptSeconds
        do throws(LedgerError) {
            try await context.environment.ledger.purgeJournal(before: Int64(end * 1000))
        } catch {
            throw ServiceError(error)
        }
    }
}
