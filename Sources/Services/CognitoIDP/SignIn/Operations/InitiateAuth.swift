import CognitoIDPAPI
import Platform
import Wire

extension ServiceModule {
    /// Signing in.
    static let signInOperations: [any Platform.Operation.Type] = [
        CognitoIDP.InitiateAuth.self, CognitoIDP.AdminInitiateAuth.self, CognitoIDP.RespondToAuthChallenge.self,
        CognitoIDP.AdminRespondToAuthChallenge.self,
    ]
}

// It changes the ledger in transactions of its own: what has been tried stays so whatever comes of it.

extension CognitoIDP.InitiateAuth: ComputeOperation, OfClient {
    public static var isReadOnly: Bool { false }
    public static var secretMembers: Set<String> { SignInAnswer.secretMembers }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard let client = call.environment.userPoolClient(input.clientId) else { throw .noSuchClient(input.clientId) }
        // Those of administrators.
        guard !input.authFlow.hasPrefix("ADMIN_") else { throw .unsupportedFlow }
        var request = SignInRequest(flow: input.authFlow, client: client, parameters: input.authParameters ?? [:])
        request.clientMetadata = input.clientMetadata ?? [:]
        request.session = input.session
        request.context = input.userContextData?.facts ?? [:]
        let answer = try await call.initiateAuth(request)
        return Output { output in
            output.challengeName = answer.name
            output.challengeParameters = answer.parameters
            output.session = answer.session
            output.availableChallenges = answer.choices
            output.authenticationResult = answer.result
        }
    }
}

extension CognitoIDP.AdminInitiateAuth: ComputeOperation, OnUserPool {
    public static var isReadOnly: Bool { false }
    public static var secretMembers: Set<String> { SignInAnswer.secretMembers }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let client = try call.userPoolClient(input.clientId, of: input.userPoolId)
        // The one of users.
        guard input.authFlow != AuthenticationFlow.userPassword.rawValue else { throw .unsupportedFlow }
        var request = SignInRequest(flow: input.authFlow, client: client, parameters: input.authParameters ?? [:])
        request.clientMetadata = input.clientMetadata ?? [:]
        request.session = input.session
        request.context = input.contextData?.facts ?? [:]
        request.isOfAdmin = true
        let answer = try await call.initiateAuth(request)
        return Output { output in
            output.challengeName = answer.name
            output.challengeParameters = answer.parameters
            output.session = answer.session
            output.availableChallenges = answer.choices
            output.authenticationResult = answer.result
        }
    }
}

/// What the four operations answer.
struct SignInAnswer: Sendable {
    /// What no event shows, besides what the model says.
    static let secretMembers: Set<String> = ["ChallengeParameters", "ClientMetadata"]

    var name: String?
    var parameters: [String: String] = [:]
    var session: String?
    var choices: [String]?
    var result: CognitoIDP.AuthenticationResultType?
}

extension Call {
    /// Begins a sign-in, or goes on with one that a refresh token stands for.
    fileprivate func initiateAuth(_ request: SignInRequest) async throws(ServiceError) -> SignInAnswer {
        try takeSignInRate()
        switch request.flow {
        case "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN": return try await refresh(request)
        default: return try await answer(try await beginSignIn(request))
        }
    }

    /// What a step is as an answer. Where all is proved, tokens are issued.
    func answer(_ step: SignInStep) async throws(ServiceError) -> SignInAnswer {
        switch step {
        case .challenge(let name, let parameters, let session):
            return SignInAnswer(name: name, parameters: parameters, session: session)
        case .choice(let factors, let session):
            return SignInAnswer(name: "SELECT_CHALLENGE", session: session, choices: factors)
        case .done(let grant, let device):
            var result = CognitoIDP.AuthenticationResultType(try await issueTokens(grant))
            result.newDeviceMetadata = device.map { device in
                CognitoIDP.NewDeviceMetadataType {
                    $0.deviceKey = device.key
                    $0.deviceGroupKey = device.groupKey
                }
            }
            return SignInAnswer(result: result)
        }
    }
}

extension ServiceError {
    static var unsupportedFlow: ServiceError { .invalidParameter("Initiate Auth method not supported.") }
}
