public import Ledger

/// An alias that an account has taken. Aliases are unique among all accounts, so these records lie in no account's own
/// scope, but in one that all share.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/console_account-alias.html>
public struct AccountAlias: Record {
    public static let kind = "AWS::IAM::AccountAlias"
    /// The account of the scope that the records lie in.
    public static let sharedAccount = ""

    public let id: String
    public let accountID: String

    public init(_ alias: String, of accountID: String) {
        id = alias
        self.accountID = accountID
    }
}
