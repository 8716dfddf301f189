public import Ledger

/// An organization of accounts. Its record, and those of its units, accounts and policies, lie in the scope of its
/// management account.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
public struct Organization: Record {
    public static let kind = "AWS::Organizations::Organization"

    /// What an organization can do; the second can be turned into the first, and not back.
    public enum FeatureSet: String, Sendable, Codable {
        /// Everything, policies included.
        case all = "ALL"
        /// One bill for all accounts; no policies.
        case consolidatedBilling = "CONSOLIDATED_BILLING"
    }

    /// `o-…`
    public let id: String
    /// The account that created it, and in whose scope its records lie. No control policy binds it.
    public let managementAccountID: String
    /// `r-…`: an organization has one root.
    public let rootID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// What it can do.
    public var featureSet: FeatureSet
    /// The tags of its root, which has no record of its own. Keys are case-sensitive.
    public var rootTags: [Tag] = []
    /// Ids of the policies attached to the root.
    public var rootPolicyIDs: [String] = []
    /// The policy types that are enabled for the root: `SERVICE_CONTROL_POLICY`, …
    public var enabledPolicyTypes: [String] = []
    /// Service principals with trusted access, and since when (seconds since 1970).
    public var trustedServices: [String: Double] = [:]
    /// IAM's features for the organization: `RootCredentialsManagement`, `RootSessions`.
    public var iamFeatures: [String] = []

    /// Makes an organization with nothing but its root.
    public init(
        id: String, managementAccountID: String, rootID: String, createDate: Double, featureSet: FeatureSet
    ) {
        self.id = id
        self.managementAccountID = managementAccountID
        self.rootID = rootID
        self.createDate = createDate
        self.featureSet = featureSet
    }

    public var aliases: [String] { [rootID] }

    public var requirements: [Requirement] { rootPolicyIDs.compactMap(OrganizationPolicy.requirement) }

    public var references: [Reference] {
        rootPolicyIDs.map { Reference(Relation.organizationPolicy, to: $0) }
    }
}
