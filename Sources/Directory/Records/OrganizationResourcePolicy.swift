public import Ledger

/// An organization's resource-based policy, by which the management account delegates the administration of policies
/// to member accounts. An organization has one at most.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ResourcePolicy.html>
public struct OrganizationResourcePolicy: Record {
    public static let kind = "AWS::Organizations::ResourcePolicy"

    /// `rp-…`
    public let id: String
    /// `o-…`
    public let organizationID: String
    /// The document as it was sent.
    public var content: String
    /// In the order in which they were put; keys are case-sensitive.
    public var tags: [Tag] = []

    /// Makes a policy from a document that has been validated already.
    public init(id: String, organizationID: String, content: String) {
        self.id = id
        self.organizationID = organizationID
        self.content = content
    }
}
