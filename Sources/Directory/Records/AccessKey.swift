public import Ledger

/// A long-term access key of a user or of the account's root user.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>
public struct AccessKey: Record, CustomStringConvertible {
    public static let kind = "AWS::IAM::AccessKey"

    /// AKIA…
    public let id: String
    /// The secret access key, 40 characters. Whoever has it can act as the owner, so it must not get into a log or an
    /// error.
    public let secret: String
    /// The account that the owner is in.
    public let accountID: String
    /// The unique id of its user, or the account id for the root user's.
    public let ownerID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// Whether requests may be signed with it; `UpdateAccessKey` switches it.
    public var isActive = true

    /// Makes a key that is active. Its owner is a user, by its unique id, or the root user, by the account's id.
    public init(id: String, secret: String, accountID: String, ownerID: String, createDate: Double) {
        self.id = id
        self.secret = secret
        self.accountID = accountID
        self.ownerID = ownerID
        self.createDate = createDate
    }

    /// Whether it is the root user's, whom no policy of the account limits.
    public var belongsToRoot: Bool { ownerID == accountID }

    public var requirements: [Requirement] { [.owner(ownerID)] }

    public var references: [Reference] { [Reference(Relation.owner, to: ownerID)] }

    /// Without the secret, so that no log ever shows it.
    public var description: String { "AccessKey(\(id))" }
}
