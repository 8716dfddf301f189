import CognitoIDPAPI
import Platform
import Wire

// What an app client's settings mean, in the types that those who act by them need.

/// How long the tokens of an app client are valid, in seconds.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html>
struct TokenValidity: Sendable, Equatable {
    var access: Int
    var id: Int
    var refresh: Int

    static let shortest = 300
    static let longest = 86_400
    static let shortestRefresh = 3600
    /// Ten years.
    static let longestRefresh = 315_360_000

    init(_ settings: CognitoIDP.UserPoolClientType) {
        let units = settings.tokenValidityUnits
        access = Self.seconds(settings.accessTokenValidity, units?.accessToken ?? "hours") ?? 3600
        id = Self.seconds(settings.idTokenValidity, units?.idToken ?? "hours") ?? 3600
        refresh = Self.seconds(settings.refreshTokenValidity, units?.refreshToken ?? "days") ?? 30 * 86_400
    }

    /// nil: nothing is set. The model's bounds keep the product from overflowing.
    private static func seconds(_ count: Int?, _ unit: String) -> Int? {
        guard let count, count > 0 else { return nil }
        let length =
            switch unit {
            case "seconds": 1
            case "minutes": 60
            case "hours": 3600
            default: 86_400
            }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: length)
        return overflow ? .max : seconds
    }
}

/// A way to sign in that an app client may allow.
enum AuthenticationFlow: String, Sendable {
    case userSRP = "USER_SRP_AUTH"
    case userPassword = "USER_PASSWORD_AUTH"
    case adminPassword = "ADMIN_USER_PASSWORD_AUTH"
    case custom = "CUSTOM_AUTH"
    /// The user chooses.
    case user = "USER_AUTH"
    case refreshToken = "REFRESH_TOKEN_AUTH"
}

extension ClientEntry {
    var tokenValidity: TokenValidity { TokenValidity(settings) }

    /// How long a challenge can be answered, in seconds.
    var authSessionSeconds: Int { (settings.authSessionValidity ?? 3) * 60 }

    /// Whether the client must prove itself by a secret.
    var isConfidential: Bool { !client.secrets.isEmpty }

    /// Whether nobody may learn from an answer which users there are.
    var hidesUserExistence: Bool { settings.preventUserExistenceErrors == "ENABLED" }

    /// Whether refresh tokens can be revoked, and tokens say which sign-in they are of.
    var revokesTokens: Bool { settings.enableTokenRevocation ?? true }

    /// Whether each refresh brings a new refresh token.
    var rotatesRefreshTokens: Bool { settings.refreshTokenRotation?.feature == "ENABLED" }

    /// How long a refresh token that has been exchanged can still be used, in seconds.
    var rotationGraceSeconds: Int { settings.refreshTokenRotation?.retryGracePeriodSeconds ?? 0 }

    /// Whether the client allows a way to sign in. The flows of old have no prefix `ALLOW_`; with them, SRP and refresh tokens
    /// were always allowed, unless custom challenges were the only way.
    func allows(_ flow: AuthenticationFlow) -> Bool {
        let flows = settings.explicitAuthFlows ?? []
        if flows.contains(where: { $0.hasPrefix("ALLOW_") }) { return flows.contains("ALLOW_" + flow.rawValue) }
        return switch flow {
        case .refreshToken, .custom: true
        case .userSRP: !flows.contains("CUSTOM_AUTH_FLOW_ONLY")
        case .userPassword: flows.contains("USER_PASSWORD_AUTH")
        case .adminPassword: flows.contains("ADMIN_NO_SRP_AUTH")
        case .user: false
        }
    }

    /// Whether the client's users may read an attribute of their own.
    func canRead(_ attribute: String) -> Bool {
        guard let names = settings.readAttributes else {
            return pool.schema[attribute].map { !$0.isDeveloperOnly } ?? false
        }
        return names.contains(attribute) || attribute == "sub"
    }

    /// Whether the client's users may set an attribute of their own.
    func canWrite(_ attribute: String) -> Bool {
        guard let names = settings.writeAttributes else {
            guard let definition = pool.schema[attribute] else { return false }
            return !definition.isDeveloperOnly && !ClientRules.readOnly.contains(attribute)
        }
        return names.contains(attribute)
    }

    /// `COGNITO`, and names of identity providers, with which the client's users can sign in by pages.
    var identityProviders: [String] { settings.supportedIdentityProviders ?? [] }
}
