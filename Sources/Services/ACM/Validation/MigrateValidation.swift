import CertificateManagerAPI
import Ledger
import Platform
import Wire

// A certificate whose names were shown by mail goes over to DNS: it keeps its ARN, and renews itself from then on.
// <https://docs.aws.amazon.com/acm/latest/userguide/email-to-dns-migration.html>

extension ManagedCertificate {
    /// How a certificate goes over to validation by DNS.
    struct Migration: Sendable, Codable {
        /// AWS's names.
        enum Status: String, Sendable, Codable {
            case pending = "PENDING_DOMAIN_VALIDATION"
            case success = "SUCCESS"
            case failed = "FAILED"
        }

        var status: Status
        /// What has to be shown, one for each name.
        var validations: [DomainValidation]
        /// Seconds since 1970.
        let requested: Double
        var updated: Double
    }
}

extension MutableRecords {
    /// Says which records have to be there, and has somebody look. The certificate itself is not stored yet.
    /// - Throws: InvalidStateException, ConflictException.
    func beginMigration(of certificate: inout ManagedCertificate, at time: Double) throws(ServiceError) {
        guard certificate.validationMethod == .email else {
            throw .acm(.invalidStateException, "The certificate \(certificate.arn) is not validated by email.")
        }
        guard certificate.migration?.status != .pending else {
            throw .acm(
                .conflictException, "The validation method of the certificate \(certificate.arn) is being updated.")
        }
        let secret = try validationSecret()
        let validations = certificate.names.map { name in
            DomainValidation(
                domainName: name, method: .dns, validationDomain: name,
                record: secret.record(for: name, accountID: certificate.accountID))
        }
        certificate.migration = ManagedCertificate.Migration(
            status: .pending, validations: validations, requested: time, updated: time)
        try schedule(MigrateValidation(certificateID: certificate.id), id: certificate.id, at: time)
    }
}

/// Looks whether the records are there. The certificate stays as it is; what counts is its next renewal.
struct MigrateValidation: Job {
    static let kind = "ACM::MigrateValidation"
    static let concurrency = DomainLooks.concurrency

    let certificateID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id, job) = (context.environment, certificateID, self)
        let found = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(ManagedCertificate.self, id)
        }
        guard let certificate = found, let asked = certificate.migration, asked.status == .pending else { return }
        let looked = try await context.look(of: certificate.accountID, again: self) { () async -> [DomainValidation] in
            await environment.checked(asked.validations, mayPut: true)
        }
        guard let checked = looked else { return }
        let now = environment.now()
        try await context.finish { (records) throws(ServiceError) in
            guard var certificate = try records.get(ManagedCertificate.self, id),
                var migration = certificate.migration, migration.status == .pending,
                migration.requested == asked.requested
            else { return }
            let end = migration.requested + ValidateDomains.patience
            migration.validations = checked
            if checked.allSatisfy({ $0.status == .success }) {
                (migration.status, migration.updated) = (.success, now)
                certificate.validations = checked
                // What waits for an approval waits for it no more.
                if certificate.renewal?.status == .pendingValidation {
                    certificate.renewal = nil
                    try records.schedule(RenewManagedCertificate(certificateID: id), id: id, at: now)
                }
            } else if now >= end || certificate.status != .issued {
                (migration.status, migration.updated) = (.failed, now)
            } else {
                let next = now + ValidateDomains.pause(now - migration.requested)
                try records.schedule(job, id: id, at: environment.canSee(checked) ? min(next, end) : end)
            }
            certificate.migration = migration
            try records.put(certificate)
        }
    }
}

extension CertificateManager.UpdateSummary {
    init(_ migration: ManagedCertificate.Migration) {
        self.init()
        status = migration.status.rawValue
        type = "DOMAIN_VALIDATION_METHOD"
        domainValidationMethodUpdateSummary = CertificateManager.DomainValidationMethodUpdateSummary {
            $0.from = DomainValidation.Method.email.rawValue
            $0.to = DomainValidation.Method.dns.rawValue
        }
        requestedAt = Timestamp(secondsSinceEpoch: migration.requested)
        updatedAt = Timestamp(secondsSinceEpoch: migration.updated)
    }
}
