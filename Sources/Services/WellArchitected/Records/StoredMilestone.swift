import Directory
import Ledger
import Platform

/// A workload as it was at a time.
/// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/milestones.html>
struct StoredMilestone: Record, Equatable {
    static let kind = "AWS::WellArchitected::Milestone"
    static let journalsBefore = false

    /// From 1 on.
    let number: Int
    let name: String
    /// Seconds since 1970.
    let recorded: Double
    let workload: StoredWorkload
    let reviews: [StoredReview]

    var id: String { Self.id(workload.id, number) }
    var references: [Reference] { [Reference(Self.byWorkload, to: workload.id)] }

    static let byWorkload = "milestone-workload"

    /// In the order of the numbers.
    static func id(_ workload: String, _ number: Int) -> String {
        let digits = String(number)
        return "\(workload)/\(String(repeating: "0", count: max(0, 3 - digits.utf8.count)))\(digits)"
    }
}

/// What an account has decided for all its workloads, in a Region.
struct ReviewSettings: Record, Equatable {
    static let kind = "AWS::WellArchitected::Settings"

    let accountID: String
    /// Whether things may be shared with the organization and its units.
    var sharesInOrganization = false
    /// Whether resources are looked up for workloads.
    var discovers = false

    var id: String { accountID }
    var requirements: [Requirement] { [.account(accountID)] }
}

/// What a request with a token has made, so that the same request again makes nothing.
struct AnsweredToken: TableRow, Equatable {
    static let kind = "AWS::WellArchitected::AnsweredToken"
    /// How long it is known, in seconds.
    static let life = 86_400.0

    /// Of the operation and its token.
    let digest: String
    /// Of the request.
    let request: String
    /// The id of what was made.
    let made: String
    /// Seconds since 1970.
    let expires: Double

    var key: RowKey { RowKey(.text(digest)) }
    var indexes: [RowIndex] { [RowIndex(Self.byExpiration, RowKey(.number(Int64(expires))))] }

    static let byExpiration = "expires"
}
