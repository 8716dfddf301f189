import CertificateIssuing
import CertificateManagerAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

// Renewing certificates: the same ARN, another key and serial number.
// <https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html>

extension MutableRecords {
    /// Has a certificate looked at in time, if it is one that can renew itself. Whether somebody uses it then counts then.
    func scheduleRenewal(of certificate: ManagedCertificate) throws(ServiceError) {
        guard certificate.type != .imported, certificate.acme == nil, certificate.status == .issued,
            let end = certificate.content?.notAfter
        else { return }
        try schedule(
            RenewManagedCertificate(certificateID: certificate.id), id: certificate.id,
            at: end - RenewManagedCertificate.lead(certificate.type))
    }
}

extension ManagedCertificate {
    /// Keeps in mind which certificate is to be replaced, as long as it is believed.
    fileprivate mutating func keepFormer(at time: Double) {
        guard let content, let publicIssuerID else { return }
        let last = Former(serial: content.serial, issuerID: publicIssuerID, notAfter: content.notAfter)
        former = ((former ?? []) + [last]).filter { $0.notAfter >= time }
    }
}

/// Renews a certificate: a private one in ACM's own name, so that the authority has to permit it; a public one when it has been shown
/// again that its names are its owner's.
struct RenewManagedCertificate: Job {
    static let kind = "ACM::RenewPrivateCertificate"
    static let concurrency = DomainLooks.concurrency
    private static let refused = "CAA_ERROR"
    /// Seconds until what failed, or is not used, is looked at again.
    private static let pause = 86_400.0
    /// Seconds until it is looked again whether a validation record is there.
    private static let validationPause = 3600.0

    let certificateID: String

    /// Seconds before a certificate ends.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html>
    static func lead(_ type: ManagedCertificate.CertificateType) -> Double {
        (type == .private ? 60 : 45) * 86_400
    }

