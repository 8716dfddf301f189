import Directory
import Ledger

/// A request to make an account, and what came of it.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html>
struct AccountRequest: Record {
    static let kind = "AWS::Organizations::CreateAccountStatus"

    enum State: String, Sendable, Codable {
        case inProgress = "IN_PROGRESS"
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"
    }

    /// `car-…`
    let id: String
    let organizationID: String
    let accountName: String
    let email: String
    /// The name of the role by which the management account gets in.
    let roleName: String
    /// `ALLOW` or `DENY`: whether IAM users and roles may see the account's bills.
    let userAccessToBilling: String
    let tags: [Tag]
    /// Seconds since 1970.
    let requestDate: Double
    var state = State.inProgress
    /// Seconds since 1970; nil while it is in progress.
    var completionDate: Double?
    /// The new account's number.
    var accountID: String?
    /// `EMAIL_ALREADY_EXISTS`, …
    var failureReason: String?

    var references: [Reference] { [Reference(Relation.state, to: state.rawValue)] }
}
