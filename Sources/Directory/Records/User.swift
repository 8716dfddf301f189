public import Ledger

/// An IAM user. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html>
public struct User: Identity {
    public static let kind = "AWS::IAM::User"
    public static let arnType = "user"

    /// The account that it is in.
    public let accountID: String
    /// 1 to 64 letters, digits and `+=,.@_-`; unique in the account without regard to case.
    public var name: String
    /// `/` or `/division/team/`: part of the ARN; it only serves to group names.
    public var path: String
    /// `AIDA…`
    public let uniqueID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// In the order in which they were put. Policies see them as `aws:PrincipalTag/…`. No two keys differ only in case.
    public var tags: [Tag] = []
    /// Those that are part of the user, in the order in which they were put.
    public var inlinePolicies: [InlinePolicy] = []
    /// ARNs of attached managed policies, in the order of attachment.
    public var attachedPolicies: [String] = []
    /// ARN of the managed policy that bounds the user's permissions.
    public var permissionsBoundary: String?
    /// Unique ids of the groups that the user is in.
    public var groupIDs: [String] = []

    /// Makes a user who is in no group and is allowed nothing.
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
