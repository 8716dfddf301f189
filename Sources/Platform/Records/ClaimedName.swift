public import Directory
public import Ledger

/// A name that only one account of the whole Gatehouse may have, and which has it. These records belong to no account:
/// they lie in the shared scope, where one transaction sees the claims of all.
public struct ClaimedName: Record {
    public static let kind = "Gatehouse::ClaimedName"

    public enum Kind: String, Sendable {
        /// The root user's e-mail address.
        case email
        /// The alias of sign-in addresses.
        case alias
    }

    public let id: String
    public let accountID: String

    public var requirements: [Requirement] { [.account(accountID)] }

    public init(_ kind: Kind, _ name: String, accountID: String) {
        id = Self.id(kind, name)
        self.accountID = accountID
    }

    /// Without regard to case, as mail and host names are.
    public static func id(_ kind: Kind, _ name: String) -> String { "\(kind.rawValue)/\(name.lowercased())" }
}
