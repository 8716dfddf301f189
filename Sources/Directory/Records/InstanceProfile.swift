public import Ledger

/// A container for one role that an EC2 instance takes on.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_InstanceProfile.html>
public struct InstanceProfile: Record {
    public static let kind = "AWS::IAM::InstanceProfile"

    /// The account that it is in.
    public let accountID: String
    /// 1 to 128 letters, digits and `+=,.@_-`; unique in the account without regard to case.
    public let name: String
    /// `/` or `/division/team/`: part of the ARN.
    public let path: String
    /// `AIPA…`
    public let uniqueID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// Id (lower-case name) of the one role that it may hold.
    public var roleID: String?
    /// In the order in which they were put; keys are case-sensitive.
    public var tags: [Tag]

    /// Makes a profile without a role.
    public init(
        accountID: String, name: String, path: String, uniqueID: String, createDate: Double, tags: [Tag]
    ) {
        self.accountID = accountID
        self.name = name
        self.path = path
        self.uniqueID = uniqueID
        self.createDate = createDate
        self.tags = tags
    }

    public var id: String { Self.id(ofName: name) }

    /// The id that a record of this name has, whatever the case of its letters.
    public static func id(ofName name: String) -> String { name.lowercased() }

    /// `arn:aws:iam::111122223333:instance-profile/division/web`.
    public var arn: String { ARN.iam(accountID, "instance-profile", path: path, name: name) }

    public var requirements: [Requirement] { roleID.map { [Requirement(Role.kind, $0)] } ?? [] }

    public var references: [Reference] {
        roleID.map { [Reference(Relation.role, to: $0)] } ?? []
    }
}
