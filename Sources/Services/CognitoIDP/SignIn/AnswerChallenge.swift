import CognitoIDPAPI
import Ledger
import Platform
import Wire

extension Call {
    /// Goes on with a sign-in: answers a challenge.
    /// - Parameters:
    ///   - challenge: its name.
    ///   - session: what came with it.
    ///   - responses: `ChallengeResponses`.
    ///   - context: as of ``SignInRequest/context``; empty: what the first request told still holds.
    /// - Throws: NotAuthorizedException for a session that is none, is of another client, was for another challenge, has expired or
    ///   has been answered; CodeMismatchException and others for an answer that is wrong.
    func answerChallenge(
        _ challenge: String, session: String?, responses: [String: String], client: ClientEntry,
        clientMetadata: [String: String], context: [String: String] = [:], isOfAdmin: Bool
    ) async throws(ServiceError) -> SignInStep {
        guard let name = responses["USERNAME"], !name.isEmpty else { throw .missingParameter("USERNAME") }
        try client.checkSecretHash(responses["SECRET_HASH"], username: name)
        let opened = try await opened(challenge, session, responses, of: client)
        guard opened.challenge.names.contains(challenge) else { throw .invalidSession }
        let isUsed = try await environment.read(scope) { (records) throws(ServiceError) in
            try records.shared.get(UsedSession.self, UsedSession.key(opened.id)) != nil
        }
        guard !isUsed else { throw .usedSession }
        var signIn = try await signIn(of: opened, client, parameters: responses, metadata: clientMetadata)
        guard signIn.isCalled(name) else { throw .invalidSession }
        let mayNameAddress = isOfAdmin || client.mayNameAddresses
        let surroundings = Surroundings(self, context: context, mayNameAddress: mayNameAddress)
        if !context.isEmpty {
            signIn.progress.evidence?.surroundings = surroundings
        } else if !mayNameAddress {
            // Where the first request came from proves nothing of who answers.
            signIn.progress.evidence?.surroundings.address = surroundings.address
        }
        return try await signIn.watched { (signIn) async throws(ServiceError) in
            try await signIn.answer(opened.challenge, challenge)
        }
    }

    /// The session that a challenge is answered of.
    private func opened(
        _ challenge: String, _ session: String?, _ responses: [String: String], of client: ClientEntry
    ) async throws(ServiceError) -> SignInSession {
        switch challenge {
        case "PASSWORD_VERIFIER", "DEVICE_PASSWORD_VERIFIER":
            guard let text = responses["PASSWORD_CLAIM_SECRET_BLOCK"], !text.isEmpty else {
                throw .missingParameter("PASSWORD_CLAIM_SECRET_BLOCK")
            }
            let block = try await open(text, .secretBlock, of: client)
            // It need not be there, but must not be another's.
            if let session {
                guard try await open(session, .session, of: client).challenge == .block(block.id) else {
                    throw .invalidSession
                }
            }
            return block
        case "DEVICE_SRP_AUTH" where session == nil: return try await awaitedDevice(responses, of: client)
        default:
            guard let session else { throw .missingParameter("Session") }
            return try await open(session, .session, of: client)
        }
    }

    /// Opens a session of a client.
    /// - Throws: NotAuthorizedException.
    func open(
        _ text: String, _ form: SignInSession.Form, of client: ClientEntry
    ) async throws(ServiceError) -> SignInSession {
        guard let session = try await SignInSession.open(text, form, environment), session.clientID == client.id,
            session.poolID == client.pool.id
        else { throw .invalidSession }
        guard time < session.expires else { throw .expiredSession }
        return session
    }

    /// The sign-in of a session.
    /// - Parameters:
    ///   - parameters: what goes on with it.
    ///   - metadata: `ClientMetadata`.
    func signIn(
        of session: SignInSession, _ client: ClientEntry, parameters: [String: String], metadata: [String: String]
    ) async throws(ServiceError) -> SignIn {
        let user = try await user(of: session, client)
        if let user { note("sub", user.sub) }
        return SignIn(
            call: self, client: client, parameters: parameters, metadata: metadata, progress: session.progress,
            simulationSecret: try await environment.keys(of: client.pool).simulationSecret, user: user, session: session
        )
    }

    /// The user whose sign-in a session is of; nil: there never was one.
    private func user(of session: SignInSession, _ client: ClientEntry) async throws(ServiceError) -> PoolUser? {
        guard let name = session.progress.user else { return nil }
        let pool = client.pool
        let user = try await environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.get(PoolUser.self, PoolUser.key(name), of: pool.id)
        }
        guard let user, user.sub == session.progress.sub else { throw .invalidSession }
        return user
    }
}

extension SignIn {
    /// Whether a name is one of the user's.
    fileprivate func isCalled(_ name: String) -> Bool {
        let folded = pool.folded(name)
        guard let user else { return folded == pool.folded(progress.name) || name == simulated.username }
        return folded == user.name || name == user.sub || folded == pool.folded(progress.name)
            || pool.aliases(of: user).contains { $0.attribute != UserAlias.identity && $0.value == folded }
    }

    fileprivate mutating func answer(
        _ pending: PendingChallenge, _ name: String
    ) async throws(ServiceError) -> SignInStep {
        switch pending {
        case .passwordVerifier(let exchange): return try await answerPasswordVerifier(exchange)
        case .newPassword: return try await answerNewPassword()
        case .code(let code): return try await answer(code)
        case .softwareToken: return try await answerSoftwareToken()
        case .selectFactor(let factors): return try await answerSelection(factors)
        case .setUpFactor(let setup): return try await answerSetup(setup)
        case .deviceSRP: return try await answerDevice()
        case .devicePassword(let exchange): return try await answerDevicePassword(exchange)
        case .custom(let custom): return try await answer(custom)
        case .choice(let factors): return try await answer(factors, name)
        case .password, .passwordSRP: return try await answer(password: name)
        case .passkey(let challenge): return try await answerPasskey(challenge)
        case .block, .confirmedSignUp: throw .invalidSession
        }
    }
}
