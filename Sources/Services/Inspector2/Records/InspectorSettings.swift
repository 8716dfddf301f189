import Directory
import Ledger

/// What Amazon Inspector scans in an account and Region, and how.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_ResourceState.html>
struct InspectorSettings: Record {
    static let kind = "AWS::InspectorV2::Settings"
    /// The only id in a scope.
    static let id = "settings"

    let accountID: String
    let region: String
    /// Since when each type is scanned, in seconds since 1970; what is not scanned is not there.
    var enabled: [InspectedType: Double] = [:]
    /// When each type was scanned for the first time, from when on its free trial counts.
    var firstEnabled: [InspectedType: Double] = [:]
    var ec2ScanMode = "EC2_HYBRID"
    /// How long images are scanned anew after they came.
    var rescanDuration = "DAYS_14"
    /// How long they are scanned anew after they were last pulled or in use.
    var pullRescanDuration = "DAYS_14"
    var pullRescanMode = "LAST_IN_USE_AT"
    /// When the durations were last changed; nil: never.
    var rescanUpdated: Double?
    /// Whether packages of programming languages are looked for in instances.
    var inspectsDeeply = true
    /// Where they are looked for besides the usual places.
    var packagePaths: [String] = []
    /// The same, for all accounts of the organization that this account administers.
    var organizationPaths: [String] = []
    /// The keys of AWS KMS by `SCAN_TYPE/RESOURCE_TYPE`.
    var keys: [String: String] = [:]
    /// The types that new members get, of an administrator.
    var autoEnabled: Set<InspectedType> {
        get { Set(sortedAutoEnabled) }
        set { sortedAutoEnabled = InspectedType.allCases.filter(newValue.contains) }
    }
    // A set has no order to be written in.
    private var sortedAutoEnabled: [InspectedType] = []
    /// Since when new members get some, in seconds since 1970.
    var autoEnabledSince: Double?

    var id: String { Self.id }
    var requirements: [Requirement] { [.account(accountID)] }

    init(accountID: String, region: String) {
        self.accountID = accountID
        self.region = region
    }

    /// Whether anything is scanned.
    var isEnabled: Bool { !enabled.isEmpty }
}

/// What can be scanned. The names are AWS's.
enum InspectedType: String, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case ec2 = "EC2"
    case ecr = "ECR"
    case lambda = "LAMBDA"
    case lambdaCode = "LAMBDA_CODE"
    case codeRepository = "CODE_REPOSITORY"

    /// Whether its scans look for faults in code, which Gatehouse does not do.
    var isOfCode: Bool { self == .lambdaCode || self == .codeRepository }

    /// The type that a type of resource belongs to.
    init?(resource type: String) {
        switch type {
        case "AWS_EC2_INSTANCE": self = .ec2
        case "AWS_ECR_CONTAINER_IMAGE", "AWS_ECR_REPOSITORY": self = .ecr
        case "AWS_LAMBDA_FUNCTION": self = .lambda
        default: return nil
        }
    }
}

/// Which account administers Amazon Inspector for an organization in a Region; in the management account's scope.
struct InspectorAdministrator: Record {
    static let kind = "AWS::InspectorV2::DelegatedAdministrator"
    /// The only id in a scope.
    static let id = "administrator"

    let managementAccountID: String
    let administratorID: String
    /// Seconds since 1970.
    let since: Double

    var id: String { Self.id }
    var requirements: [Requirement] { [.account(managementAccountID), .account(administratorID)] }
}

/// An account that an administrator looks after, or has looked after; in the administrator's scope.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_Member.html>
struct InspectorMember: Record {
    static let kind = "AWS::InspectorV2::Member"

    /// The names are AWS's.
    enum Status: String, Sendable, Codable {
        case enabled = "ENABLED"
        case removed = "REMOVED"
    }

    /// The account's number.
    let id: String
    var status: Status
    /// Seconds since 1970.
    var updated: Double

    var requirements: [Requirement] { [.account(id)] }
}
