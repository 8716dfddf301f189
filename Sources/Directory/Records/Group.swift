public import Ledger

/// An IAM group. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Group.html>
public struct Group: Identity {
    public static let kind = "AWS::IAM::Group"
    public static let arnType = "group"

    public let accountID: String
    public var name: String
    public var path: String
    public let uniqueID: String
    /// Seconds since 1970.
    public let createDate: Double
    public var inlinePolicies: [InlinePolicy] = []
    public var attachedPolicies: [String] = []

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
