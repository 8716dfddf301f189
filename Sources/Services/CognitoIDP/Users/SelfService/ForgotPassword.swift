import CognitoIDPAPI
import Platform
import Wire

// A forgotten password: a code is sent to an address that was proved before, and proves who sets another.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html>

extension CognitoIDP.ForgotPassword: PreparedWriteOperation, OfClient {
    public static var secretMembers: Set<String> { ["SecretHash"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> CodeAnswer {
        let start = ContinuousClock.now
        let client = try call.appClient(input.clientId, secretHash: input.secretHash, username: input.username)
        try call.takeRate(.userAccountRecovery)
        try await call.count(.forgotPassword, for: input.username, of: client.pool)
        return try await call.sendCode(for: client, since: start) { () async throws(ServiceError) in
            try await answer(input, client, call)
        }
    }

    private static func answer(
        _ input: Input, _ client: ClientEntry, _ call: Call
    ) async throws(ServiceError) -> CodeAnswer {
        let (pool, name) = (client.pool, input.username)
        // It is the pool's, whoever asks.
        guard !pool.recoveryMedia.isEmpty else { throw .notAuthorized("Contact administrator to reset password.") }
        var user = try await call.read { (records) throws(ServiceError) in try records.user(named: name, of: pool) }
        do throws(ServiceError) {
            if user == nil {
                do throws(ServiceError) {
                    user = try await call.migratedUser(
                        name, "UserMigration_ForgotPassword", by: client, clientMetadata: input.clientMetadata ?? [:])
                } catch {
                    // Only of a name that the pool does not know the function is asked.
                    guard client.hidesUserExistence else { throw error }
                }
            }
            guard let user else { throw .noSuchCombination }
            let delivery = try user.recoveryDelivery(of: pool)
            let context = MessageContext(
                pool: pool, user: user, clientID: client.id, metadata: input.clientMetadata ?? [:])
            let code = try await call.makeCode(.forgotPassword, .forgotPassword, to: delivery, context)
            try await call.keepEvent(
                .forgotPassword, .pass, of: user, pool, client: client.id,
                call.surroundings(input.userContextData, of: client))
            return CodeAnswer(code, to: user, of: pool)
        } catch {
            guard client.hidesUserExistence, error.tellsOfUser else { throw error }
            return try await call.simulatedAnswer(name, of: pool, by: pool.likelyRecoveryMedia)
        }
    }

    public static func handle(
        _ input: Input, _ answer: CodeAnswer, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        Output { $0.codeDeliveryDetails = answer.details }
    }
}

extension PoolUser {
    /// Where a code for a new password goes.
    /// - Throws: NotAuthorizedException for a user whose password can't be set so, InvalidParameterException for one without an
    ///   address that was proved.
    func recoveryDelivery(of pool: PoolEntry) throws(ServiceError) -> CodeDelivery {
        guard isEnabled else { throw .notAuthorized("User is disabled.") }
        guard status != .forceChangePassword, !isOfProvider else { throw .unresettable }
        for medium in pool.recoveryMedia where self[attribute: "\(medium.attribute)_verified"] == "true" {
            // By the same phone number, one factor would reset the other.
            let isOnlyFactor = medium == .sms && factors.isSMSEnabled && factors.preferred == "SMS_MFA"
            if let delivery = CodeDelivery(medium, of: self), !isOnlyFactor || pool.recoveryMedia == [.sms] {
                return delivery
            }
        }
        throw .invalidParameter(
            "Cannot reset password for the user as there is no registered/verified email or phone_number")
    }
}

extension CognitoIDP.ConfirmForgotPassword: PreparedWriteOperation, OfClient {
    public static var secretMembers: Set<String> { ["SecretHash", "ConfirmationCode", "Password"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let start = ContinuousClock.now
        let client = try call.appClient(input.clientId, secretHash: input.secretHash, username: input.username)
        try call.takeRate(.userAccountRecovery)
        let pool = client.pool
        try await call.count(.confirmForgotPassword, for: input.username, of: pool)
        try pool.checkPassword(input.password)
        let isFound = try await call.checkCompromised(
            input.password, .passwordChange, pool, client: client.id)
        let reset = PasswordReset(client: client, username: input.username, code: input.confirmationCode)
        let result: Result<PoolUser, ServiceError>
        do throws(ServiceError) {
            let surroundings = call.surroundings(input.userContextData, of: client)
            let user = try await reset.perform(input.password, call) { user in
                call.event(
                    .passwordChange, .pass, of: user, pool, client: client.id, surroundings, isCompromised: isFound)
            }
            result = .success(user)
        } catch {
            result = .failure(error)
        }
        if client.hidesUserExistence { await call.evenOut(since: start) }
        let user = try result.get()
        try await call.askPostConfirmation(
            "PostConfirmation_ConfirmForgotPassword",
            MessageContext(pool: pool, user: user, clientID: client.id, metadata: input.clientMetadata ?? [:]))
    }

    public static func handle(
        _ input: Input, _ prepared: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output { Output() }
}

private struct PasswordReset: Sendable {
    let client: ClientEntry
    let username: String
    let code: String

    /// - Parameter event: what is kept of it in the user's history.
    func perform(
        _ password: String, _ call: Call, event: (PoolUser) -> AuthEvent?
    ) async throws(ServiceError) -> PoolUser {
        let pool = client.pool
        try await call.countTry(code, .forgotPassword, ofUserNamed: username, pool)
        let user = try await call.read { (records) throws(ServiceError) in try prove(call, records).user }
        try await pool.checkHistory(password, of: user)
        let verifier = try await PasswordVerifier.make(
            password, user: user.username, poolID: pool.id, account: pool.pool.accountID)
        let event = event(user)
        return try await call.keep { (records) throws(ServiceError) in
            // The code may have been used meanwhile.
            let (old, proved) = try prove(call, records.readOnly)
            var user = old
            user.set(verifier, temporaryUntil: nil, of: pool)
            user.status = .confirmed
            user.modified = call.time
            user[attribute: "\(proved.attribute)_verified"] = "true"
            try records.put(user, replacing: old, of: pool)
            try records.delete(UserCode.self, proved.key, of: pool.id)
            if let event { try records.keep(event, of: pool, call) }
            return user
        }
    }

    private func prove(
        _ call: Call, _ records: Records
    ) throws(ServiceError) -> (user: PoolUser, code: UserCode) {
        let pool = client.pool
        guard let user = try records.user(named: username, of: pool),
            user.isEnabled && !user.isOfProvider || !client.hidesUserExistence
        else {
            guard client.hidesUserExistence else { throw .noSuchCombination }
            throw try records.hasTried(.forgotPassword, for: username, of: pool, at: call.time)
                ? .codeMismatch : .expiredCode
        }
        guard user.isEnabled else { throw .notAuthorized("User is disabled.") }
        guard !user.isOfProvider else { throw .unresettable }
        let stored = try records.get(
            UserCode.self, UserCode.key(user.name, UserCode.Purpose.forgotPassword.name), of: pool.id)
        if stored == nil, client.hidesUserExistence,
            try records.hasTried(.forgotPassword, for: username, of: pool, at: call.time)
        {
            // A code was asked for, which a user without a proved address did not get.
            throw .codeMismatch
        }
        return (user, try records.provenCode(code, .forgotPassword, of: user, at: call.time))
    }
}

extension ServiceError {
    static var unresettable: ServiceError { .notAuthorized("User password cannot be reset in the current state.") }
}
