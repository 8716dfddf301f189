import Platform

/// The ids that IAM alone gives.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
extension Identifiers.Prefix {
    static let instanceProfile = Identifiers.Prefix("AIPA")
    static let serverCertificate = Identifiers.Prefix("ASCA")
    static let sshPublicKey = Identifiers.Prefix("APKA")
    static let serviceSpecificCredential = Identifiers.Prefix("ACCA")
}

extension Identifiers {
    /// The id of a signing certificate: 32 letters and digits.
    static func signingCertificateID() -> String { capitals(32) }

    /// An id of 26 letters and digits, for what has no prefix of its own: a SAML provider, its private keys.
    static func key() -> String { capitals(26) }
}
