import CognitoIDPAPI
import Platform
import Wire

// Users who were given a temporary password choose one of their own, and give what the pool wants to know of them.

extension SignIn {
    private static let prefix = "userAttributes."

    /// `NEW_PASSWORD_REQUIRED`
    func challengeNewPassword() async throws(ServiceError) -> SignInStep {
        let user = try existingUser()
        var attributes = JSONWriter()
        attributes.json(.object(user.attributes.map { JSONMember(key: $0.name, value: .string($0.value)) }))
        return try await challenge(
            .newPassword, nil,
            [
                "USER_ID_FOR_SRP": user.username, "userAttributes": String(decoding: attributes.bytes, as: UTF8.self),
                "requiredAttributes": Self.list(missingAttributes(of: user).map { Self.prefix + $0 }),
            ])
    }

    /// A JSON list, as challenges have it.
    static func list(_ texts: [String]) -> String {
        var writer = JSONWriter()
        writer.json(.array(texts.map(JSONValue.string)))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func missingAttributes(of user: PoolUser) -> [String] {
        pool.schema.required.map(\.name).filter { (user[attribute: $0] ?? "").isEmpty }
    }

    /// The answer: a password, and attributes.
    mutating func answerNewPassword() async throws(ServiceError) -> SignInStep {
        try checkStatus()
        let user = try existingUser()
        guard user.status == .forceChangePassword else { throw .invalidSession }
        let password = try parameter("NEW_PASSWORD")
        try pool.checkPassword(password)
        try await call.checkCompromised(password, .passwordChange, pool, client: client.id)
        try await pool.checkHistory(password, of: user)
        let requested = try requestedAttributes(of: user)
        let verifier = try await PasswordVerifier.make(
            password, user: user.username, poolID: pool.id, account: pool.pool.accountID)
        let context = MessageContext(pool: pool, user: user, clientID: client.id, metadata: metadata)
        let change = try await AttributeChange(requested, of: context, call)
        let (pool, call) = (pool, call)
        try await accept { (user, records) throws(ServiceError) in
            try change.apply(to: &user, call, records)
            user.set(verifier, temporaryUntil: nil, of: pool)
            user.status = .confirmed
        }
        progress.passwordSalt = verifier.salt
        progress.hasChosenPassword = true
        if progress.isCustom {
            progress.history.append(SignInProgress.ChallengeResult(name: "NEW_PASSWORD_REQUIRED", isRight: true))
        }
        return try await challengeSecondFactor()
    }

    /// What is to be set besides the password.
    private func requestedAttributes(of user: PoolUser) throws(ServiceError) -> [CognitoIDP.AttributeType] {
        let given = parameters.filter { $0.key.hasPrefix(Self.prefix) }
            .map { (name: String($0.key.dropFirst(Self.prefix.count)), value: $0.value) }
            .sorted { $0.name < $1.name }
        for attribute in given where pool.schema[attribute.name]?.isRequired == true {
            guard (user[attribute: attribute.name] ?? "").isEmpty else {
                throw .invalidParameter("Cannot modify an already provided \(attribute.name)")
            }
        }
        for name in missingAttributes(of: user) where !given.contains(where: { $0.name == name && !$0.value.isEmpty }) {
            throw .invalidParameter("Invalid attributes given, \(name) is missing")
        }
        let requested = given.map { attribute in
            CognitoIDP.AttributeType {
                $0.name = attribute.name
                $0.value = attribute.value
            }
        }
        try pool.check(requested, by: .user(client))
        return requested
    }
}
