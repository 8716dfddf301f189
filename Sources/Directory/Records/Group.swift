public import Ledger

/// An IAM group. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Group.html>
public struct Group: Identity {
    public static let kind = "AWS::IAM::Group"
    public static let arnType = "group"

    /// The account that it is in.
    public let accountID: String
    /// 1 to 128 letters, digits and `+=,.@_-`; unique in the account without regard to case.
    public var name: String
    /// `/` or `/division/team/`: part of the ARN; it only serves to group names.
    public var path: String
    /// `AGPA…`
    public let uniqueID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// Those that are part of the group, in the order in which they were put.
    public var inlinePolicies: [InlinePolicy] = []
    /// ARNs of attached managed policies, in the order of attachment.
    public var attachedPolicies: [String] = []

    /// Makes a group without policies. Its members are recorded with the users: ``User/groupIDs``.
    public init(accountID: String, name: String, path: String, uniqueID: String, createDate: Double) {
        self.accountID = accountID
        self.name = name
        self.path = path
        self.uniqueID = uniqueID
        self.createDate = createDate
    }

    public var references: [Reference] {
        policyReferences + [Reference(Relation.uniqueID, to: uniqueID)]
    }
}
