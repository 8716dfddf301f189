import CognitoIDPAPI
import Platform
import Wire

// What a new user pool is told, and what an update tells it: all of it, with AWS's defaults for what is not said.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-updating.html>

extension UserPool {
    func readSettings() throws(ServiceError) -> CognitoIDP.UserPoolType {
        CognitoIDP.UserPoolType(try Structure(json: settings, of: CognitoIDP.UserPoolType.shape))
    }

    func readMultiFactor() throws(ServiceError) -> CognitoIDP.GetUserPoolMfaConfigResponse {
        CognitoIDP.GetUserPoolMfaConfigResponse(
            try Structure(json: multiFactor, of: CognitoIDP.GetUserPoolMfaConfigResponse.shape))
    }
}

extension CognitoIDP.UserPoolType {
    /// The settings of a request, with AWS's defaults.
    /// - Parameter request: of CreateUserPool or UpdateUserPool.
    /// - Throws: InvalidParameterException for what contradicts itself.
    init(requested request: Structure) throws(ServiceError) {
        self.init(try Structure(json: request.json, of: Self.shape))
        userPoolTags = nil
        try fillPolicies()
        deletionProtection = deletionProtection ?? "INACTIVE"
        lambdaConfig = try (lambdaConfig ?? CognitoIDP.LambdaConfigType()).completed()
        fillMessages()
        mfaConfiguration = mfaConfiguration ?? MultiFactorMode.off.rawValue
        var email = emailConfiguration ?? CognitoIDP.EmailConfigurationType()
        email.emailSendingAccount = email.emailSendingAccount ?? "COGNITO_DEFAULT"
        emailConfiguration = email
        userPoolTier = userPoolTier ?? PoolTier.essentials.rawValue
        try check()
        try checkTier()
    }

    private mutating func fillPolicies() throws(ServiceError) {
        var policies = policies ?? CognitoIDP.UserPoolPolicyType()
        var admin = adminCreateUserConfig ?? CognitoIDP.AdminCreateUserConfigType()
        let told = policies.passwordPolicy?.temporaryPasswordValidityDays.flatMap { $0 == 0 ? nil : $0 }
        let legacy = admin.unusedAccountValidityDays
        if let told, let legacy, told != legacy {
            throw .invalidParameter(
                "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays")
        }
        var password = PasswordPolicy()
        if let view = policies.passwordPolicy { password = PasswordPolicy(view) }
        password.temporaryValidityDays = told ?? legacy ?? 7
        let history = policies.passwordPolicy?.passwordHistorySize
        policies.passwordPolicy = CognitoIDP.PasswordPolicyType {
            $0.minimumLength = password.minimumLength
            $0.requireUppercase = password.requiresUppercase
            $0.requireLowercase = password.requiresLowercase
            $0.requireNumbers = password.requiresNumbers
            $0.requireSymbols = password.requiresSymbols
            $0.passwordHistorySize = history
            $0.temporaryPasswordValidityDays = password.temporaryValidityDays
        }
        if policies.signInPolicy?.allowedFirstAuthFactors == nil {
            policies.signInPolicy = CognitoIDP.SignInPolicyType { $0.allowedFirstAuthFactors = ["PASSWORD"] }
        }
        self.policies = policies
        admin.allowAdminCreateUserOnly = admin.allowAdminCreateUserOnly ?? false
        admin.unusedAccountValidityDays = password.temporaryValidityDays
        adminCreateUserConfig = admin
    }

    /// The members that are "no longer used" and the template say the same.
    private mutating func fillMessages() {
        var template = verificationMessageTemplate ?? CognitoIDP.VerificationMessageTemplateType()
        template.smsMessage = template.smsMessage ?? smsVerificationMessage
        template.emailMessage = template.emailMessage ?? emailVerificationMessage
        template.emailSubject = template.emailSubject ?? emailVerificationSubject
        template.defaultEmailOption = template.defaultEmailOption ?? "CONFIRM_WITH_CODE"
        smsVerificationMessage = template.smsMessage
        emailVerificationMessage = template.emailMessage
        emailVerificationSubject = template.emailSubject
        verificationMessageTemplate = template
    }

