import CognitoIDPAPI
import Platform
import Wire

// Passwords that administrators set and reset.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html>

extension CognitoIDP.AdminSetUserPassword: PreparedWriteOperation, OnUserPool {
    public static var secretMembers: Set<String> { ["Password"] }

    /// The user as read, and the password.
    public struct Preparation: Sendable {
        let user: PoolUser
        let password: PasswordVerifier
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let pool = try call.userPool(input.userPoolId)
        try pool.checkPassword(input.password)
        let name = input.username
        let user = try await call.read { (records) throws(ServiceError) in
            try records.existingUser(named: name, of: pool)
        }
        if input.permanent == true { try await pool.checkHistory(input.password, of: user) }
        return Preparation(
            user: user,
            password: try await .make(
                input.password, user: user.username, poolID: pool.id, account: pool.pool.accountID))
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let isPermanent = input.permanent ?? false
        let old = try records.current(prepared.user, of: pool)
        var user = old
        user.set(
            prepared.password, temporaryUntil: isPermanent ? nil : pool.temporaryPasswordEnd(from: call.time),
            of: pool)
        user.status = isPermanent ? .confirmed : .forceChangePassword
        user.modified = call.time
        try records.put(user, replacing: old, of: pool)
        return Output()
    }
}

extension CognitoIDP.AdminResetUserPassword: PreparedWriteOperation, OnUserPool {
    /// The user as read, and the code.
    public struct Preparation: Sendable {
        let user: PoolUser
        let code: CodeMessage
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let pool = try call.userPool(input.userPoolId)
        let name = input.username
        let user = try await call.read { (records) throws(ServiceError) in
            try records.existingUser(named: name, of: pool)
        }
        guard user.status == .confirmed || user.status == .resetRequired else {
            throw .unresettable
        }
        let delivery = try user.recoveryDelivery(of: pool)
        let context = MessageContext(pool: pool, user: user, metadata: input.clientMetadata ?? [:])
        return Preparation(
            user: user, code: try await call.makeCode(.forgotPassword, .forgotPassword, to: delivery, context))
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let old = try records.current(prepared.user, of: pool)
        guard old.canStillGet(prepared.code, askedAs: prepared.user) else { throw .concurrentModification }
        var user = old
        user.requireReset(at: call.time)
        user.modified = call.time
        try records.put(user, replacing: old, of: pool)
        try records.send(prepared.code, of: pool, call)
        return Output()
    }
}
