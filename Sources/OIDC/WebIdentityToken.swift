import JWTKit

/// An ID token as it was sent: hostile until `verify` has returned.
/// <https://openid.net/specs/openid-connect-core-1_0.html#IDToken>
public struct WebIdentityToken: Sendable {
    /// Clocks may differ by this many seconds: for that long AWS accepts a token after it has expired.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html>
    public static let leeway: Int64 = 300
    /// How many keys without an id are tried.
    private static let mostTries = 10

    private let text: String
    private let algorithm: String?
    private let keyID: String?
    private let claims: [String: ClaimValue]
    /// The claim `iss`, not proved yet: it says which provider to ask for the keys.
    public let issuer: String

    /// Reads a token without believing it.
    /// - Throws: `malformed`, `missingClaim`.
    public init(parsing text: String) throws(TokenError) {
        guard UnprovedHeader(of: text) != nil else { throw .malformed }
        do {
            let (header, payload, _) = try DefaultJWTParser().parse(Array(text.utf8), as: Claims.self)
            algorithm = header.alg
            keyID = header.kid
            claims = payload.members
        } catch {
            throw .malformed
        }
        self.text = text
        guard let issuer = claims["iss"]?.string else { throw .missingClaim("iss") }
        self.issuer = issuer
    }

    /// A claim as the token states it, not proved yet; nil where the token lacks it.
    public subscript(claim: String) -> ClaimValue? { claims[claim] }

    /// Whom the token is for: the party that it was given to (`azp`) where that is said, else the audience (`aud`). If
    /// there are several audiences, none of them is.
    public var audience: String? {
        if let party = claims["azp"]?.string { return party }
        guard let audiences = claims["aud"]?.strings, audiences.count == 1 else { return nil }
        return audiences.first
    }

    /// By which rule a token is for a client.
    public enum AudienceRule: Sendable {
        /// IAM's, of providers of roles: see ``WebIdentityToken/audience``.
        /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>
        case iam
        /// OpenID Connect's: `aud` has the client's id, alone or beside others that the client need not know, and `azp`, which
        /// must be there in the latter case, is the client.
        /// <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>
        case openIDConnect
    }

    /// Which of some clients the token is for; nil: none.
    private func audience(of clientIDs: [String], _ rule: AudienceRule) -> String? {
        switch rule {
        case .iam: return audience.flatMap { clientIDs.contains($0) ? $0 : nil }
        case .openIDConnect:
            guard let audiences = claims["aud"]?.strings else { return nil }
            return clientIDs.first { id in
                guard audiences.contains(id) else { return false }
                guard let party = claims["azp"], party != .null else { return audiences.count == 1 }
                return party.string == id
            }
        }
    }

    /// Checks what the token says of its recipient and its time, and then that the provider has signed it.
    /// - Parameters:
    ///   - clientIDs: the audiences that are registered for the provider.
    ///   - now: seconds since 1970.
    public func verify(
        _ provider: OpenIDProviders.Registration, clientIDs: [String], keys providers: OpenIDProviders, now: Double
    ) async throws(TokenError) -> VerifiedToken {
        try await verify(clientIDs: clientIDs, now: now) { (keyID, algorithm) throws(OIDCError) in
            try await providers.keys(of: provider, keyID: keyID, algorithm, now: now)
        }
    }

    /// The same by keys that are at hand, since the provider is Gatehouse itself.
    /// - Parameters:
    ///   - keySet: a JSON Web Key Set.
    ///   - clientIDs: whom the token may be for.
    ///   - rule: when it is for them.
    ///   - now: seconds since 1970.
    public func verify(
        keySet: [UInt8], clientIDs: [String], by rule: AudienceRule = .iam, now: Double
    ) async throws(TokenError) -> VerifiedToken {
        try await verify(clientIDs: clientIDs, by: rule, now: now) { (_, _) throws(OIDCError) in
            try KeySet(parsing: keySet)
        }
    }

    /// - Parameter fetch: fetches the provider's keys; not called for tokens that would be refused anyway.
    func verify(
        clientIDs: [String], by rule: AudienceRule = .iam, now: Double,
        fetch: (_ keyID: String?, _ algorithm: TokenAlgorithm) async throws(OIDCError) -> KeySet
    ) async throws(TokenError) -> VerifiedToken {
        let (audience, subject) = try checkClaims(clientIDs, rule, now)
        guard let algorithm = algorithm.flatMap(TokenAlgorithm.init) else { throw .unsupportedAlgorithm }
        let keys: KeySet
        do throws(OIDCError) {
            keys = try await fetch(keyID, algorithm)
        } catch {
            throw .provider(error)
        }
        let candidates = keys.candidates(keyID: keyID, algorithm)
        guard !candidates.isEmpty else { throw .noKey }
        for key in candidates.prefix(Self.mostTries) {
            guard let proved = await proved(by: key, algorithm) else { continue }
            return VerifiedToken(issuer: issuer, audience: audience, subject: subject, claims: proved.members)
        }
        throw .wrongSignature
    }

    private func checkClaims(
        _ clientIDs: [String], _ rule: AudienceRule, _ now: Double
    ) throws(TokenError) -> (audience: String, subject: String) {
        guard claims["aud"]?.strings?.isEmpty == false else { throw .missingClaim("aud") }
        guard let audience = audience(of: clientIDs, rule) else { throw .wrongAudience }
        guard let subject = claims["sub"]?.string, !subject.isEmpty else { throw .missingClaim("sub") }
        guard let expires = claims["exp"]?.time else { throw .missingClaim("exp") }
        guard let issued = claims["iat"]?.time else { throw .missingClaim("iat") }
        let now = Int64(exactly: now.rounded(.down)) ?? .max
        guard now - Self.leeway < expires else { throw .expired(at: expires) }
        let start = max(issued, claims["nbf"]?.time ?? issued)
        guard start - Self.leeway <= now else { throw .notYetValid(before: start) }
        return (audience, subject)
    }

    /// The claims, if that key has signed them.
    private func proved(by key: JWK, _ algorithm: TokenAlgorithm) async -> Claims? {
        // Only this key, bound to one algorithm: nothing that the token says about itself can choose another.
        var key = key
        key.algorithm = algorithm.jwk
        key.keyIdentifier = JWKIdentifier(string: keyID ?? "")
        let collection = JWTKeyCollection()
        do {
            try await collection.add(jwk: key)
            return try await collection.verify(text, as: Claims.self)
        } catch {
            return nil
        }
    }
}

/// A token that its provider has signed, for one of the registered audiences, and that has not expired.
public struct VerifiedToken: Sendable {
    /// Who has signed it, the claim `iss`.
    public let issuer: String
    /// Whom it is for: the registered client id that was found in `azp` or `aud`.
    public let audience: String
    /// Whom it is about, the claim `sub`: unique for one issuer.
    public let subject: String
    /// All claims, those above included.
    public let claims: [String: ClaimValue]

    fileprivate init(issuer: String, audience: String, subject: String, claims: [String: ClaimValue]) {
        self.issuer = issuer
        self.audience = audience
        self.subject = subject
        self.claims = claims
    }
}
