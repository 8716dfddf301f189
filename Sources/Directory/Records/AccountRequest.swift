public import Ledger

/// A request to make an account, and what came of it.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html>
public struct AccountRequest: Record {
    public static let kind = "AWS::Organizations::CreateAccountStatus"

    public enum State: String, Sendable, Codable {
        case inProgress = "IN_PROGRESS"
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"
    }

    /// `car-…`
    public let id: String
    public let organizationID: String
    public let accountName: String
    public let email: String
    /// The name of the role by which the management account gets in.
    public let roleName: String
    /// `ALLOW` or `DENY`: whether IAM users and roles may see the account's bills.
    public let userAccessToBilling: String
    public let tags: [Tag]
    /// Seconds since 1970.
    public let requestDate: Double
    public var state = State.inProgress
    /// Seconds since 1970; nil while it is in progress.
    public var completionDate: Double?
    /// The new account's number.
    public var accountID: String?
    /// `EMAIL_ALREADY_EXISTS`, …
    public var failureReason: String?

    public init(
        id: String, organizationID: String, accountName: String, email: String, roleName: String,
        userAccessToBilling: String, tags: [Tag], requestDate: Double
    ) {
        self.id = id
        self.organizationID = organizationID
        self.accountName = accountName
        self.email = email
        self.roleName = roleName
        self.userAccessToBilling = userAccessToBilling
        self.tags = tags
        self.requestDate = requestDate
    }

    public var references: [Reference] { [Reference(Relation.state, to: state.rawValue)] }
}
