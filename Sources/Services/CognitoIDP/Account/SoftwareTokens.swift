import CognitoIDPAPI
import Ledger
import Platform
import Wire

// Authenticator apps, which show one-time passwords by time.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html>

/// The secret that an authenticator app and the pool share.
struct SoftwareToken: Sendable {
    /// In base32, as people type it.
    let secret: String

    /// A new one, of 32 bytes.
    static func make() -> SoftwareToken { SoftwareToken(secret: Base32.encode(Identifiers.randomBytes(32))) }

    /// The step of the code that an app shows; nil: it is none of this secret's.
    ///
    /// The app's clock may be a step off.
    /// - Parameters:
    ///   - time: in seconds since 1970, by the clocks of the world outside.
    ///   - lastStep: the step of the last code that was accepted; only later ones are.
    func step(matching code: String, at time: Double, after lastStep: Int?) -> Int? {
        guard let seed = Base32.decode(secret) else { return nil }
        return OneTimePassword(seed: seed).step(matching: code, around: time, window: 1, after: lastStep)
    }
}

/// Who sets an authenticator app up.
private enum SoftwareTokenOwner: Sendable {
    /// Somebody who is signed in.
    case user(SignedInUser)
    /// Somebody who signs in, and is asked to set up a factor.
    case session(SignInSession, FactorSetup, ClientEntry)

    var pool: PoolEntry {
        switch self {
        case .user(let signedIn): signedIn.pool
        case .session(_, _, let client): client.pool
        }
    }
}

extension Call {
    /// - Throws: InvalidParameterException where there is neither, or both; SoftwareTokenMFANotFoundException where the pool's
    ///   users have no authenticator apps.
    fileprivate func softwareTokenOwner(
        _ accessToken: String?, _ session: String?
    ) async throws(ServiceError) -> SoftwareTokenOwner {
        let owner: SoftwareTokenOwner
        switch (accessToken, session) {
        case (let token?, nil): owner = .user(try await signedInUser(token))
        case (nil, let text?):
            guard let found = try await SignInSession.open(text, .session, environment),
                let client = environment.userPoolClient(found.clientID), client.pool.id == found.poolID
            else { throw .invalidSession }
            let session = try await open(text, .session, of: client)
            guard case .setUpFactor(let setup) = session.challenge, setup.options.contains("SOFTWARE_TOKEN_MFA") else {
                throw .invalidSession
            }
            owner = .session(session, setup, client)
        default: throw .invalidParameter("Either an access token or a session is required.")
        }
        guard owner.pool.hasSoftwareTokenFactor else {
            throw .cognito(
                .softwareTokenMFANotFoundException, "Software Token MFA is not enabled for the userPool.")
        }
        return owner
    }

    /// Goes on with a sign-in for which a factor is being set up.
    /// - Parameter change: what becomes of the user, in the transaction in which the session is used.
    /// - Returns: the next session, which ends with the one before.
    /// - Throws: NotAuthorizedException where the user is not to set up a factor any more.
    fileprivate func goOn(
        _ session: SignInSession, with setup: FactorSetup, _ client: ClientEntry,
        change: @escaping @Sendable (inout PoolUser) throws(ServiceError) -> Void = { _ in }
    ) async throws(ServiceError) -> String {
        let next = try await SignInSession(
            .setUpFactor(setup), session.progress, of: client, at: time, until: session.expires
        ).sealed(.session, self)
        let pool = client.pool
        try await environment.write(pool.scope, requestID: requestID) { (records) throws(ServiceError) in
            try records.use(session)
            guard let name = session.progress.user,
                var user = try records.get(PoolUser.self, PoolUser.key(name), of: pool.id),
                session.progress.holds(for: user), user.isEnabled
            else { throw .invalidSession }
            // Whoever knows the password alone may set up a factor where there is none, and replace none.
            guard case .setup = pool.demand(of: user) else { throw .invalidSession }
            let old = user
            try change(&user)
            if user != old { try records.put(user) }
        }
        recordDurably()
        return next
    }
}

// They change the ledger in transactions of their own, as sign-ins do.

/// The secret is the user's once VerifySoftwareToken has seen a code of it.
extension CognitoIDP.AssociateSoftwareToken: ComputeOperation, OfUserOrSession {
    public static let isReadOnly = false

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let token = SoftwareToken.make()
        var next: String?
        switch try await call.softwareTokenOwner(input.accessToken, input.session) {
        case .user(let signedIn):
            try await call.keep { (records) throws(ServiceError) in
                var user = try records.current(signedIn)
                user.unverifiedSoftwareToken = token.secret
                try records.put(user)
            }
        case .session(let session, var setup, let client):
            setup.secret = token.secret
            setup.isVerified = false
            next = try await call.goOn(session, with: setup, client)
        }
        return Output { [next] in
            $0.secretCode = token.secret
            $0.session = next
        }
    }
}

/// A user who is signed in still has to say that the app is to be asked for: see SetUserMFAPreference.
extension CognitoIDP.VerifySoftwareToken: ComputeOperation, OfUserOrSession {
    public static let isReadOnly = false

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let code = input.userCode
        var next: String?
        switch try await call.softwareTokenOwner(input.accessToken, input.session) {
        case .user(let signedIn):
            try await call.keep { (records) throws(ServiceError) in
                var user = try records.current(signedIn)
                try user.takeSoftwareToken(user.unverifiedSoftwareToken, provedBy: code, call)
                try records.put(user)
            }
        case .session(let session, var setup, let client):
            let secret = setup.secret
            setup.isVerified = true
            next = try await call.goOn(session, with: setup, client) { (user) throws(ServiceError) in
                try user.takeSoftwareToken(secret, provedBy: code, call)
                user.factors.isSoftwareTokenEnabled = true
            }
        }
        return Output { [next] in
            $0.status = "SUCCESS"
            $0.session = next
        }
    }
}

extension PoolUser {
    /// Makes the secret of an authenticator app the user's own, if the app shows a code of it.
    /// - Throws: EnableSoftwareTokenMFAException for another code; SoftwareTokenMFANotFoundException where there is no secret.
    fileprivate mutating func takeSoftwareToken(
        _ secret: String?, provedBy code: String, _ call: Call
    ) throws(ServiceError) {
        guard let secret else {
            throw .cognito(.softwareTokenMFANotFoundException, "Software Token MFA does not exist for the user.")
        }
        guard let step = SoftwareToken(secret: secret).step(matching: code, at: call.clientTime, after: nil) else {
            throw .cognito(
                .enableSoftwareTokenMFAException, "Code mismatch and fail enable Software Token MFA")
        }
        softwareToken = secret
        unverifiedSoftwareToken = nil
        lastStep = step
        modified = call.time
    }
}
