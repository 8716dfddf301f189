public import Ledger

/// A customer's policy of an organization. AWS's own (`p-FullAWSAccess`, `p-RCPFullAWSAccess`) have no records.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Policy.html>
public struct OrganizationPolicy: Record {
    public static let kind = "AWS::Organizations::Policy"

    /// `p-…`
    public let id: String
    public let organizationID: String
    /// `SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY`, `TAG_POLICY`, …: never changes.
    public let type: String
    public var name: String
    public var description: String
    /// The document as it was sent.
    public var content: String
    public var tags: [Tag] = []

    public init(id: String, organizationID: String, type: String, name: String, description: String, content: String) {
        self.id = id
        self.organizationID = organizationID
        self.type = type
        self.name = name
        self.description = description
        self.content = content
    }
}
