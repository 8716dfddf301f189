import CognitoIDPAPI
import Platform
import Wire

// Confirming a sign-up by the code that was sent.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html>

extension CognitoIDP.ConfirmSignUp: PreparedWriteOperation, OfClient {
    public static var secretMembers: Set<String> { ["SecretHash", "ConfirmationCode"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let start = ContinuousClock.now
        let client = try call.appClient(input.clientId, secretHash: input.secretHash, username: input.username)
        try await call.count(.confirmSignUp, for: input.username, of: client.pool)
        let request = ConfirmationRequest(
            client: client, username: input.username, code: input.confirmationCode,
            takesAliases: input.forceAliasCreation ?? false)
        let result: Result<PoolUser, ServiceError>
        do throws(ServiceError) {
            result = .success(
                try await call.keep { (records) throws(ServiceError) in try request.confirm(call, records) })
        } catch {
            result = .failure(error)
        }
        if client.hidesUserExistence { await call.evenOut(since: start) }
        let user = try result.get()
        try await call.askPostConfirmation(
            "PostConfirmation_ConfirmSignUp",
            MessageContext(pool: client.pool, user: user, clientID: client.id, metadata: input.clientMetadata ?? [:]))
    }

    public static func handle(
        _ input: Input, _ prepared: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output { Output() }
}

private struct ConfirmationRequest: Sendable {
    let client: ClientEntry
    let username: String
    let code: String
    let takesAliases: Bool

    func confirm(_ call: Call, _ records: MutableRecords) throws(ServiceError) -> PoolUser {
        let pool = client.pool
        guard var user = try records.user(named: username, of: pool) else {
            guard client.hidesUserExistence else { throw .noSuchCombination }
            throw try records.hasTried(.resendConfirmationCode, for: username, of: pool, at: call.time)
                ? .codeMismatch : .expiredCode
        }
        let old = user
        // Who must not learn whether there is such a user learns nothing of the user's state without the code either.
        if !client.hidesUserExistence { try user.checkCanBeConfirmed() }
        let proved = try records.provenCode(code, .signUp, of: user, at: call.time)
        try user.checkCanBeConfirmed()
        user.status = .confirmed
        user[attribute: "\(proved.attribute)_verified"] = "true"
        user.modified = call.time
        try records.put(user, replacing: old, of: pool, takesAliases: takesAliases)
        try records.delete(UserCode.self, proved.key, of: pool.id)
        return user
    }
}

extension PoolUser {
    /// - Throws: NotAuthorizedException.
    func checkCanBeConfirmed() throws(ServiceError) {
        guard isEnabled else { throw .notAuthorized("User is disabled.") }
        guard status == .unconfirmed else {
            throw .notAuthorized("User cannot be confirmed. Current status is \(status.rawValue)")
        }
    }
}

extension ServiceError {
    static var noSuchCombination: ServiceError {
        .cognito(.userNotFoundException, "Username/client id combination not found.")
    }
}

extension CognitoIDP.ResendConfirmationCode: PreparedWriteOperation, OfClient {
    public static var secretMembers: Set<String> { ["SecretHash"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> CodeAnswer {
        let start = ContinuousClock.now
        let client = try call.appClient(input.clientId, secretHash: input.secretHash, username: input.username)
        try await call.count(.resendConfirmationCode, for: input.username, of: client.pool)
        let answer: Result<CodeAnswer, ServiceError>
        do throws(ServiceError) { answer = .success(try await self.answer(input, client, call)) } catch {
            answer = .failure(error)
        }
        if client.hidesUserExistence { await call.evenOut(since: start) }
        return try answer.get()
    }

    private static func answer(
        _ input: Input, _ client: ClientEntry, _ call: Call
    ) async throws(ServiceError) -> CodeAnswer {
        let (pool, name) = (client.pool, input.username)
        let user = try await call.read { (records) throws(ServiceError) in try records.user(named: name, of: pool) }
        let metadata = input.clientMetadata ?? [:]
        do throws(ServiceError) {
            guard let user else { throw .noSuchCombination }
            guard user.status == .unconfirmed else { throw .invalidParameter("User is already confirmed.") }
            guard user.isEnabled else { throw .notAuthorized("User is disabled.") }
            guard let delivery = pool.confirmationDelivery(for: user) else {
                throw .invalidParameter("Auto verification not turned on.")
            }
            let context = MessageContext(pool: pool, user: user, clientID: client.id, metadata: metadata)
            return CodeAnswer(sent: try await call.makeCode(.signUp, .resendCode, to: delivery, context), of: pool)
        } catch {
            guard client.hidesUserExistence, error.tellsOfUser else { throw error }
            return try await call.simulatedAnswer(name, of: pool, by: pool.confirmationMedia)
        }
    }

    public static func handle(
        _ input: Input, _ answer: CodeAnswer, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let details = try answer.send(call, records)
        return Output { $0.codeDeliveryDetails = details }
    }
}

/// The answer to a request for a code: that it was sent, or that it might have been.
public struct CodeAnswer: Sendable {
    private let pool: PoolEntry
    private let code: CodeMessage?
    private let delivery: CodeDelivery

    init(sent code: CodeMessage, of pool: PoolEntry) {
        (self.code, self.pool, delivery) = (code, pool, code.delivery)
    }

    init(simulated delivery: CodeDelivery, of pool: PoolEntry) {
        (code, self.pool, self.delivery) = (nil, pool, delivery)
    }

    /// Sends the code if there is one.
    /// - Returns: what the client is told.
    func send(
        _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> CognitoIDP.CodeDeliveryDetailsType {
        if let code { try records.send(code, of: pool, call) }
        return delivery.details
    }
}

extension Call {
    /// What is answered for a user who isn't there, or must not be told from one.
    func simulatedAnswer(
        _ name: String, of pool: PoolEntry, by media: [Message.Medium]
    ) async throws(ServiceError) -> CodeAnswer {
        let secret = try await environment.simulationSecret(of: pool)
        return CodeAnswer(simulated: .simulated(name, by: media, of: pool, secret: secret), of: pool)
    }
}

extension ServiceError {
    /// Whether an error would tell that there is a user, or is not: everything but what a trigger or Gatehouse itself says.
    var tellsOfUser: Bool {
        ["UserNotFoundException", "NotAuthorizedException", "InvalidParameterException"].contains(code)
    }
}
