import CognitoIDPAPI
import Directory
import Platform
import Wire

/// A trigger of a user pool: a function that Gatehouse asks, at the HTTP endpoint that the operator has declared for its ARN
/// (`gatehouse serve --event-destination ARN=URL`).
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>
enum Trigger: String, Sendable, CaseIterable {
    case preSignUp = "PreSignUp"
    case postConfirmation = "PostConfirmation"
    case preAuthentication = "PreAuthentication"
    case postAuthentication = "PostAuthentication"
    case customMessage = "CustomMessage"
    case defineAuthChallenge = "DefineAuthChallenge"
    case createAuthChallenge = "CreateAuthChallenge"
    case verifyAuthChallengeResponse = "VerifyAuthChallengeResponse"
    case preTokenGeneration = "PreTokenGeneration"
    case userMigration = "UserMigration"
    case customSMSSender = "CustomSMSSender"
    case customEmailSender = "CustomEmailSender"
    case inboundFederation = "InboundFederation"
}

extension Trigger {
    /// The function that a pool has for the trigger, and the version of the event that it is sent; nil: none.
    func function(of pool: CognitoIDP.UserPoolType) -> (arn: String, version: String)? {
        guard let functions = pool.lambdaConfig else { return nil }
        let arn =
            switch self {
            case .preSignUp: functions.preSignUp
            case .postConfirmation: functions.postConfirmation
            case .preAuthentication: functions.preAuthentication
            case .postAuthentication: functions.postAuthentication
            case .customMessage: functions.customMessage
            case .defineAuthChallenge: functions.defineAuthChallenge
            case .createAuthChallenge: functions.createAuthChallenge
            case .verifyAuthChallengeResponse: functions.verifyAuthChallengeResponse
            case .preTokenGeneration: functions.preTokenGenerationConfig?.lambdaArn ?? functions.preTokenGeneration
            case .userMigration: functions.userMigration
            case .customSMSSender: functions.customSMSSender?.lambdaArn
            case .customEmailSender: functions.customEmailSender?.lambdaArn
            case .inboundFederation: functions.inboundFederation?.lambdaArn
            }
        guard let arn, !arn.isEmpty else { return nil }
        guard self == .preTokenGeneration else { return (arn, "1") }
        // `V2_0` is `"version": "2"`.
        let version = functions.preTokenGenerationConfig?.lambdaVersion ?? "V1_0"
        return (arn, version.dropFirst().split(separator: "_").first.map(String.init) ?? "1")
    }

    /// What `response` has when the function gets it: the members that it may set, as AWS presets them.
    /// - Parameter version: of the event.
    func emptyResponse(version: String) -> JSONValue {
        let names: [String]
        switch self {
        case .preSignUp:
            return .object(
                ["autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone"].map {
                    JSONMember(key: $0, value: .boolean(false))
                })
        case .customMessage: names = ["smsMessage", "emailMessage", "emailSubject"]
        case .defineAuthChallenge: names = ["challengeName", "issueTokens", "failAuthentication"]
        case .createAuthChallenge:
            names = ["publicChallengeParameters", "privateChallengeParameters", "challengeMetadata"]
        case .verifyAuthChallengeResponse: names = ["answerCorrect"]
        case .preTokenGeneration:
            names = [version == "1" ? "claimsOverrideDetails" : "claimsAndScopeOverrideDetails"]
        case .userMigration:
            names = [
                "userAttributes", "finalUserStatus", "messageAction", "desiredDeliveryMediums", "forceAliasCreation",
                "enableSMSMFA",
            ]
        case .inboundFederation: names = ["userAttributesToMap"]
        case .postConfirmation, .preAuthentication, .postAuthentication, .customSMSSender, .customEmailSender:
            names = []
        }
        return .object(names.map { JSONMember(key: $0, value: .null) })
    }
}

extension Trigger {
    /// Whether Cognito asks a function for a pool of an account: no other account's, whose policy nobody can look at here.
    static func isOwn(_ function: String, of accountID: String) -> Bool {
        guard let arn = ARN(parsing: function) else { return false }
        return arn.service == "lambda" && arn.account == accountID
    }
}

