import Directory
public import Ledger

/// A name that only one account of the whole Gatehouse may have, and which has it. These records belong to no account:
/// they lie in the shared scope, where one transaction sees the claims of all.
public struct ClaimedName: Record {
    public static let kind = "Gatehouse::ClaimedName"

    /// What kind of name it is: each kind is a namespace of its own.
    public enum Kind: String, Sendable {
        /// The root user's e-mail address.
        case email
        /// The alias of sign-in addresses.
        case alias
    }

    /// The kind and the name, as ``id(_:_:)`` makes it.
    public let id: String
    /// The account that has the name.
    public let accountID: String

    public var requirements: [Requirement] { [.account(accountID)] }

    /// A claim of a name for an account.
    public init(_ kind: Kind, _ name: String, accountID: String) {
        id = Self.id(kind, name)
        self.accountID = accountID
    }

    /// The id of a claim. It has no regard to case, as mail and host names don't.
    public static func id(_ kind: Kind, _ name: String) -> String { "\(kind.rawValue)/\(name.lowercased())" }
}
