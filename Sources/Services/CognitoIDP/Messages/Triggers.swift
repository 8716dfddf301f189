import Platform
import Wire

/// A trigger of a user pool: a function that Gatehouse asks, at the HTTP endpoint that the operator has declared for its ARN
/// (`--destination ARN=URL`).
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>
enum Trigger: String, Sendable {
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

extension Call {
    /// Asks a trigger.
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
        throw .notImplemented("triggers")
    }
}
