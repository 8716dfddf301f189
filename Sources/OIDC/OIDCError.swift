/// Why a provider's keys can't be had.
public enum OIDCError: Error, Sendable, Hashable {
    /// It does not answer, or not in time; the text is for the log.
    case unreachable(String)
    /// Its certificate is neither issued by a known authority nor matched by a registered thumbprint.
    case untrustedCertificate
    /// Its answer is not a discovery document or key set; the text is for the log.
    case unusable(String)
}

/// Why a token proves nothing.
public enum TokenError: Error, Sendable, Hashable {
    /// It is no JSON Web Token.
    case malformed
    /// The token lacks a claim that every token must have: its name.
    case missingClaim(String)
    /// The claim is there, but says nothing that can be used.
    case invalidClaim(String)
    /// None of the registered client ids is the token's audience.
    case wrongAudience
    /// Seconds since 1970.
    case expired(at: Int64)
    /// Seconds since 1970.
    case notYetValid(before: Int64)
    /// It is signed with an algorithm that AWS does not accept, such as `none`.
    case unsupportedAlgorithm
    /// The provider publishes no key of the token's `kid` and algorithm.
    case noKey
    /// None of the provider's keys that could have signed it has.
    case wrongSignature
    /// The provider's keys could not be fetched, so the token could not be verified.
    case provider(OIDCError)
}
