import Directory
import OIDC
import Platform
import Policy
import STSAPI
import Wire

/// What a token's claims become in AWS.
struct WebIdentityClaims {
    /// What trust policies name as `Federated`: an ARN, or the name of a provider that every account knows.
    private let provider: String
    /// What condition keys begin with.
    private let prefix: String

    /// Of tokens of a provider that an account has registered.
    init(_ provider: OpenIDConnectProvider) {
        self.provider = provider.arn
        prefix = provider.url
    }

    /// Of tokens of a provider that every account knows.
    init(builtIn name: String) {
        provider = name
        prefix = name
    }

    /// - Throws: `invalidClaim` for tags and a source identity that AssumeRole would not take either.
    func identity(_ token: VerifiedToken) throws(TokenError) -> FederatedIdentity {
        try identity(issuer: token.issuer, audience: token.audience, subject: token.subject, token.claims)
    }

    /// The same of a token that another service has proved.
    func identity(_ token: ProvedToken) throws(TokenError) -> FederatedIdentity {
        try identity(issuer: token.issuer, audience: token.audience, subject: token.subject, token.claims)
    }

    private func identity(
        issuer: String, audience: String, subject: String, _ claims: [String: ClaimValue]
    ) throws(TokenError) -> FederatedIdentity {
        var identity = FederatedIdentity(provider: provider, issuer: issuer, audience: audience, subject: subject)
        identity.context = context(audience, subject, claims)
        if let names = Self.claimsOfProvider[prefix] {
            for name in names.split(separator: " ") {
                guard let value = claims[String(name)]?.string else { continue }
                identity.trustContext[key(String(name))] = .one(value)
            }
        }
        try Self.setTags(of: &identity, claims)
        identity.sourceIdentity = try Self.sourceIdentity(claims)
        return identity
    }

    // MARK: Condition keys

    /// Claims that AWS supports for particular providers; the trust policy can have conditions on them, the session
    /// does not carry them.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>
    private static let claimsOfProvider = [
        "token.actions.githubusercontent.com": """
        actor actor_id job_workflow_ref repository repository_id workflow ref environment enterprise_id
        """
    ]

    /// The keys that every provider has: `issuer.example:aud`, `…:sub`, `…:amr`, `…:email`.
    private func context(
        _ audience: String, _ subject: String, _ claims: [String: ClaimValue]
    ) -> [String: ContextValue] {
        var context: [String: ContextValue] = [key("aud"): .one(audience), key("sub"): .one(subject)]
        if let methods = claims["amr"]?.strings { context[key("amr")] = .many(methods) }
        if let email = claims["email"]?.string { context[key("email")] = .one(email) }
        return context
    }

    private func key(_ claim: String) -> String { ConditionKeys.folded("\(prefix):\(claim)") }

    // MARK: Session tags

    private static let tagsClaim = "https://aws.amazon.com/tags"
    private static let sourceIdentityClaim = "https://aws.amazon.com/source_identity"

    /// AWS takes the tags in one object, or each in a claim of its own.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp>
    private static func setTags(
        of identity: inout FederatedIdentity, _ claims: [String: ClaimValue]
    ) throws(TokenError) {
        var tags: [Tag] = []
        if let nested = claims[tagsClaim] {
            guard case .object = nested else { throw .invalidClaim(tagsClaim) }
            if let principalTags = nested["principal_tags"] {
                guard case .object(let values) = principalTags else { throw .invalidClaim(tagsClaim) }
                for (key, value) in values { tags.append(try tag(key, value)) }
            }
        }
        let prefix = tagsClaim + "/principal_tags/"
        for (name, value) in claims where name.hasPrefix(prefix) {
            tags.append(try tag(String(name.dropFirst(prefix.count)), value))
        }
        if let keys = claims[tagsClaim]?["transitive_tag_keys"] ?? claims[tagsClaim + "/transitive_tag_keys"] {
            guard let keys = keys.strings else { throw .invalidClaim(tagsClaim) }
            identity.transitiveTagKeys = keys
        }
        identity.tags = tags.sorted { $0.key < $1.key }
        try check(identity.tags, sourceIdentity: nil, tagsClaim)
    }

    private static func tag(_ key: String, _ value: ClaimValue) throws(TokenError) -> Tag {
        guard let values = value.strings, values.count == 1 else { throw .invalidClaim(tagsClaim) }
        return Tag(key: key, value: values[0])
    }

    private static func sourceIdentity(_ claims: [String: ClaimValue]) throws(TokenError) -> String? {
        guard let claim = claims[sourceIdentityClaim] else { return nil }
        guard let identity = claim.string else { throw .invalidClaim(sourceIdentityClaim) }
        try check([], sourceIdentity: identity, sourceIdentityClaim)
        return identity
    }

    /// Checks claims against the model's constraints for the same members of AssumeRole.
    private static func check(_ tags: [Tag], sourceIdentity: String?, _ claim: String) throws(TokenError) {
        var input = STS.AssumeRole.Input()
        input.roleArn = "arn:aws:iam::111122223333:role/any"
        input.roleSessionName = "any"
        input.sourceIdentity = sourceIdentity
        input.tags = tags.map { tag in
            var view = STS.Tag()
            view.key = tag.key
            view.value = tag.value
            return view
        }
        do throws(ServiceError) {
            try validate(input.structure, of: STS.AssumeRole.shape)
        } catch {
            throw .invalidClaim(claim)
        }
    }
}
