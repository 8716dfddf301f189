import CognitoIDPAPI
import Ledger
import Platform
import Wire

/// One request of a sign-in: its first, or the answer to a challenge. Each step ends in a ``SignInStep``, and what it has come to
/// is in ``progress``.
///
/// The steps are in files of their own: passwords, second factors, devices, the custom challenges of triggers, the choice of
/// a factor, passkeys.
struct SignIn: Sendable {
    let call: Call
    let client: ClientEntry
    /// `AuthParameters` or `ChallengeResponses`
    let parameters: [String: String]
    /// `ClientMetadata`
    let metadata: [String: String]
    var progress: SignInProgress
    /// What is shown of users who do not exist is made by it.
    let simulationSecret: String
    /// nil: there is no such user, and nobody may notice.
    var user: PoolUser?
    /// What is being answered; nil: this is the first request.
    var session: SignInSession?
    /// Whether what this request was to prove is wrong, and counts as a guess.
    private(set) var hasGuessedWrong = false

    var pool: PoolEntry { client.pool }

    /// Whose failures count.
    var failureKey: SignInFailures.Key { SignInFailures.Key(user?.name ?? progress.name, of: pool) }

    /// What the user is called in challenges, and proves the password as.
    var username: String { user?.username ?? simulated.username }

    /// What is shown of a user who does not exist.
    var simulated: SimulatedUser { SimulatedUser(progress.name, of: pool, secret: simulationSecret) }

    /// A parameter that has to be there.
    /// - Throws: InvalidParameterException.
    func parameter(_ name: String) throws(ServiceError) -> String {
        guard let value = parameters[name], !value.isEmpty else { throw .missingParameter(name) }
        return value
    }

    /// The user, where only one who exists can have come so far.
    /// - Throws: NotAuthorizedException.
    func existingUser() throws(ServiceError) -> PoolUser {
        guard let user else { throw .incorrect }
        return user
    }

    /// Goes on with a challenge.
    /// - Parameters:
    ///   - pending: what the session is to wait for.
    ///   - name: `ChallengeName`; nil: the only one that answers it.
    ///   - parameters: `ChallengeParameters`.
    func challenge(
        _ pending: PendingChallenge, _ name: String? = nil, _ parameters: [String: String] = [:]
    ) async throws(ServiceError) -> SignInStep {
        let session = SignInSession(pending, progress, of: client, at: call.time)
        return .challenge(
            name: name ?? pending.names.first ?? "", parameters: parameters,
            session: try await session.sealed(.session, call))
    }

    /// Has something proved: see ``Platform/Call/attempt(_:wrong:_:)``.
    mutating func attempt(
        wrong: ServiceError, _ prove: () async throws(ServiceError) -> Bool
    ) async throws(ServiceError) {
        var isWrong = false
        do throws(ServiceError) {
            try await call.attempt(failureKey, wrong: wrong) { () async throws(ServiceError) -> Bool in
                isWrong = try await !prove()
                return !isWrong
            }
        } catch {
            // During a lock-out, nothing was looked at.
            hasGuessedWrong = isWrong && error.message != ServiceError.attemptsExceeded.message
            throw error
        }
    }

    /// Takes an answer that was right, once, together with what follows from it.
    /// - Throws: NotAuthorizedException for a session that has been answered before.
    func accept(
        _ change: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void = { _ in }
    ) async throws(ServiceError) {
        let session = session
        try await call.keep { (records) throws(ServiceError) in
            if let session { try records.use(session) }
            try change(records)
        }
    }

    /// The same with a change to the user, who is read again for it.
    mutating func accept(
        changing change: @escaping @Sendable (inout PoolUser, MutableRecords) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        let (session, progress, pool, time) = (session, progress, pool, call.time)
        let known = try existingUser()
        user = try await call.keep { (records) throws(ServiceError) in
            if let session { try records.use(session) }
            guard let old = try records.get(PoolUser.self, known.key, of: pool.id), old.sub == known.sub else {
                throw .incorrect
            }
            guard progress.holds(for: old) else { throw .invalidSession }
            var new = old
            try change(&new, records)
            if new != old {
                new.modified = time
                try records.put(new, replacing: old, of: pool)
            }
            return new
        }
    }

    /// Refuses users who exist, and have proved who they are, but may not sign in.
    /// - Parameter isPasswordless: whether the password does not matter: nor does whether it is to be reset.
    func checkStatus(isPasswordless: Bool = false) throws(ServiceError) {
        let user = try existingUser()
        guard user.isEnabled else { throw .notAuthorized("User is disabled.") }
        switch user.status {
        case .unconfirmed: throw .cognito(.userNotConfirmedException, "User is not confirmed.")
        case .resetRequired where isPasswordless: break
        case .resetRequired, .compromised: throw .passwordResetRequired
        case .archived, .unknown, .externalProvider: throw .incorrect
        case .forceChangePassword:
            if progress.hasProvedPassword, let end = user.temporaryUntil, end <= call.time {
                throw .notAuthorized("Temporary password has expired and must be reset by an administrator.")
            }
        case .confirmed: break
        }
    }

    /// Reads the user again, who may have been disabled, signed out or given another password since the sign-in began.
    private mutating func checkAgain() async throws(ServiceError) -> PoolUser {
        let (pool, known) = (pool, try existingUser())
        let current = try await call.environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.get(PoolUser.self, known.key, of: pool.id)
        }
        guard let current, progress.holds(for: current) else { throw .invalidSession }
        user = current
        try checkStatus(isPasswordless: !progress.hasProvedPassword)
        return current
    }

    /// By which trigger source the tokens of a sign-in are customised.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html>
    private var tokenSource: String {
        if case .devicePassword? = session?.challenge { return "TokenGeneration_AuthenticateDevice" }
        return progress.hasChosenPassword == true
            ? "TokenGeneration_NewPasswordChallenge" : "TokenGeneration_Authentication"
    }

    /// All is proved: asks `PostAuthentication`, and ends.
    mutating func complete() async throws(ServiceError) -> SignInStep {
        let user = try await checkAgain()
        let known = try await device()
        let device = newDevice(besides: known)
        if pool.has(.postAuthentication) {
            var request: [(key: String, value: JSONValue)] = [
                ("userAttributes", user.triggerAttributes), ("newDeviceUsed", .boolean(device != nil)),
            ]
            if session != nil, !metadata.isEmpty { request.append(("clientMetadata", metadata.json)) }
            _ = try await call.ask(
                .postAuthentication, "PostAuthentication_Authentication", of: pool, clientID: client.id,
                username: user.username, request)
        }
        try await call.forgetFailures(failureKey)
        var grant = SignInGrant(client: client, user: user, authTime: call.time)
        grant.deviceKey = device?.key ?? known?.deviceKey
        grant.source = tokenSource
        // The first request's are for other triggers.
        if session != nil { grant.clientMetadata = metadata }
        return .done(grant, newDevice: device)
    }
}

extension ServiceError {
    static func missingParameter(_ name: String) -> ServiceError {
        .invalidParameter("Missing required parameter \(name)")
    }

    static var passwordResetRequired: ServiceError {
        .cognito(.passwordResetRequiredException, "Password reset required for the user")
    }
}
