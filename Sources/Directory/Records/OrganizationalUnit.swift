public import Ledger

/// A container for accounts and further units in an organization.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html>
public struct OrganizationalUnit: Record {
    public static let kind = "AWS::Organizations::OrganizationalUnit"
    /// How many levels of units there may be under the root.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
    public static let mostLevels = 5

    /// `ou-…`
    public let id: String
    /// `o-…`
    public let organizationID: String
    /// The root or unit that it is in; units don't move.
    public let parentID: String
    /// 1 to 128 characters; unique among the units of the same parent.
    public var name: String
    /// In the order in which they were put; keys are case-sensitive.
    public var tags: [Tag] = []
    /// Ids of the policies attached to it.
    public var policyIDs: [String] = []

    /// Makes an empty unit with no policies attached.
    public init(id: String, organizationID: String, parentID: String, name: String) {
        self.id = id
        self.organizationID = organizationID
        self.parentID = parentID
        self.name = name
    }

    public var requirements: [Requirement] { .place(in: parentID, of: organizationID, policyIDs) }

    public var references: [Reference] {
        [Reference(Relation.parent, to: parentID)]
            + policyIDs.map { Reference(Relation.organizationPolicy, to: $0) }
    }
}

extension [Requirement] {
    /// What a unit or an account needs that stands in an organization's tree.
    static func place(in parentID: String, of organizationID: String, _ policyIDs: [String]) -> Self {
        [
            Requirement(Organization.kind, organizationID),
            Requirement(parentID.hasPrefix("r-") ? Organization.kind : OrganizationalUnit.kind, parentID),
        ] + policyIDs.compactMap(OrganizationPolicy.requirement)
    }
}
