import CognitoIDPAPI
import Platform
import Wire

// REFRESH_TOKEN_AUTH: new tokens without another sign-in.

extension Call {
    func refresh(_ request: SignInRequest) async throws(ServiceError) -> SignInAnswer {
        let client = request.client
        guard client.allows(.refreshToken), !client.rotatesRefreshTokens else {
            throw .invalidParameter("Auth flow not enabled for this client")
        }
        guard let token = request.parameters["REFRESH_TOKEN"], !token.isEmpty else {
            throw .missingParameter("REFRESH_TOKEN")
        }
        try await checkSecretHash(of: token, request)
        let tokens = try await refresh(
            RefreshRequest(
                refreshToken: token, client: client, deviceKey: request.parameters["DEVICE_KEY"],
                clientMetadata: request.clientMetadata))
        return SignInAnswer(result: CognitoIDP.AuthenticationResultType(tokens))
    }

    /// The hash is of any name of the user's whose token it is: the request need not name the user.
    private func checkSecretHash(of text: String, _ request: SignInRequest) async throws(ServiceError) {
        let (client, pool) = (request.client, request.client.pool)
        let hash = request.parameters["SECRET_HASH"]
        guard client.isConfidential, hash != nil else {
            return try client.checkSecretHash(hash, username: "")
        }
        let keys = try await environment.keys(of: pool)
        guard let token = RefreshToken(text, sealedWith: keys, of: pool.id) else { throw .invalidRefreshToken }
        let user = try await environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.get(PoolUser.self, PoolUser.key(token.user), of: pool.id)
        }
        let names =
            [user?.username, token.sub].compactMap(\.self) + (user.map { pool.aliases(of: $0) } ?? []).map(\.value)
        for name in names.dropLast() {
            do throws(ServiceError) { return try client.checkSecretHash(hash, username: name) } catch { continue }
        }
        try client.checkSecretHash(hash, username: names.last ?? token.sub)
    }
}
