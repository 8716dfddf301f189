import ACME
import Ledger

/// Whoever has registered at an endpoint.
struct ACMEAccount: TableRow {
    static let kind = "AWS::CertificateManager::AcmeAccount"

    /// AWS's names.
    enum Status: String, Sendable, Codable {
        case valid = "VALID"
        case deactivated = "DEACTIVATED"
        case revoked = "REVOKED"
    }

    let endpointID: String
    /// 32 hexadecimal digits.
    let id: String
    /// The public key: `AccountKey.canonical`.
    var jwk: String
    /// The key's.
    var thumbprint: String
    var contacts: [String]
    var status: Status
    /// Seconds since 1970.
    let created: Double
    /// The binding by which it was made, which may be gone.
    let bindingARN: String
    /// The binding's role: what becomes of the binding does not matter to the account.
    let roleARN: String

    var partition: String { endpointID }
    var key: RowKey { Self.key(id) }
    var indexes: [RowIndex] { [RowIndex(Self.byThumbprint, RowKey(.text(thumbprint)))] }

    static let byThumbprint = "thumbprint"
    static func key(_ id: String) -> RowKey { RowKey(.text(id)) }
}
