import CognitoIDPAPI
import Ledger
import Platform
import Wire

// What the endpoints do with tokens.

extension MutableRecords {
    /// Revokes the tokens that were issued for a code.
    func revokeTokens(of code: AuthorizationCode, _ client: ClientEntry) throws(ServiceError) {
        guard let redeemed = code.redeemed,
            let user = try get(PoolUser.self, PoolUser.key(code.user), of: code.poolID), user.sub == code.sub
        else { return }
        let token = RefreshToken(
            clientID: code.clientID, user: user, originID: code.originID, authTime: code.authTime,
            expires: redeemed + Double(client.tokenValidity.refresh), scopes: code.scopes, deviceKey: code.deviceKey)
        try revoke(token, of: code.poolID)
    }
}

extension Call {
    /// An access token that a client gets in its own name.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html>
    /// - Throws: what the trigger refuses with.
    func clientToken(
        _ client: ClientEntry, scopes: [String], metadata: [String: String]
    ) async throws(ServiceError) -> String {
        let customization = try await customization(of: client, scopes: scopes, metadata: metadata)
        let issued = Int(exactly: time.rounded(.down)) ?? 0
        var claims = TokenClaims.Claims()
        claims["sub"] = .string(client.id)
        claims["token_use"] = .string("access")
        claims["scope"] = .string(customization.scopes(scopes).joined(separator: " "))
        claims["auth_time"] = .integer(issued)
        claims["iss"] = .string(environment.issuer(of: client.pool.id))
        claims["exp"] = .integer(issued + client.tokenValidity.access)
        claims["iat"] = .integer(issued)
        claims["version"] = .integer(2)
        claims["jti"] = .string(RequestIDs.make(time: time))
        claims["client_id"] = .string(client.id)
        customization.apply(to: &claims, .access, clientID: client.id)
        return try await environment.keys(of: client.pool).sign(claims.members, .access)
    }

    /// What the trigger wants of a client's own token. It is asked by the third version of its event alone.
    private func customization(
        of client: ClientEntry, scopes: [String], metadata: [String: String]
    ) async throws(ServiceError) -> TokenCustomization {
        guard client.pool.settings.lambdaConfig?.preTokenGenerationConfig?.lambdaVersion == "V3_0" else {
            return TokenCustomization()
        }
        var request: [(key: String, value: JSONValue)] = [
            ("userAttributes", .object([])), ("groupConfiguration", .null),
            ("scopes", .array(scopes.map { .string($0) })),
        ]
        if !metadata.isEmpty {
            let members = metadata.sorted { $0.key < $1.key }
            request.append(
                ("clientMetadata", .object(members.map { JSONMember(key: $0.key, value: .string($0.value)) })))
        }
        let response = try await ask(
            .preTokenGeneration, "TokenGeneration_ClientCredentials", of: client.pool, clientID: client.id,
            username: "ClientCredentials", request)
        return try response.map { (response) throws(ServiceError) in try TokenCustomization(response, .third) }
            ?? TokenCustomization()
    }
}
