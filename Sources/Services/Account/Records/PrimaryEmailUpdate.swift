import Directory
import Ledger

/// A new e-mail address for an account's root user, until the code that was sent there comes back.
/// <https://docs.aws.amazon.com/accounts/latest/reference/API_StartPrimaryEmailUpdate.html>
struct PrimaryEmailUpdate: Record {
    static let kind = "AWS::Account::PrimaryEmailUpdate"

    /// The account's number.
    let id: String
    var email: String
    /// Six letters and digits.
    var code: String
    /// Seconds since 1970.
    var expires: Double
    /// When updates were started recently, in seconds since 1970.
    var starts: [Double]
    /// How often a code was tried, right or wrong; nil: never.
    var attempts: Int?
}
