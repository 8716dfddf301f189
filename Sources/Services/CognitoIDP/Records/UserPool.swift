import CognitoIDPAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

/// A user pool: its settings. Its users are rows of tables, and its keys a record of their own.
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolType.html>
struct UserPool: Record {
    static let kind = "AWS::Cognito::UserPool"

    /// `us-east-1_AbCdEfGhI`
    let id: String
    let accountID: String
    let region: String
    var name: String
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970.
    var modified: Double
    var tags: [Tag]
    /// The members of `UserPoolType` that the pool was told, as JSON: see ``PoolEntry/settings``. Not in it: id, name, dates,
    /// tags, and what is counted or looked up for an answer.
    var settings: String
    /// The members of `GetUserPoolMfaConfig`'s answer, as JSON.
    var multiFactor: String

    var arn: String { Self.arn(id, region: region, account: accountID) }
    /// Where the pool's records and its users' rows are.
    var scope: Scope { Scope(account: accountID, region: region) }
    /// What comes after the `_` of the id; passwords are hashed with it.
    var shortID: String { Self.shortID(id) }

    static func arn(_ id: String, region: String, account: String) -> String {
        ARN.text("cognito-idp", region, account, "userpool/", id)
    }

    static func shortID(_ id: String) -> String {
        id.firstIndex(of: "_").map { String(id[id.index(after: $0)...]) } ?? id
    }
}
