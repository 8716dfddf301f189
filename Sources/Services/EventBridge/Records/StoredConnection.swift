import Directory
import EventBridgeAPI
import Ledger
import Platform
import Wire

/// How API destinations prove who asks. Its secrets are sealed with the record, and are in no answer.
struct StoredConnection: Record, CustomStringConvertible {
    static let kind = "AWS::Events::Connection"
    /// Old secrets are better forgotten.
    static let keepsHistory = false

    let name: String
    let uniqueID: String
    let accountID: String
    let region: String
    /// Seconds since 1970.
    let created: Double
    var modified: Double
    var authorized: Double?
    var text: String?
    var type: String
    /// The structure of the request that made it, as JSON, with the secrets.
    var parameters: String
    var state = "AUTHORIZED"

    var id: String { name }
    var arn: String { ARN.text("events", region, accountID, "connection/", "\(name)/\(uniqueID)") }

    /// Without the secrets, so that no log ever shows them.
    var description: String { "StoredConnection(\(arn))" }
}

/// An HTTP endpoint that rules can have as their target.
struct StoredAPIDestination: Record, Equatable {
    static let kind = "AWS::Events::ApiDestination"

    let name: String
    let uniqueID: String
    let accountID: String
    let region: String
    /// Seconds since 1970.
    let created: Double
    var modified: Double
    var description: String?
    var connection: String
    /// An address, in which each `*` is a path parameter.
    var endpoint: String
    var method: String
    /// Requests a second, at most.
    var rate: Int

    var id: String { name }
    var arn: String { ARN.text("events", region, accountID, "api-destination/", "\(name)/\(uniqueID)") }
}
