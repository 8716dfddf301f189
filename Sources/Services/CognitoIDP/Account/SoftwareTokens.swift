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

extension Call {
    /// The user of an access token, who sets an authenticator app up; nil: whoever has the session that is there instead.
    /// - Throws: InvalidParameterException where there is neither, or both; SoftwareTokenMFANotFoundException where the pool's
    ///   users have no authenticator apps.
    fileprivate func softwareTokenOwner(
        _ accessToken: String?, _ session: String?
    ) async throws(ServiceError) -> SignedInUser? {
        guard (accessToken == nil) != (session == nil) else {
            throw .invalidParameter("Either an access token or a session is required.")
        }
        guard let accessToken else { return nil }
        let signedIn = try await signedInUser(accessToken)
        guard signedIn.pool.hasSoftwareTokenFactor else {
            throw .cognito(
                .softwareTokenMFANotFoundException, "Software Token MFA is not enabled for the userPool.")
        }
        return signedIn
    }
}

// They change the ledger in transactions of their own, as sign-ins do.

/// The secret is the user's once VerifySoftwareToken has seen a code of it.
extension CognitoIDP.AssociateSoftwareToken: ComputeOperation, OfUserOrSession {
    public static let isReadOnly = false

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard let signedIn = try await call.softwareTokenOwner(input.accessToken, input.session) else {
            let made = try await call.associateSoftwareToken(session: input.session ?? "")
            return Output {
                $0.secretCode = made.secret
                $0.session = made.session
            }
        }
        let token = SoftwareToken.make()
        try await call.keep { (records) throws(ServiceError) in
            var user = try records.current(signedIn)
            user.unverifiedSoftwareToken = token.secret
            try records.put(user)
        }
        return Output { $0.secretCode = token.secret }
    }
}

/// A user who is signed in still has to say that the app is to be asked for: see SetUserMFAPreference.
extension CognitoIDP.VerifySoftwareToken: ComputeOperation, OfUserOrSession {
    public static let isReadOnly = false

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let code = input.userCode
        guard let signedIn = try await call.softwareTokenOwner(input.accessToken, input.session) else {
            let session = try await call.verifySoftwareToken(session: input.session ?? "", code: code)
            return Output {
                $0.status = "SUCCESS"
                $0.session = session
            }
        }
        try await call.keep { (records) throws(ServiceError) in
            var user = try records.current(signedIn)
            try user.takeSoftwareToken(provedBy: code, call)
            try records.put(user)
        }
        return Output { $0.status = "SUCCESS" }
    }
}

extension PoolUser {
    /// Makes the secret of an authenticator app the user's own, if the app shows a code of it.
    /// - Throws: EnableSoftwareTokenMFAException for another code; SoftwareTokenMFANotFoundException where there is no secret.
    fileprivate mutating func takeSoftwareToken(provedBy code: String, _ call: Call) throws(ServiceError) {
        guard let secret = unverifiedSoftwareToken else {
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
