import CertificateIssuing
import CertificateManagerAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire
import X509

/// Certificates that somebody else has issued.
/// <https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html>
extension CertificateManager.ImportCertificate: PreparedWriteOperation {
    public static var secretMembers: Set<String> { ["PrivateKey"] }

    /// The certificate, once it is known to be good.
    public struct Preparation: Sendable {
        let parsed: ParsedCertificate
        let key: [UInt8]
    }

    /// On a certificate that is imported anew, or on all where it is not there yet.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags([Tag](input.tags))
        if let arn = input.certificateArn {
            return .required(Access("acm:ImportCertificate", on: try CertificateName(arn).arn, context: tags))
        }
        let new = ARN.text("acm", call.region, call.accountID, CertificateName.prefix, "*")
        var access = Access("acm:ImportCertificate", on: new, context: tags)
        access.isOfNewResource = true
        return .required([access] + Access.tagging("acm:AddTagsToCertificate", new, [Tag](input.tags)))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        if input.certificateArn != nil, input.tags != nil {
            throw .acm(.invalidParameterException, "Tagging is not permitted on re-import.")
        }
        let (parsed, key) = try await ParsedCertificate.checked(
            body: input.certificate.bytes, key: input.privateKey.bytes, chain: input.certificateChain?.bytes,
            at: call.time)
        return Preparation(parsed: parsed, key: key)
    }

    public static func handle(
        _ input: Input, _ made: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var certificate: ManagedCertificate
        if let arn = input.certificateArn {
            certificate = try records.certificate(arn, call)
            guard certificate.type == .imported else {
                throw .invalidCertificate("Only imported certificates can be imported again.")
            }
            certificate.updated = call.time
        } else {
            try records.checkCertificateQuota(call)
            certificate = ManagedCertificate(
                id: UUID().uuidString.lowercased(), accountID: call.accountID, region: call.region, type: .imported,
                domainName: "", names: [], created: call.time, updated: call.time, status: .issued,
                keyAlgorithm: made.parsed.keyAlgorithm)
            certificate.tags = try TagRules.ofCertificates.merge([Tag](input.tags), into: [])
        }
        certificate.domainName = made.parsed.names.first ?? ""
        certificate.names = made.parsed.names
        certificate.keyAlgorithm = made.parsed.keyAlgorithm
        certificate.content = made.parsed.content
        try records.put(CertificateKey(id: certificate.id, secret: Data(made.key)))
        try records.put(certificate)
        try records.watch(certificate, at: call.time)
        return Output(certificateArn: certificate.arn)
    }
}

extension Quota {
    /// In a Region.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>
    static let certificates = Quota("ACMCertificates", 2500)
}

extension RecordReading {
    /// Makes sure that there is room for another certificate.
    /// - Throws: LimitExceededException.
    func checkCertificateQuota(_ call: Call) throws(ServiceError) {
        let quota = call.quotas[.certificates]
        guard try count(ManagedCertificate.self) < quota else {
            throw .acm(.limitExceededException, "Error: you have reached your limit of \(quota) certificates.")
        }
    }
}

/// What is known of a certificate that was read.
struct ParsedCertificate: Sendable {
    let content: ManagedCertificate.Content
    /// The common name first.
    let names: [String]
    /// AWS's name, with underscores.
    let keyAlgorithm: String

    /// Reads a certificate with its key and chain, and checks that they belong together.
    /// - Returns: the certificate, and its key as PKCS #8 in DER.
    /// - Throws: ValidationException.
    static func checked(
        body: [UInt8], key: [UInt8], chain: [UInt8]?, at time: Double
    ) async throws(ServiceError) -> (ParsedCertificate, [UInt8]) {
        let bodies = try certificates(body, "certificate")
        guard let certificate = bodies.first, bodies.count == 1 else {
            throw .invalidCertificate(
                "The certificate field contains more than one certificate. You can specify only one certificate in this "
                    + "field.")
        }
        let above = try certificates(chain ?? [], "certificate chain")
        let own: Certificate.PrivateKey
        let secret: [UInt8]
        do { (own, secret) = try Certificate.PrivateKey.imported(String(decoding: key, as: UTF8.self)) } catch {
            throw .invalidCertificate("The private key is not supported.")
        }
        guard own.publicKey == certificate.publicKey else {
            throw .invalidCertificate("The private key does not match the certificate.")
        }
        guard certificate.notValidAfter.timeIntervalSince1970 >= time else {
            throw .invalidCertificate("The certificate is expired.")
        }
        guard certificate.notValidBefore.timeIntervalSince1970 <= time else {
            throw .invalidCertificate("The certificate is not valid yet.")
        }
        var issued = certificate
        for (index, issuer) in above.enumerated() {
            guard issued.issuer == issuer.subject, issuer.publicKey.isValidSignature(issued.signature, for: issued)
            else {
                throw .invalidCertificate(
                    "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
                        + "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
                        + "certificate is: \(index)")
            }
            issued = issuer
        }
        guard !above.isEmpty || certificate.isSelfSigned else {
            throw .invalidCertificate(
                "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate "
                    + "or certificate chain.")
        }
        return (try ParsedCertificate(certificate, chain: above), secret)
    }

    private static func certificates(_ bytes: [UInt8], _ what: String) throws(ServiceError) -> [Certificate] {
        do { return try Certificate.chain(String(decoding: bytes, as: UTF8.self)) } catch {
            throw .invalidCertificate("The \(what) is not valid.")
        }
    }

    /// - Throws: ValidationException.
    init(_ certificate: Certificate, chain: [Certificate]) throws(ServiceError) {
        do {
            let above = try chain.map { (one) throws(IssuingError) in try one.pem() }
            content = ManagedCertificate.Content(
                body: try certificate.pem(), chain: above.isEmpty ? nil : above.joined(separator: "\n"),
                serial: certificate.serialText, subject: "\(certificate.subject)",
                issuer: certificate.issuer.shortName, signatureAlgorithm: certificate.signatureName,
                notBefore: certificate.notValidBefore.timeIntervalSince1970,
                notAfter: certificate.notValidAfter.timeIntervalSince1970)
        } catch {
            throw .invalidCertificate("The certificate is not valid.")
        }
        guard let algorithm = certificate.keyName else {
            throw .invalidCertificate("The key algorithm of the certificate is not supported.")
        }
        keyAlgorithm = algorithm
        names = certificate.hostNames
    }
}
