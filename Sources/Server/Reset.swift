import Directory
import Ledger
import Platform
import TransportSecurity

extension Gatehouse {
    /// Wipes everything but the first account, emptied, its root user's keys, and what encrypts connections.
    static func reset(_ environment: Environment) async throws(LedgerError) {
        let (directory, projections) = (environment.directory, environment.projections)
        guard let first = directory.firstAccount else { return }
        try await environment.ledger.reset { kind, id in
            switch kind {
            case Account.kind: id == first.id
            case AccessKey.kind: directory.accessKey(id).map { $0.belongsToRoot && $0.accountID == first.id } ?? false
            default: TransportSecurityRecords.kinds.contains(kind)
            }
        } rebuilding: { changes in
            projections.rebuild(from: changes)
            environment.usage.reset()
            // What was counted is of what is gone.
            _ = environment.metricCounts.take(at: environment.now())
        }
        let bare = Account(id: first.id, createDate: first.createDate)
        guard first != bare else { return }
        try await environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            try transaction.put(bare, in: Scope(account: bare.id, region: ""))
            return .commit(())
        }
    }
}
