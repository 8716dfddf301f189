import Directory
import Ledger
import Platform
import Synchronization
import Wire

/// Writes last-used data into the ledger from time to time, so that a start need not read many events.
struct KeepLastUsed: RecurringJob {
    static let kind = "IAM::KeepLastUsed"
    static let interval = 30.0
    /// It is written after this many calls, or this many seconds.
    private static let calls = 50_000
    private static let seconds = 900.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let usage = environment.usage
        let isOld = environment.clock.now - usage.lastCheckpoint >= Self.seconds
        guard usage.waiting >= Self.calls || (usage.waiting > 0 && isOld) else { return }
        do throws(LedgerError) { try await environment.checkpointUsage() } catch { throw ServiceError(error) }
    }
}
