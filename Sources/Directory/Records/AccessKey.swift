public import Ledger

/// A long-term access key of a user or of the account's root user.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>
public struct AccessKey: Record, CustomStringConvertible {
    public static let kind = "AWS::IAM::AccessKey"

    /// AKIA…
    public let id: String
    public let secret: String
    public let accountID: String
    /// The unique id of its user, or the account id for the root user's.
    public let ownerID: String
    public let createDate: Double
    public var isActive = true

    public init(id: String, secret: String, accountID: String, ownerID: String, createDate: Double) {
        self.id = id
        self.secret = secret
        self.accountID = accountID
        self.ownerID = ownerID
        self.createDate = createDate
    }

    public var belongsToRoot: Bool { ownerID == accountID }

    public var requirements: [Requirement] { [.owner(ownerID)] }

    public var references: [Reference] { [Reference(Relation.owner, to: ownerID)] }

    /// Without the secret, so that no log ever shows it.
    public var description: String { "AccessKey(\(id))" }
}
