import ACMPCAAPI
import CertificateIssuing
import Ledger
import Platform
import Wire
import X509

// Certificates that were issued: fetching and revoking them.

extension ACMPCA.GetCertificate: AuthorityRead {
    static func answer(
        _ authority: CertificateAuthority, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output {
        guard authority.state == .active || authority.state == .disabled || authority.type == .root,
            authority.state != .deleted
        else { throw .wrongState(authority.arn, to: "have issued certificates") }
        let prefix = authority.arn(ofCertificate: "")
        guard input.certificateArn.hasPrefix(prefix) else { throw .invalidARN(input.certificateArn) }
        let serial = String(input.certificateArn.dropFirst(prefix.count))
        guard let row = try records.get(IssuedCertificate.self, IssuedCertificate.key(serial), of: authority.id) else {
            throw .noSuchCertificate(input.certificateArn)
        }
        let certificate = try row.parsed()
        // What a root has signed for itself has nothing above it.
        let above = certificate.isSelfSigned ? nil : authority.certificate
        var chain: String?
        if let above { chain = [try above.pem(), above.chain].compactMap { $0 }.joined(separator: "\n") }
        return Output(certificate: try row.pem(), certificateChain: chain)
    }
}

extension IssuedCertificate {
    /// - Throws: InternalFailure.
    func parsed() throws(ServiceError) -> Certificate {
        do { return try Certificate(der: Array(der)) } catch { throw .internalFailure }
    }

    /// - Throws: InternalFailure.
    func pem() throws(ServiceError) -> String {
        do { return try parsed().pem() } catch { throw .internalFailure }
    }
}

/// <https://docs.aws.amazon.com/privateca/latest/userguide/PcaRevokeCert.html>
extension ACMPCA.RevokeCertificate: WriteOperation, OnAuthority {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let (authority, own) = try records.authority(try AuthorityName(input.certificateAuthorityArn), call)
        guard authority.isActive(at: call.time) || authority.state == .disabled else {
            throw .wrongState(authority.arn, to: "revoke certificates")
        }
        let serial = SerialNumber.kept(input.certificateSerial)
        guard !serial.isEmpty, serial.allSatisfy(\.isHexDigit) else {
            throw .pca(.invalidRequestException, "The certificate serial number must be in hexadecimal format.")
        }
        guard var row = try own.get(IssuedCertificate.self, IssuedCertificate.key(serial), of: authority.id) else {
            throw .pca(
                .resourceNotFoundException,
                "Could not find certificate with serial number \(SerialNumber.shown(serial)).")
        }
        guard try TemplateName.template(row.template).role != .root else {
            throw .pca(.invalidRequestException, "Self-signed certificate can not be revoked")
        }
        guard row.revoked == nil else {
            throw .pca(.requestAlreadyProcessedException, "Your request has already been completed.")
        }
        row.revoked = IssuedCertificate.Revoked(
            time: call.time, reason: try RevocationReason(pca: input.revocationReason))
        try own.put(row)
        try own.publishList(of: authority, at: call.time)
        return Output()
    }
}

extension RevocationReason {
    private static let names: [String: RevocationReason] = [
        "UNSPECIFIED": .unspecified, "KEY_COMPROMISE": .keyCompromise,
        "CERTIFICATE_AUTHORITY_COMPROMISE": .authorityCompromise, "AFFILIATION_CHANGED": .affiliationChanged,
        "SUPERSEDED": .superseded, "CESSATION_OF_OPERATION": .cessationOfOperation,
        "PRIVILEGE_WITHDRAWN": .privilegeWithdrawn, "A_A_COMPROMISE": .attributeAuthorityCompromise,
    ]

    /// - Throws: InvalidRequestException.
    init(pca name: String) throws(ServiceError) {
        guard let reason = Self.names[name] else {
            throw .pca(.invalidRequestException, "Unknown revocation reason \(name).")
        }
        self = reason
    }

    /// AWS's name.
    var name: String { Self.names.first { $0.value == self }?.key ?? "UNSPECIFIED" }
}
