import Ledger

/// Another name for a key of the same account and Region.
struct Alias: Record {
    static let kind = "AWS::KMS::Alias"

    /// `alias/…`
    let id: String
    var keyID: String
    /// Seconds since 1970.
    let creationDate: Double
    /// When it was last given a key, in seconds since 1970.
    var lastUpdatedDate: Double

    var references: [Reference] { [Reference(Self.toKey, to: keyID)] }
    var requirements: [Requirement] { [Requirement(Key.kind, keyID)] }

    static let toKey = "alias-of-key"
}
