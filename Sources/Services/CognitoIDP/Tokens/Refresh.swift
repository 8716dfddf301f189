import CognitoIDPAPI
import Ledger
import Platform
import Wire

/// What new tokens are asked for with.
struct RefreshRequest: Sendable {
    let refreshToken: String
    let client: ClientEntry
    /// How the client proves itself, if it has a secret.
    var proof = Proof.done
    /// The device that the user signed in on.
    var deviceKey: String?
    /// What triggers are told.
    var clientMetadata: [String: String] = [:]

    enum Proof: Sendable {
        /// It has done so.
        case done
        /// `SECRET_HASH`, which the user's name goes into; nil: there is none.
        case hash(String?)
    }
}

extension Call {
    /// Gives new tokens for a refresh token; where the client's are exchanged at each use, with a new one.
    ///
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html>
    /// - Throws: NotAuthorizedException for a token that is forged, expired, revoked, of another client or device, or of a user
    ///   who is disabled; RefreshTokenReuseException for one that was exchanged; PasswordResetRequiredException where the
    ///   password had to be reset since; what the trigger refuses with.
    func refresh(_ request: RefreshRequest) async throws(ServiceError) -> IssuedTokens {
        let (client, pool) = (request.client, request.client.pool)
        let keys = try await environment.keys(of: pool)
        guard let token = RefreshToken(request.refreshToken, sealedWith: keys, of: pool.id), token.clientID == client.id
        else { throw .invalidRefreshToken }
        note("sub", token.sub)
        guard token.expires > time else { throw .notAuthorized("Refresh Token has expired") }
        // Where devices are told apart, the tokens of one are of no use on another. The token endpoint knows of no devices.
        if pool.tracksDevices, token.isOfPages != true, let key = token.deviceKey, key != request.deviceKey {
            throw .invalidRefreshToken
        }
        let now = time
        let (user, generation): (PoolUser, Int)
        do throws(ServiceError) {
            (user, generation) = try await environment.read(pool.scope) { (records) throws(ServiceError) in
                try records.holder(of: token, in: client, at: now)
            }
        } catch {
            throw error.asAnswer(to: operation)
        }
        if case .hash(let hash) = request.proof { try client.check(secretHash: hash, of: user) }
        var grant = SignInGrant(
            client: client, user: user, authTime: token.authTime, scopes: token.scopes, resource: token.resource,
            deviceKey: token.deviceKey, originID: token.originID, clientMetadata: request.clientMetadata,
            source: "TokenGeneration_RefreshTokens")
        grant.isRefreshOfPages = token.isOfPages == true
        guard client.rotatesRefreshTokens else { return try await issueTokens(grant, originID: token.originID, nil) }
        // They are made before the old one is given up, which a trigger may refuse.
        var next = token
        next.generation = max(generation, token.generation + 1)
        let issued = try await issueTokens(grant, originID: token.originID, next)
        try await environment.exchange(token, of: client, at: now, requestID: requestID)
        recordDurably()
        return issued
    }
}

extension ClientEntry {
    /// - Throws: NotAuthorizedException for a hash that is not of the user's name or `sub`.
    fileprivate func check(secretHash hash: String?, of user: PoolUser) throws(ServiceError) {
        if (try? checkSecretHash(hash, username: user.sub)) != nil { return }
        try checkSecretHash(hash, username: user.username)
    }
}

extension Environment {
    fileprivate func exchange(
        _ token: RefreshToken, of client: ClientEntry, at time: Double, requestID: String
    ) async throws(ServiceError) {
        try await write(client.pool.scope, requestID: requestID) { (records) throws(ServiceError) in
            // Somebody else may have used it meanwhile.
            _ = try records.holder(of: token, in: client, at: time)
            let poolID = client.pool.id
            var family = try records.tokenFamily(poolID, token.originID) ?? TokenFamily(of: token, in: poolID)
            // Used again within the grace period, it leads to the same generation.
            guard family.generation == token.generation else { return }
            family.generation += 1
            family.exchanged = time
            try records.shared.put(family)
        }
    }
}

extension RecordReading {
    /// The user of a refresh token, if it holds, and which generation of its family's counts.
    fileprivate func holder(
        of token: RefreshToken, in client: ClientEntry, at time: Double
    ) throws(ServiceError) -> (user: PoolUser, generation: Int) {
        let pool = client.pool
        guard let user = try get(PoolUser.self, PoolUser.key(token.user), of: pool.id), user.sub == token.sub else {
            throw .invalidRefreshToken
        }
        guard user.isEnabled else { throw .notAuthorized("User is disabled.") }
        let family = try tokenFamily(pool.id, token.originID)
        guard family?.isRevoked != true, !user.isSignedOut(since: token.began) else {
            throw .notAuthorized("Refresh Token has been revoked")
        }
        guard !user.needsReset(since: token.began) else { throw .passwordResetRequired }
        if pool.tracksDevices, let key = token.deviceKey, try isForgotten(key, of: user) { throw .invalidRefreshToken }
        let generation = family?.generation ?? 0
        let isInGrace =
            token.generation == generation - 1
            && family?.exchanged.map { time < $0 + Double(client.rotationGraceSeconds) } ?? false
        guard token.generation == generation || isInGrace else {
            throw .cognito(.refreshTokenReuseException, "Refresh token has been invalidated by refresh token rotation.")
        }
        return (user, generation)
    }
}

extension ServiceError {
    static var invalidRefreshToken: ServiceError { .notAuthorized("Invalid Refresh Token") }
}

extension Call {
    /// The flow `REFRESH_TOKEN_AUTH` of InitiateAuth and AdminInitiateAuth.
    func refresh(_ request: SignInRequest) async throws(ServiceError) -> SignInAnswer {
        let client = request.client
        guard client.allows(.refreshToken), !client.rotatesRefreshTokens else {
            throw .invalidParameter("Auth flow not enabled for this client")
        }
        guard let token = request.parameters["REFRESH_TOKEN"], !token.isEmpty else {
            throw .missingParameter("REFRESH_TOKEN")
        }
        let tokens = try await refresh(
            RefreshRequest(
                refreshToken: token, client: client, proof: .hash(request.parameters["SECRET_HASH"]),
                deviceKey: request.parameters["DEVICE_KEY"], clientMetadata: request.clientMetadata))
        return SignInAnswer(result: CognitoIDP.AuthenticationResultType(tokens))
    }
}

extension CognitoIDP.AuthenticationResultType {
    /// Tokens as answers have them.
    init(_ tokens: IssuedTokens) {
        self.init()
        accessToken = tokens.accessToken
        expiresIn = tokens.expiresIn
        tokenType = "Bearer"
        refreshToken = tokens.refreshToken
        idToken = tokens.idToken
    }
}
