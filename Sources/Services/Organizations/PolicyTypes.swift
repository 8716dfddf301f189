import Directory

/// A type of policy that an organization can have, with AWS's quotas.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
enum OrganizationPolicyType: String, CaseIterable {
    case serviceControl = "SERVICE_CONTROL_POLICY"
    case resourceControl = "RESOURCE_CONTROL_POLICY"
    case tag = "TAG_POLICY"
    case backup = "BACKUP_POLICY"
    case aiServicesOptOut = "AISERVICES_OPT_OUT_POLICY"
    case chatbot = "CHATBOT_POLICY"
    case declarativeEC2 = "DECLARATIVE_POLICY_EC2"
    case securityHub = "SECURITYHUB_POLICY"
    case inspector = "INSPECTOR_POLICY"
    case upgradeRollout = "UPGRADE_ROLLOUT_POLICY"
    case bedrock = "BEDROCK_POLICY"
    case s3 = "S3_POLICY"
    case networkSecurityDirector = "NETWORK_SECURITY_DIRECTOR_POLICY"

    /// How many characters a document may have. AWS's page does not name the newest types; they get the quota of
    /// similar types.
    var longestContent: Int {
        switch self {
        case .serviceControl: 10_240
        case .resourceControl: 5_120
        case .aiServicesOptOut: 2_500
        default: 10_000
        }
    }

    /// How many may be attached to a root, unit or account.
    var mostPerTarget: Int {
        switch self {
        case .resourceControl, .aiServicesOptOut, .chatbot: 5
        default: 10
        }
    }

    /// How many an organization may have.
    var mostPerOrganization: Int {
        switch self {
        case .serviceControl: 10_000
        case .resourceControl: 2_000
        default: 1_000
        }
    }

    /// Whether it configures services, with inheritance operators and an effective policy; the others bind requests.
    var isManagement: Bool { self != .serviceControl && self != .resourceControl }

    /// The one member that a document of a management policy type has.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inheritance_mgmt.html>
    var rootKey: String? {
        switch self {
        case .serviceControl, .resourceControl: nil
        case .tag: "tags"
        case .backup: "plans"
        case .aiServicesOptOut: "services"
        case .chatbot: "chatbot"
        case .declarativeEC2: "ec2_attributes"
        case .securityHub: "securityhub"
        case .inspector: "inspector"
        case .upgradeRollout: "upgrade_rollout"
        case .bedrock: "bedrock"
        case .s3: "s3_attributes"
        case .networkSecurityDirector: "network_security_director"
        }
    }
}

/// A policy of the organization, the customer's or AWS's own.
enum FoundPolicy {
    case own(OrganizationPolicy)
    case managed(ManagedControlPolicy)

    var id: String {
        switch self {
        case .own(let policy): policy.id
        case .managed(let policy): policy.id
        }
    }

    var type: String {
        switch self {
        case .own(let policy): policy.type
        case .managed(let policy): policy.type
        }
    }

    var content: String {
        switch self {
        case .own(let policy): policy.content
        case .managed(let policy): policy.content
        }
    }
}
