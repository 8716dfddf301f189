import CertificateIssuing
import CertificateManagerAPI
import Ledger
import OIDC
import Platform
import Wire
import X509

// Showing, exporting and deleting certificates.

extension CertificateManager.DescribeCertificate: ReadOperation, OnCertificate {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(
            certificate: CertificateManager.CertificateDetail(try records.certificate(input.certificateArn, call), call)
        )
    }
}

extension CertificateManager.GetCertificate: ReadOperation, OnCertificate {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let certificate = try records.certificate(input.certificateArn, call)
        guard let content = certificate.content else { throw .notIssued(certificate) }
        return Output(certificate: content.body, certificateChain: content.chain)
    }
}

extension CertificateManager.ListCertificates: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("acm:ListCertificates", on: "*"))
    }

    /// Unless they are asked for, only those with the oldest kinds of keys are shown.
    /// <https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html>
    private static let usualKeys = ["RSA_1024", "RSA_2048"]

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard (input.sortBy == nil) == (input.sortOrder == nil) else {
            throw .invalidCertificate("SortBy and SortOrder must be specified together.")
        }
        let filters = input.includes
        let keys = filters?.keyTypes ?? usualKeys
        let (statuses, time) = (input.certificateStatuses ?? [], call.time)
        let origins = input.certificateKeyPairOrigins ?? [CertificateOrigin.ours, CertificateOrigin.customer]
        func isWanted(_ certificate: ManagedCertificate) -> Bool {
            guard origins.contains(certificate.keyPairOrigin) else { return false }
            guard keys.contains(certificate.keyAlgorithm), filters?.managedBy == nil else { return false }
            guard statuses.isEmpty || statuses.contains(certificate.status(at: time)) else { return false }
            if let option = filters?.exportOption, option != certificate.exportOption { return false }
            let facts = certificate.facts
            let usages = filters?.keyUsage ?? []
            let purposes = filters?.extendedKeyUsage ?? []
            return (usages.isEmpty || usages.contains { $0 == "ANY" || facts.usages.contains($0) })
                && (purposes.isEmpty || purposes.contains { $0 == "ANY" || facts.purposes.map(\.name).contains($0) })
        }
        let paging = try Paging(acm: input)
        let page: Page<ManagedCertificate>
        if let order = input.sortOrder {
            let all = try records.list(ManagedCertificate.self).filter(isWanted).sorted {
                ($0.created, $0.id) < ($1.created, $1.id)
            }
            page = Platform.page(order == "ASCENDING" ? all : all.reversed(), paging)
        } else {
            page = try records.page(ManagedCertificate.self, paging, where: isWanted)
        }
        return Output(page.map { CertificateManager.CertificateSummary($0, call.environment, at: time) })
    }
}

extension CertificateManager.DeleteCertificate: WriteOperation, OnCertificate {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let certificate = try records.certificate(input.certificateArn, call)
        guard certificate.users(call.environment).isEmpty else { throw .inUse(certificate) }
        if let key = try records.get(CertificateKey.self, certificate.id) { try records.delete(key) }
        try records.cancel(RenewManagedCertificate.self, id: certificate.id)
        try records.cancel(ValidateDomains.self, id: certificate.id)
        try records.cancel(MigrateValidation.self, id: certificate.id)
        try records.cancel(TellOfExpiry.self, id: certificate.id)
        try records.delete(certificate)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/acm/latest/userguide/export-private.html>
extension CertificateManager.ExportCertificate: PreparedWriteOperation, OnCertificate {
    public static var isReadOnly: Bool { true }
    public static var secretMembers: Set<String> { ["Passphrase", "PrivateKey"] }

    /// The certificate, and its key under the passphrase: a renewal changes both.
    public struct Preparation: Sendable {
        let content: ManagedCertificate.Content
        let key: String
    }

    /// Outside of the transaction: the passphrase is hashed for a while.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let arn = input.certificateArn
        let (certificate, key) = try await call.read { (records) throws(ServiceError) in
            let certificate = try records.certificate(arn, call)
            return (certificate, try records.get(CertificateKey.self, certificate.id))
        }
        guard certificate.type != .imported else {
            throw .invalidCertificate("Certificate ARN: \(certificate.arn) is not a private certificate")
        }
        guard certificate.acme == nil else {
            throw .invalidCertificate(
                "The key of the certificate \(certificate.arn) is with the ACME client that made it.")
        }
        guard certificate.exportOption == "ENABLED" else {
            throw .invalidCertificate("Certificate ARN: \(certificate.arn) is not exportable")
        }
        guard certificate.status != .revoked else {
            throw .invalidCertificate("Certificate ARN: \(certificate.arn) is revoked")
        }
        guard let key, let content = certificate.content else { throw .notIssued(certificate) }
        let (secret, passphrase) = (Array(key.secret), input.passphrase.bytes)
        do {
            let protected = try await KeyMaking.run { try ProtectedKey.pem(secret, passphrase: passphrase) }
            return Preparation(content: content, key: protected)
        } catch {
            throw .internalFailure
        }
    }

    public static func handle(
        _ input: Input, _ made: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var certificate = try records.certificate(input.certificateArn, call)
        if !certificate.isExported {
            certificate.isExported = true
            try records.put(certificate)
            // It may have been put off for a day, since nobody used it.
            try records.scheduleRenewal(of: certificate)
        }
        return Output {
            $0.certificate = made.content.body
            $0.certificateChain = made.content.chain
            $0.privateKey = made.key
        }
    }
}

extension ServiceError {
    static func inUse(_ certificate: ManagedCertificate) -> ServiceError {
        .acm(
            .resourceInUseException,
            "Certificate \(certificate.arn) in account \(certificate.accountID) is in use.")
    }

    static func notIssued(_ certificate: ManagedCertificate) -> ServiceError {
        .acm(.requestInProgressException, "Certificate is not issued yet: \(certificate.arn)")
    }
}

extension Paging {
    /// - Throws: InvalidArgsException for a token that is not one of ours.
    init<F: PageRequestFields>(acm input: View<F>) throws(ServiceError) {
        do throws(ServiceError) { try self.init(input) } catch {
            throw .acm(.invalidArgsException, "The NextToken is not valid.")
        }
    }
}
