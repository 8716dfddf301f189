import CognitoIDPAPI
import Ledger
import Platform
import Wire

/// A user who has shown an access token that holds.
public struct SignedInUser: Sendable {
    let pool: PoolEntry
    let client: ClientEntry
    let user: PoolUser
    /// The scopes of the access token.
    let scopes: [String]
    /// The token's `origin_jti`; where it has none, its `jti`.
    let originID: String
    /// In seconds since 1970.
    let authTime: Double
    let deviceKey: String?
    fileprivate let token: AccessToken
}

extension Call {
    /// Proves an access token, and finds its user.
    /// - Parameter scope: what the token has to have among its scopes; nil: it need not have any.
    /// - Throws: NotAuthorizedException for a token that is forged, expired, revoked, of another use, or lacks the scope;
    ///   UserNotFoundException where the user is gone; PasswordResetRequiredException where the password had to be reset since.
    func signedInUser(
        _ accessToken: String, scope: String? = "aws.cognito.signin.user.admin"
    ) async throws(ServiceError) -> SignedInUser {
        guard let pool = environment.userPool(ofToken: accessToken) else {
            throw .notAuthorized("Invalid Access Token")
        }
        let token = try await AccessToken(accessToken, of: pool, environment)
        guard token.expires > time else { throw .notAuthorized("Access Token has expired") }
        guard let client = environment.userPoolClient(token.clientID), client.pool.id == pool.id else {
            throw .noSuchClient(token.clientID)
        }
        // Whose token it is, is proved by now, whatever becomes of the call.
        note("sub", token.sub)
        let user: PoolUser
        do throws(ServiceError) {
            user = try await environment.read(pool.scope) { (records) throws(ServiceError) in
                try records.user(of: token, in: pool)
            }
        } catch {
            throw error.asAnswer(to: operation)
        }
        if let scope, !token.scopes.contains(scope) {
            throw .notAuthorized("Access Token does not have required scopes")
        }
        return SignedInUser(
            pool: pool, client: client, user: user, scopes: token.scopes, originID: token.originID ?? token.id,
            authTime: token.authTime, deviceKey: token.deviceKey, token: token)
    }
}

extension RecordReading {
    /// The user whom an access token is about, if it still holds.
    fileprivate func user(of token: AccessToken, in pool: PoolEntry) throws(ServiceError) -> PoolUser {
        let name = pool.folded(token.username)
        guard let user = try get(PoolUser.self, PoolUser.key(name), of: pool.id), user.sub == token.sub else {
            throw .noSuchUser
        }
        let family = try token.originID.flatMap { (id) throws(ServiceError) in try tokenFamily(pool.id, id) }
        guard family?.isRevoked != true, !user.isSignedOut(since: token.began) else {
            throw .notAuthorized("Access Token has been revoked")
        }
        guard user.isEnabled else { throw .notAuthorized("User is disabled.") }
        guard !user.needsReset(since: token.began) else { throw .passwordResetRequired }
        return user
    }

    /// The user as it is by now, in the transaction that changes something: meanwhile the token may have been revoked.
    func current(_ signedIn: SignedInUser) throws(ServiceError) -> PoolUser {
        try user(of: signedIn.token, in: signedIn.pool)
    }
}

/// A change that a signed-in user asks for. `handle` begins with ``Platform/RecordReading/current(_:)``.
protocol OfSignedInUserWriting: PreparedWriteOperation, OfSignedInUser where Preparation == SignedInUser {}

extension OfSignedInUserWriting {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> SignedInUser {
        try await call.signedInUser(input.accessToken)
    }
}

/// What an access token says, once it is proved that its pool has signed it as one.
private struct AccessToken: Sendable {
    let id: String
    let sub: String
    let username: String
    let clientID: String
    let scopes: [String]
    let originID: String?
    let deviceKey: String?
    /// Seconds since 1970.
    let authTime: Double
    /// Seconds since 1970.
    let expires: Double

    /// When the tokens of its sign-in were first issued, in milliseconds since 1970.
    var began: Int64 { UUIDv7.milliseconds(of: originID ?? id) ?? 0 }

    /// - Throws: NotAuthorizedException.
    init(_ text: String, of pool: PoolEntry, _ environment: Environment) async throws(ServiceError) {
        let keys = try await environment.keys(of: pool)
        guard let claims = await keys.claims(of: text, .access) else {
            // An ID token is signed as well, but by a key that is not for this.
            let isOther = await keys.claims(of: text, .identity) != nil
            throw .notAuthorized(isOther ? "Invalid Access Token" : "Could not verify signature for Access Token")
        }
        guard claims["token_use"] == .string("access"), case .string(let id)? = claims["jti"],
            case .string(let sub)? = claims["sub"], case .string(let username)? = claims["username"],
            case .string(let client)? = claims["client_id"], case .string(let scope)? = claims["scope"],
            case .integer(let expires)? = claims["exp"], case .integer(let authTime)? = claims["auth_time"]
        else { throw .notAuthorized("Invalid Access Token") }
        self.id = id
        self.sub = sub
        self.username = username
        clientID = client
        scopes = scope.split(separator: " ").map(String.init)
        originID = claims["origin_jti"]?.text
        deviceKey = claims["device_key"]?.text
        self.authTime = Double(authTime)
        self.expires = Double(expires)
    }
}

extension JSONValue {
    fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
}

extension ServiceError {
    /// An error that tells of a user's state as an operation answers it: with NotAuthorizedException where the model lists none of
    /// its own for it.
    func asAnswer(to operation: String) -> ServiceError {
        let isListed =
            switch (code, operation) {
            case ("UserNotFoundException", "GlobalSignOut"): false
            case ("UserNotFoundException", _) where operation.contains("WebAuthn"): false
            case ("PasswordResetRequiredException", "GetTokensFromRefreshToken"): false
            case ("UserNotFoundException", "AssociateSoftwareToken"),
                ("PasswordResetRequiredException", "AssociateSoftwareToken"):
                false
            default: true
            }
        return isListed ? self : .notAuthorized(message)
    }
}

extension PoolUser {
    /// Whether the password has to be reset, and had not when something began, in milliseconds since 1970. Who has signed in by
    /// other means since need not reset it.
    func needsReset(since began: Int64) -> Bool {
        status == .resetRequired && (resetRequiredAt.map { began <= RequestIDs.milliseconds($0) } ?? false)
    }

    /// Whether what began at a time, in milliseconds since 1970, was ended by a sign-out from everywhere.
    func isSignedOut(since began: Int64) -> Bool {
        signedOutBefore.map { began <= RequestIDs.milliseconds($0) } ?? false
    }
}
