import CognitoIDPAPI
import Platform
import Wire

// Users whom administrators create: with a temporary password, which the first sign-in changes.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-create-user-accounts.html>

extension CognitoIDP.AdminCreateUser: PreparedWriteOperation, OnUserPool {
    public static var secretMembers: Set<String> { ["TemporaryPassword"] }

    /// What is stored, and the messages that go out.
    public struct Preparation: Sendable {
        fileprivate enum Work: Sendable {
            case new(NewUser)
            /// The user as read, and with another temporary password.
            case again(old: PoolUser, new: PoolUser)
        }

        fileprivate let work: Work
        fileprivate let messages: [Message]
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        try call.takeRate(.userCreation)
        let pool = try call.userPool(input.userPoolId)
        return input.messageAction == "RESEND" ? try await again(input, pool, call) : try await new(input, pool, call)
    }

    private static func new(
        _ input: Input, _ pool: PoolEntry, _ call: Call
    ) async throws(ServiceError) -> Preparation {
        let name = try NewUsername(input.username, of: pool)
        let attributes = try pool.attributes(
            ofNew: input.userAttributes ?? [], by: .administrator, ofUsername: name.attribute, demandsRequired: false)
        let password = try temporaryPassword(input, pool)
        let isTaken = "User account already exists"
        try await call.read { (records) throws(ServiceError) in try records.checkIsFree(name, of: pool, isTaken) }
        var new = NewUser(
            pool: pool, name: name,
            user: PoolUser(
                poolID: pool.id, username: name.username, name: pool.folded(name.username), sub: name.sub,
                signInAttribute: name.attribute?.name, attributes: attributes, created: call.time, modified: call.time,
                isEnabled: true, status: password == nil ? .confirmed : .forceChangePassword),
            takesAliases: input.forceAliasCreation ?? false, nameIsTaken: isTaken)
        try await new.askPreSignUp(
            "PreSignUp_AdminCreateUser", call, clientID: nil, validationData: input.validationData ?? [],
            clientMetadata: input.clientMetadata ?? [:])
        if let password {
            new.user.password = try await .make(
                password, user: name.username, poolID: pool.id, account: pool.pool.accountID)
            new.user.temporaryUntil = pool.temporaryPasswordEnd(from: call.time)
        }
        let messages = try await invitations(input, password, of: new.user, pool, call)
        return Preparation(work: .new(new), messages: messages)
    }

    private static func again(
        _ input: Input, _ pool: PoolEntry, _ call: Call
    ) async throws(ServiceError) -> Preparation {
        let username = input.username
        let old = try await call.read { (records) throws(ServiceError) in
            try records.existingUser(named: username, of: pool)
        }
        guard old.status == .forceChangePassword else {
            throw .cognito(
                .unsupportedUserStateException,
                "Resend not possible. \(input.username) status is not FORCE_CHANGE_PASSWORD")
        }
        let password = try temporaryPassword(input, pool) ?? pool.temporaryPassword()
        var user = old
        user.password = try await .make(password, user: old.username, poolID: pool.id, account: pool.pool.accountID)
        user.temporaryUntil = pool.temporaryPasswordEnd(from: call.time)
        user.modified = call.time
        let messages = try await invitations(input, password, of: user, pool, call)
        return Preparation(work: .again(old: old, new: user), messages: messages)
    }

    /// - Returns: nil: the user is to have none, and signs in by codes.
    private static func temporaryPassword(_ input: Input, _ pool: PoolEntry) throws(ServiceError) -> String? {
        if let password = input.temporaryPassword, !password.isEmpty {
            try pool.checkPassword(password, "Password did not conform with password policy")
            return password
        }
        return pool.signsInWithoutPassword ? nil : pool.temporaryPassword()
    }

    private static func invitations(
        _ input: Input, _ password: String?, of user: PoolUser, _ pool: PoolEntry, _ call: Call
    ) async throws(ServiceError) -> [Message] {
        guard input.messageAction != "SUPPRESS", let password else { return [] }
        let context = MessageContext(pool: pool, user: user, metadata: input.clientMetadata ?? [:])
        var messages: [Message] = []
        for delivery in try deliveries(input.desiredDeliveryMediums, of: user) {
            messages.append(try await call.message(.adminCreateUser, to: delivery, code: password, context))
        }
        return messages
    }

    /// By what the request wants; without a wish by a text message, and by e-mail to who has no phone.
    private static func deliveries(_ wanted: [String]?, of user: PoolUser) throws(ServiceError) -> [CodeDelivery] {
        guard let wanted, !wanted.isEmpty else {
            return [CodeDelivery(.sms, of: user) ?? CodeDelivery(.email, of: user)].compactMap(\.self)
        }
        var deliveries: [CodeDelivery] = []
        for medium in wanted.compactMap({ Message.Medium(rawValue: $0) }) {
            guard let delivery = CodeDelivery(medium, of: user) else {
                throw .invalidParameter(
                    "User has no attribute \(medium.attribute), which DesiredDeliveryMediums asks for.")
            }
            if !deliveries.contains(delivery) { deliveries.append(delivery) }
        }
        return deliveries
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let user: PoolUser
        switch prepared.work {
        case .new(let new):
            try new.store(call, records)
            user = new.user
        case .again(let old, let new):
            guard try records.current(old, of: pool) == old else { throw .concurrentModification }
            try records.put(new, replacing: old, of: pool)
            user = new
        }
        for message in prepared.messages { try records.send(message, of: pool, call) }
        return Output { $0.user = CognitoIDP.UserType(user) }
    }
}

extension ServiceError {
    static var concurrentModification: ServiceError {
        .cognito(.tooManyRequestsException, "The user is being changed by another request. Try again.")
    }
}
