import CognitoIDPAPI
import Ledger
import Platform
import Wire

/// An identity provider that users of a pool can sign in with.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation.html>
struct UserPoolProvider: PoolPart, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPoolIdentityProvider"
    static let ofPool = "provider-of-pool"
    static let byIdentifier = "provider-by-identifier"

    enum ProviderType: String, Codable, Sendable {
        case saml = "SAML"
        case oidc = "OIDC"
        case google = "Google"
        case facebook = "Facebook"
        case amazon = "LoginWithAmazon"
        case apple = "SignInWithApple"
    }

    let poolID: String
    let name: String
    let type: ProviderType
    /// As answers have them: with what Cognito knows or has found out of the provider. A client secret is among them.
    var details: [String: String]
    /// By the pool's attributes, what the provider calls them.
    var mapping: [String: String]
    var identifiers: [String]
    /// Of a SAML provider: the metadata, whether they were given or fetched.
    var metadata: String?
    /// When the metadata were fetched, in seconds since 1970; nil: they were given.
    var fetched: Double?
    /// Of a SAML provider that encrypts: the private key by which its assertions are decrypted, in PEM.
    var encryptionKey: String?
    /// Seconds since 1970.
    let created: Double
    var modified: Double

    var id: String { Self.id(name, of: poolID) }
    var references: [Reference] {
        [Reference(Self.ofPool, to: poolID)]
            + identifiers.map { Reference(Self.byIdentifier, to: Self.id($0, of: poolID)) }
    }

    /// Whether a member of the details says so.
    func isOn(_ member: String) -> Bool { details[member]?.lowercased() == "true" }

    static func id(_ name: String, of poolID: String) -> String { "\(poolID)/\(name)" }

    /// Without its secrets, so that no log ever shows them.
    var description: String { "UserPoolProvider \(id)" }
}
