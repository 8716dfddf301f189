import Directory
import GuardDutyAPI
import Ledger
import Wire

/// A filter of findings: one that somebody looks through, or a suppression rule.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/findings_suppression-rule.html>
struct StoredFilter: Record {
    static let kind = "AWS::GuardDuty::Filter"

    /// The names are AWS's.
    enum Action: String, Sendable, Codable {
        case none = "NOOP"
        case archive = "ARCHIVE"
    }

    let name: String
    let accountID: String
    let region: String
    let detectorID: String
    var action: Action
    var description: String?
    var rank: Int
    /// A `FindingCriteria` as JSON.
    var criteria: String
    /// Seconds since 1970.
    let created: Double
    var tags: [Tag] = []

    var id: String { name }
    var requirements: [Requirement] { [.account(accountID)] }

    /// - Throws: an internal failure for what this version can't read.
    func criteriaView() throws(ServiceError) -> GuardDuty.FindingCriteria {
        GuardDuty.FindingCriteria(try Structure(json: criteria, of: GuardDuty.FindingCriteria.shape))
    }
}
