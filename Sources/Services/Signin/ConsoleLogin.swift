import Directory
import Ledger
import Platform
import Wire

/// The session of the console's from which a program got its credentials. They end with it.
public struct ConsoleLogin: Sendable, Codable {
    /// The session's id.
    let session: String
    /// When the person signed in, seconds since 1970.
    let started: Double
    /// The session token of whoever signed in.
    let person: String
    /// That of the role to which the person has switched; nil: none.
    let role: String?

    /// - Parameters:
    ///   - session: the session's id.
    ///   - started: when the person signed in, seconds since 1970.
    ///   - person: the session token of whoever signed in.
    ///   - role: that of the role to which the person has switched; nil: none.
    public init(session: String, started: Double, person: String, role: String?) {
        self.session = session
        self.started = started
        self.person = person
        self.role = role
    }

    /// When it ends at the latest, seconds since 1970; nil: there is no such session any more.
    func expires(_ environment: Environment) -> Double? {
        let tokens = [person] + (role.map { [$0] } ?? [])
        let ends = tokens.compactMap { environment.sessionTokens.open($0)?.session.expires }
        return ends.count == tokens.count ? ends.min() : nil
    }

    /// As whom the program acts.
    /// - Throws: AccessDeniedException: the session is over, has been ended, its principal is gone, or the password is another.
    func caller(_ call: Call) async throws(ServiceError) -> Caller {
        guard let someone = live(person, call) else { throw .tokenExpired }
        let principal = someone.signInID
        guard
            !call.environment.projection(SignedOutSessions.self).contains(session, started: started, of: principal)
        else { throw .tokenExpired }
        if someone.session?.principalKind == .user || someone.session?.principalKind == .root {
            let date = try await call.environment.read(Scope(account: someone.accountID)) {
                (records) throws(ServiceError) in try records.get(LoginProfile.self, principal)?.passwordDate
            }
            guard let date, date <= started else { throw .credentialsChanged }
        }
        guard let role else { return someone }
        guard let actor = live(role, call) else { throw .tokenExpired }
        return actor
    }

    private func live(_ token: String, _ call: Call) -> Caller? {
        guard let opened = call.environment.sessionTokens.open(token), opened.session.expires > call.time,
            let caller = Caller(opened, call.directory), call.directory.isActive(account: caller.accountID)
        else { return nil }
        return caller
    }
}
