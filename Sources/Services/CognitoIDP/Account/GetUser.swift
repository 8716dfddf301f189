import CognitoIDPAPI
import Platform
import Wire

/// What a signed-in user sees of the own account: the attributes that the app client may read.
extension CognitoIDP.GetUser: ComputeOperation, OfSignedInUser {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let signedIn = try await call.signedInUser(input.accessToken)
        let user = signedIn.user
        return Output {
            $0.username = user.username
            $0.userAttributes = user.attributeViews.filter { signedIn.client.mayRead($0.name) }
            if user.factors.isSMSEnabled {
                let option = CognitoIDP.MFAOptionType {
                    $0.deliveryMedium = "SMS"
                    $0.attributeName = "phone_number"
                }
                $0.mfaOptions = [option]
            }
            $0.preferredMfaSetting = user.factors.preferred
            $0.userMFASettingList = user.factors.enabled.isEmpty ? nil : user.factors.enabled
        }
    }
}

extension PoolUser.Factors {
    /// The factors that the user is asked for, by their names in the API.
    var enabled: [String] {
        var names: [String] = []
        if isSMSEnabled { names.append("SMS_MFA") }
        if isSoftwareTokenEnabled { names.append("SOFTWARE_TOKEN_MFA") }
        if isEmailEnabled { names.append("EMAIL_OTP") }
        if isPasskeyEnabled == true { names.append("WEB_AUTHN") }
        return names
    }
}

/// How a signed-in user can sign in.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html>
extension CognitoIDP.GetUserAuthFactors: ComputeOperation, OfSignedInUser {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let signedIn = try await call.signedInUser(input.accessToken)
        let user = signedIn.user
        let hasPasskeys = try await call.environment.read(signedIn.pool.scope) { (records) throws(ServiceError) in
            try !records.passkeys(of: user).isEmpty
        }
        return Output {
            $0.username = user.username
            $0.preferredMfaSetting = user.factors.preferred
            $0.userMFASettingList = user.factors.enabled.isEmpty ? nil : user.factors.enabled
            $0.configuredUserAuthFactors = signedIn.pool.firstFactors(of: user, hasPasskeys: hasPasskeys)
        }
    }
}

extension PoolEntry {
    /// What a user can begin with.
    func firstFactors(of user: PoolUser, hasPasskeys: Bool) -> [String] {
        allowedFirstFactors.filter { factor in
            switch factor {
            case "PASSWORD": user.password != nil
            case "EMAIL_OTP": user[attribute: "email"] != nil && user[attribute: "email_verified"] == "true"
            case "SMS_OTP":
                user[attribute: "phone_number"] != nil && user[attribute: "phone_number_verified"] == "true"
            case "WEB_AUTHN": hasPasskeys
            default: false
            }
        }
    }
}
