import Directory
public import Ledger
public import Platform
import Wire

/// What Organizations does after it has answered: making accounts, closing them. What is to be done stands in the
/// ledger, so that it is done even when Gatehouse was ended in between.
public struct BackgroundWork: Sendable {
    private let environment: Environment

    public init(_ environment: Environment) {
        self.environment = environment
    }

    /// Whether a change may have brought something to do.
    public static func isNeeded(after change: Change) -> Bool {
        change.kind == AccountRequest.kind || change.kind == Account.kind
    }

    /// Does all that there is to do, one after another.
    public func finish() async throws(LedgerError) {
        for management in environment.directory.managementAccountIDs {
            let waiting = try await environment.ledger.read { (reader) throws(LedgerError) in
                try reader.referrers(
                    AccountRequest.self, relation: Relation.state, to: AccountRequest.State.inProgress.rawValue,
                    in: Scope(account: management), limit: .max)
            }
            for request in waiting.sorted(by: { $0.requestDate < $1.requestDate }) {
                try await make(request.id, management)
            }
        }
        for account in environment.directory.closingAccounts { try await close(account.id) }
    }

    /// How long a closed account stays in its organization, in seconds: so long it could be opened again.
    private static let closedSeconds = 90.0 * 24 * 3600

    /// Deletes the handshakes that nobody may see any more, and takes accounts out of their organizations that were
    /// closed long ago.
    public func forgetWhatIsOver() async throws(LedgerError) {
        let now = environment.now()
        try await write { records throws(ServiceError) in
            for handshake in try records.shared.list(Handshake.self) where !handshake.isKept(at: now) {
                try records.shared.delete(handshake)
                if let transfer = try records.transfer(of: handshake), !transfer.isKept(at: now) {
                    try records.shared.delete(transfer)
                }
            }
            return nil
        }
        for id in environment.directory.accountIDs(closedBefore: now - Self.closedSeconds) {
            try await write { records throws(ServiceError) in
                guard var account = try records.of(account: id).get(Account.self, id), account.state == .closed,
                    let management = account.managementAccountID
                else { return nil }
                let organization = records.of(account: management)
                if let place = try organization.get(OrganizationAccount.self, id) { try organization.delete(place) }
                account.managementAccountID = nil
                try records.of(account: id).put(account)
                return nil
            }
        }
    }

    private func make(_ id: String, _ management: String) async throws(LedgerError) {
        let environment = environment
        try await write { records throws(ServiceError) in
            let records = records.of(account: management)
            // Whoever deletes the organization, or resets Gatehouse, is done with it before.
            guard let request = try records.get(AccountRequest.self, id), request.state == .inProgress else {
                return nil
            }
            let time = environment.now()
            let done = try AccountMaker(environment: environment, records: records, time: time).make(request)
            try records.put(done)
            return ServiceEvent.createAccountResult(done, management, time).event
        }
    }

    private func close(_ id: String) async throws(LedgerError) {
        let environment = environment
        try await write { records throws(ServiceError) in
            let records = records.of(account: id)
            guard var account = try records.get(Account.self, id), account.state == .pendingClosure else { return nil }
            account.state = .closed
            try records.put(account)
            let time = environment.now()
            return account.managementAccountID.map {
                ServiceEvent.closeAccountResult(account, $0, time).event
            }
        }
    }

    /// One transaction, with the event that tells of it.
    private func write(
        _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Event?
    ) async throws(LedgerError) {
        let failed = try await environment.ledger.write(requestID: "") {
            (transaction) throws(LedgerError) -> Verdict<Bool> in
            let event: Event?
            do throws(ServiceError) {
                event = try body(MutableRecords(transaction, scope: Scope(account: "")))
            } catch {
                return .rollback(true)
            }
            if let event { try transaction.record(event) }
            return .commit(false)
        }
        if failed { throw LedgerError(.io, "The background work of Organizations could not read or write a record.") }
    }
}
