import CognitoIDPAPI
import Platform
import Wire

// CUSTOM_AUTH: the functions of the pool say what a user has to prove.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html>

extension SignIn {
    /// More challenges than that nobody means.
    private static let mostChallenges = 64

    /// What functions may have kept until the next step, in bytes.
    private static let mostKept = 64 << 10

    /// The first step of CUSTOM_AUTH.
    mutating func beginCustom() async throws(ServiceError) -> SignInStep {
        guard pool.has(.defineAuthChallenge) else {
            throw .cognito(
                .invalidUserPoolConfigurationException,
                "Custom auth lambda trigger is not configured for the user pool.")
        }
        if parameters["CHALLENGE_NAME"] == "SRP_A" {
            _ = try clientPublic()
            progress.history.append(SignInProgress.ChallengeResult(name: "SRP_A", isRight: true))
        }
        return try await goOnWithCustom()
    }

    /// Asks what is next: `DefineAuthChallenge`.
    mutating func goOnWithCustom() async throws(ServiceError) -> SignInStep {
        guard progress.history.count <= Self.mostChallenges else { throw .incorrect }
        var request = userAndSession
        if progress.history.contains(where: { $0.name != "SRP_A" }) { request += clientMetadata }
        let answer = try await call.ask(
            .defineAuthChallenge, "DefineAuthChallenge_Authentication", of: pool, clientID: client.id,
            username: username, request)
        if answer?["failAuthentication"] == .boolean(true) { throw .incorrect }
        if answer?["issueTokens"] == .boolean(true) { return try await customPassed() }
        guard case .string(let next)? = answer?["challengeName"] else { throw .unreadableTrigger }
        switch next {
        case "CUSTOM_CHALLENGE": return try await createChallenge(next)
        case "PASSWORD_VERIFIER" where progress.history.last?.name == "SRP_A":
            return try await challengePassword(isSessionNeeded: true)
        case "NEW_PASSWORD_REQUIRED" where progress.hasProvedPassword && user?.status == .forceChangePassword:
            return try await challengeNewPassword()
        default: throw .unreadableTrigger
        }
    }

    /// The functions are content. What the pool itself asks for is not theirs to leave out.
    private mutating func customPassed() async throws(ServiceError) -> SignInStep {
        try checkStatus(isPasswordless: !progress.hasProvedPassword)
        progress.hasPassedFunctions = true
        try await rateRisk()
        if progress.hasProvedPassword, user?.status == .forceChangePassword { return try await challengeNewPassword() }
        // The functions may have asked for a second factor already.
        if progress.evidence?.challenges.contains(where: { $0.name == .mfa && $0.isProved }) == true {
            return try await challengeDevice()
        }
        return try await challengeDemandedFactor()
    }

    private func createChallenge(_ name: String) async throws(ServiceError) -> SignInStep {
        let request = userAndSession + [("challengeName", .string(name))] + (session == nil ? [] : clientMetadata)
        let answer = try await call.ask(
            .createAuthChallenge, "CreateAuthChallenge_Authentication", of: pool, clientID: client.id,
            username: username, request)
        guard let answer else {
            throw .cognito(
                .invalidUserPoolConfigurationException,
                "Custom auth lambda trigger is not configured for the user pool.")
        }
        var metadata: String?
        if case .string(let text)? = answer["challengeMetadata"] { metadata = text }
        let custom = CustomChallenge(
            privateParameters: try Self.texts(answer["privateChallengeParameters"]), metadata: metadata)
        let history = progress.history.reduce(0) { $0 + ($1.metadata?.utf8.count ?? 0) }
        guard history + (metadata?.utf8.count ?? 0) + custom.privateParameters.byteCount <= Self.mostKept else {
            throw .tooMuchOfTrigger
        }
        var shown = try Self.texts(answer["publicChallengeParameters"])
        guard shown.byteCount <= Self.mostKept else { throw .tooMuchOfTrigger }
        shown["USERNAME"] = username
        return try await challenge(.custom(custom), nil, shown)
    }

    /// The answer to `CUSTOM_CHALLENGE`.
    mutating func answer(_ custom: CustomChallenge) async throws(ServiceError) -> SignInStep {
        let answer = try parameter("ANSWER")
        let request: [(key: String, value: JSONValue)] = [
            ("userAttributes", user?.triggerAttributes ?? .object([])),
            ("privateChallengeParameters", custom.privateParameters.json), ("challengeAnswer", .string(answer)),
        ]
        // Before the function is asked: it may count, and whoever could ask twice could guess twice.
        try await accept()
        let verdict = try await call.ask(
            .verifyAuthChallengeResponse, "VerifyAuthChallengeResponse_Authentication", of: pool, clientID: client.id,
            username: username, request + userNotFound + clientMetadata)
        guard let verdict else {
            throw .cognito(
                .invalidUserPoolConfigurationException,
                "Custom auth lambda trigger is not configured for the user pool.")
        }
        guard case .boolean(let isRight)? = verdict["answerCorrect"] else { throw .unreadableTrigger }
        progress.history.append(
            SignInProgress.ChallengeResult(name: "CUSTOM_CHALLENGE", isRight: isRight, metadata: custom.metadata))
        return try await goOnWithCustom()
    }

    // MARK: What functions are told

    private var userAndSession: [(key: String, value: JSONValue)] {
        let session = progress.history.map { result in
            var members = [
                JSONMember(key: "challengeName", value: .string(result.name)),
                JSONMember(key: "challengeResult", value: .boolean(result.isRight)),
            ]
            if let metadata = result.metadata {
                members.append(JSONMember(key: "challengeMetadata", value: .string(metadata)))
            }
            return JSONValue.object(members)
        }
        return [("userAttributes", user?.triggerAttributes ?? .object([])), ("session", .array(session))] + userNotFound
    }

    private var userNotFound: [(key: String, value: JSONValue)] {
        client.hidesUserExistence ? [("userNotFound", .boolean(user == nil))] : []
    }

    private var clientMetadata: [(key: String, value: JSONValue)] {
        metadata.isEmpty ? [] : [("clientMetadata", metadata.json)]
    }

    /// An object of texts; empty for null.
    private static func texts(_ value: JSONValue?) throws(ServiceError) -> [String: String] {
        switch value {
        case nil, .null?: return [:]
        case .object(let members)?:
            var texts: [String: String] = [:]
            for member in members {
                guard case .string(let text) = member.value else { throw .unreadableTrigger }
                texts[member.key] = text
            }
            return texts
        default: throw .unreadableTrigger
        }
    }
}

extension ServiceError {
    static var unreadableTrigger: ServiceError {
        .cognito(.invalidLambdaResponseException, "Unrecognizable lambda output")
    }

    /// A function has answered more than is kept.
    static var tooMuchOfTrigger: ServiceError {
        .cognito(.invalidLambdaResponseException, "Lambda function output is too large")
    }
}

extension [String: String] {
    fileprivate var byteCount: Int { reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } }
}
