import Ledger
import Platform
import Wire

/// What has become of the tokens of one sign-in. Most sign-ins have no such row: it is made when their tokens are revoked, or
/// when their refresh token is first exchanged for another.
struct TokenFamily: TableRow, Equatable {
    static let kind = "AWS::Cognito::UserPool::TokenFamily"

    let poolID: String
    /// `origin_jti`, which all tokens of the sign-in have in common.
    let originID: String
    /// Until when any token of the family might be valid, in milliseconds since 1970: then the row is forgotten.
    let until: Int64
    var isRevoked = false
    /// How often the refresh token has been exchanged: the one that counts has this number.
    var generation = 0
    /// When it was exchanged last, in seconds since 1970.
    var exchanged: Double?

    var key: RowKey { Self.key(poolID, originID) }
    var indexes: [RowIndex] { [RowIndex("until", RowKey(.number(until)))] }

    static func key(_ poolID: String, _ originID: String) -> RowKey { RowKey(.text(poolID), .text(originID)) }

    /// Before a refresh token is found out about.
    init(of token: RefreshToken, in poolID: String) {
        self.poolID = poolID
        originID = token.originID
        // The last access token may be made when the refresh token is about to expire.
        until = RequestIDs.milliseconds(token.expires + PoolKeys.afterlife)
    }
}

extension RecordReading {
    /// What has become of the tokens of a sign-in; nil: nothing has happened to them.
    func tokenFamily(_ poolID: String, _ originID: String) throws(ServiceError) -> TokenFamily? {
        try shared.get(TokenFamily.self, TokenFamily.key(poolID, originID))
    }
}

extension MutableRecords {
    /// Revokes a refresh token, and with it all tokens of its sign-in.
    func revoke(_ token: RefreshToken, of poolID: String) throws(ServiceError) {
        var family = try tokenFamily(poolID, token.originID) ?? TokenFamily(of: token, in: poolID)
        family.isRevoked = true
        try shared.put(family)
    }
}

/// Forgets what became of tokens that have expired meanwhile.
struct ForgetTokenFamilies: RecurringJob {
    static let kind = "CognitoIDP::ForgetTokenFamilies"
    static let interval = 3600.0
    private static let most = 500

    func run(_ context: JobContext) async throws(ServiceError) {
        let now = RequestIDs.milliseconds(context.environment.clock.now)
        var isDone = false
        while !isDone {
            isDone = try await context.environment.write(Scope(account: ""), requestID: "") {
                (records) throws(ServiceError) in
                let rows = try records.list(TokenFamily.self, by: "until", limit: Self.most)
                for row in rows where row.until < now { try records.delete(TokenFamily.self, row.key) }
                return rows.count < Self.most || rows.contains { $0.until >= now }
            }
        }
    }
}
