import Ledger
import Platform
import Wire

/// An API that access tokens of a user pool are for, with its scopes.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html>
struct ResourceServer: PoolPart {
    static let kind = "AWS::Cognito::UserPoolResourceServer"
    static let ofPool = "resource-server-of-pool"

    let poolID: String
    let identifier: String
    var name: String
    var scopes: [Scope]

    struct Scope: Codable, Sendable, Equatable {
        let name: String
        let description: String
    }

    var id: String { Self.id(identifier, of: poolID) }
    /// As app clients and access tokens name them: `solar-system/sun.read`
    var scopeNames: [String] { scopes.map { "\(identifier)/\($0.name)" } }

    static func id(_ identifier: String, of poolID: String) -> String { "\(poolID)/\(identifier)" }
}
