public import Ledger

/// A container for one role that an EC2 instance takes on.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_InstanceProfile.html>
public struct InstanceProfile: Record {
    public static let kind = "AWS::IAM::InstanceProfile"

    public let accountID: String
    public let name: String
    public let path: String
    public let uniqueID: String
    public let createDate: Double
    /// Id (lower-case name) of the one role that it may hold.
    public var roleID: String?
    public var tags: [Tag]

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

    public static func id(ofName name: String) -> String { name.lowercased() }

    public var arn: String { ARN.iam(accountID, "instance-profile", path: path, name: name) }

    public var requirements: [Requirement] { roleID.map { [Requirement(Role.kind, $0)] } ?? [] }

    public var references: [Reference] {
        roleID.map { [Reference(Relation.role, to: $0)] } ?? []
    }
}
