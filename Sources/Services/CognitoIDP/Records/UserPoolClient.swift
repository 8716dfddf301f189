import CognitoIDPAPI
import Ledger
import Platform
import Wire

/// An app client of a user pool.
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html>
struct UserPoolClient: PoolPart, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPoolClient"

    /// 26 digits and lower-case letters, unique among all pools.
    let id: String
    let poolID: String
    var name: String
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970.
    var modified: Double
    /// The newest last; any of them proves the client. Empty: a public client.
    var secrets: [Secret]
    /// The members of `UserPoolClientType` that the client was told, as JSON: see ``ClientEntry/settings``. Not in it: ids,
    /// name, secret and dates.
    var settings: String

    struct Secret: Codable, Sendable, Equatable {
        let id: String
        let value: String
        /// Seconds since 1970.
        let created: Double
    }

    static let ofPool = "client-of-pool"

    /// Without its secrets, so that no log ever shows them.
    var description: String { "UserPoolClient \(id)" }
}
