import Directory
import Ledger

/// Where findings are written to.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_exportfindings.html>
struct StoredDestination: Record {
    static let kind = "AWS::GuardDuty::PublishingDestination"

    /// The names are AWS's.
    enum Status: String, Sendable, Codable {
        case pending = "PENDING_VERIFICATION"
        case publishing = "PUBLISHING"
        case failing = "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY"
        case stopped = "STOPPED"
    }

    /// Thirty-two hexadecimal digits.
    let id: String
    let accountID: String
    let region: String
    let detectorID: String
    /// `arn:aws:s3:::bucket/prefix`
    var destinationARN: String
    var keyARN: String
    var status: Status
    /// Since when nothing can be written, in milliseconds since 1970; 0: it can.
    var failingSince: Int64 = 0
    var tags: [Tag] = []

    var requirements: [Requirement] { [.account(accountID)] }
    var scope: Scope { Scope(account: accountID, region: region) }

    var bucket: String {
        let rest = destinationARN.dropFirst("arn:aws:s3:::".count)
        return String(rest.prefix { $0 != "/" })
    }

    /// Empty, or with a slash at the end.
    var prefix: String {
        let rest = destinationARN.dropFirst("arn:aws:s3:::".count + bucket.count + 1)
        return rest.isEmpty || rest.hasSuffix("/") ? String(rest) : "\(rest)/"
    }
}

/// A finding that has yet to be written to an account's destination.
struct PendingExport: TableRow {
    static let kind = "Gatehouse::GuardDuty::PendingExport"

    /// When it was told of, in milliseconds since 1970.
    let time: Int64
    /// The account and the finding's id.
    let account: String
    let finding: String
    /// The finding as JSON, as it was then.
    let body: String

    var key: RowKey { RowKey(.number(time), .text(account), .text(finding)) }
}
