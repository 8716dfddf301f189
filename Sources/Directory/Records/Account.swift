public import Ledger

/// An AWS account: who owns everything in it, and what it is called.
public struct Account: Record {
    public static let kind = "AWS::Account"

    /// Twelve digits.
    public let id: String
    /// Seconds since 1970.
    public let createDate: Double
    /// The name that stands for the account's number in sign-in addresses.
    public var alias: String?

    public init(id: String, createDate: Double) {
        self.id = id
        self.createDate = createDate
    }
}
