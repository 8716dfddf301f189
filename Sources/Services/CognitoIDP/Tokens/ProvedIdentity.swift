import Ledger
import OIDC
import Platform
import Wire

extension ServiceTokens {
    /// The ID tokens of user pools, as identity pools have them proved.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-integrating-user-pools-with-identity-pools.html>
    static let ofUserPools = ServiceTokens(
        areOf: { UserPoolLoginName($0) != nil },
        prove: { (token, provider, environment, now) async throws(TokenError) in
            // A provider that is none has no keys either.
            guard let name = UserPoolLoginName(provider), let pool = environment.userPool(name.poolID),
                pool.pool.region == name.region
            else { throw .noKey }
            return try await IDToken(token, of: pool, environment, now).proved(environment)
        })
}

/// What a user pool is called as a provider: `cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI`.
private struct UserPoolLoginName {
    let region: String
    let poolID: String

    /// nil: that is not the name of a user pool.
    init?(_ name: String) {
        let (prefix, suffix) = ("cognito-idp.", ".amazonaws.com")
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let host = parts.first, let id = parts.last, host.hasPrefix(prefix),
            host.hasSuffix(suffix), host.utf8.count > prefix.utf8.count + suffix.utf8.count
        else { return nil }
        region = String(host.dropFirst(prefix.count).dropLast(suffix.count))
        poolID = String(id)
    }
}

/// What an ID token says, once it is proved that its pool has signed it as one.
private struct IDToken: Sendable {
    let pool: PoolEntry
    let claims: [String: ClaimValue]
    let issuer: String
    let audience: String
    let sub: String
    let username: String
    /// `origin_jti`; nil: the client's tokens can't be revoked.
    let originID: String?
    /// When the sign-in was, in milliseconds since 1970.
    let began: Int64

    /// - Throws: among the rest that it is an access token.
    init(_ text: String, of pool: PoolEntry, _ environment: Environment, _ now: Double) async throws(TokenError) {
        let unproved = try WebIdentityToken(parsing: text)
        guard unproved.issuer == environment.issuer(of: pool.id) else { throw .invalidClaim("iss") }
        let keys: ParsedKeys
        do throws(ServiceError) { keys = try await environment.keys(of: pool) } catch { throw .noKey }
        guard let proved = await keys.claims(of: text, .identity) else { throw .wrongSignature }
        guard case .object(let claims)? = ClaimValue(proved) else { throw .malformed }
        guard claims["token_use"]?.string == "id" else { throw .invalidClaim("token_use") }
        guard let audience = claims["aud"]?.string else { throw .missingClaim("aud") }
        guard let sub = claims["sub"]?.string else { throw .missingClaim("sub") }
        guard let username = claims["cognito:username"]?.string else { throw .missingClaim("cognito:username") }
        guard case .number(let expires)? = claims["exp"], case .number(let authTime)? = claims["auth_time"] else {
            throw .missingClaim("exp")
        }
        guard now < expires else { throw .expired(at: Int64(exactly: expires.rounded(.down)) ?? 0) }
        self.pool = pool
        self.claims = claims
        issuer = unproved.issuer
        self.audience = audience
        self.sub = sub
        self.username = username
        originID = claims["origin_jti"]?.string
        began = originID.flatMap { UUIDv7.milliseconds(of: $0) } ?? RequestIDs.milliseconds(authTime)
    }

    func proved(_ environment: Environment) -> ProvedToken {
        ProvedToken(
            accountID: pool.pool.accountID, issuer: issuer, audience: audience, subject: sub, claims: claims,
            isStillSignedIn: { () async throws(ServiceError) in
                try await environment.read(pool.scope) { (records) throws(ServiceError) in
                    try isStillSignedIn(records)
                }
            })
    }

    private func isStillSignedIn(_ records: Records) throws(ServiceError) -> Bool {
        let name = pool.folded(username)
        guard let user = try records.get(PoolUser.self, PoolUser.key(name), of: pool.id), user.sub == sub,
            user.isEnabled, !user.isSignedOut(since: began), !user.needsReset(since: began)
        else { return false }
        return try originID.flatMap { (id) throws(ServiceError) in try records.tokenFamily(pool.id, id) }?.isRevoked
            != true
    }
}

extension ClaimValue {
    fileprivate init?(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .boolean(let value): self = .boolean(value)
        case .integer(let value):
            let number = Double(value)
            self = number.magnitude < Self.firstRounded ? .number(number) : .largeInteger(Int64(value))
        case .double(let value): self = .number(value)
        case .string(let text): self = .string(text)
        case .array(let values): self = .array(values.compactMap { ClaimValue($0) })
        case .object(let members):
            let pairs = members.compactMap { one in ClaimValue(one.value).map { (one.key, $0) } }
            self = .object(Dictionary(pairs) { first, _ in first })
        }
    }
}
