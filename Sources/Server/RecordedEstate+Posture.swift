import Ledger
import Platform
public import Posture

extension RecordedEstate {
    /// What the checks say of some accounts, from what is recorded.
    /// - Parameters:
    ///   - accounts: their numbers.
    ///   - regions: nil: those in which each account has anything.
    ///   - time: seconds since 1970.
    /// - Throws: `StartError` for a ledger that can't be read.
    public func postures(
        of accounts: [String], in regions: [String]?, checks: [PostureCheck], at time: Double
    ) async throws(StartError) -> [PostureReport] {
        do {
            let environment = environment
            // Who used what last is no part of the estate.
            try environment.ledger.replay(UsageFold.kinds) { (change) throws(LedgerError) in
                try environment.usage.restore(change)
            }
            try environment.usage.restoreEvents(of: environment.ledger)
            var reports: [PostureReport] = []
            for account in accounts {
                reports.append(try await environment.posture(of: account, in: regions, checks: checks, at: time))
            }
            return reports
        } catch {
            throw StartError("\(error)")
        }
    }

    /// What an account is called.
    public func name(ofAccount id: String) -> String? { environment.directory.account(id)?.name }
}
