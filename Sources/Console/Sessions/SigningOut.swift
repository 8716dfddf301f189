import Ledger
import Platform
import Wire

extension Environment {
    /// Ends a session for good.
    func signOut(
        _ session: ConsoleSession, of principal: String, in account: String, requestID: String
    ) async throws(ServiceError) {
        try await change(principal, account, requestID) {
            $0.sessions[session.id] = session.started + ConsoleSession.lifetime
        }
    }

    /// Ends all sessions of a person.
    func signOutEverywhere(_ principal: String, in account: String, requestID: String) async throws(ServiceError) {
        let now = now()
        try await change(principal, account, requestID) { record in
            record.everythingBefore = now
            record.sessions = [:]
        }
    }

    private func change(
        _ principal: String, _ account: String, _ requestID: String,
        _ body: @escaping @Sendable (inout SignedOut) -> Void
    ) async throws(ServiceError) {
        let now = now()
        try await write(Scope(account: account), requestID: requestID) { (records) throws(ServiceError) in
            var record = try records.get(SignedOut.self, principal) ?? SignedOut(id: principal)
            record.sessions = record.sessions.filter { $0.value > now }
            body(&record)
            try records.put(record)
        }
    }
}
