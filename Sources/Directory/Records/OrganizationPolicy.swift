public import Ledger

/// A customer's policy of an organization. AWS's own (`p-FullAWSAccess`, `p-RCPFullAWSAccess`) have no records.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Policy.html>
public struct OrganizationPolicy: Record {
    public static let kind = "AWS::Organizations::Policy"

    /// `p-…`
    public let id: String
    /// `o-…`
    public let organizationID: String
    /// `SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY`, `TAG_POLICY`, …: never changes.
    public let type: String
    /// 1 to 128 characters; unique among the organization's policies of the same type.
    public var name: String
    /// What it is for, in its owner's words: up to 512 characters, perhaps none.
    public var description: String
    /// The document as it was sent.
    public var content: String
    /// In the order in which they were put; keys are case-sensitive.
    public var tags: [Tag] = []
    /// When its content was changed last, seconds since 1970; nil in records of the first version.
    public var updateDate: Double?

    /// Makes a policy that is attached to nothing. Attachments are recorded with the organization, units and accounts.
    public init(
        id: String, organizationID: String, type: String, name: String, description: String, content: String,
        updateDate: Double? = nil
    ) {
        self.id = id
        self.organizationID = organizationID
        self.type = type
        self.name = name
        self.description = description
        self.content = content
        self.updateDate = updateDate
    }

    public var requirements: [Requirement] { [Requirement(Organization.kind, organizationID)] }

    /// What an organization, unit or account needs that has a policy of this id; nil for AWS's own.
    static func requirement(_ id: String) -> Requirement? {
        ManagedControlPolicy.named(id) == nil ? Requirement(kind, id) : nil
    }

    /// Policies are listed and counted by type, and names are unique within a type.
    public var references: [Reference] {
        [
            Reference(Relation.organizationPolicyType, to: type),
            Reference(Relation.organizationPolicyName, to: Self.nameKey(type, name)),
        ]
    }

    /// The target of the relation ``Relation/organizationPolicyName``, by which a name that is taken is found without a
    /// scan.
    public static func nameKey(_ type: String, _ name: String) -> String { "\(type)/\(name)" }
}
