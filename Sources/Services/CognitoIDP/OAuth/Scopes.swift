import CognitoIDPAPI
import Platform

/// The scopes of access tokens.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html>
enum Scopes {
    static let openID = "openid"
    /// What the operations of users ask access tokens for.
    static let selfService = "aws.cognito.signin.user.admin"
    private static let ofOpenID: Set<String> = ["email", "phone", "profile"]
    private static let reserved = ofOpenID.union([openID, selfService])

    /// What a client gets that asks for scopes: those of them that it may have; all that it may have where it asks for none.
    /// - Parameter text: what it asks for, between spaces; nil: it does not say.
    /// - Throws: `invalid_scope`.
    static func granted(
        _ text: String?, to client: ClientEntry, _ environment: Environment
    ) throws(OAuthError) -> [String] {
        let allowed = client.settings.allowedOAuthScopes ?? []
        guard let text else {
            guard !allowed.isEmpty else { throw OAuthError(.invalidScope) }
            return allowed
        }
        var wanted: [String] = []
        for part in text.split(separator: " ") where !wanted.contains(String(part)) { wanted.append(String(part)) }
        for scope in wanted where !reserved.contains(scope) && !allowed.contains(scope) {
            guard environment.hasResourceServerScope(scope, of: client.pool) else { throw OAuthError(.invalidScope) }
        }
        guard ofOpenID.isDisjoint(with: wanted) || wanted.contains(openID) else {
            throw OAuthError(.invalidScope, "email, phone and profile need openid")
        }
        let granted = wanted.filter(allowed.contains)
        guard !granted.isEmpty else { throw OAuthError(.invalidScope) }
        return granted
    }

    /// The same for a client that asks in its own name: scopes of resource servers alone.
    /// - Throws: `invalid_scope`.
    static func granted(
        _ text: String?, toClientItself client: ClientEntry, _ environment: Environment
    ) throws(OAuthError) -> [String] {
        let allowed = (client.settings.allowedOAuthScopes ?? []).filter { !reserved.contains($0) }
        guard let text else {
            guard !allowed.isEmpty else { throw OAuthError(.invalidScope) }
            return allowed
        }
        let wanted = text.split(separator: " ").map(String.init)
        for scope in wanted where !allowed.contains(scope) {
            guard environment.hasResourceServerScope(scope, of: client.pool) else { throw OAuthError(.invalidScope) }
        }
        var granted: [String] = []
        for scope in wanted where allowed.contains(scope) && !granted.contains(scope) { granted.append(scope) }
        guard !granted.isEmpty else { throw OAuthError(.invalidScope) }
        return granted
    }
}

extension Environment {
    /// Whether a resource server of the pool has a scope: `photos/read`.
    func hasResourceServerScope(_ scope: String, of pool: PoolEntry) -> Bool {
        resourceServers(of: pool.id).contains { $0.scopeNames.contains(scope) }
    }
}
