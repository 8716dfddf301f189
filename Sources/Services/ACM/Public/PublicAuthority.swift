import CertificateIssuing
import FoundationEssentials
import Ledger
import Platform
import Wire
import X509

/// An authority of Gatehouse's own, in the place of those that browsers know: a root, or one below it that issues ACM's public
/// certificates. All accounts of a Gatehouse share them. Nobody trusts them who was not told to.
struct PublicAuthority: Record {
    static let kind = "Gatehouse::PublicCertificateAuthority"
    /// They belong to no account.
    static let scope = Scope(account: "certificates", region: "")

    /// Hexadecimal digits.
    let id: String
    /// The id of the authority above; nil: it is a root.
    let issuerID: String?
    /// In PEM.
    let certificate: String
    /// Seconds since 1970.
    let notAfter: Double

    var requirements: [Requirement] { [Requirement(PublicAuthorityKey.kind, id)] }

    /// - Throws: InternalFailure.
    func parsed() throws(ServiceError) -> Certificate {
        do { return try Certificate(issuing: certificate) } catch { throw .internalFailure }
    }
}

/// The private key of an authority, as PKCS #8 in DER. As all records are, it is sealed under the keyring.
struct PublicAuthorityKey: Record, CustomStringConvertible, CustomReflectable {
    static let kind = "Gatehouse::PublicCertificateAuthorityKey"
    static let keepsHistory = false
    static let journalsBefore = false

    /// The authority's.
    let id: String
    let secret: Data

    var description: String { "PublicAuthorityKey" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// Which authorities issue certificates now. Those before are kept: they go on telling what is revoked.
struct PublicHierarchy: Record {
    static let kind = "Gatehouse::PublicCertificateHierarchy"
    static let onlyID = "current"

    var id: String { Self.onlyID }
    let rootID: String
    let issuingID: String

    var requirements: [Requirement] {
        [Requirement(PublicAuthority.kind, rootID), Requirement(PublicAuthority.kind, issuingID)]
    }
}

/// The list of revoked certificates that an authority has signed last.
struct PublicRevocationList: Record {
    static let kind = "Gatehouse::PublicCertificateRevocationList"
    static let keepsHistory = false

    /// The authority's.
    let id: String
    let number: UInt64
    let der: Data
}

/// A public certificate, as its issuer remembers it.
struct PublicCertificate: TableRow {
    static let kind = "Gatehouse::PublicCertificate"

    /// The issuer's.
    let authorityID: String
    /// 32 hexadecimal digits.
    let serial: String
    /// Who asked for it.
    let accountID: String
    /// Seconds since 1970.
    let notAfter: Double
    /// nil: it is valid as long as it says.
    var revoked: Revoked?

    struct Revoked: Sendable, Codable, Equatable {
        /// Seconds since 1970.
        let time: Double
        let reason: RevocationReason
    }

    var partition: String { authorityID }
    var key: RowKey { Self.key(serial) }
    var indexes: [RowIndex] { revoked == nil ? [] : [RowIndex(Self.byRevocation, Self.inIndex)] }

    /// Those that are revoked.
    static let byRevocation = "revoked"
    static let inIndex = RowKey(.text(""))

    static func key(_ serial: String) -> RowKey { RowKey(.text(serial)) }

    /// nil: it is not revoked.
    var revocation: Revocation? {
        revoked.map { Revocation(serial: SerialNumber.bytes(serial), time: $0.time, reason: $0.reason) }
    }
}

/// An authority with its key.
struct PublicIssuer: Sendable {
    let authority: PublicAuthority
    let secret: [UInt8]

    /// - Throws: InternalFailure.
    func issuing() throws(ServiceError) -> IssuingAuthority {
        do {
            return IssuingAuthority(
                certificate: try authority.parsed(), key: try Certificate.PrivateKey(derBytes: secret))
        } catch {
            throw .internalFailure
        }
    }

    /// - Throws: InternalFailure.
    func revocations() throws(ServiceError) -> RevocationAuthority {
        do {
            return RevocationAuthority(
                certificate: try authority.parsed().der(), key: secret,
                hash: authority.issuerID == nil ? .sha384 : .sha256)
        } catch {
            throw .internalFailure
        }
    }
}

extension RecordReading {
    /// An authority with its key. The records are those of ``PublicAuthority/scope``.
    func publicIssuer(_ id: String) throws(ServiceError) -> PublicIssuer? {
        guard let authority = try get(PublicAuthority.self, id), let key = try get(PublicAuthorityKey.self, id) else {
            return nil
        }
        return PublicIssuer(authority: authority, secret: Array(key.secret))
    }
}
