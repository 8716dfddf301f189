import Crypto
import FoundationEssentials
import Ledger
import Platform
import Wire

// Validation by mail: five addresses of the domain get a link to a page, on which somebody approves.
// <https://docs.aws.amazon.com/acm/latest/userguide/email-validation.html>

/// A mail that waits for somebody to approve. Whoever has its token may.
struct Approval: TableRow {
    static let kind = "AWS::CertificateManager::Approval"
    static let lifetime = ValidateDomains.patience

    /// SHA-256 of the token, in hexadecimal digits: the token itself is in the mail alone.
    let digest: String
    let certificateID: String
    let accountID: String
    let region: String
    let domainName: String
    /// Whether it is about the certificate's renewal.
    let isRenewal: Bool
    /// Seconds since 1970.
    let until: Double

    var key: RowKey { RowKey(.text(digest)) }
    var scope: Scope { Scope(account: accountID, region: region) }

    static func key(ofToken token: String) -> RowKey { RowKey(.text(digest(token))) }

    fileprivate static func digest(_ token: String) -> String {
        SHA256.hash(data: Array(token.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }
}

extension MutableRecords {
    /// Sends the mail that a domain's owners approve a certificate by. The records may be those of any account.
    /// - Parameters:
    ///   - requestID: of the call or job that is the reason.
    ///   - address: Gatehouse's own, below which the page is.
    func sendApprovalMail(
        _ validation: DomainValidation, of certificate: ManagedCertificate, isRenewal: Bool, _ requestID: String,
        _ address: String, at time: Double
    ) throws(ServiceError) {
        let token = Identifiers.mixed(43)
        let approval = Approval(
            digest: Approval.digest(token), certificateID: certificate.id, accountID: certificate.accountID,
            region: certificate.region, domainName: validation.domainName, isRenewal: isRenewal,
            until: time + Approval.lifetime)
        let own = of(PublicAuthority.scope)
        try own.put(approval)
        try own.schedule(ForgetApproval(digest: approval.digest), id: approval.digest, at: approval.until)
        let purpose =
            isRenewal
            ? "The certificate is in use, and this is about its renewal.\n\n" : ""
        let text = """
            Somebody has asked for a certificate for \(certificate.domainName).

            \(purpose)Is this request yours, or of somebody in your organization?

            Domain: \(validation.domainName)
            AWS account ID: \(certificate.accountID)
            AWS Region name: \(certificate.region)
            Certificate Identifier: \(certificate.arn)

            If it is, approve it here, within 72 hours:
            \(address)\(ApprovalPage.prefix)\(token)

            If it is not, do nothing: without an approval there is no certificate.
            """
        for recipient in validation.recipients {
            try send(
                Mail(
                    requestID: "\(requestID) \(validation.domainName) \(recipient)", at: time,
                    about: certificate.accountID,
                    to: recipient, subject: "Certificate request for \(certificate.domainName)", text: text))
        }
    }
}

/// Forgets a mail that nobody has answered.
struct ForgetApproval: Job {
    static let kind = "ACM::ForgetApproval"
    let digest: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let key = RowKey(.text(digest))
        try await context.finish { (records) throws(ServiceError) in try records.delete(Approval.self, key) }
    }
}

extension Environment {
    /// The mail of a token that can still be approved by, with the certificate that it is about; nil: there is none.
    func approval(_ token: String) async throws(ServiceError) -> (Approval, ManagedCertificate)? {
        let now = now()
        let found = try await read(PublicAuthority.scope) { (records) throws(ServiceError) in
            try records.get(Approval.self, Approval.key(ofToken: token))
        }
        guard let approval = found, approval.until > now else { return nil }
        let certificate = try await read(approval.scope) { (records) throws(ServiceError) in
            try records.get(ManagedCertificate.self, approval.certificateID)
        }
        return certificate.map { (approval, $0) }
    }

    /// Takes an approval.
    /// - Returns: whether there was anything to approve.
    func approve(_ approval: Approval) async throws(ServiceError) -> Bool {
        let now = now()
        return try await write(approval.scope, requestID: "") { (records) throws(ServiceError) in
            try records.of(PublicAuthority.scope).delete(Approval.self, approval.key)
            guard var certificate = try records.get(ManagedCertificate.self, approval.certificateID) else {
                return false
            }
            func isApproved(_ one: DomainValidation) -> DomainValidation {
                one.domainName == approval.domainName && one.method == .email ? one.succeeded : one
            }
            if approval.isRenewal {
                guard let renewal = certificate.renewal, renewal.status == .pendingValidation else { return false }
                certificate.renewal?.validations = renewal.validations?.map(isApproved)
                try records.schedule(
                    RenewManagedCertificate(certificateID: certificate.id), id: certificate.id, at: now)
            } else {
                guard certificate.status == .pendingValidation else { return false }
                certificate.validations = certificate.validations?.map(isApproved)
                try records.schedule(ValidateDomains(certificateID: certificate.id), id: certificate.id, at: now)
            }
            try records.put(certificate)
            return true
        }
    }
}
