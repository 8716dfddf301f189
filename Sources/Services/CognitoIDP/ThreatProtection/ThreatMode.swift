import CognitoIDPAPI
import Platform
import Wire

/// What threat protection does.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-advanced-security-threat-protection.html>
enum ThreatMode: String, Sendable {
    /// Nothing.
    case off = "OFF"
    /// It takes down what it sees.
    case audit = "AUDIT"
    /// It acts, too.
    case enforced = "ENFORCED"
}

extension PoolEntry {
    /// Of all flows but those of functions.
    var threatMode: ThreatMode {
        guard tier == .plus else { return .off }
        return settings.userPoolAddOns.flatMap { ThreatMode(rawValue: $0.advancedSecurityMode) } ?? .off
    }

    /// Of CUSTOM_AUTH.
    var customThreatMode: ThreatMode {
        guard threatMode != .off else { return .off }
        let mode = settings.userPoolAddOns?.advancedSecurityAdditionalFlows?.customAuthMode
        return mode.flatMap { ThreatMode(rawValue: $0) } ?? .off
    }
}

extension ServiceError {
    /// Of what threat protection blocks.
    static var blockedForSecurity: ServiceError { .notAuthorized("Unable to login because of security reasons.") }

    /// Of a password that others know.
    static var compromisedPassword: ServiceError {
        .cognito(.invalidPasswordException, "Provided password cannot be used for security reasons.")
    }

    static var compromisedSignIn: ServiceError {
        .cognito(.passwordResetRequiredException, "Password reset required for user due to security reasons")
    }

    /// - Throws: UserPoolAddOnNotEnabledException for a pool without threat protection.
    static func noThreatProtection(_ poolID: String) -> ServiceError {
        .cognito(
            .userPoolAddOnNotEnabledException,
            "User pool \(poolID) does not have the add-on Advanced Security enabled.")
    }
}