    private func check() throws(ServiceError) {
        let verified = Set(autoVerifiedAttributes ?? [])
        for name in userAttributeUpdateSettings?.attributesRequireVerificationBeforeUpdate ?? []
        where !verified.contains(name) {
            throw .invalidParameter(
                "Invalid UserAttributeUpdateSettings: AttributesRequireVerificationBeforeUpdate has \(name), which is not"
                    + " among AutoVerifiedAttributes.")
        }
        let factors = policies?.signInPolicy?.allowedFirstAuthFactors ?? []
        guard factors.contains("PASSWORD") else {
            throw .invalidParameter("AllowedFirstAuthFactors must include PASSWORD.")
        }
        if emailConfiguration?.emailSendingAccount == "DEVELOPER", emailConfiguration?.sourceArn == nil {
            throw .invalidParameter("SourceArn is required when EmailSendingAccount is DEVELOPER.")
        }
        try checkRecovery()
    }

    private func checkRecovery() throws(ServiceError) {
        let mechanisms = accountRecoverySetting?.recoveryMechanisms ?? []
        guard mechanisms.count == 1 || !mechanisms.contains(where: { $0.name == "admin_only" }) else {
            throw .invalidParameter(
                "Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with"
                    + " any other recovery mechanisms.")
        }
        guard Set(mechanisms.map(\.priority)).count == mechanisms.count,
            Set(mechanisms.map(\.name)).count == mechanisms.count
        else {
            throw .invalidParameter(
                "Invalid account recovery setting parameter. Recovery mechanisms must have different names and"
                    + " priorities.")
        }
        guard
            mfaConfiguration != "ON" || smsConfiguration == nil || mechanisms.first?.name != "verified_phone_number"
                || mechanisms.count > 1
        else {
            throw .invalidParameter(
                "Invalid account recovery setting parameter. Account Recovery Setting cannot use verified_phone_number as a"
                    + " recovery mechanism when SMS MFA is configured.")
        }
    }

    /// - Throws: FeatureUnavailableInTierException.
    private func checkTier() throws(ServiceError) {
        let tier = userPoolTier.flatMap { PoolTier(rawValue: $0) } ?? .essentials
        var features: [String] = []
        if tier < .plus, userPoolAddOns.map({ $0.advancedSecurityMode != "OFF" }) ?? false {
            features.append("Threat Protection")
        }
        if tier < .essentials {
            if (policies?.signInPolicy?.allowedFirstAuthFactors ?? []) != ["PASSWORD"] {
                features.append("Choice-based authentication")
            }
            if policies?.passwordPolicy?.passwordHistorySize ?? 0 > 0 { features.append("Password history") }
            if lambdaConfig?.preTokenGenerationConfig.map({ $0.lambdaVersion != "V1_0" }) ?? false {
                features.append("Access token customization")
            }
        }
        if !features.isEmpty { throw .unavailable(features, in: tier) }
    }
}

extension ServiceError {
    static func unavailable(_ features: [String], in tier: PoolTier) -> ServiceError {
        .cognito(
            .featureUnavailableInTierException,
            "The following features need to be disabled for the \(tier.rawValue) pricing tier configured: "
                + features.joined(separator: ", "))
    }
}

extension CognitoIDP.LambdaConfigType {
    /// With both members for the function that changes tokens, which say the same.
    /// - Throws: InvalidParameterException where they don't, and for a sender without a key.
    fileprivate func completed() throws(ServiceError) -> CognitoIDP.LambdaConfigType {
        var config = self
        if let versioned = preTokenGenerationConfig {
            guard preTokenGeneration == nil || preTokenGeneration == versioned.lambdaArn else {
                throw .invalidParameter(
                    "PreTokenGeneration and PreTokenGenerationConfig must have the same Lambda function ARN.")
            }
            config.preTokenGeneration = versioned.lambdaArn
        } else if let arn = preTokenGeneration {
            config.preTokenGenerationConfig = CognitoIDP.PreTokenGenerationVersionConfigType {
                $0.lambdaVersion = "V1_0"
                $0.lambdaArn = arn
            }
        }
        guard kmsKeyID != nil || customSMSSender == nil && customEmailSender == nil else {
            throw .invalidParameter("KMSKeyID is required for custom sender Lambda triggers.")
        }
        return config
    }
}
