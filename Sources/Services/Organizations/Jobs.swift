import Directory
import Ledger
import Platform
import Wire

// What Organizations does after it has answered.

/// Makes the account that a request of its id asks for.
struct MakeAccount: Job {
    static let kind = "Organizations::MakeAccount"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id) = (context.environment, context.id)
        try await context.finish { (records) throws(ServiceError) in
            // An organization with an unfinished request can't be deleted.
            guard let request = try records.get(AccountRequest.self, id), request.state == .inProgress else { return }
            let time = environment.now()
            let done = try AccountMaker(environment: environment, records: records, time: time).make(request)
            try records.put(done)
            try records.record(ServiceEvent.createAccountResult(done, records.scope.account, time).event)
        }
    }
}

/// Closes the account of its id.
struct CloseAccount: Job {
    static let kind = "Organizations::CloseAccount"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id) = (context.environment, context.id)
        try await context.finish { (records) throws(ServiceError) in
            guard var account = try records.get(Account.self, id), account.state == .pendingClosure else { return }
            account.state = .closed
            try records.put(account)
            let time = environment.now()
            try records.schedule(
                ForgetClosedAccount(), id: id, at: (account.closeDate ?? time) + ForgetClosedAccount.afterSeconds)
            guard let management = account.managementAccountID else { return }
            try records.record(ServiceEvent.closeAccountResult(account, management, time).event)
        }
    }
}

/// Removes the account of its id, which was closed long ago, from its organization.
struct ForgetClosedAccount: Job {
    static let kind = "Organizations::ForgetClosedAccount"
    /// How long a closed account stays in its organization, in seconds; during that time it could be reopened.
    /// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html>
    static let afterSeconds = 90.0 * 24 * 3600

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        try await context.finish { (records) throws(ServiceError) in
            guard var account = try records.get(Account.self, id), account.state == .closed,
                let management = account.managementAccountID
            else { return }
            let organization = records.of(account: management)
            if let place = try organization.get(OrganizationAccount.self, id) { try organization.delete(place) }
            account.managementAccountID = nil
            try records.put(account)
        }
    }
}

/// Deletes the handshakes that nobody can see any more, and the transfers that failed with them.
struct ForgetHandshakes: RecurringJob {
    static let kind = "Organizations::ForgetHandshakes"
    static let interval = 3600.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let now = context.environment.now()
        try await context.finish { (records) throws(ServiceError) in
            for handshake in try records.shared.list(Handshake.self) where !handshake.isKept(at: now) {
                try records.shared.delete(handshake)
                if let transfer = try records.transfer(of: handshake), !transfer.isKept(at: now) {
                    try records.shared.delete(transfer)
                }
            }
        }
    }
}

/// Schedules what a data directory of the first version had begun: that version polled for work.
func scheduleWhatIsLeft(_ environment: Environment) async throws(ServiceError) {
    let time = environment.now()
    for management in environment.directory.managementAccountIDs {
        try await environment.write(Scope(account: management), requestID: "") { (records) throws(ServiceError) in
            let waiting = try records.referrers(
                AccountRequest.self, Relation.state, to: AccountRequest.State.inProgress.rawValue)
            for request in waiting where try records.scheduledTime(of: MakeAccount.self, id: request.id) == nil {
                try records.schedule(MakeAccount(), id: request.id, at: request.requestDate)
            }
        }
    }
    for account in environment.directory.accountsLeaving {
        let id = account.id
        try await environment.write(Scope(account: id), requestID: "") { (records) throws(ServiceError) in
            if account.state == .pendingClosure {
                guard try records.scheduledTime(of: CloseAccount.self, id: id) == nil else { return }
                try records.schedule(CloseAccount(), id: id, at: time)
            } else {
                guard try records.scheduledTime(of: ForgetClosedAccount.self, id: id) == nil else { return }
                try records.schedule(
                    ForgetClosedAccount(), id: id, at: (account.closeDate ?? time) + ForgetClosedAccount.afterSeconds)
            }
        }
    }
}
