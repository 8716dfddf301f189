import CognitoIDPAPI
import Ledger
import Platform
import Wire

// Which second factors a user is asked for.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html>

extension ServiceModule {
    static let factorOperations: [any Platform.Operation.Type] = [
        CognitoIDP.GetUser.self, CognitoIDP.GetUserAuthFactors.self, CognitoIDP.SetUserMFAPreference.self,
        CognitoIDP.AdminSetUserMFAPreference.self, CognitoIDP.SetUserSettings.self,
        CognitoIDP.AdminSetUserSettings.self,
        CognitoIDP.AssociateSoftwareToken.self, CognitoIDP.VerifySoftwareToken.self,
    ]
}

/// What a request wants of a user's factors; nil: as it is.
private struct FactorChange {
    var sms: (isEnabled: Bool, isPreferred: Bool?)?
    var softwareToken: (isEnabled: Bool, isPreferred: Bool?)?
    var email: (isEnabled: Bool, isPreferred: Bool?)?
    var passkey: Bool?

    init<F: CognitoIDP.MayHaveSMSMfaSettings>(_ input: View<F>)
    where
        F: CognitoIDP.MayHaveSoftwareTokenMfaSettings, F: CognitoIDP.MayHaveEmailMfaSettings,
        F: CognitoIDP.MayHaveWebAuthnMfaSettings
    {
        sms = input.smsMfaSettings.map { ($0.enabled ?? false, $0.preferredMfa) }
        softwareToken = input.softwareTokenMfaSettings.map { ($0.enabled ?? false, $0.preferredMfa) }
        email = input.emailMfaSettings.map { ($0.enabled ?? false, $0.preferredMfa) }
        passkey = input.webAuthnMfaSettings.map { $0.enabled ?? false }
    }

    /// - Throws: InvalidParameterException for a factor that the user does not have, or the pool does not ask for.
    func apply(to user: inout PoolUser, of pool: PoolEntry) throws(ServiceError) {
        let wanted = [("SMS_MFA", sms), ("SOFTWARE_TOKEN_MFA", softwareToken), ("EMAIL_OTP", email)]
        guard wanted.count(where: { $0.1?.isPreferred == true }) <= 1 else {
            throw .invalidParameter("Only one MFA method can be preferred.")
        }
        for case (let name, let setting?) in wanted {
            if setting.isEnabled {
                guard pool.offers(name) else { throw .invalidParameter("\(name) is not enabled for the user pool.") }
                guard user.canReceive(name) else {
                    throw .invalidParameter("User does not have delivery config set to turn on \(name)")
                }
            } else if setting.isPreferred == true {
                throw .invalidParameter("A disabled MFA method can not be preferred.")
            }
            user.factors.set(name, setting.isEnabled)
            if setting.isPreferred == true {
                user.factors.preferred = name
            } else if user.factors.preferred == name, !setting.isEnabled || setting.isPreferred == false {
                user.factors.preferred = nil
            }
        }
        if let passkey {
            let isOffered =
                pool.multiFactor.webAuthnConfiguration?.factorConfiguration == "MULTI_FACTOR_WITH_USER_VERIFICATION"
            guard !passkey || isOffered else {
                throw .invalidParameter("Passkey MFA is not enabled for the user pool.")
            }
            user.factors.isPasskeyEnabled = passkey
        }
        guard user.factors.isPasskeyEnabled != true || user.factors.enabled.count > 1 else {
            throw .invalidParameter("Another MFA method must be enabled besides passkeys.")
        }
    }
}

extension PoolUser.Factors {
    /// - Parameter name: in the API: `SMS_MFA`.
    mutating func set(_ name: String, _ isEnabled: Bool) {
        switch name {
        case "SMS_MFA": isSMSEnabled = isEnabled
        case "SOFTWARE_TOKEN_MFA": isSoftwareTokenEnabled = isEnabled
        case "EMAIL_OTP": isEmailEnabled = isEnabled
        default: break
        }
    }
}

extension PoolUser {
    /// Whether the user has what a factor takes.
    func canReceive(_ factor: String) -> Bool {
        switch factor {
        case "SMS_MFA": self[attribute: "phone_number"] != nil
        case "EMAIL_OTP": self[attribute: "email"] != nil
        case "SOFTWARE_TOKEN_MFA": softwareToken != nil
        default: false
        }
    }
}

extension PoolEntry {
    /// Whether the pool asks its users for a factor.
    func offers(_ factor: String) -> Bool {
        switch factor {
        case "SMS_MFA": hasSMSFactor
        case "EMAIL_OTP": hasEmailFactor
        case "SOFTWARE_TOKEN_MFA": hasSoftwareTokenFactor
        default: false
        }
    }
}

extension CognitoIDP.SetUserMFAPreference: OfSignedInUserWriting {
    public static func handle(
        _ input: Input, _ signedIn: SignedInUser, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var user = try records.current(signedIn)
        try FactorChange(input).apply(to: &user, of: signedIn.pool)
        user.modified = call.time
        try records.put(user)
        return Output()
    }
}

extension CognitoIDP.AdminSetUserMFAPreference: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        var user = try records.existingUser(named: input.username, of: pool)
        try FactorChange(input).apply(to: &user, of: pool)
        user.modified = call.time
        try records.put(user)
        return Output()
    }
}

// MARK: The operations of before there were preferences, which know of SMS alone

extension PoolUser {
    /// - Throws: InvalidParameterException for anything but SMS to the user's phone number.
    fileprivate mutating func set(_ options: [CognitoIDP.MFAOptionType], at time: Double) throws(ServiceError) {
        for option in options {
            guard option.deliveryMedium == "SMS", option.attributeName == "phone_number" else {
                throw .invalidParameter("Only SMS to the attribute phone_number is supported.")
            }
        }
        if !options.isEmpty, self[attribute: "phone_number"] == nil {
            throw .invalidParameter("User does not have delivery config set to turn on SMS_MFA")
        }
        factors.isSMSEnabled = !options.isEmpty
        if options.isEmpty, factors.preferred == "SMS_MFA" { factors.preferred = nil }
        modified = time
    }
}

extension CognitoIDP.SetUserSettings: OfSignedInUserWriting {
    public static func handle(
        _ input: Input, _ signedIn: SignedInUser, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var user = try records.current(signedIn)
        try user.set(input.mfaOptions, at: call.time)
        try records.put(user)
        return Output()
    }
}

extension CognitoIDP.AdminSetUserSettings: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        var user = try records.existingUser(named: input.username, of: pool)
        try user.set(input.mfaOptions, at: call.time)
        try records.put(user)
        return Output()
    }
}
