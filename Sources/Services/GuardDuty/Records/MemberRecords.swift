import Directory
import Ledger

/// Which account administers GuardDuty for an organization in a Region; in the management account's scope.
struct OrganizationAdministrator: Record {
    static let kind = "AWS::GuardDuty::OrganizationAdministrator"
    /// The only id in a scope.
    static let id = "administrator"

    let managementAccountID: String
    let administratorID: String
    /// Seconds since 1970.
    let since: Double
    /// Which accounts of the organization become members: `NONE`, `NEW`, `ALL`.
    var autoEnable = "NONE"
    /// Which features they get, by AWS's names.
    var features: [String: String] = [:]

    var id: String { Self.id }
    var requirements: [Requirement] { [.account(managementAccountID), .account(administratorID)] }
}

/// An account that an administrator looks after, or means to; in the administrator's scope.
/// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Member.html>
struct StoredMember: Record {
    static let kind = "AWS::GuardDuty::Member"

    /// The names are AWS's.
    enum Status: String, Sendable, Codable {
        case created = "Created"
        case invited = "Invited"
        case enabled = "Enabled"
        case disabled = "Disabled"
        case removed = "Removed"
        case resigned = "Resigned"
        case verificationFailed = "EmailVerificationFailed"
    }

    /// The account's number.
    let id: String
    let administratorID: String
    let region: String
    var email: String
    var status: Status
    /// Seconds since 1970; nil: it never was.
    var invited: Double?
    var invitation: String?
    var updated: Double
    /// Whether it is a member by the organization, without an invitation.
    var isOfOrganization: Bool

    var requirements: [Requirement] { [.account(administratorID)] }
    /// Whether the administrator sees its findings.
    var isAssociated: Bool { status == .enabled || status == .disabled }
}

/// An invitation of an account; in its own scope, by the administrator's number.
/// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Invitation.html>
struct StoredInvitation: Record {
    static let kind = "AWS::GuardDuty::Invitation"

    /// The number of the account that has invited.
    let id: String
    let invitation: String
    /// Seconds since 1970.
    let time: Double
    var status: StoredMember.Status

    var requirements: [Requirement] { [.account(id)] }
}
