import CognitoIDPAPI
import Platform
import Wire

extension CognitoIDP.RespondToAuthChallenge: ComputeOperation, OfClient {
    public static var isReadOnly: Bool { false }
    public static var secretMembers: Set<String> { SignInAnswer.secretMembers }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard let client = call.environment.userPoolClient(input.clientId) else { throw .noSuchClient(input.clientId) }
        try call.takeSignInRate()
        let step = try await call.answerChallenge(
            input.challengeName, session: input.session, responses: input.challengeResponses ?? [:], client: client,
            clientMetadata: input.clientMetadata ?? [:], context: input.userContextData?.facts ?? [:], isOfAdmin: false)
        let answer = try await call.answer(step)
        return Output { output in
            output.challengeName = answer.name
            output.challengeParameters = answer.parameters
            output.session = answer.session
            output.authenticationResult = answer.result
        }
    }
}

extension CognitoIDP.AdminRespondToAuthChallenge: ComputeOperation, OnUserPool {
    public static var isReadOnly: Bool { false }
    public static var secretMembers: Set<String> { SignInAnswer.secretMembers }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let client = try call.userPoolClient(input.clientId, of: input.userPoolId)
        try call.takeSignInRate()
        let step = try await call.answerChallenge(
            input.challengeName, session: input.session, responses: input.challengeResponses ?? [:], client: client,
            clientMetadata: input.clientMetadata ?? [:], context: input.contextData?.facts ?? [:], isOfAdmin: true)
        let answer = try await call.answer(step)
        return Output { output in
            output.challengeName = answer.name
            output.challengeParameters = answer.parameters
            output.session = answer.session
            output.authenticationResult = answer.result
        }
    }
}
