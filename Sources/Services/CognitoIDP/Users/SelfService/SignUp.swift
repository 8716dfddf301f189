import CognitoIDPAPI
import Platform
import Wire

/// A user who is about to be: what signing up, and creation by an administrator, come to.
struct NewUser: Sendable {
    let pool: PoolEntry
    let name: NewUsername
    var user: PoolUser
    /// Whether addresses become this user's that are aliases of others.
    var takesAliases = false
    /// What is said where the user name is taken.
    let nameIsTaken: String
    var code: CodeMessage?
    /// nil: the pool has no threat protection.
    var event: AuthEvent?

    /// Stores the user, and sends the code.
    func store(_ call: Call, _ records: MutableRecords) throws(ServiceError) {
        try records.checkIsFree(name, of: pool, nameIsTaken)
        try records.put(user, replacing: nil, of: pool, takesAliases: takesAliases)
        if let code { try records.send(code, of: pool, call) }
        if let event { try records.keep(event, of: pool, requestID: call.requestID, at: call.time) }
    }
}

extension CognitoIDP.SignUp: PreparedWriteOperation, OfClient {
    public static var secretMembers: Set<String> { ["Password", "SecretHash"] }

    private static let policyWording = "Password did not conform with policy"

    /// What was prepared, and whether it is stored: before the trigger PostConfirmation, which acts on the user.
    public struct Preparation: Sendable {
        let new: NewUser
        let isStored: Bool
        var session: String?
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let client = try call.appClient(input.clientId, secretHash: input.secretHash, username: input.username)
        try call.takeRate(.userCreation)
        let pool = client.pool
        guard !pool.isAdminCreateOnly else { throw .notAuthorized("SignUp is not permitted for this user pool") }
        let name = try NewUsername(input.username, of: pool)
        let password = input.password.flatMap { $0.isEmpty ? nil : $0 }
        var isFound: Bool?
        if let password {
            try pool.checkPassword(password, policyWording)
            isFound = try await call.checkCompromised(password, .signUp, pool, client: client.id)
        } else if !pool.signsInWithoutPassword {
            throw .cognito(.invalidPasswordException, "\(policyWording): Password not long enough")
        }
        let attributes = try pool.attributes(
            ofNew: input.userAttributes ?? [], by: .user(client), ofUsername: name.attribute, demandsRequired: true)
        try await call.read { (records) throws(ServiceError) in
            try records.checkIsFree(name, of: pool, "User already exists")
        }
        var new = NewUser(
            pool: pool, name: name,
            user: PoolUser(
                poolID: pool.id, username: name.username, name: pool.folded(name.username), sub: name.sub,
                signInAttribute: name.attribute?.name, attributes: attributes, created: call.time, modified: call.time,
                isEnabled: true, status: .unconfirmed), nameIsTaken: "User already exists")
        try await new.askPreSignUp(
            "PreSignUp_SignUp", call, clientID: client.id, validationData: input.validationData ?? [],
            clientMetadata: input.clientMetadata ?? [:])
        if let password {
            new.user.password = try await .make(
                password, user: name.username, poolID: pool.id, account: pool.pool.accountID)
        }
        if pool.threatMode != .off {
            new.event = AuthEvent(
                .signUp, .pass, of: new.user, id: RequestIDs.make(time: call.time), client: client.id,
                call.surroundings(input.userContextData, of: client))
            new.event?.risk.isCompromised = isFound
        }
        let context = MessageContext(
            pool: pool, user: new.user, clientID: client.id, metadata: input.clientMetadata ?? [:])
        if new.user.status == .unconfirmed, let delivery = pool.confirmationDelivery(for: new.user) {
            new.code = try await call.makeCode(.signUp, .signUp, to: delivery, context)
        }
        guard new.user.status == .confirmed, pool.has(.postConfirmation) else {
            let isSignInNext = new.code != nil && client.allows(.user)
            let session = isSignInNext ? try await call.signUpSession(of: new.user, client) : nil
            return Preparation(new: new, isStored: false, session: session)
        }
        let stored = new
        try await call.keep { (records) throws(ServiceError) in try stored.store(call, records) }
        try await call.askPostConfirmation("PostConfirmation_ConfirmSignUp", context)
        return Preparation(new: new, isStored: true)
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let new = prepared.new
        if !prepared.isStored { try new.store(call, records) }
        return Output {
            $0.userConfirmed = new.user.status == .confirmed
            $0.codeDeliveryDetails = new.code?.delivery.details
            $0.userSub = new.user.sub
            $0.session = prepared.session
        }
    }
}

extension PoolEntry {
    /// Whether there are ways to sign in by a code that is sent.
    var signsInWithoutPassword: Bool {
        allowedFirstFactors.contains("EMAIL_OTP") || allowedFirstFactors.contains("SMS_OTP")
    }

    /// Where the code goes by which a new user confirms; nil: none is sent.
    func confirmationDelivery(for user: PoolUser) -> CodeDelivery? {
        confirmationMedia.lazy.compactMap { CodeDelivery($0, of: user) }.first
    }
}

extension NewUser {
    /// Asks the trigger PreSignUp, which may confirm the user and the addresses, or refuse.
    mutating func askPreSignUp(
        _ source: String, _ call: Call, clientID: String?, validationData: [CognitoIDP.AttributeType],
        clientMetadata: [String: String]
    ) async throws(ServiceError) {
        guard pool.has(.preSignUp) else { return }
        let attributes = user.attributes.map { JSONMember(key: $0.name, value: .string($0.value)) }
        var request: [(key: String, value: JSONValue)] = [
            ("userAttributes", .object(attributes)),
            ("validationData", validationData.isEmpty ? .null : validationData.json),
        ]
        if !clientMetadata.isEmpty { request.append(("clientMetadata", clientMetadata.json)) }
        let answer = try await call.ask(
            .preSignUp, source, of: pool, clientID: clientID, username: user.username, request)
        // What an administrator creates is confirmed by the first sign-in.
        guard source != "PreSignUp_AdminCreateUser" else { return }
        for (member, attribute) in [("autoVerifyEmail", "email"), ("autoVerifyPhone", "phone_number")] {
            guard answer?[member] == .boolean(true) else { continue }
            guard user[attribute: attribute] != nil else {
                throw .cognito(
                    .invalidLambdaResponseException, "\(member) can only be set for a user who has \(attribute).")
            }
            user[attribute: "\(attribute)_verified"] = "true"
            takesAliases = true
        }
        if answer?["autoConfirmUser"] == .boolean(true) { user.status = .confirmed }
    }
}

extension Call {
    /// Asks the trigger PostConfirmation. What it is told of has happened, whatever it answers.
    func askPostConfirmation(_ source: String, _ context: MessageContext) async throws(ServiceError) {
        var request: [(key: String, value: JSONValue)] = [("userAttributes", context.user.triggerAttributes)]
        if !context.metadata.isEmpty { request.append(("clientMetadata", context.metadata.json)) }
        _ = try await ask(
            .postConfirmation, source, of: context.pool, clientID: context.clientID, username: context.user.username,
            request)
    }
}
