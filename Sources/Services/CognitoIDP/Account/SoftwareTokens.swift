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

extension PoolEntry {
    /// - Throws: SoftwareTokenMFANotFoundException where the pool's users have no authenticator apps.
    func requireSoftwareTokens() throws(ServiceError) {
        guard offers("SOFTWARE_TOKEN_MFA") else {
            throw .cognito(
                .softwareTokenMFANotFoundException, "Software Token MFA is not enabled for the userPool.")
        }
    }
}

/// Who sets an authenticator app up.
public enum UserOrSession: Sendable {
    /// Somebody who is signed in.
    case user(SignedInUser)
}

extension Call {
    /// - Throws: InvalidParameterException where there is neither, or both.
    fileprivate func userOrSession(_ accessToken: String?, _ session: String?) async throws(ServiceError) -> UserOrSession {
        switch (accessToken, session) {
        case (let token?, nil): return .user(try await signedInUser(token))
        case (nil, .some): throw .notImplemented("sessions")
        default: throw .invalidParameter("Either an access token or a session is required.")
        }
    }
}

/// The secret is the user's once VerifySoftwareToken has seen a code of it.
extension CognitoIDP.AssociateSoftwareToken: PreparedWriteOperation, OfUserOrSession {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> UserOrSession {
        try await call.userOrSession(input.accessToken, input.session)
    }

    public static func handle(
        _ input: Input, _ proof: UserOrSession, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let token = SoftwareToken.make()
        switch proof {
        case .user(let signedIn):
            try signedIn.pool.requireSoftwareTokens()
            var user = try records.current(signedIn)
            user.unverifiedSoftwareToken = token.secret
            try records.put(user)
            return Output { $0.secretCode = token.secret }
        }
    }
}

/// A user who is signed in still has to say that the app is to be asked for: see SetUserMFAPreference.
extension CognitoIDP.VerifySoftwareToken: PreparedWriteOperation, OfUserOrSession {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> UserOrSession {
        try await call.userOrSession(input.accessToken, input.session)
    }

    public static func handle(
        _ input: Input, _ proof: UserOrSession, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        switch proof {
        case .user(let signedIn):
            try signedIn.pool.requireSoftwareTokens()
            var user = try records.current(signedIn)
            try user.takeSoftwareToken(user.unverifiedSoftwareToken, provedBy: input.userCode, call)
            try records.put(user)
            return Output { $0.status = "SUCCESS" }
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
