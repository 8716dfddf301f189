import CognitoIDPAPI
import Crypto
import FoundationEssentials
import Platform
import Wire

/// A sign-in that has been completed: what tokens are issued for, whichever way it came about.
struct SignInGrant: Sendable {
    let client: ClientEntry
    let user: PoolUser
    /// When the user proved who they are, in seconds since 1970.
    var authTime: Double
    /// The scopes of the access token. Of the API's own flows it is `aws.cognito.signin.user.admin` alone.
    var scopes = ["aws.cognito.signin.user.admin"]
    /// `nonce` of an authorization request.
    var nonce: String?
    /// `resource` of an authorization request: the API that the access token is for.
    var resource: String?
    /// The device that the user signed in on.
    var deviceKey: String?
    /// The id that all tokens of a sign-in share; nil: a new sign-in.
    var originID: String?
    /// `event_id`; nil: a new one.
    var eventID: String?
    /// What triggers are told.
    var clientMetadata: [String: String] = [:]
    /// By which trigger source the tokens are customised: `TokenGeneration_Authentication`
    var source = "TokenGeneration_Authentication"
    /// Whether there is a refresh token: not of the implicit grant.
    var isRefreshable = true
    /// Whether a refresh token of the token endpoint's stands for the sign-in.
    var isRefreshOfPages = false

    /// Whether the token endpoint, or an address of the application's, is where the tokens go.
    private var isOfPages: Bool { source == Self.ofPages || isRefreshOfPages }

    /// Whether there is an ID token: always of the API's own flows, and otherwise if the scopes ask for it.
    fileprivate var hasIdentity: Bool { scopes.contains("openid") || !isOfPages }

    /// `at_hash`, by which an ID token tells the access token beside it; nil: the API's own flows have none.
    /// <https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken>
    fileprivate func hash(of accessToken: String) -> String? {
        isOfPages ? Base64URL.encode(Array(SHA256.hash(data: Data(accessToken.utf8)).prefix(16))) : nil
    }
}

/// The tokens of a sign-in.
struct IssuedTokens: Sendable {
    /// nil: none was asked for, by leaving out the scope `openid`.
    let idToken: String?
    let accessToken: String
    let refreshToken: String?
    /// In seconds.
    let expiresIn: Int
}

extension Call {
    /// Issues the tokens of a sign-in: `PreTokenGeneration` is asked first.
    /// - Throws: what the trigger refuses with.
    func issueTokens(_ grant: SignInGrant) async throws(ServiceError) -> IssuedTokens {
        let originID = grant.originID ?? RequestIDs.make(time: time)
        var refresh: RefreshToken?
        if grant.isRefreshable {
            refresh = RefreshToken(
                clientID: grant.client.id, user: grant.user, originID: originID, authTime: grant.authTime,
                expires: time + Double(grant.client.tokenValidity.refresh), scopes: grant.scopes,
                deviceKey: grant.deviceKey)
            if grant.source == SignInGrant.ofPages { refresh?.isOfPages = true }
            refresh?.resource = grant.resource
        }
        return try await issueTokens(grant, originID: originID, refresh)
    }

    /// - Parameter refresh: the refresh token that goes with them; nil: none.
    func issueTokens(
        _ grant: SignInGrant, originID: String, _ refresh: RefreshToken?
    ) async throws(ServiceError) -> IssuedTokens {
        let (pool, user) = (grant.client.pool, grant.user)
        let keys = try await environment.keys(of: pool)
        let groups = try await environment.read(pool.scope) { (records) throws(ServiceError) in
            GroupClaims(try records.groups(of: user))
        }
        let customization = try await customization(of: grant, groups)
        let claims = TokenClaims(
            issuer: environment.issuer(of: pool.id), grant: grant, groups: customization.groups ?? groups,
            customization: customization, originID: originID, eventID: grant.eventID ?? UUID().uuidString.lowercased(),
            issued: Int(exactly: time.rounded(.down)) ?? 0, validity: grant.client.tokenValidity)
        // Its time tells, to the millisecond, whether it was issued before a sign-out.
        let accessToken = try await keys.sign(claims.access(id: RequestIDs.make(time: time)), .access)
        var idToken: String?
        if grant.hasIdentity {
            let identity = claims.identity(
                id: UUID().uuidString.lowercased(), accessTokenHash: grant.hash(of: accessToken))
            idToken = try await keys.sign(identity, .identity)
        }
        return IssuedTokens(
            idToken: idToken, accessToken: accessToken, refreshToken: try refresh?.sealed(with: keys, of: pool.id),
            expiresIn: claims.validity.access)
    }
}

extension Environment {
    /// `iss` of a pool's tokens. Below it lie the documents by which they are verified.
    func issuer(of poolID: String) -> String { publicAddress.url + "/" + poolID }
}
