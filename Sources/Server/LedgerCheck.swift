import Ledger
import Logging
import ServiceLifecycle

/// Looks whether the ledger is whole: its tables, and the seals of the records that nothing has read yet.
///
/// No request may be decided from tables that are damaged. A record that is damaged and binds nobody is told of: whoever asks
/// for it gets an error, and the others can go on working.
struct LedgerCheck: Sendable {
    let ledger: Ledger
    /// The kinds of records whose seals are to be looked at.
    let kinds: Set<String>
    let log: Logger
    /// A ledger of more records than this is looked at while it is used, since that may take minutes.
    var mostAtStart = 20_000

    /// Looks at a small ledger.
    /// - Returns: whether it is small.
    /// - Throws: ``LedgerError`` `corrupt` when a table is damaged.
    func atStart() async throws(LedgerError) -> Bool {
        guard try await ledger.recordCount() <= mostAtStart else { return false }
        try await run()
        return true
    }

    /// - Throws: ``LedgerError`` `corrupt` when a table is damaged.
    func run() async throws(LedgerError) {
        for damage in try await ledger.check(sealsOf: kinds) {
            guard damage.table == .record, damage.id != nil else {
                throw LedgerError(.corrupt, "The ledger is damaged in \(damage.place): \(damage.message).")
            }
            log.error("a record is damaged", metadata: ["record": "\(damage.place)", "reason": "\(damage.message)"])
        }
    }
}

/// Looks at a large ledger while it is used. A table that is damaged ends the server.
struct LedgerCheckService: ServiceLifecycle.Service {
    let check: LedgerCheck
    /// What to do about damage.
    let advice: String

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await check.run()
            } catch let error as LedgerError where error.kind == .corrupt {
                throw StartError("\(error)\(advice)")
            } catch {
                // The server is stopping, or the database is away, about which others complain.
            }
        }
    }
}
