import Ledger
import Platform
import Posture
import Wire

/// What a custom rule's function answers with: for which evaluation it does so.
struct ResultToken: TableRow {
    static let kind = "Config::ResultToken"
    /// For how long it can be answered, in seconds.
    static let lifetime = 86_400.0

    let token: String
    let rule: String
    /// Of the rule, which may have been replaced by another of its name.
    let created: Double
    let invoked: Double

    var key: RowKey { RowKey(.text(token)) }
    var indexes: [RowIndex] { [RowIndex(Self.byTime, RowKey(.number(Int64(invoked))))] }
    static let byTime = "time"

    /// Makes one that can be answered, and forgets some that no longer can.
    static func make(for rule: StoredRule, at time: Double, _ environment: Environment) async throws(ServiceError)
        -> String
    {
        let token = ResultToken(
            token: Identifiers.mixed(64), rule: rule.name, created: rule.created, invoked: time)
        try await environment.write(rule.scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(token)
            for old in try records.list(ResultToken.self, by: byTime, limit: 8) where old.invoked + lifetime < time {
                try records.delete(ResultToken.self, old.key)
            }
        }
        return token.token
    }
}
