public import Directory
public import Policy

/// What an outside identity provider says about somebody, once the token that says so has been verified.
public struct FederatedIdentity: Sendable {
    /// The provider's ARN: `arn:aws:iam::111122223333:oidc-provider/issuer.example`, `…:saml-provider/Name`.
    public var provider: String
    /// Who issued the token, in the token's own words.
    public var issuer: String
    /// Whom the token was issued for: `…:aud`.
    public var audience: String
    /// Whom the token is about, by the provider's own name for them: `…:sub`.
    public var subject: String
    /// SAML's format of the subject, by its short name: `persistent`, `transient`.
    public var subjectType: String?
    /// SAML's unique name of issuer, account and provider together.
    public var nameQualifier: String?
    /// The name that the session is to have, where the token says it and not the request.
    public var sessionName: String?
    /// How long the session may be at most by the token's word, in seconds.
    public var longestSession: Int?
    /// Condition keys that the token gives, lower-case: `issuer.example:sub`, `saml:aud`. The role's trust policy is
    /// asked with them, and the session has them as long as it lives.
    public var context: [String: ContextValue] = [:]
    /// Further keys, with which the trust policy alone is asked.
    public var trustContext: [String: ContextValue] = [:]
    /// The session tags that the token gives.
    public var tags: [Tag] = []
    /// The keys of those tags that are passed on when roles are chained.
    public var transitiveTagKeys: [String] = []
    /// The source identity that the token gives: `aws:SourceIdentity`.
    public var sourceIdentity: String?

    /// Makes an identity; what else the token says is set afterwards.
    public init(provider: String, issuer: String, audience: String, subject: String) {
        self.provider = provider
        self.issuer = issuer
        self.audience = audience
        self.subject = subject
    }
}
