import Directory
import Inspector2API
import Ledger
import Wire

/// A filter of findings: one that somebody looks through, or a suppression rule.
/// <https://docs.aws.amazon.com/inspector/latest/user/findings-managing-supression-rules.html>
struct FindingFilter: Record {
    static let kind = "AWS::InspectorV2::Filter"

    /// The names are AWS's.
    enum Action: String, Sendable, Codable {
        case none = "NONE"
        case suppress = "SUPPRESS"
    }

    /// Sixteen hexadecimal digits.
    let id: String
    let accountID: String
    let region: String
    var name: String
    var action: Action
    var description: String?
    var reason: String?
    /// A `FilterCriteria` as JSON.
    var criteria: String
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    var tags: [Tag] = []

    var arn: String { OwnedName(.filter, id, account: accountID, region: region).arn }
    var references: [Reference] { [Reference(Self.byName, to: name)] }
    var requirements: [Requirement] { [.account(accountID)] }

    /// The relation to its name, which no other of the account has.
    static let byName = "filter-name"

    /// - Throws: an internal failure for what this version can't read.
    func criteriaView() throws(ServiceError) -> Inspector2.FilterCriteria {
        Inspector2.FilterCriteria(try Structure(json: criteria, of: Inspector2.FilterCriteria.shape))
    }
}
