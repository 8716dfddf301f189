import CognitoIDPAPI
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
    /// The device that the user signed in on.
    var deviceKey: String?
    /// The id that all tokens of a sign-in share; nil: a new sign-in.
    var originID: String?
    /// What triggers are told.
    var clientMetadata: [String: String] = [:]
    /// By which trigger source the tokens are customised: `TokenGeneration_Authentication`
    var source = "TokenGeneration_Authentication"
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

/// A user who has shown an access token that holds.
struct SignedInUser: Sendable {
    let pool: PoolEntry
    let client: ClientEntry
    let user: PoolUser
    /// The scopes of the access token.
    let scopes: [String]
    /// The token's `origin_jti`.
    let originID: String
    /// In seconds since 1970.
    let authTime: Double
    let deviceKey: String?
}

extension Call {
    /// Issues the tokens of a sign-in: `PreTokenGeneration` is asked, the refresh token's family is kept where it must be.
    /// - Throws: what the trigger refuses with.
    func issueTokens(_ grant: SignInGrant) async throws(ServiceError) -> IssuedTokens {
        throw .notImplemented("tokens")
    }

    /// Proves an access token, and finds its user.
    /// - Throws: NotAuthorizedException for a token that is forged, expired, revoked, of another use, or lacks the scope
    ///   `aws.cognito.signin.user.admin`; UserNotFoundException where the user is gone.
    func signedInUser(_ accessToken: String) async throws(ServiceError) -> SignedInUser {
        throw .notImplemented("tokens")
    }
}
