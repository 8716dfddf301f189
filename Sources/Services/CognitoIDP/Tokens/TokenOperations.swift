import CognitoIDPAPI
import Ledger
import Platform
import Wire

// Refreshing and revoking tokens, and signing out everywhere.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html>

extension ServiceModule {
    static let tokenOperations: [any Platform.Operation.Type] = [
        CognitoIDP.GetTokensFromRefreshToken.self, CognitoIDP.RevokeToken.self, CognitoIDP.GlobalSignOut.self,
        CognitoIDP.AdminUserGlobalSignOut.self, CognitoIDP.GetSigningCertificate.self,
    ]
}

extension ClientEntry {
    /// Whether somebody who says this is the client: any of its secrets proves it, and a public client has none.
    func isProved(by secret: String?) -> Bool {
        if client.secrets.isEmpty { return secret == nil }
        guard let secret else { return false }
        return client.secrets.reduce(false) { isSameSecret($1.value, secret) || $0 }
    }
}

extension CognitoIDP.GetTokensFromRefreshToken: ComputeOperation, OfClient {
    public static let isReadOnly = false

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard let client = call.environment.userPoolClient(input.clientId) else { throw .noSuchClient(input.clientId) }
        guard client.isProved(by: input.clientSecret) else {
            throw .notAuthorized("Unable to verify secret for client \(client.id)")
        }
        let request = RefreshRequest(
            refreshToken: input.refreshToken, client: client, deviceKey: input.deviceKey,
            clientMetadata: input.clientMetadata ?? [:])
        let tokens = try await call.refresh(request)
        return Output { $0.authenticationResult = CognitoIDP.AuthenticationResultType(tokens) }
    }
}

extension CognitoIDP.RevokeToken: PreparedWriteOperation, OfClient {
    /// Which token of which pool; nil: one that can't be used anyway.
    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> (token: RefreshToken, poolID: String)? {
        guard let client = call.environment.userPoolClient(input.clientId), client.isProved(by: input.clientSecret)
        else { throw .cognito(.unauthorizedException, "Invalid client") }
        return try await call.revocable(input.token, of: client).map { ($0, client.pool.id) }
    }

    public static func handle(
        _ input: Input, _ found: (token: RefreshToken, poolID: String)?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        if let found { try records.revoke(found.token, of: found.poolID) }
        return Output()
    }
}

extension Call {
    /// The refresh token that a client wants revoked, for ``MutableRecords/revoke(_:of:)``.
    /// - Returns: nil: it is none that could be used.
    /// - Throws: UnsupportedTokenTypeException for tokens of other types; UnsupportedOperationException where the client's tokens
    ///   can't be revoked; UnauthorizedException for another client's.
    func revocable(_ text: String, of client: ClientEntry) async throws(ServiceError) -> RefreshToken? {
        guard client.revokesTokens else {
            throw .cognito(.unsupportedOperationException, "Token revocation is not enabled for the client.")
        }
        let keys = try await environment.keys(of: client.pool)
        guard let token = RefreshToken(text, sealedWith: keys, of: client.pool.id) else {
            guard text.split(separator: ".").count != 3 else {
                throw .cognito(.unsupportedTokenTypeException, "Unsupported token type")
            }
            return nil
        }
        guard token.clientID == client.id else {
            throw .cognito(.unauthorizedException, "The token was not issued to this client.")
        }
        note("sub", token.sub)
        return token.expires > time ? token : nil
    }
}

extension CognitoIDP.GlobalSignOut: OfSignedInUserWriting {
    public static func handle(
        _ input: Input, _ signedIn: SignedInUser, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.signOut(try records.current(signedIn), at: call.time)
        return Output()
    }
}

extension CognitoIDP.AdminUserGlobalSignOut: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        try records.signOut(try records.existingUser(named: input.username, of: pool), at: call.time)
        return Output()
    }
}

extension MutableRecords {
    /// Ends all sign-ins of a user: no token that was issued before is accepted any more.
    func signOut(_ user: PoolUser, at time: Double) throws(ServiceError) {
        var user = user
        user.signedOutBefore = max(time, user.signedOutBefore ?? 0)
        try put(user)
    }
}