    /// What has come of it.
    private enum Outcome: Sendable {
        /// Nobody uses it: perhaps tomorrow.
        case notNow
        case made(ManagedCertificate.Content, CertificateKey, PublicCertificate?)
        /// What was shown until then counts the next time; nil: what is kept.
        case failed(String, [DomainValidation]? = nil)
        /// Not all names have been shown to be the owner's.
        case pending([DomainValidation], isNew: Bool)
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id, job) = (context.environment, certificateID, self)
        let found = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(ManagedCertificate.self, id)
        }
        let begun = environment.now()
        guard let certificate = found, certificate.status(at: begun) == ManagedCertificate.Status.issued.rawValue
        else { return }
        let outcome: Outcome
        if !certificate.isEligibleForRenewal(environment, at: begun) {
            outcome = .notNow
        } else if certificate.type == .private {
            outcome = try await renewedPrivate(certificate, environment)
        } else {
            let looked = try await context.look(of: certificate.accountID, again: self) {
                () async throws(ServiceError) -> Outcome in try await renewedPublic(certificate, environment)
            }
            guard let looked else { return }
            outcome = looked
        }
        let now = environment.now()
        let requestID = RequestIDs.make(time: now)
        try await context.finish { (records) throws(ServiceError) in
            guard var certificate = try records.get(ManagedCertificate.self, id) else { return }
            switch outcome {
            case .notNow: return try records.schedule(job, id: id, at: now + Self.pause)
            case .made(let content, let key, let row):
                certificate.renewal = ManagedCertificate.Renewal(
                    status: .success, reason: nil, updated: now,
                    validations: certificate.validations?.map(\.succeeded))
                certificate.keepFormer(at: now)
                certificate.content = content
                certificate.updated = now
                try records.put(key)
                if let row {
                    certificate.publicIssuerID = row.authorityID
                    try records.of(PublicAuthority.scope).put(row)
                }
                try records.watch(certificate, at: now)
            case .failed(let reason, let validations):
                certificate.renewal = ManagedCertificate.Renewal(
                    status: .failed, reason: reason, updated: now,
                    validations: validations ?? certificate.renewal?.validations)
                try records.schedule(job, id: id, at: now + Self.pause)
            case .pending(let validations, let isNew):
                // What was approved by mail in between stays approved.
                let stored = isNew ? validations : certificate.renewal?.validations ?? validations
                let merged = stored.map { one in
                    validations.contains { $0.domainName == one.domainName && $0.status == .success }
                        ? one.succeeded : one
                }
                certificate.renewal = ManagedCertificate.Renewal(
                    status: .pendingValidation, reason: nil,
                    updated: isNew ? now : certificate.renewal?.updated ?? now, validations: merged)
                for one in merged where isNew && one.method == .email && one.status == .pending {
                    try records.sendApprovalMail(
                        one, of: certificate, isRenewal: true, requestID, environment.publicAddress.url, at: now)
                }
                let pause = environment.canSee(merged) ? Self.validationPause : Self.pause
                try records.schedule(job, id: id, at: now + pause)
            }
            try records.put(certificate)
        }
    }

    private func renewedPrivate(
        _ certificate: ManagedCertificate, _ environment: Environment
    ) async throws(ServiceError) -> Outcome {
        guard let authority = certificate.authority, let last = certificate.content,
            let algorithm = PrivateKeyAlgorithm(rawValue: certificate.keyAlgorithm)
        else { return .failed("OTHER") }
        let secret = try await algorithm.makeKey()
        do throws(ServiceError) {
            let issuing = PrivateIssuing(
                services: environment.services(in: certificate.region),
                identity: .own(PrivateIssuing.service, for: certificate.arn, in: certificate.accountID),
                authority: authority)
            let content = try await issuing.issue(certificate.names, secret, last.signatureAlgorithm)
            return .made(content, CertificateKey(id: certificate.id, secret: Data(secret)), nil)
        } catch {
            return .failed(PrivateIssuing.reason(error))
        }
    }

    private func renewedPublic(
        _ certificate: ManagedCertificate, _ environment: Environment
    ) async throws(ServiceError) -> Outcome {
        let renewal = certificate.renewal
        let waiting = renewal?.status == .pendingValidation ? renewal?.validations : nil
        // Nobody is asked twice to approve what CAA records then forbid. Records are looked for again.
        let approved = renewal?.reason == Self.refused ? renewal?.validations : nil
        let again = approved?.map { $0.method == .email ? $0 : $0.begun }
        let begun = waiting ?? again ?? (certificate.validations ?? []).map(\.begun)
        // A record that was there before is not put there again: whoever has taken it away wants no more certificates.
        let checked = await environment.checked(begun, mayPut: false)
        guard checked.allSatisfy({ $0.status == .success }) else {
            return .pending(checked, isNew: waiting == nil)
        }
        switch await environment.isIssuingAllowed(for: certificate.names) {
        case true?: break
        case false?: return .failed(Self.refused, checked)
        case nil: return .pending(checked, isNew: waiting == nil)
        }
        guard let algorithm = PrivateKeyAlgorithm(rawValue: certificate.keyAlgorithm) else { return .failed("OTHER") }
        let secret = try await algorithm.makeKey()
        let issued = try await environment.issue(certificate, secret)
        return .made(issued.content, CertificateKey(id: certificate.id, secret: Data(secret)), issued.row)
    }
}

/// Only of private certificates that were exported.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_RenewCertificate.html>
extension CertificateManager.RenewCertificate: WriteOperation, OnCertificate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let certificate = try records.certificate(input.certificateArn, call)
        guard certificate.type == .private, certificate.isExported,
            certificate.isEligibleForRenewal(call.environment, at: call.time)
        else {
            throw .invalidCertificate("The certificate \(certificate.arn) is not eligible for renewal.")
        }
        try records.schedule(
            RenewManagedCertificate(certificateID: certificate.id), id: certificate.id, at: call.time)
        return Output()
    }
}
