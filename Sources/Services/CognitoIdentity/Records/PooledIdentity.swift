import Crypto
import Directory
import FoundationEssentials
import Ledger
import Platform
import Wire

/// An identity of an identity pool: a row, for a pool may have ten million.
struct PooledIdentity: TableRow, Equatable {
    static let kind = "AWS::Cognito::Identity"
    /// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_MergeDeveloperIdentities.html>
    static let mostLogins = 20

    /// A user of a provider, who can show the identity to be theirs.
    struct Login: Codable, Sendable, Hashable {
        /// As requests name it: `graph.facebook.com`, or the developer provider's name.
        let provider: String
        /// The provider's own name for the user.
        let user: String
    }

    /// `us-east-1:` and a UUID that begins as the pool's does.
    let id: String
    let poolID: String
    var logins: [Login]
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970.
    var modified: Double
    /// Whether nobody has ever signed in for it, so that whoever knows its id may use it.
    var isGuest: Bool
    /// Whether it is in use: not merged into another.
    var isEnabled = true

    var partition: String { poolID }
    var key: RowKey { Self.key(id) }
    var indexes: [RowIndex] { logins.map { RowIndex(Self.byLogin, Self.value(of: $0)) } }

    static let byLogin = "login"

    static func key(_ id: String) -> RowKey { RowKey(.text(id)) }

    /// Users' names may be long, and are nobody's business: what is ordered by is not sealed.
    static func value(of login: Login) -> RowKey { RowKey(.text(login.provider), .bytes(digest(of: login))) }

    static func prefix(of login: Login) -> RowPrefix { RowPrefix(.text(login.provider), .bytes(digest(of: login))) }

    private static func digest(of login: Login) -> [UInt8] {
        Array(SHA256.hash(data: Data("\(login.provider)\u{0}\(login.user)".utf8)))
    }

    /// A new one. What is left of its id besides the pool's prefix has 90 random bits: the id of a guest is all that protects it.
    init(in pool: IdentityPool, logins: [Login], at time: Double) {
        let random = UUID().uuidString.lowercased().dropFirst(8)
        self.init(id: pool.identityPrefix + random, in: pool, logins: logins, at: time)
    }

    init(id: String, in pool: IdentityPool, logins: [Login], at time: Double) {
        self.id = id
        poolID = pool.id
        self.logins = logins
        created = time
        modified = time
        isGuest = logins.isEmpty
    }
}

/// An assertion that has been shown to an operation, which it may not be shown to again.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/saml-identity-provider.html>
struct SpentAssertion: TableRow {
    static let kind = "AWS::Cognito::Identity::SpentAssertion"

    let poolID: String
    /// The operation's name.
    let operation: String
    /// The SHA-256 of the provider and the assertion's id.
    let digest: [UInt8]
    /// Until when the assertion could be used, in seconds since 1970.
    let until: Double

    var partition: String { poolID }
    var key: RowKey { RowKey(.text(operation), .bytes(digest)) }
    var indexes: [RowIndex] { [RowIndex("until", RowKey(.number(Int64(exactly: until.rounded(.down)) ?? .max)))] }
}
