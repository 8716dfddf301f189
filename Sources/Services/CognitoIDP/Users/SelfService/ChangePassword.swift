import CognitoIDPAPI
import Platform
import Wire

extension CognitoIDP.ChangePassword: PreparedWriteOperation, OfSignedInUser {
    public static var secretMembers: Set<String> { ["AccessToken", "PreviousPassword", "ProposedPassword"] }

    /// The new password, and the user as whom it was proved.
    public struct Preparation: Sendable {
        let signedIn: SignedInUser
        let password: PasswordVerifier
        let event: AuthEvent?
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let signedIn = try await call.signedInUser(input.accessToken)
        try call.takeRate(.userAccountRecovery)
        let (pool, user) = (signedIn.pool, signedIn.user)
        try await call.count(.changePassword, for: user.username, of: pool)
        // A provider's users have none until an administrator sets one.
        guard !user.isOfProvider else { throw .incorrect }
        // Who has signed in without a password may have none.
        if let current = user.password {
            let previous = input.previousPassword ?? ""
            guard
                try await current.matches(previous, user: user.username, poolID: pool.id, account: pool.pool.accountID)
            else { throw .incorrect }
        }
        try pool.checkPassword(input.proposedPassword)
        let clientID = signedIn.client.id
        let isFound = try await call.checkCompromised(
            input.proposedPassword, .passwordChange, pool, client: clientID)
        try await pool.checkHistory(input.proposedPassword, of: user)
        let password = try await PasswordVerifier.make(
            input.proposedPassword, user: user.username, poolID: pool.id, account: pool.pool.accountID)
        let event = call.event(
            .passwordChange, .pass, of: user, pool, client: clientID,
            Surroundings(call, context: [:], mayNameAddress: false), isCompromised: isFound)
        return Preparation(signedIn: signedIn, password: password, event: event)
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (pool, known) = (prepared.signedIn.pool, prepared.signedIn.user)
        let old = try records.current(prepared.signedIn)
        guard old.password == known.password else { throw .incorrect }
        var user = old
        user.set(prepared.password, temporaryUntil: nil, of: pool)
        user.modified = call.time
        try records.put(user, replacing: old, of: pool)
        if let event = prepared.event { try records.keep(event, of: pool, call) }
        return Output()
    }
}

extension RecordReading {
    /// A user as the rows have it now, for an administrator. See ``current(_:)`` for what users do themselves.
    /// - Throws: UserNotFoundException where the user is gone, even if another has the name.
    func current(_ user: PoolUser, of pool: PoolEntry) throws(ServiceError) -> PoolUser {
        guard let current = try of(pool.scope).get(PoolUser.self, user.key, of: pool.id), current.sub == user.sub
        else { throw .noSuchUser }
        return current
    }
}

extension CognitoIDP.DeleteUser: PreparedWriteOperation, OfSignedInUser {
    public static var secretMembers: Set<String> { ["AccessToken"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> SignedInPreparation {
        SignedInPreparation(try await call.signedInUser(input.accessToken))
    }

    public static func handle(
        _ input: Input, _ prepared: SignedInPreparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = prepared.signedIn.pool
        try records.delete(try records.current(prepared.signedIn), of: pool, at: call.time)
        return Output()
    }
}

/// Whom an access token was of.
public struct SignedInPreparation: Sendable {
    let signedIn: SignedInUser

    init(_ signedIn: SignedInUser) { self.signedIn = signedIn }
}
