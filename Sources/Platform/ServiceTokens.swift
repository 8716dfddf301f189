public import OIDC
public import Wire

/// Tokens that a service of Gatehouse's signs, as other services have them proved: an identity pool takes a user pool's ID
/// tokens, and STS those of identity pools. Neither service knows the other.
///
/// A module lists what it signs (``ServiceModule/tokens``); whoever is shown a token asks the environment
/// (``Environment/tokens(of:)``).
public struct ServiceTokens: Sendable {
    /// Whether they are those of a provider, by the name that other services know it by: `cognito-identity.amazonaws.com`,
    /// `cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI`. It is asked of every name that a request has.
    public let areOf: @Sendable (_ provider: String) -> Bool
    /// The claim `iss` of tokens that AssumeRoleWithWebIdentity takes although no account has registered their issuer; nil: it
    /// takes none.
    public let trustedIssuer: String?
    /// Proves a token of a provider.
    ///
    /// `now` is in seconds since 1970, by ``Call/time``: these tokens are dated by Gatehouse's own clock.
    /// - Throws: why it proves nothing: among the rest that it is another provider's, or not of the use that others may take.
    public let prove:
        @Sendable (_ token: String, _ provider: String, _ environment: Environment, _ now: Double)
            async throws(TokenError) -> ProvedToken

    /// - Parameters: see the properties.
    public init(
        areOf: @escaping @Sendable (_ provider: String) -> Bool, trustedIssuer: String? = nil,
        prove:
            @escaping @Sendable (_ token: String, _ provider: String, _ environment: Environment, _ now: Double)
            async throws(TokenError) -> ProvedToken
    ) {
        self.areOf = areOf
        self.trustedIssuer = trustedIssuer
        self.prove = prove
    }
}

/// A token that a service of Gatehouse's has signed, and that has not expired.
public struct ProvedToken: Sendable {
    /// The account of what has issued it: of the user pool or the identity pool.
    public let accountID: String
    /// The claim `iss`.
    public let issuer: String
    /// Whom it is for: an app client, an identity pool.
    public let audience: String
    /// Whom it is about.
    public let subject: String
    /// All claims.
    public let claims: [String: ClaimValue]
    /// Whether whoever it is about is still signed in by it: not signed out, disabled or deleted since. It is asked only by those
    /// who were told to.
    public let isStillSignedIn: @Sendable () async throws(ServiceError) -> Bool

    /// - Parameters: see the properties.
    public init(
        accountID: String, issuer: String, audience: String, subject: String, claims: [String: ClaimValue],
        isStillSignedIn: @escaping @Sendable () async throws(ServiceError) -> Bool = { () throws(ServiceError) in true }
    ) {
        self.accountID = accountID
        self.issuer = issuer
        self.audience = audience
        self.subject = subject
        self.claims = claims
        self.isStillSignedIn = isStillSignedIn
    }
}

extension Environment {
    /// How tokens of a provider are proved that is a service of Gatehouse's; nil: it is none.
    /// - Complexity: linear in the services that sign tokens.
    public func tokens(of provider: String) -> ServiceTokens? {
        for module in modules { if let tokens = module.tokens, tokens.areOf(provider) { return tokens } }
        return nil
    }

    /// How tokens are proved that AssumeRoleWithWebIdentity takes from everybody; nil: those of this issuer have to be of a
    /// provider that an account has registered.
    public func tokens(trustedFrom issuer: String) -> ServiceTokens? {
        modules.lazy.compactMap(\.tokens).first { $0.trustedIssuer == issuer }
    }
}
