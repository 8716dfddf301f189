import Directory
public import Learning
import Ledger

extension RecordedData {
    /// What a principal did, by the events of its account. A server may not have written yet what it has just answered.
    /// - Parameters:
    ///   - principal: the ARN of a user or role, whose sessions count for it; of one session; or of a root user.
    ///   - since: in milliseconds since 1970; nil: from the beginning on.
    ///   - until: in milliseconds since 1970; nil: until now.
    ///   - withDenied: whether calls count that the policies denied, as far as they were asked before they did.
    /// - Returns: what was found, and whether there is such a principal now.
    /// - Throws: `StartError` also for what is no principal's ARN.
    /// - Complexity: linear in the events of the account between the two times, or of the user's.
    public func accesses(
        of principal: String, since: Int64?, until: Int64?, withDenied: Bool
    ) async throws(StartError) -> (found: RecordedAccesses, isKnown: Bool) {
        let whose: RecordedPrincipal
        do { whose = try RecordedPrincipal(principal) } catch { throw StartError("\(error)") }
        do throws(LedgerError) {
            let directory = IdentityDirectory()
            try ledger.replay([Account.kind, User.kind, Role.kind]) { (change) throws(LedgerError) in
                try directory.apply([change])
            }
            let found = try await RecordedAccesses.read(
                ledger, of: whose, RecordedSpan(since: since, until: until, withDenied: withDenied))
            return (found, whose.exists(in: directory))
        } catch {
            throw StartError("\(error)")
        }
    }
}
