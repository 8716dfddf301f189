public import Ledger

/// An account's own identity at services outside of AWS: the issuer of its tokens, and the keys that sign them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html>
public struct OutboundFederation: Record, CustomStringConvertible {
    public static let kind = "AWS::IAM::OutboundWebIdentityFederation"
    /// An account has one at most.
    public static let onlyID = "outbound"

    /// The account that issues the tokens.
    public let accountID: String
    /// The last part of the issuer's URL.
    public let issuerID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// Whether tokens are issued. The issuer and its keys remain afterwards, because tokens are still verified for a
    /// while.
    public var isEnabled: Bool
    /// The private keys, as the module OIDC writes them.
    public let keys: String

    /// Makes an issuer that is enabled.
    public init(accountID: String, issuerID: String, createDate: Double, keys: String) {
        self.accountID = accountID
        self.issuerID = issuerID
        self.createDate = createDate
        self.keys = keys
        isEnabled = true
    }

    public var id: String { Self.onlyID }

    public var references: [Reference] { [] }

    /// Without the keys, so that no log ever shows them.
    public var description: String { "OutboundFederation(\(accountID), \(issuerID))" }
}
