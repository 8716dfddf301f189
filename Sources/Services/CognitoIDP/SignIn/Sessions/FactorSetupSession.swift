import CognitoIDPAPI
import Platform
import Wire

// Authenticator apps that are set up within a sign-in, by the session of its challenge `MFA_SETUP`.

extension Environment {
    /// The user pool that a session is of; nil for a text that is no session.
    func userPool(ofSession text: String) -> PoolEntry? {
        SignInSession.opened(text, .session, self).flatMap { userPool($0.poolID) }
    }
}

extension Call {
    /// Makes a secret for an authenticator app.
    /// - Parameter text: the session of `MFA_SETUP`.
    /// - Returns: the secret, in base32, and the session to go on with.
    /// - Throws: NotAuthorizedException for a session that is of another challenge, has expired or was answered;
    ///   SoftwareTokenMFANotFoundException where the challenge does not offer authenticator apps.
    func associateSoftwareToken(session text: String) async throws(ServiceError) -> (secret: String, session: String) {
        var (session, setup, _) = try await setup(text)
        let secret = SoftwareToken.make().secret
        setup.secret = secret
        setup.isVerified = false
        session.challenge = .setUpFactor(setup)
        return (secret, try await session.sealed(.session, self))
    }

    /// Makes the secret of a session the user's, once the app has shown a code of it.
    /// - Returns: the session with which `MFA_SETUP` is answered.
    /// - Throws: EnableSoftwareTokenMFAException for another code, and as ``associateSoftwareToken(session:)``.
    func verifySoftwareToken(session text: String, code: String) async throws(ServiceError) -> String {
        let (session, setup, signIn) = try await setup(text)
        guard let secret = setup.secret else {
            throw .cognito(.softwareTokenMFANotFoundException, "Software Token MFA does not exist for the user.")
        }
        let step = SoftwareToken(secret: secret).step(matching: code, at: clientTime, after: nil)
        try await attempt(
            signIn.failureKey,
            wrong: .cognito(.enableSoftwareTokenMFAException, "Code mismatch and fail enable Software Token MFA")
        ) { step != nil }
        var changed = signIn
        try await changed.accept { (user) throws(ServiceError) in
            user.softwareToken = secret
            user.lastStep = step
            user.factors.isSoftwareTokenEnabled = true
        }
        var verified = setup
        verified.isVerified = true
        verified.secret = nil
        return try await SignInSession(.setUpFactor(verified), session.progress, of: signIn.client, at: time)
            .sealed(.session, self)
    }

    private func setup(
        _ text: String
    ) async throws(ServiceError) -> (session: SignInSession, setup: FactorSetup, signIn: SignIn) {
        guard let opened = SignInSession.opened(text, .session, environment),
            let client = environment.userPoolClient(opened.clientID)
        else { throw .invalidSession }
        let session = try await open(text, .session, of: client)
        guard case .setUpFactor(let setup) = session.challenge, !setup.isVerified else { throw .invalidSession }
        guard setup.options.contains("SOFTWARE_TOKEN_MFA") else {
            throw .cognito(
                .softwareTokenMFANotFoundException, "Software Token MFA is not enabled for the userPool.")
        }
        return (session, setup, try await signIn(of: session, client, parameters: [:], metadata: [:]))
    }
}
