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
            expires: redeemed + Double(client.validity.refresh), scopes: code.scopes, deviceKey: code.deviceKey)
        try revoke(token, of: code.poolID)
    }
}

extension Call {
    /// New tokens for a refresh token, with the scopes that the sign-in had.
    func refreshedTokens(
        _ token: String, _ client: ClientEntry
    ) async throws(ServiceError) -> (tokens: IssuedTokens, scopes: [String]) {
        throw .notImplemented("refresh")
    }

    /// An access token that a client gets in its own name.
    func clientToken(
        _ client: ClientEntry, scopes: [String], metadata: [String: String]
    ) async throws(ServiceError) -> String {
        throw .notImplemented("client credentials")
    }

    /// Revokes a refresh token of a client's; one that is none is let pass.
    func revokeRefreshToken(_ token: String, _ client: ClientEntry) async throws(ServiceError) {
        throw .notImplemented("revoke")
    }
}
