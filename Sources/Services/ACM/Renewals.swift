import CertificateManagerAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

// Renewing private certificates: the same ARN, another serial number.
// <https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html>

extension MutableRecords {
    /// Has a certificate renewed in time, if it is one that renews itself.
    func scheduleRenewal(of certificate: ManagedCertificate) throws(ServiceError) {
        guard certificate.isExported, let end = certificate.content?.notAfter else { return }
        try schedule(
            RenewPrivateCertificate(certificateID: certificate.id), id: certificate.id,
            at: end - RenewPrivateCertificate.lead)
    }
}

/// Renews a private certificate, in ACM's own name: the authority has to permit it.
struct RenewPrivateCertificate: Job {
    static let kind = "ACM::RenewPrivateCertificate"
    /// Seconds before a certificate ends.
    static let lead = 60 * 86_400.0
    /// Seconds until what failed is tried again.
    private static let pause = 86_400.0

    let certificateID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id, job) = (context.environment, certificateID, self)
        let found = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(ManagedCertificate.self, id)
        }
        let now = environment.now()
        guard let certificate = found, certificate.isEligibleForRenewal(at: now),
            let authority = certificate.authority, let last = certificate.content,
            let algorithm = PrivateKeyAlgorithm(rawValue: certificate.keyAlgorithm)
        else { return }
        let secret = try await algorithm.makeKey()
        var content: ManagedCertificate.Content?
        var reason: String?
        do throws(ServiceError) {
            let issuing = PrivateIssuing(
                services: environment.services(in: certificate.region),
                identity: .own(PrivateIssuing.service, for: certificate.arn, in: certificate.accountID),
                authority: authority)
            content = try await issuing.issue(certificate.names, secret, last.signatureAlgorithm)
        } catch {
            reason = PrivateIssuing.reason(error)
        }
        let (made, failure) = (content, reason)
        try await context.finish { (records) throws(ServiceError) in
            guard var certificate = try records.get(ManagedCertificate.self, id) else { return }
            certificate.renewal = ManagedCertificate.Renewal(
                status: made == nil ? .failed : .success, reason: failure, updated: now)
            if let made {
                certificate.content = made
                certificate.updated = now
                try records.put(CertificateKey(id: id, secret: Data(secret)))
                try records.scheduleRenewal(of: certificate)
            } else {
                try records.schedule(job, id: id, at: now + Self.pause)
            }
            try records.put(certificate)
        }
    }
}

/// Only of private certificates that were exported.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_RenewCertificate.html>
extension CertificateManager.RenewCertificate: WriteOperation, OnCertificate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let certificate = try records.certificate(input.certificateArn, call)
        guard certificate.isEligibleForRenewal(at: call.time) else {
            throw .invalidCertificate("The certificate \(certificate.arn) is not eligible for renewal.")
        }
        try records.schedule(
            RenewPrivateCertificate(certificateID: certificate.id), id: certificate.id, at: call.time)
        return Output()
    }
}
