public import Ledger

/// What the identity documents of a Region's instances are signed with: a key, and a certificate of it that anybody can get. Those that
/// were are kept, so that what they signed can still be verified.
public struct InstanceIdentityKey: Record, CustomStringConvertible, CustomReflectable {
    public static let kind = "Gatehouse::InstanceIdentityKey"
    public static let keepsHistory = false
    public static let journalsBefore = false

    /// Made up; nobody outside sees it.
    public let id: String
    /// The Region whose documents it signs.
    public let region: String
    /// PKCS #8, in PEM.
    public let key: String
    /// In PEM.
    public let certificate: String
    /// Seconds since 1970.
    public let created: Double
    /// When the certificate ends, in seconds since 1970.
    public let end: Double

    /// - Parameters: see the properties.
    public init(id: String, region: String, key: String, certificate: String, created: Double, end: Double) {
        self.id = id
        self.region = region
        self.key = key
        self.certificate = certificate
        self.created = created
        self.end = end
    }

    /// They belong to no account.
    public static func scope(_ region: String) -> Scope { Scope(account: "", region: region) }

    /// Without the key, so that no log ever shows it.
    public var description: String { "InstanceIdentityKey(\(id))" }
    public var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
