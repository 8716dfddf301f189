import CognitoIDPAPI
import Platform
import Wire

// Confirming a sign-up by the code that was sent.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html>

extension CognitoIDP.ConfirmSignUp: PreparedWriteOperation, OfClient {
    public static var secretMembers: Set<String> { ["SecretHash", "ConfirmationCode"] }

    /// - Returns: `Session` of the answer.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String? {
        let start = ContinuousClock.now
        let client = try call.appClient(input.clientId, secretHash: input.secretHash, username: input.username)
        try call.takeRate(.userCreation)
        try await call.count(.confirmSignUp, for: input.username, of: client.pool)
        try await call.countTry(input.confirmationCode, .signUp, ofUserNamed: input.username, client.pool)
        let request = ConfirmationRequest(
            client: client, username: input.username, code: input.confirmationCode,
            takesAliases: input.forceAliasCreation ?? false)
        let result: Result<(user: PoolUser, attribute: String), ServiceError>
        do throws(ServiceError) {
            result = .success(
                try await call.keep { (records) throws(ServiceError) in try request.confirm(call, records) })
        } catch {
            result = .failure(error)
        }
        if client.hidesUserExistence { await call.evenOut(since: start) }
        let (user, attribute) = try result.get()
        try await call.askPostConfirmation(
            "PostConfirmation_ConfirmSignUp",
            MessageContext(pool: client.pool, user: user, clientID: client.id, metadata: input.clientMetadata ?? [:]))
        guard let session = input.session, client.allows(.user),
            isSameSecret(session, try await call.signUpSession(of: user, client))
        else { return nil }
        return try await call.sealConfirmedSignUp(of: user, attribute: attribute, client: client)
    }

    public static func handle(
        _ input: Input, _ session: String?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output { Output { $0.session = session } }
}

extension Call {
    /// `Session` of SignUp: whoever has it and the code that was sent has signed up, and may sign in at once.
    func signUpSession(of user: PoolUser, _ client: ClientEntry) async throws(ServiceError) -> String {
        let secret = try await environment.keys(of: client.pool).simulationSecret
        let bytes = SimulatedUser("\(user.sub) \(client.id)", of: client.pool, secret: secret).bytes(
            "sign-up session", 48)
        return String(decoding: Base64.encode(bytes), as: UTF8.self)
    }
}

private struct ConfirmationRequest: Sendable {
    let client: ClientEntry
    let username: String
    let code: String
    let takesAliases: Bool

    func confirm(
        _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> (user: PoolUser, attribute: String) {
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
        return (user, proved.attribute)
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
        return try await call.sendCode(for: client, since: start) { () async throws(ServiceError) in
            try await answer(input, client, call)
        }
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
            let code = try await call.makeCode(.signUp, .resendCode, to: delivery, context)
            try await call.keepEvent(
                .resendCode, .pass, of: user, pool, client: client.id,
                call.surroundings(input.userContextData, of: client))
            return CodeAnswer(code, to: user, of: pool)
        } catch {
            guard client.hidesUserExistence, error.tellsOfUser else { throw error }
            return try await call.simulatedAnswer(name, of: pool, by: pool.confirmationMedia)
        }
    }

    public static func handle(
        _ input: Input, _ answer: CodeAnswer, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        Output { $0.codeDeliveryDetails = answer.details }
    }
}

/// The answer to a request for a code: that it was sent, or that it might have been.
public struct CodeAnswer: Sendable {
    private let pool: PoolEntry
    private let code: (message: CodeMessage, user: PoolUser)?
    private let delivery: CodeDelivery

    /// - Parameter user: as read when the code was made.
    init(_ code: CodeMessage, to user: PoolUser, of pool: PoolEntry) {
        (self.code, self.pool, delivery) = ((code, user), pool, code.delivery)
    }

    init(simulated delivery: CodeDelivery, of pool: PoolEntry) {
        (code, self.pool, self.delivery) = (nil, pool, delivery)
    }

    /// Keeps the code, and sends it, if there is one; at once, so that the time until the answer can be evened out.
    /// - Returns: false where the user is not so any more that the code could be sent.
    func send(_ call: Call) async throws(ServiceError) -> Bool {
        guard let (message, known) = code else { return true }
        let pool = pool
        return try await call.keep { (records) throws(ServiceError) in
            let user = try records.get(PoolUser.self, known.key, of: pool.id)
            guard let user, user.sub == known.sub, user.canStillGet(message, askedAs: known) else { return false }
            try records.send(message, of: pool, call)
            return true
        }
    }

    /// What the client is told.
    var details: CognitoIDP.CodeDeliveryDetailsType { delivery.details }
}

extension Call {
    /// What is answered for a user who isn't there, or must not be told from one.
    func simulatedAnswer(
        _ name: String, of pool: PoolEntry, by media: [Message.Medium]
    ) async throws(ServiceError) -> CodeAnswer {
        let secret = try await environment.keys(of: pool).simulationSecret
        return CodeAnswer(simulated: .simulated(name, by: media, of: pool, secret: secret), of: pool)
    }
}

extension PoolUser {
    /// Whether a code that was made for the user, as read then, may go out now.
    func canStillGet(_ code: CodeMessage, askedAs known: PoolUser) -> Bool {
        isEnabled == known.isEnabled && status == known.status
            && self[attribute: code.code.attribute] == code.code.recipient
    }
}

extension ServiceError {
    /// Whether an error would tell that there is a user, or is not: everything but what a trigger or Gatehouse itself says.
    var tellsOfUser: Bool {
        ["UserNotFoundException", "NotAuthorizedException", "InvalidParameterException"].contains(code)
    }
}
