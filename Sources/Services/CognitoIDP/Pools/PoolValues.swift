import CognitoIDPAPI
import Platform
import Wire

// What a user pool's settings mean, in the types that those who act by them need.

/// What a password must be.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html>
struct PasswordPolicy: Sendable, Equatable {
    /// In characters.
    var minimumLength = 8
    var requiresUppercase = true
    var requiresLowercase = true
    var requiresNumbers = true
    var requiresSymbols = true
    /// How many earlier passwords can't be used again.
    var historySize = 0
    var temporaryValidityDays = 7

    /// In characters.
    static let maximumLength = 256

    /// The characters that count as symbols; a space does, too, but not at the beginning or the end.
    static let symbols = Set("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")

    /// What a password lacks, as AWS says it: `Password did not conform with policy: Password not long enough`; nil: nothing.
    func complaint(about password: String) -> String? {
        let reason: String
        if password.count < minimumLength {
            reason = "Password not long enough"
        } else if password.count > Self.maximumLength {
            reason = "Password too long"
        } else if requiresLowercase, !password.contains(where: { ("a"..."z").contains($0) }) {
            reason = "Password must have lowercase characters"
        } else if requiresUppercase, !password.contains(where: { ("A"..."Z").contains($0) }) {
            reason = "Password must have uppercase characters"
        } else if requiresNumbers, !password.contains(where: { ("0"..."9").contains($0) }) {
            reason = "Password must have numeric characters"
        } else if requiresSymbols, !password.contains(where: Self.symbols.contains) {
            reason = "Password must have symbol characters"
        } else {
            return nil
        }
        return "Password did not conform with policy: \(reason)"
    }
}

extension PasswordPolicy {
    init(_ view: CognitoIDP.PasswordPolicyType) {
        minimumLength = view.minimumLength ?? 8
        requiresUppercase = view.requireUppercase ?? false
        requiresLowercase = view.requireLowercase ?? false
        requiresNumbers = view.requireNumbers ?? false
        requiresSymbols = view.requireSymbols ?? false
        historySize = view.passwordHistorySize ?? 0
        temporaryValidityDays = view.temporaryPasswordValidityDays ?? 7
    }
}

/// The feature plan of a user pool, each with what those before it have.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html>
enum PoolTier: String, Sendable, Comparable {
    case lite = "LITE"
    case essentials = "ESSENTIALS"
    case plus = "PLUS"

    private var rank: Int {
        switch self {
        case .lite: 0
        case .essentials: 1
        case .plus: 2
        }
    }

    static func < (a: PoolTier, b: PoolTier) -> Bool { a.rank < b.rank }
}

/// Whether second factors are asked for.
enum MultiFactorMode: String, Sendable {
    case off = "OFF"
    case optional = "OPTIONAL"
    case on = "ON"
}

extension PoolEntry {
    var passwordPolicy: PasswordPolicy {
        settings.policies?.passwordPolicy.map { PasswordPolicy($0) } ?? PasswordPolicy()
    }

    /// What users can sign in with besides their user name: `email`, `phone_number`, `preferred_username`. Such attributes are
    /// unique among the pool's users, once they are verified.
    var aliasAttributes: [String] { settings.aliasAttributes ?? [] }

    /// What users have in place of a user name: `email`, `phone_number`. Empty: they have user names.
    var usernameAttributes: [String] { settings.usernameAttributes ?? [] }

    /// Whether `Ada` and `ada` are two users.
    var isCaseSensitive: Bool { settings.usernameConfiguration?.caseSensitive ?? true }

    /// A user name, or the value of an alias, as users are found by it.
    func folded(_ name: String) -> String { isCaseSensitive ? name : name.lowercased() }

    /// `email`, `phone_number`: what is verified by a code at sign-up.
    var autoVerifiedAttributes: [String] { settings.autoVerifiedAttributes ?? [] }

    /// Of `email` and `phone_number`, those that take a new value only when that is verified.
    var attributesVerifiedBeforeUpdate: [String] {
        settings.userAttributeUpdateSettings?.attributesRequireVerificationBeforeUpdate ?? []
    }

    /// Whether nobody can sign up: only administrators create users.
    var isAdminCreateOnly: Bool { settings.adminCreateUserConfig?.allowAdminCreateUserOnly ?? false }

    var tier: PoolTier { settings.userPoolTier.flatMap { PoolTier(rawValue: $0) } ?? .essentials }

    var multiFactorMode: MultiFactorMode {
        multiFactor.mfaConfiguration.flatMap { MultiFactorMode(rawValue: $0) } ?? .off
    }

    /// Whether text messages can be a second factor.
    var hasSMSFactor: Bool { multiFactor.smsMfaConfiguration != nil }
    /// Whether authenticator apps can be a second factor.
    var hasSoftwareTokenFactor: Bool { multiFactor.softwareTokenMfaConfiguration?.enabled ?? false }
    /// Whether e-mail messages can be a second factor.
    var hasEmailFactor: Bool { multiFactor.emailMfaConfiguration != nil }

    /// How users can begin to sign in where they choose: `PASSWORD`, `EMAIL_OTP`, `SMS_OTP`, `WEB_AUTHN`.
    var allowedFirstFactors: [String] { settings.policies?.signInPolicy?.allowedFirstAuthFactors ?? ["PASSWORD"] }

    /// Whether devices are remembered; nil: they are not.
    var deviceConfiguration: CognitoIDP.DeviceConfigurationType? { settings.deviceConfiguration }

    /// `verified_email`, `verified_phone_number`, `admin_only`: how users get a code when they have forgotten their password,
    /// the most wanted first. Without a setting it is a message, then e-mail.
    var recoveryMechanisms: [String] {
        guard let options = settings.accountRecoverySetting?.recoveryMechanisms, !options.isEmpty else {
            return ["verified_phone_number", "verified_email"]
        }
        return options.sorted { $0.priority < $1.priority }.map(\.name)
    }

    /// The function of a trigger; nil: there is none.
    func function(of trigger: Trigger) -> String? {
        guard let functions = settings.lambdaConfig else { return nil }
        return switch trigger {
        case .preTokenGeneration:
            functions.preTokenGenerationConfig?.lambdaArn ?? functions.preTokenGeneration
        case .customSMSSender: functions.customSMSSender?.lambdaArn
        case .customEmailSender: functions.customEmailSender?.lambdaArn
        case .inboundFederation: functions.inboundFederation?.lambdaArn
        default: functions.structure[trigger.rawValue].flatMap { String($0) }
        }
    }

    /// `V1_0`, `V2_0` or `V3_0`
    var preTokenGenerationVersion: String {
        settings.lambdaConfig?.preTokenGenerationConfig?.lambdaVersion ?? "V1_0"
    }
}
