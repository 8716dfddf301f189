import CertificateIssuing
import CertificateManagerAPI
import Ledger
import Platform
import Wire

/// Of public certificates whose key somebody has.
/// <https://docs.aws.amazon.com/acm/latest/userguide/revoke-certificate.html>
extension CertificateManager.RevokeCertificate: WriteOperation, OnCertificate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var certificate = try records.certificate(input.certificateArn, call)
        guard certificate.type == .amazonIssued, certificate.isExported else {
            throw .invalidCertificate(
                "The certificate \(certificate.arn) can't be revoked: only exported public certificates can.")
        }
        guard certificate.users(call.environment).isEmpty else { throw .inUse(certificate) }
        guard certificate.status == .issued, let content = certificate.content,
            let issuerID = certificate.publicIssuerID
        else {
            throw .acm(.conflictException, "The certificate \(certificate.arn) is revoked already.")
        }
        guard let reason = RevocationReason(acm: input.revocationReason) else {
            throw .invalidCertificate("The revocation reason \(input.revocationReason) is not supported.")
        }
        certificate.status = .revoked
        certificate.revocation = ManagedCertificate.Revocation(reason: input.revocationReason, time: call.time)
        try records.revokePublic(SerialNumber.kept(content.serial), of: issuerID, for: reason, at: call.time)
        // Whoever has the key of this one may have those of the ones before.
        for one in certificate.former ?? [] where one.notAfter >= call.time {
            try records.revokePublic(SerialNumber.kept(one.serial), of: one.issuerID, for: reason, at: call.time)
        }
        try records.cancel(RenewManagedCertificate.self, id: certificate.id)
        try records.put(certificate)
        return Output(certificateArn: certificate.arn)
    }
}

extension RevocationReason {
    /// By AWS's name. A certificate can't be put on hold, nor taken off a list.
    init?(acm name: String) {
        switch name {
        case "UNSPECIFIED": self = .unspecified
        case "KEY_COMPROMISE": self = .keyCompromise
        case "CA_COMPROMISE": self = .authorityCompromise
        case "AFFILIATION_CHANGED": self = .affiliationChanged
        case "SUPERCEDED", "SUPERSEDED": self = .superseded
        case "CESSATION_OF_OPERATION": self = .cessationOfOperation
        case "PRIVILEGE_WITHDRAWN": self = .privilegeWithdrawn
        case "A_A_COMPROMISE": self = .attributeAuthorityCompromise
        default: return nil
        }
    }
}

extension CertificateManager.UpdateCertificateOptions: WriteOperation, OnCertificate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var certificate = try records.certificate(input.certificateArn, call)
        guard certificate.type == .amazonIssued, var options = certificate.options else {
            throw .invalidCertificate("Only the options of public certificates can be updated.")
        }
        guard certificate.status(at: call.time) == ManagedCertificate.Status.issued.rawValue else {
            throw .acm(.invalidStateException, "The certificate \(certificate.arn) is not issued.")
        }
        if let preference = input.options.certificateTransparencyLoggingPreference {
            options.isTransparent = preference == "ENABLED"
        }
        if let export = input.options.export {
            // Somebody has the key already.
            guard export == "ENABLED" || !certificate.isExported else {
                throw .acm(.invalidStateException, "The certificate \(certificate.arn) has been exported.")
            }
            options.isExportable = export == "ENABLED"
        }
        certificate.options = options
        if let method = input.options.validationMethod {
            guard method == DomainValidation.Method.dns.rawValue else {
                throw .invalidCertificate("The validation method can be changed to DNS only.")
            }
            try records.beginMigration(of: &certificate, at: call.time)
        }
        try records.put(certificate)
        return Output()
    }
}
