import Directory
import OIDC
import Platform
import Wire

/// The tokens of identity pools: what an identity shows to STS.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html>
enum IdentityToken {
    /// AWS's own, wherever Gatehouse is: trust policies name it.
    static let issuer = "https://\(IdentityPool.provider)"
    private static let poolClaim = "\(issuer)/identity-pool-arn"
    private static let tagsClaim = "https://aws.amazon.com/tags"

    /// The token of an identity.
    /// - Parameters:
    ///   - methods: `amr`: `unauthenticated`; or `authenticated`, and by which providers.
    ///   - tags: the session tags that credentials are to have.
    ///   - seconds: how long it is good for.
    static func sign(
        for identity: String, of pool: IdentityPool, methods: [String], tags: [String: String], seconds: Int,
        _ call: Call
    ) async throws(ServiceError) -> String {
        let keys = try await call.environment.tokenKeys(at: call.time)
        let issued = call.time.rounded(.down)
        var claims: [String: ClaimValue] = [
            "iss": .string(issuer), "aud": .string(pool.id), "sub": .string(identity),
            "amr": .array(methods.map { .string($0) }), poolClaim: .string(pool.arn),
            "iat": .number(issued), "exp": .number(issued + Double(seconds)),
        ]
        if !tags.isEmpty {
            claims[tagsClaim] = .object([
                "principal_tags": .object(tags.mapValues { .array([.string($0)]) })
            ])
        }
        do { return try await keys.signer.sign(claims, .rs256) } catch { throw .internalFailure }
    }

    /// Proves a token.
    /// - Parameter now: seconds since 1970, by Gatehouse's clock: it is good for not a second longer than it says.
    static func prove(_ text: String, _ environment: Environment, _ now: Double) async throws(TokenError) -> ProvedToken
    {
        let token = try WebIdentityToken(parsing: text)
        guard token.issuer == issuer else { throw .invalidClaim("iss") }
        // For which pool it is, whoever takes it looks at: a trust policy, or the pool itself.
        guard let audience = token.audience else { throw .missingClaim("aud") }
        guard let keys = environment.projection(TokenKeyring.self).current else { throw .noKey }
        let verified = try await token.verify(keySet: keys.keySet, clientIDs: [audience], now: now)
        guard case .number(let expires)? = verified.claims["exp"], now < expires else {
            var end: Int64?
            if case .number(let expires)? = verified.claims["exp"] { end = Int64(exactly: expires.rounded(.down)) }
            throw .expired(at: end ?? 0)
        }
        guard let pool = verified.claims[poolClaim]?.string.flatMap({ ARN(parsing: $0) }),
            // A pool that is gone vouches for nobody.
            environment.identityPool(audience)?.arn == pool.description
        else { throw .wrongAudience }
        return ProvedToken(
            accountID: pool.account, issuer: issuer, audience: audience, subject: verified.subject,
            claims: verified.claims)
    }
}

extension ServiceTokens {
    /// Those of all identity pools.
    static let ofIdentityPools = ServiceTokens(
        areOf: { $0 == IdentityPool.provider }, trustedIssuer: IdentityToken.issuer,
        prove: { (token, _, environment, now) async throws(TokenError) in
            try await IdentityToken.prove(token, environment, now)
        })
}

extension PublicPath {
    private static let keysPath = "/.well-known/jwks_uri"

    /// The public keys, at the path that AWS has them at.
    static let tokenKeys = PublicPath("GET", keysPath) { request, environment in
        guard request.path == keysPath else { return .json(404, #"{"error":"not_found"}"#) }
        do {
            return .json(200, try await environment.tokenKeys(at: environment.now()).keySet)
        } catch {
            return .json(500, #"{"error":"server_error"}"#)
        }
    }

    /// Where the keys are.
    static let tokenDiscovery = PublicPath("GET", "/.well-known/openid-configuration") { request, environment in
        guard request.path == "/.well-known/openid-configuration",
            let document = try? TokenIssuer.discoveryDocument(
                issuer: IdentityToken.issuer, keys: environment.publicAddress.url + keysPath)
        else { return .json(404, #"{"error":"not_found"}"#) }
        return .json(200, document)
    }
}
