public import Ledger

/// An IAM user. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html>
public struct User: Identity {
    public static let kind = "AWS::IAM::User"
    public static let arnType = "user"

    public let accountID: String
    public var name: String
    public var path: String
    public let uniqueID: String
    /// Seconds since 1970.
    public let createDate: Double
    public var tags: [Tag] = []
    public var inlinePolicies: [InlinePolicy] = []
    public var attachedPolicies: [String] = []
    /// ARN of the managed policy that bounds the user's permissions.
    public var permissionsBoundary: String?
    /// Unique ids of the groups that the user is in.
    public var groupIDs: [String] = []

    public init(accountID: String, name: String, path: String, uniqueID: String, createDate: Double) {
        self.accountID = accountID
        self.name = name
        self.path = path
        self.uniqueID = uniqueID
        self.createDate = createDate
    }

    public var requirements: [Requirement] {
        (attachedPolicies + (permissionsBoundary.map { [$0] } ?? [])).compactMap(ManagedPolicy.requirement)
            + groupIDs.map { Requirement(Group.kind, $0) }
    }

    public var references: [Reference] {
        policyReferences
            + groupIDs.map { Reference(Relation.group, to: $0) }
            + (permissionsBoundary.map { [Reference(Relation.permissionsBoundary, to: $0)] } ?? [])
    }
}
