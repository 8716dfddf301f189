/// What a passkey or security key is known by: the part of an ``MFADevice`` that a virtual device has not.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html>
public struct Passkey: Sendable, Hashable, Codable {
    /// What its owner calls it.
    public let name: String
    /// What the authenticator calls the credential, 1 to 1023 bytes.
    public let credentialID: [UInt8]
    /// The key that verifies its signatures, in COSE's form.
    public let publicKey: [UInt8]
    /// Whether the authenticator said that it may be backed up. It can't change its mind.
    public let isBackupEligible: Bool
    /// The 16 bytes that name the authenticator's model; all zero for one that does not say. Nothing proves them.
    public let aaguid: [UInt8]
    /// How browsers reach the authenticator, as far as they said: `usb`, `internal`.
    public let transports: [String]
    /// The authenticator's counter when it was last seen; always 0 for one that does not count.
    public var signCount: Int
    /// The challenges that it has answered lately: each is answered once.
    public var answered: [AnsweredChallenge] = []

    /// A challenge that was answered.
    public struct AnsweredChallenge: Sendable, Hashable, Codable {
        /// SHA-256 of it.
        public let digest: [UInt8]
        /// When, in seconds since 1970.
        public let time: Double

        /// Remembers that a challenge was answered.
        public init(digest: [UInt8], time: Double) {
            self.digest = digest
            self.time = time
        }
    }

    /// Makes one that has signed nothing yet; see the properties.
    public init(
        name: String, credentialID: [UInt8], publicKey: [UInt8], isBackupEligible: Bool, aaguid: [UInt8],
        transports: [String], signCount: Int
    ) {
        self.name = name
        self.credentialID = credentialID
        self.publicKey = publicKey
        self.isBackupEligible = isBackupEligible
        self.aaguid = aaguid
        self.transports = transports
        self.signCount = signCount
    }
}
