import Directory
import Ledger
import ThreatDetection

/// A list of addresses, trusted ones or such that are known for attacks: an IP set, a threat intelligence set, or an entity set.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_upload-lists.html>
struct StoredList: Record {
    static let kind = "AWS::GuardDuty::List"

    /// The names are AWS's.
    enum Status: String, Sendable, Codable {
        case inactive = "INACTIVE"
        case activating = "ACTIVATING"
        case active = "ACTIVE"
        case deactivating = "DEACTIVATING"
        case error = "ERROR"
        case deleted = "DELETED"
    }

    /// Thirty-two hexadecimal digits.
    let id: String
    let accountID: String
    let region: String
    let detectorID: String
    /// ``OwnedKind``
    let sort: String
    var name: String
    let format: ListReader.Format
    var location: String
    var owner: String?
    var status: Status
    var error: String?
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    /// Changes whenever the file is read anew.
    var content: Int
    /// How many entries were read.
    var entries: Int
    var tags: [Tag] = []

    /// What is deleted is no longer among the others, and can only be looked at: clients wait for that.
    var references: [Reference] { status == .deleted ? [] : [Reference(Self.bySort, to: sort)] }
    var requirements: [Requirement] { [.account(accountID)] }

    /// The relation to what it is.
    static let bySort = "guardduty-list-sort"

    var scope: Scope { Scope(account: accountID, region: region) }
    var isTrusted: Bool { sort == OwnedKind.ipSet.rawValue || sort == OwnedKind.trustedEntitySet.rawValue }
}

/// A part of a list's entries.
struct ListPart: TableRow {
    static let kind = "Gatehouse::GuardDuty::ListPart"

    /// ``StoredList/id``
    let list: String
    /// ``StoredList/content``
    let content: Int
    let number: Int
    /// Each as CIDR notation.
    let networks: [String]

    var partition: String { list }
    var key: RowKey { RowKey(.number(Int64(content)), .number(Int64(number))) }
    static let size = 4000
}
