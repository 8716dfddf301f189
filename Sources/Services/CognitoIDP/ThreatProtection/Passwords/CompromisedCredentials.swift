import CognitoIDPAPI
import Platform
import Wire

// Passwords that others know. SRP doesn't show any.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-compromised-credentials.html>

/// When a password is looked for in the list of compromised ones: `EventFilter`.
enum PasswordOccasion: String, Sendable {
    case signIn = "SIGN_IN"
    case passwordChange = "PASSWORD_CHANGE"
    case signUp = "SIGN_UP"
}

extension Call {
    /// Looks for a password in the operator's list, where the pool wants that.
    /// - Returns: `isFound`: nil where it was not looked for; `isRefused`: whether the pool refuses it.
    /// - Throws: InternalErrorException where the list can't be read: what can't be checked is not let through.
    func findCompromised(
        _ password: String, _ occasion: PasswordOccasion, _ pool: PoolEntry, client clientID: String?
    ) async throws(ServiceError) -> (isFound: Bool?, isRefused: Bool) {
        guard pool.threatMode != .off, let list = environment.projection(CompromisedPasswords.self).current else {
            return (nil, false)
        }
        let poolID = pool.id
        let configuration = try await environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.riskConfiguration(ofClient: clientID, poolID)
        }?.view().compromisedCredentialsRiskConfiguration
        guard configuration?.eventFilter?.contains(occasion.rawValue) ?? true else { return (nil, false) }
        let isFound: Bool
        do throws(SortedLines.Failure) { isFound = try list.contains(password) } catch {
            var failure = ServiceError.internalFailure
            failure.cause = "the list of compromised passwords can't be read: \(error)"
            throw failure
        }
        let blocks = pool.threatMode == .enforced && configuration?.actions.eventAction == "BLOCK"
        return (isFound, isFound && blocks)
    }

    /// The same for a password that somebody wants to set.
    /// - Returns: whether it was found; nil: it was not looked for.
    /// - Throws: InvalidPasswordException where the pool refuses it.
    @discardableResult
    func checkCompromised(
        _ password: String, _ occasion: PasswordOccasion, _ pool: PoolEntry, client clientID: String?
    ) async throws(ServiceError) -> Bool? {
        let (isFound, isRefused) = try await findCompromised(password, occasion, pool, client: clientID)
        if isRefused { throw .compromisedPassword }
        return isFound
    }
}

extension SignIn {
    /// Looks for the password of a user who has just proved it. One that the pool refuses has to be reset.
    /// - Throws: PasswordResetRequiredException.
    mutating func refuseCompromised(_ password: String) async throws(ServiceError) {
        let (isFound, isRefused) = try await call.findCompromised(password, .signIn, pool, client: client.id)
        progress.evidence?.risk.isCompromised = isFound
        guard isRefused, let user else { return }
        noteProof(.password)
        progress.evidence?.risk.decision = .block
        let (pool, time) = (pool, call.time)
        self.user = try await call.keep { (records) throws(ServiceError) in
            let old = try records.current(user, of: pool)
            var new = old
            // Whoever was given a temporary one has to change it anyway.
            if new.status == .confirmed { new.requireReset(at: time) }
            new.modified = time
            try records.put(new, replacing: old, of: pool)
            return new
        }
        throw .compromisedSignIn
    }
}
