import CognitoIDPAPI
import Platform
import Wire

// Second factors of a pool, and passkeys.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html>

extension CognitoIDP.UserPoolType {
    /// How second factors are asked for once these settings hold: CreateUserPool and UpdateUserPool can only say whether
    /// they are, and how messages are sent.
    /// - Parameter old: before an update; nil for a new pool.
    /// - Throws: InvalidParameterException.
    func multiFactor(
        replacing old: CognitoIDP.GetUserPoolMfaConfigResponse?
    ) throws(ServiceError) -> CognitoIDP.GetUserPoolMfaConfigResponse {
        var result = old ?? CognitoIDP.GetUserPoolMfaConfigResponse()
        result.mfaConfiguration = mfaConfiguration
        guard mfaConfiguration != MultiFactorMode.off.rawValue else {
            result.smsMfaConfiguration = nil
            result.softwareTokenMfaConfiguration = nil
            result.emailMfaConfiguration = nil
            return result
        }
        if let old, mfaConfiguration == "ON", old.mfaConfiguration != "ON" {
            throw .invalidParameter("cannot turn MFA functionality ON, once the user pool has been created")
        }
        let hasOther =
            result.softwareTokenMfaConfiguration?.enabled ?? false || result.emailMfaConfiguration != nil
        if let sms = smsConfiguration, result.smsMfaConfiguration != nil || !hasOther {
            result.smsMfaConfiguration = CognitoIDP.SmsMfaConfigType {
                $0.smsAuthenticationMessage = smsAuthenticationMessage
                $0.smsConfiguration = sms
            }
        }
        guard result.smsMfaConfiguration != nil || hasOther else {
            throw .invalidParameter(
                "SMS configuration and Auto verification for phone_number are required when MFA is required/optional")
        }
        return result
    }
}

extension CognitoIDP.GetUserPoolMfaConfig: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        try records.userPool(input.userPoolId).readMultiFactor()
    }
}

extension CognitoIDP.SetUserPoolMfaConfig: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let set = Access(
            "cognito-idp:SetUserPoolMfaConfig",
            on: UserPool.arn(input.userPoolId, region: call.region, account: call.accountID))
        return .required([set] + call.passing(input.smsMfaConfiguration?.smsConfiguration?.snsCallerArn))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let pool = try call.userPool(input.userPoolId)
        try await SMSRole.check(input.smsMfaConfiguration?.smsConfiguration, of: pool.id, call)
    }

    public static func handle(
        _ input: Input, _ prepared: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var pool = try records.userPool(input.userPoolId)
        var settings = try pool.readSettings()
        var result = try pool.readMultiFactor()
        let mode = input.mfaConfiguration ?? result.mfaConfiguration ?? "OFF"
        result.mfaConfiguration = mode
        try result.setFactors(input, settings, isOn: mode != "OFF")
        if let passkeys = input.webAuthnConfiguration {
            guard settings.userPoolTier != PoolTier.lite.rawValue else {
                throw .unavailable(["Passkeys"], in: .lite)
            }
            result.webAuthnConfiguration = passkeys
        }
        if let sms = result.smsMfaConfiguration {
            settings.smsConfiguration = sms.smsConfiguration ?? settings.smsConfiguration
            settings.smsAuthenticationMessage = sms.smsAuthenticationMessage
        }
        settings.mfaConfiguration = mode
        pool.settings = settings.structure.json
        pool.multiFactor = result.structure.json
        pool.modified = call.time
        try records.put(pool)
        return Output(
            smsMfaConfiguration: result.smsMfaConfiguration,
            softwareTokenMfaConfiguration: result.softwareTokenMfaConfiguration,
            emailMfaConfiguration: result.emailMfaConfiguration, mfaConfiguration: mode,
            webAuthnConfiguration: result.webAuthnConfiguration)
    }
}

extension CognitoIDP.GetUserPoolMfaConfigResponse {
    /// - Throws: InvalidParameterException; FeatureUnavailableInTierException.
    fileprivate mutating func setFactors(
        _ input: CognitoIDP.SetUserPoolMfaConfig.Input, _ settings: CognitoIDP.UserPoolType, isOn: Bool
    ) throws(ServiceError) {
        let hasToken = input.softwareTokenMfaConfiguration?.enabled ?? false
        guard isOn else {
            guard input.smsMfaConfiguration?.smsConfiguration == nil, !hasToken, input.emailMfaConfiguration == nil
            else {
                throw .invalidParameter(
                    "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
            }
            smsMfaConfiguration = nil
            softwareTokenMfaConfiguration = nil
            emailMfaConfiguration = nil
            return
        }
        var sms = input.smsMfaConfiguration
        if sms != nil, sms?.smsConfiguration == nil { sms?.smsConfiguration = settings.smsConfiguration }
        guard sms == nil || sms?.smsConfiguration != nil else {
            throw .invalidParameter("SMS configuration is required when SMS MFA is configured.")
        }
        guard sms != nil || hasToken || input.emailMfaConfiguration != nil else {
            throw .invalidParameter(
                "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.")
        }
        if input.emailMfaConfiguration != nil {
            guard settings.userPoolTier != PoolTier.lite.rawValue else {
                throw .unavailable(["Email MFA"], in: .lite)
            }
            guard settings.emailConfiguration?.emailSendingAccount == "DEVELOPER" else {
                throw .invalidParameter("Email MFA requires an email configuration with EmailSendingAccount DEVELOPER.")
            }
        }
        smsMfaConfiguration = sms
        softwareTokenMfaConfiguration = input.softwareTokenMfaConfiguration
        emailMfaConfiguration = input.emailMfaConfiguration
    }
}