extension CognitoIDP.UserPoolType {
    /// - Throws: InvalidParameterException for a trigger that is none of the account's functions.
    func checkFunctions(of accountID: String) throws(ServiceError) {
        for trigger in Trigger.allCases {
            guard let (arn, _) = trigger.function(of: self), !Trigger.isOwn(arn, of: accountID) else { continue }
            throw .invalidParameter("Invalid Lambda function ARN for \(trigger.rawValue): \(arn)")
        }
    }
}

extension PoolEntry {
    /// Whether a trigger is asked, so that what it is told need not be put together for nothing.
    func has(_ trigger: Trigger) -> Bool { trigger.function(of: settings) != nil }
}

/// What a trigger is sent: `version` and the members that all triggers share, and what is particular to its source.
struct TriggerEvent: Sendable {
    let trigger: Trigger
    /// `PreSignUp_SignUp`
    let source: String
    let version: String
    let pool: UserPool
    /// nil: the caller is an administrator, who has no app client.
    let clientID: String?
    let username: String?
    let userAgent: String?
    let request: [(key: String, value: JSONValue)]

    /// The event as JSON.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", version)
        writer.member("region", pool.region)
        writer.member("userPoolId", pool.id)
        writer.key("userName")
        if let username { writer.string(username) } else { writer.null() }
        writer.key("callerContext")
        writer.beginObject()
        writer.member("awsSdkVersion", Self.sdk(of: userAgent))
        writer.member("clientId", clientID ?? "CLIENT_ID_NOT_APPLICABLE")
        writer.endObject()
        writer.member("triggerSource", source)
        writer.key("request")
        writer.json(.object(request.map { JSONMember(key: $0.key, value: $0.value) }))
        writer.key("response")
        writer.json(trigger.emptyResponse(version: version))
        writer.endObject()
        return writer.bytes
    }

    /// `aws-sdk-js/3.1 …` is `aws-sdk-js-3.1`, as AWS writes it; what it can't tell is unknown.
    static func sdk(of userAgent: String?) -> String {
        guard let first = userAgent?.split(separator: " ").first else { return "aws-sdk-unknown-unknown" }
        let parts = first.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let name = parts.first, let version = parts.last else {
            return "aws-sdk-unknown-unknown"
        }
        if name.hasPrefix("aws-sdk-") { return "\(name)-\(version)" }
        return name == "Boto3" ? "aws-sdk-python-\(version)" : "aws-sdk-unknown-unknown"
    }
}

extension Call {
    /// Asks a trigger. One that doesn't answer within five seconds is asked again, three times in all.
    ///
    /// The endpoint gets the event by POST, and answers with the event, its `response` filled in: status 200, at most 6 MB,
    /// which is what a function may return. A function refuses as the Lambda API says it: with the header
    /// `X-Amz-Function-Error`, or an answer that is `{"errorMessage": "…", "errorType": "…"}`. Any other status than 2xx
    /// says that there is no function to ask.
    ///
    /// - Parameters:
    ///   - source: `triggerSource`: `PreSignUp_SignUp`.
    ///   - username: `userName` of the event; nil: none is known yet.
    ///   - request: the members of `request`.
    /// - Returns: the members of the answer's `response`; nil: the pool has no such trigger.
    /// - Throws: UserLambdaValidationException with the function's message where it refuses;
    ///   UnexpectedLambdaException, InvalidLambdaResponseException.
    func ask(
        _ trigger: Trigger, _ source: String, of pool: PoolEntry, clientID: String?, username: String?,
        _ request: [(key: String, value: JSONValue)]
    ) async throws(ServiceError) -> JSONValue? {
        guard let (arn, version) = trigger.function(of: pool.settings) else { return nil }
        let event = TriggerEvent(
            trigger: trigger, source: source, version: version, pool: pool.pool, clientID: clientID,
            username: username, userAgent: self.source.userAgent, request: request)
        let endpoint = TriggerEndpoint(arn: arn, trigger: trigger, environment.outsideServers)
        return try await endpoint.ask(event.json, for: pool.pool.accountID)
    }
}
