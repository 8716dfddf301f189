import ACME
import CertificateIssuing
import Ledger
import Platform
import Wire
import X509

/// The identifier of a certificate that is to be renewed: its authority's key identifier and its serial number (RFC 9773,
/// section 4.1).
struct RenewedCertificate: Sendable {
    let keyIdentifier: [UInt8]
    /// As `ACMECertificate` has it.
    let serial: String

    /// nil for what is no such identifier.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 200, parts.count == 2, let key = Base64URL.decode(String(parts[0])),
            let number = Base64URL.decode(String(parts[1])), !key.isEmpty, !number.isEmpty
        else { return nil }
        keyIdentifier = key
        serial = ACMECertificate.serial(SerialNumber.text(number))
    }
}

extension ACMEExchange {
    /// Seconds until it is worth asking again.
    private static let pause = 6 * 3600

    /// When a certificate should be renewed: in the last third of its life, and at once where it is revoked.
    func renewalInfo(_ identifier: String) async throws(Problem) -> WireResponse {
        let unknown = Problem(.malformed, "This endpoint has not issued such a certificate.", status: 404)
        guard let wanted = RenewedCertificate(identifier) else {
            throw .malformed("This is no identifier of a certificate.")
        }
        let endpointID = endpoint.id
        let found = try await read { (records) throws(ServiceError) in
            try records.get(ACMECertificate.self, ACMECertificate.key(wanted.serial), of: endpointID).flatMap {
                (row) throws(ServiceError) in try records.get(ManagedCertificate.self, row.certificateID)
            }
        }
        guard let managed = found, let content = managed.content,
            let certificate = try? Certificate(issuing: content.body),
            let key = try? certificate.extensions.authorityKeyIdentifier?.keyIdentifier,
            Array(key) == wanted.keyIdentifier
        else { throw unknown }
        let lifetime = content.notAfter - content.notBefore
        let isRevoked = managed.status == .revoked
        let start = isRevoked ? content.notBefore : content.notAfter - lifetime / 3
        let end = isRevoked ? content.notBefore + 1 : start + min(2 * 86_400, lifetime / 12)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("suggestedWindow")
        writer.beginObject()
        writer.member("start", Timestamp(secondsSinceEpoch: start.rounded(.down)).iso8601)
        writer.member("end", Timestamp(secondsSinceEpoch: end.rounded(.up)).iso8601)
        writer.endObject()
        writer.endObject()
        var response = WireResponse.json(200, writer.bytes)
        response.headers.append((name: "retry-after", value: "\(Self.pause)"))
        return response
    }
}
