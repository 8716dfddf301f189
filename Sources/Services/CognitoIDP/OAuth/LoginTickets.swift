import Crypto
import FoundationEssentials
import Ledger
import Platform
import Wire

/// A code that a browser takes to an application, which redeems it once.
struct AuthorizationCode: TableRow, Equatable, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPool::AuthorizationCode"
    /// In seconds.
    static let lifetime = 300.0
    /// For how many seconds it is remembered, so that whoever shows it again is noticed.
    static let memory = 3600.0

    let poolID: String
    /// Of the code, its hash.
    let id: String
    let clientID: String
    /// ``PoolUser/name``
    let user: String
    /// So that a user who was deleted and made again does not get in by it.
    let sub: String
    let redirectURI: String
    let scopes: [String]
    let nonce: String?
    let resource: String?
    let codeChallenge: String?
    let deviceKey: String?
    /// When the user proved who they are, in seconds since 1970.
    let authTime: Double
    /// `origin_jti` of the tokens that are issued for it.
    let originID: String
    /// Seconds since 1970.
    let expires: Double
    /// When it was redeemed, in seconds since 1970; nil: it has not been.
    var redeemed: Double?

    var partition: String { poolID }
    var key: RowKey { RowKey(.text(id)) }

    /// Without anything secret, so that no log ever shows it.
    var description: String { "AuthorizationCode \(id)" }
}

/// That somebody has signed in on the pages of a user pool, in some browser: for an hour applications get tokens without their
/// being asked again.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html>
struct LoginSession: TableRow, Equatable, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPool::LoginSession"
    /// In seconds, from when the user proved who they are.
    static let lifetime = 3600.0

    let poolID: String
    /// Of what the browser keeps, its hash.
    let id: String
    /// ``PoolUser/name``
    let user: String
    let sub: String
    /// `COGNITO`, or the identity provider by which the user came.
    let provider: String
    /// Whether it began on the pages of managed login: those of the classic hosted UI don't know it then.
    let isManagedLogin: Bool
    let deviceKey: String?
    /// When the user proved who they are, in seconds since 1970.
    let authTime: Double
    /// The user's session at the provider; nil: none that could be ended.
    var providerSession: FederatedProfile.ProviderSession?

    var expires: Double { authTime + Self.lifetime }
    var partition: String { poolID }
    var key: RowKey { RowKey(.text(id)) }

    /// Without anything secret, so that no log ever shows it.
    var description: String { "LoginSession \(id)" }
}

/// What names a code or a session to those who have it. What is kept of it is its hash.
enum LoginTicket {
    static func make() -> String { Identifiers.mixed(43) }

    /// What the row of a ticket is found by.
    static func id(_ ticket: String) -> String { Base64URL.encode(Array(SHA256.hash(data: Data(ticket.utf8)))) }
}

/// Deletes a code or a session that is good for nothing any more.
struct ForgetLoginTicket: Job {
    static let kind = "CognitoIDP::ForgetLoginTicket"
    let poolID: String
    let id: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (poolID, key) = (poolID, RowKey(.text(id)))
        try await context.finish { (records) throws(ServiceError) in
            try records.delete(AuthorizationCode.self, key, of: poolID)
            try records.delete(LoginSession.self, key, of: poolID)
        }
    }
}

extension MutableRecords {
    /// Keeps a code for as long as anybody may show it.
    func keep(_ code: AuthorizationCode, at time: Double) throws(ServiceError) {
        try put(code)
        try schedule(
            ForgetLoginTicket(poolID: code.poolID, id: code.id), id: code.id, at: time + AuthorizationCode.memory)
    }

    /// Keeps a session until it ends.
    func keep(_ session: LoginSession) throws(ServiceError) {
        try put(session)
        try schedule(
            ForgetLoginTicket(poolID: session.poolID, id: session.id), id: session.id, at: session.expires)
    }
}
