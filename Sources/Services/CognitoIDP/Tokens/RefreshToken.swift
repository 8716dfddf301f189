import FoundationEssentials
import Ledger
import Platform
import Wire

/// What a refresh token says. It is sealed with its pool's key: nobody else can read or make one.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html>
public struct RefreshToken: Codable, Sendable, Equatable {
    let clientID: String
    /// ``PoolUser/name``
    let user: String
    /// So that a user who was deleted and made again does not get in by it.
    let sub: String
    let originID: String
    /// When the user proved who they are, in seconds since 1970.
    let authTime: Double
    /// Seconds since 1970.
    let expires: Double
    let scopes: [String]
    var deviceKey: String?
    /// ``SignInGrant/resource``
    var resource: String?
    /// See ``TokenFamily/generation``.
    var generation = 0
    /// Whether it was issued by the token endpoint of a pool's domain; nil is no.
    var isOfPages: Bool?

    /// In milliseconds since 1970.
    var began: Int64 { UUIDv7.milliseconds(of: originID) ?? 0 }

    func sealed(with keys: ParsedKeys, of poolID: String) throws(ServiceError) -> String {
        do {
            let bytes = Array(try JSONEncoder().encode(self))
            return Base64URL.encode(try keys.refresh.seal(bytes, authenticating: Array(poolID.utf8)))
        } catch {
            throw .internalFailure
        }
    }

    /// nil for anything that is no refresh token of the pool. Whether it has expired, or was revoked, is for the caller to check.
    init?(_ text: String, sealedWith keys: ParsedKeys, of poolID: String) {
        guard let sealed = Base64URL.decode(text),
            let bytes = try? keys.refresh.open(sealed, authenticating: Array(poolID.utf8)),
            let token = try? JSONDecoder().decode(RefreshToken.self, from: Data(bytes))
        else { return nil }
        self = token
    }

    init(
        clientID: String, user: PoolUser, originID: String, authTime: Double, expires: Double, scopes: [String],
        deviceKey: String?
    ) {
        self.clientID = clientID
        self.user = user.name
        sub = user.sub
        self.originID = originID
        self.authTime = authTime
        self.expires = expires
        self.scopes = scopes
        self.deviceKey = deviceKey
    }
}
