public import Ledger

/// A user's password for the console.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_LoginProfile.html>
public struct LoginProfile: Record {
    public static let kind = "AWS::IAM::LoginProfile"

    public let ownerID: String
    public let createDate: Double
    /// What `PasswordHash` made of the password: algorithm, cost, salt and hash.
    public var passwordHash: String
    public var passwordResetRequired: Bool

    public init(ownerID: String, createDate: Double, passwordHash: String, passwordResetRequired: Bool) {
        self.ownerID = ownerID
        self.createDate = createDate
        self.passwordHash = passwordHash
        self.passwordResetRequired = passwordResetRequired
    }

    public var id: String { ownerID }

    public var references: [Reference] { [Reference(Relation.owner, to: ownerID)] }
}
