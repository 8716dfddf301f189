import CognitoIDPAPI
import FoundationEssentials
import Platform
import Wire

/// What an app client may be told.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html>
struct ClientRules {
    let pool: PoolEntry
    /// Whether the client has a secret.
    let isConfidential: Bool
    /// `creating`, `updating`: for messages.
    let deed: String
    /// What `SupportedIdentityProviders` can name, besides `COGNITO`.
    let providers: Set<String>
    /// The scopes of the pool's resource servers, `solar-system/sun.read`.
    let customScopes: Set<String>

    /// Attributes that Cognito alone sets.
    static let readOnly: Set<String> = ["sub", "email_verified", "phone_number_verified", "identities"]
    static let standardScopes: Set<String> = ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"]

    /// - Throws: InvalidParameterException, InvalidOAuthFlowException, ScopeDoesNotExistException,
    ///   FeatureUnavailableInTierException.
    func check(_ settings: CognitoIDP.UserPoolClientType) throws(ServiceError) {
        try checkFlows(settings)
        try checkValidity(TokenValidity(settings))
        try checkAttributes(settings)
        try checkOAuth(settings)
        for name in settings.supportedIdentityProviders ?? [] where name != "COGNITO" && !providers.contains(name) {
            throw .invalidParameter("The provider \(name) does not exist for User Pool \(pool.id).")
        }
        if settings.enablePropagateAdditionalUserContextData == true, !isConfidential {
            throw .invalidParameter(
                "EnablePropagateAdditionalUserContextData can only be enabled for a client that has a client secret.")
        }
    }

    private func checkFlows(_ settings: CognitoIDP.UserPoolClientType) throws(ServiceError) {
        let flows = settings.explicitAuthFlows ?? []
        let prefixed = flows.count { $0.hasPrefix("ALLOW_") }
        guard prefixed == 0 || prefixed == flows.count else {
            throw .invalidParameter(
                "ExplicitAuthFlows can not have values with the prefix ALLOW_ together with values without it.")
        }
        let rotates = settings.refreshTokenRotation?.feature == "ENABLED"
        if prefixed > 0, !rotates, !flows.contains("ALLOW_REFRESH_TOKEN_AUTH") {
            throw .invalidParameter("REFRESH_TOKEN_AUTH should always be allowed.")
        }
        if rotates, flows.contains("ALLOW_REFRESH_TOKEN_AUTH") {
            throw .invalidParameter(
                "ALLOW_REFRESH_TOKEN_AUTH can not be allowed when refresh token rotation is enabled.")
        }
        var features: [String] = []
        if flows.contains("ALLOW_USER_AUTH") { features.append("Choice-based authentication") }
        if rotates { features.append("Refresh token rotation") }
        if pool.tier < .essentials, !features.isEmpty { throw .unavailable(features, in: pool.tier) }
    }

    private func checkValidity(_ validity: TokenValidity) throws(ServiceError) {
        let usual = TokenValidity.shortest...TokenValidity.longest
        guard usual.contains(validity.access), usual.contains(validity.id),
            (TokenValidity.shortestRefresh...TokenValidity.longestRefresh).contains(validity.refresh)
        else { throw .invalidParameter("Invalid range for token validity.") }
        guard validity.access <= validity.refresh, validity.id <= validity.refresh else {
            throw .invalidParameter(
                "Access and ID token validity can not be longer than the refresh token validity.")
        }
    }

    private func checkAttributes(_ settings: CognitoIDP.UserPoolClientType) throws(ServiceError) {
        if let names = settings.readAttributes, names.contains(where: { pool.schema[$0]?.isDeveloperOnly ?? true }) {
            throw .invalidParameter("Invalid read attributes specified while \(deed) a client")
        }
        if let names = settings.writeAttributes {
            let isKnown = names.allSatisfy { name in
                pool.schema[name].map { !$0.isDeveloperOnly } ?? false && !Self.readOnly.contains(name)
            }
            // Otherwise nobody could sign up by it.
            guard isKnown, pool.schema.required.allSatisfy({ names.contains($0.name) }) else {
                throw .invalidParameter("Invalid write attributes specified while \(deed) a client")
            }
        }
    }

    // MARK: OAuth

    private func checkOAuth(_ settings: CognitoIDP.UserPoolClientType) throws(ServiceError) {
        let flows = Set(settings.allowedOAuthFlows ?? [])
        let scopes = settings.allowedOAuthScopes ?? []
        if settings.allowedOAuthFlowsUserPoolClient == true, flows.isEmpty || scopes.isEmpty {
            throw .invalidParameter(
                "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."
            )
        }
        for scope in scopes where !Self.standardScopes.contains(scope) && !customScopes.contains(scope) {
            throw .cognito(.scopeDoesNotExistException, "Invalid scope requested: \(scope)")
        }
        if flows.contains("client_credentials") { try checkClientCredentials(flows, scopes) }
        let callbacks = settings.callbackURLs ?? []
        if !flows.isDisjoint(with: ["code", "implicit"]), callbacks.isEmpty {
            throw .invalidParameter("CallbackURLs can not be empty if the code or the implicit flow is allowed.")
        }
        for url in callbacks + (settings.logoutURLs ?? []) { try Self.check(url: url) }
        if let usual = settings.defaultRedirectURI, !callbacks.contains(usual) {
            throw .invalidParameter("DefaultRedirectURI must be in the list of CallbackURLs.")
        }
    }

    private func checkClientCredentials(_ flows: Set<String>, _ scopes: [String]) throws(ServiceError) {
        guard flows.count == 1 else {
            throw .cognito(
                .invalidOAuthFlowException,
                "client_credentials flow can not be selected along with code flow or implicit flow.")
        }
        guard isConfidential else {
            throw .cognito(
                .invalidOAuthFlowException,
                "client_credentials flow can not be selected if client does not have a client secret.")
        }
        if let scope = scopes.first(where: { Self.standardScopes.contains($0) }) {
            throw .cognito(
                .invalidOAuthFlowException, "\(scope) is not supported with client_credentials flow.")
        }
    }

    /// A redirection's address: whole, without a fragment, and encrypted unless it stays on the machine or belongs to an app.
    static func check(url text: String) throws(ServiceError) {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), !scheme.isEmpty else {
            throw .invalidParameter("Invalid URL: \(text)")
        }
        guard url.fragment == nil, !text.contains("#") else {
            throw .invalidParameter("\(text) must not include a fragment component.")
        }
        guard ["http", "https"].contains(scheme) else { return }
        guard let host = url.host(percentEncoded: false), !host.isEmpty else {
            throw .invalidParameter("Invalid URL: \(text)")
        }
        guard scheme == "https" || ["localhost", "127.0.0.1", "::1"].contains(host) else {
            throw .invalidParameter("\(text) cannot use the HTTP protocol.")
        }
    }
}
