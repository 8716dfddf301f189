import Directory
import Ledger

/// What an account asks of its users' passwords for the console. An account that has none has AWS's default policy.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PasswordPolicy.html>
struct AccountPasswordPolicy: Record {
    static let kind = "AWS::IAM::AccountPasswordPolicy"
    /// There is at most one in an account.
    static let id = "password-policy"

    var minimumLength = 6
    var requiresSymbols = false
    var requiresNumbers = false
    var requiresUppercaseCharacters = false
    var requiresLowercaseCharacters = false
    /// Whether every user may change its own password, with no policy that says so.
    var allowsUsersToChangePassword = false
    /// After how many days a password expires; nil: never.
    var maxAge: Int?
    /// How many of the latest passwords, including the current one, can't be reused; nil: all can.
    var reusePrevention: Int?
    /// Whether only an administrator can replace a password that has expired; nil: nobody has said.
    var hardExpiry: Bool?

    init() {}

    var id: String { Self.id }

    /// When a password of this age expires, in seconds since 1970; nil: never.
    func expiry(ofPasswordSetAt date: Double) -> Double? {
        maxAge.map { date + Double($0) * 86400 }
    }
}
