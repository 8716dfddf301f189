import FoundationEssentials
import Ledger

/// A key pair that signs the digests of a Region.
struct DigestKey: Record {
    static let kind = "Gatehouse::CloudTrail::DigestKey"
    static let keepsHistory = false

    /// Where the keys of a Region are.
    static func scope(_ region: String) -> Scope { Scope(account: "", region: region) }

    /// The MD5 of the public key in hexadecimal, which is how AWS names it.
    let id: String
    /// PKCS #8. The ledger seals it, as it does all records.
    let privateKey: Data
    /// PKCS #1.
    let publicKey: Data
    /// Seconds since 1970.
    let start: Double
    let end: Double
}
