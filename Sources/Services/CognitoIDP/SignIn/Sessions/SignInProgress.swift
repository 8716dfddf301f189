import Platform

/// How far a sign-in has come: what is carried from each challenge to the next.
struct SignInProgress: Codable, Sendable, Equatable {
    /// `AuthFlow`
    let flow: String
    /// Whom the first request named, in its words.
    let name: String
    /// Seconds since 1970.
    let began: Double
    /// ``PoolUser/name``; nil: there is no such user, and nobody may notice.
    var user: String?
    /// Of the user, so that one who was deleted and made again does not go on.
    var sub: String?
    /// ``PasswordVerifier/salt`` of the user's password, so that nobody goes on once there is another; nil: the user has none.
    var passwordSalt: String?
    /// The device that the app says it is on.
    var deviceKey: String?
    /// Whether the user has proved the password.
    var hasProvedPassword = false
    /// Whether a second factor was proved, or need not be.
    var hasPassedFactors = false
    /// Whether a remembered device is to prove itself in place of a second factor.
    var isFactorLeftToDevice = false
    /// Of CUSTOM_AUTH: whether the functions are content.
    var hasPassedFunctions = false
    /// Of CUSTOM_AUTH: the challenges so far, as triggers are told of them.
    var history: [ChallengeResult] = []
    /// Whether the user has chosen a password in the place of a temporary one; nil: no.
    var hasChosenPassword: Bool?
    /// The hash of the A by which SRP proved the password, in base64: whoever has sent that A, and no session, is the same client.
    var clientPublicHash: String?
    /// nil: the pool has no threat protection.
    var evidence: SignInEvidence?

    struct ChallengeResult: Codable, Sendable, Equatable {
        let name: String
        let isRight: Bool
        /// `challengeMetadata`
        var metadata: String?
    }

    var isCustom: Bool { flow == AuthenticationFlow.custom.rawValue }

    /// The same, once the user is there.
    func of(_ user: PoolUser) -> SignInProgress {
        var progress = self
        progress.user = user.name
        progress.sub = user.sub
        progress.passwordSalt = user.password?.salt
        return progress
    }

    /// Whether the user has still the same password, and was not signed out everywhere since it began.
    func holds(for user: PoolUser) -> Bool {
        user.sub == sub && user.password?.salt == passwordSalt
            && !user.isSignedOut(since: RequestIDs.milliseconds(began))
    }
}

/// What a session waits for.
enum PendingChallenge: Codable, Sendable, Equatable {
    case passwordVerifier(SRPExchange)
    /// The answer to what a `SECRET_BLOCK` of this id is of.
    case block(String)
    case newPassword
    case code(SentCode)
    case softwareToken
    /// Second factors, of which the user is to choose one.
    case selectFactor([String])
    case setUpFactor(FactorSetup)
    case deviceSRP
    case devicePassword(SRPExchange)
    case custom(CustomChallenge)
    /// First factors, of which the user is to choose one.
    case choice([String])
    case password
    case passwordSRP
    /// The bytes that the authenticator is to sign, in base64url.
    case passkey(String)
    /// No challenge: the user has just confirmed a sign-up by a code that went to this attribute.
    case confirmedSignUp(String)

    /// `ChallengeName` of what answers it.
    var names: [String] {
        switch self {
        case .passwordVerifier: ["PASSWORD_VERIFIER"]
        case .block: ["PASSWORD_VERIFIER", "DEVICE_PASSWORD_VERIFIER"]
        case .newPassword: ["NEW_PASSWORD_REQUIRED"]
        case .code(let code): [code.challenge]
        case .softwareToken: ["SOFTWARE_TOKEN_MFA"]
        case .selectFactor: ["SELECT_MFA_TYPE"]
        case .setUpFactor: ["MFA_SETUP"]
        case .deviceSRP: ["DEVICE_SRP_AUTH"]
        case .devicePassword: ["DEVICE_PASSWORD_VERIFIER"]
        case .custom: ["CUSTOM_CHALLENGE"]
        // A password can be sent at once.
        case .choice(let factors): ["SELECT_CHALLENGE"] + factors.filter { $0.hasPrefix("PASSWORD") }
        case .password: ["PASSWORD"]
        case .passwordSRP: ["PASSWORD_SRP"]
        case .passkey: ["WEB_AUTHN"]
        case .confirmedSignUp: []
        }
    }
}

/// A second factor that is being set up within a sign-in.
struct FactorSetup: Codable, Sendable, Equatable {
    /// `MFAS_CAN_SETUP`
    let options: [String]
    /// The secret of the authenticator app, in base32, since AssociateSoftwareToken.
    var secret: String?
    /// Whether VerifySoftwareToken has seen a code of it, and the user has it.
    var isVerified = false
}

/// What the trigger CreateAuthChallenge made, for VerifyAuthChallengeResponse.
struct CustomChallenge: Codable, Sendable, Equatable {
    let privateParameters: [String: String]
    let metadata: String?
}
