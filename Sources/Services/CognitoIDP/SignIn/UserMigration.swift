import CognitoIDPAPI
import Platform
import Wire

// Users whom the pool does not know yet are brought from elsewhere by a function, when they first sign in.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html>

extension SignIn {
    /// Goes on with a user who is known elsewhere, where the pool does not know one.
    mutating func migrate() async throws(ServiceError) {
        // A provider's user, who can't sign in so, is known already.
        guard pool.has(.userMigration), try await call.subject(progress.name, of: client) == nil else { return }
        user = try await call.migratedUser(
            progress.name, "UserMigration_Authentication", by: client, password: try parameter("PASSWORD"),
            validationData: metadata)
        if let user { progress = progress.of(user) }
    }
}

extension Call {
    /// Asks whether a user whom the pool does not know is known elsewhere, and makes the user.
    /// - Returns: nil: the pool does not ask, the function does not know the user either, or the password is wrong.
    /// - Throws: what asking throws; UserNotFoundException where the function refuses, and the client may know who there is.
    func migratedUser(
        _ name: String, _ source: String, by client: ClientEntry, password: String? = nil,
        validationData: [String: String] = [:], clientMetadata: [String: String] = [:]
    ) async throws(ServiceError) -> PoolUser? {
        guard client.pool.has(.userMigration) else { return nil }
        do throws(ServiceError) {
            return try await migrateUser(
                name, source, by: client, password: password, validationData: validationData,
                clientMetadata: clientMetadata)
        } catch {
            guard error.code == CognitoIDP.Failure.userLambdaValidationException.rawValue else { throw error }
            guard client.hidesUserExistence else {
                throw .cognito(.userNotFoundException, "Exception migrating user in app client \(client.id)")
            }
            return nil
        }
    }

    /// Makes a user of what the function UserMigration says.
    /// - Parameters:
    ///   - name: as the request has it.
    ///   - source: `UserMigration_Authentication` or `UserMigration_ForgotPassword`.
    ///   - password: nil: of a user who has forgotten it.
    ///   - validationData: `ClientMetadata` of InitiateAuth.
    /// - Returns: nil: the function does not know the user.
    /// - Throws: UserLambdaValidationException where the function refuses; InvalidLambdaResponseException; AliasExistsException.
    private func migrateUser(
        _ name: String, _ source: String, by client: ClientEntry, password: String?,
        validationData: [String: String] = [:], clientMetadata: [String: String] = [:]
    ) async throws(ServiceError) -> PoolUser? {
        let pool = client.pool
        var request: [(key: String, value: JSONValue)] = []
        if let password { request.append(("password", .string(password))) }
        request.append(("validationData", validationData.json))
        if !clientMetadata.isEmpty { request.append(("clientMetadata", clientMetadata.json)) }
        let answer = try await ask(
            .userMigration, source, of: pool, clientID: client.id, username: name, request)
        guard let answer, case .object(let members)? = answer["userAttributes"], !members.isEmpty else { return nil }
        var attributes: [CognitoIDP.AttributeType] = []
        var username = name
        for member in members {
            guard let value = member.value.asAttribute else { throw .unreadableTrigger }
            if member.key == "username" { username = value }
            guard !["username", "sub"].contains(member.key) else { continue }
            attributes.append(
                CognitoIDP.AttributeType {
                    $0.name = member.key
                    $0.value = value
                })
        }
        guard try pool.isMigratable(name, as: username, attributes) else { throw .unreadableTrigger }
        let chosen = try NewUsername(username, of: pool)
        let isConfirmed = answer["finalUserStatus"] == .string("CONFIRMED")
        var user = PoolUser(
            poolID: pool.id, username: chosen.username, name: pool.folded(chosen.username), sub: chosen.sub,
            signInAttribute: chosen.attribute?.name,
            attributes: try pool.attributes(
                ofNew: attributes, by: .administrator, ofUsername: chosen.attribute, demandsRequired: false),
            created: time, modified: time, isEnabled: true, status: isConfirmed ? .confirmed : .resetRequired)
        if let password {
            user.password = try await .make(
                password, user: chosen.username, poolID: pool.id, account: pool.pool.accountID)
        }
        if answer["enableSMSMFA"] == .boolean(true) {
            guard user[attribute: "phone_number"] != nil else { throw .unreadableTrigger }
            user.factors.isSMSEnabled = true
        }
        let new = NewUser(
            pool: pool, name: chosen, user: user, takesAliases: answer["forceAliasCreation"] == .boolean(true),
            nameIsTaken: "User already exists")
        try await keep { (records) throws(ServiceError) in try new.store(self, records) }
        return user
    }
}

extension PoolEntry {
    /// Whether a user may be made of another name than was typed: only where that is an alias of the user's.
    fileprivate func isMigratable(
        _ typed: String, as username: String, _ attributes: [CognitoIDP.AttributeType]
    ) throws(ServiceError) -> Bool {
        if folded(typed) == folded(username) { return true }
        return attributes.contains { aliasAttributes.contains($0.name) && folded($0.value ?? "") == folded(typed) }
    }
}

extension JSONValue {
    /// The value of an attribute; functions write some as what they are.
    fileprivate var asAttribute: String? {
        switch self {
        case .string(let text): text
        case .boolean(let value): value ? "true" : "false"
        case .integer(let number): String(number)
        default: nil
        }
    }
}
