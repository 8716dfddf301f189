import CertificateIssuing
import DomainRecords
import Ledger
import Platform
import Wire
import X509

extension Environment {
    /// Looks whether what is pending by DNS has been shown meanwhile. Where that can't be known it stays pending, and nothing
    /// behind it is looked at: all names have to be shown, and a name server that is silent is waited for once.
    /// - Parameter mayPut: see ``sees(_:mayPut:)``.
    func checked(_ validations: [DomainValidation], mayPut: Bool) async -> [DomainValidation] {
        var seen: [ValidationRecord: Bool] = [:]
        var result = validations
        for (index, one) in validations.enumerated() {
            guard one.status == .pending, let record = one.record else { continue }
            if seen[record] == nil {
                do throws(DomainProblem) { seen[record] = try await sees(record, mayPut: mayPut) } catch { break }
            }
            if seen[record] == true { result[index].status = .success }
        }
        return result
    }

    /// Whether looking again can show anything: whether a record is waited for, and records can be seen at all.
    func canSee(_ validations: [DomainValidation]) -> Bool {
        outsideServers.domainRecords.isThere && validations.contains { $0.status == .pending && $0.method == .dns }
    }

    /// Has all certificates looked at that wait: where the operator has just said where records are, they may be there.
    func lookAtPendingCertificates() async throws(ServiceError) {
        let now = now()
        for (name, isMigrating) in projection(CertificateIndex.self).pending {
            let scope = Scope(account: name.account, region: name.region)
            try await write(scope, requestID: "") { (records) throws(ServiceError) in
                if isMigrating {
                    try records.schedule(MigrateValidation(certificateID: name.id), id: name.id, at: now)
                } else {
                    try records.schedule(ValidateDomains(certificateID: name.id), id: name.id, at: now)
                }
            }
        }
    }

    /// Whether CAA records allow a certificate for all of the names; nil: that can't be known now.
    func isIssuingAllowed(for names: [String]) async -> Bool? {
        do throws(DomainProblem) {
            for name in names where try await !isIssuingAllowed(for: name) { return false }
            return true
        } catch {
            return nil
        }
    }
}

/// Looks whether the names of a certificate have been shown to be its requester's, again and again, and then issues it.
struct ValidateDomains: Job {
    static let kind = "ACM::ValidateDomains"
    static let concurrency = DomainLooks.concurrency
    /// Seconds after which ACM gives up.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-timed-out.html>
    static let patience = 72 * 3600.0

    let certificateID: String

    /// Seconds until it is looked again: soon at first, later a tenth of the time that has passed. What waits for an approval, or
    /// for records that Gatehouse has no way to see, need not be looked at: see ``Environment/canSee(_:)``.
    static func pause(_ age: Double) -> Double { min(max(2, age / 10), 60) }

    /// What has come of a look.
    fileprivate struct Look: Sendable {
        let checked: [DomainValidation]
        var issued: IssuedPublicCertificate?
        /// AWS's name of the reason why there will be no certificate; nil: there is none.
        var failure: String?
        /// Whether it can't be known yet if it may be issued.
        var isUnknown = false
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id, job) = (context.environment, certificateID, self)
        let found = try await environment.read(context.scope) {
            (records) throws(ServiceError) -> (ManagedCertificate, CertificateKey)? in
            guard let certificate = try records.get(ManagedCertificate.self, id),
                let key = try records.get(CertificateKey.self, id)
            else { return nil }
            return (certificate, key)
        }
        guard let (certificate, key) = found, certificate.status == .pendingValidation else { return }
        let looked = try await context.look(of: certificate.accountID, again: self) {
            () async throws(ServiceError) -> Look in try await environment.look(at: certificate, Array(key.secret))
        }
        guard let look = looked else { return }
        let (now, checked) = (environment.now(), look.checked)
        try await context.finish { (records) throws(ServiceError) in
            guard var certificate = try records.get(ManagedCertificate.self, id),
                certificate.status == .pendingValidation
            else { return }
            // What was approved by mail in between stays approved.
            certificate.validations = (certificate.validations ?? []).map { one in
                checked.contains { $0.domainName == one.domainName && $0.status == .success } ? one.succeeded : one
            }
            if let made = look.issued {
                try records.take(made, into: &certificate, at: now)
            } else if let failure = look.failure {
                certificate.status = .failed
                certificate.failureReason = failure
            } else if now >= certificate.created + Self.patience {
                certificate.status = .validationTimedOut
            } else {
                let end = certificate.created + Self.patience
                let next = now + Self.pause(now - certificate.created)
                let looks = environment.canSee(certificate.validations ?? []) || look.isUnknown
                try records.schedule(job, id: id, at: looks ? min(next, end) : end)
            }
            try records.put(certificate)
        }
    }
}

extension Environment {
    /// Looks at what is pending of a certificate, and signs it if nothing is.
    fileprivate func look(
        at certificate: ManagedCertificate, _ secret: [UInt8]
    ) async throws(ServiceError) -> ValidateDomains.Look {
        var look = ValidateDomains.Look(checked: await checked(certificate.validations ?? [], mayPut: true))
        guard look.checked.allSatisfy({ $0.status == .success }) else { return look }
        switch await isIssuingAllowed(for: certificate.names) {
        case true?: look.issued = try await issue(certificate, secret)
        case false?: look.failure = "CAA_ERROR"
        case nil: look.isUnknown = true
        }
        return look
    }
}

extension DomainValidation {
    /// The same, shown.
    var succeeded: DomainValidation {
        var copy = self
        copy.status = .success
        return copy
    }

    /// The same, to be shown anew.
    var begun: DomainValidation {
        var copy = self
        copy.status = .pending
        return copy
    }
}

extension Environment {
    /// Signs a certificate for the names of one that is kept.
    /// - Parameter secret: its private key, as PKCS #8 in DER.
    func issue(
        _ certificate: ManagedCertificate, _ secret: [UInt8]
    ) async throws(ServiceError) -> IssuedPublicCertificate {
        let request: CertificateSigningRequest
        do {
            let key = try Certificate.PrivateKey(derBytes: secret)
            request = try .ofHost(certificate.names, key: key, algorithm: key.usualAlgorithm)
        } catch {
            throw .internalFailure
        }
        return try await issuePublic(certificate.names, for: request, accountID: certificate.accountID)
    }
}

extension MutableRecords {
    /// Keeps what was issued. The certificate itself is not stored yet.
    func take(
        _ made: IssuedPublicCertificate, into certificate: inout ManagedCertificate, at time: Double
    ) throws(ServiceError) {
        try of(PublicAuthority.scope).put(made.row)
        certificate.status = .issued
        certificate.content = made.content
        certificate.publicIssuerID = made.row.authorityID
        certificate.updated = time
        try watch(certificate, at: time)
    }
}
