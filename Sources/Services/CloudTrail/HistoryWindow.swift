import Ledger
import Platform
import Wire

/// Whose events, and of which time, are looked for in the event history.
struct HistoryWindow: Sendable {
    let account: String
    /// The organization whose accounts' events count, too.
    let organizationID: String?
    /// From then on, in milliseconds since 1970.
    let start: Int64
    /// Until then, in milliseconds since 1970; nil: it goes on.
    var end: Int64?

    /// Whether an event is in it, as far as time and account go.
    func contains(_ event: Event, _ environment: Environment) -> Bool {
        guard event.time >= start, event.time <= end ?? .max else { return false }
        if event.account == account { return true }
        guard let organizationID else { return false }
        return environment.directory.organization(ofAccount: event.account)?.id == organizationID
    }
}

extension Call {
    /// How far the event history is.
    func lastEventSegment() async throws(ServiceError) -> Int64 {
        do throws(LedgerError) { return try await environment.ledger.lastEventSegment() } catch {
            throw ServiceError(error)
        }
    }
}
