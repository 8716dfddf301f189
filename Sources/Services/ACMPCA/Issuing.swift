import ACMPCAAPI
import CertificateIssuing
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire
import X509

// Issuing certificates.
// <https://docs.aws.amazon.com/privateca/latest/userguide/PcaIssueCert.html>

extension ACMPCA.IssueCertificate: PreparedWriteOperation, OnAuthority {
    static func keys(_ input: Input) -> [String: ContextValue] {
        ["acm-pca:templatearn": .one(input.templateArn ?? TemplateName.standard)]
    }

    /// A certificate that is signed, and not yet known to anybody.
    public struct Preparation: Sendable {
        let certificate: IssuedCertificate
        let template: CertificateTemplate
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let name = try AuthorityName(input.certificateAuthorityArn)
        let template = try TemplateName.template(input.templateArn ?? TemplateName.standard)
        let (authority, stored) = try await call.read { (records) throws(ServiceError) in
            let (authority, own) = try records.authority(name, call)
            return (authority, try own.get(AuthorityKey.self, name.id))
        }
        try authority.checkMayIssue(template, at: call.time)
        let algorithm = try AuthoritySigningAlgorithm(pca: input.signingAlgorithm)
        guard algorithm.isRSA == authority.keyAlgorithm.isRSA else { throw .otherFamily }
        guard let stored else { throw .internalFailure }
        let secret = try await call.environment.secret(of: stored)
        do {
            let request = try CertificateSigningRequest(proving: String(decoding: input.csr.bytes, as: UTF8.self))
            let key: Certificate.PrivateKey
            do { key = try Certificate.PrivateKey(derBytes: secret) } catch {
                throw ServiceError.internalFailure
            }
            let (notBefore, notAfter) = try authority.validity(input, template, at: call.time)
            var order = CertificateOrder(
                request: request, template: template, serial: SerialNumber.make(), notBefore: notBefore,
                notAfter: notAfter, signatureAlgorithm: algorithm.x509)
            if template.takesAPI, let given = input.apiPassthrough {
                order.givenSubject = try given.subject?.name()
                order.givenExtensions = try given.extensions?.certificateExtensions() ?? []
            }
            order.distributionPoint = authority.distributionPoint(call.environment)
            order.responder = authority.responder(call.environment)
            let certificate = try authority.issuer(key, template, request).issue(order)
            if template.role != .root { try authority.checkPermits(certificate) }
            return Preparation(
                certificate: IssuedCertificate(
                    authorityID: authority.id, serial: SerialNumber.text(order.serial),
                    der: Data(try certificate.der()),
                    subject: "\(certificate.subject)", issued: call.time, notBefore: notBefore, notAfter: notAfter,
                    template: input.templateArn ?? TemplateName.standard, accountID: call.accountID,
                    service: call.caller.servicePrincipal?.name), template: template)
        } catch let error as ServiceError {
            throw error
        } catch let error as IssuingError {
            throw .unwritable(error, in: "The request")
        } catch {
            throw .internalFailure
        }
    }

    public static func handle(
        _ input: Input, _ made: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (authority, own) = try records.authority(try AuthorityName(input.certificateAuthorityArn), call)
        let partition = RememberedRequest.partition(call.accountID, authority: authority.id)
        if let arn = try own.remembered(input.idempotencyToken, partition, call) { return Output(certificateArn: arn) }
        try authority.checkMayIssue(made.template, at: call.time)
        let arn = authority.arn(ofCertificate: made.certificate.serial)
        try own.put(made.certificate)
        try own.remember(input.idempotencyToken, partition, arn, call)
        return Output(certificateArn: arn)
    }
}

/// The ARNs of templates: `arn:aws:acm-pca:::template/EndEntityCertificate/V1`.
enum TemplateName {
    private static let prefix = "arn:aws:acm-pca:::template/"
    static let standard = prefix + CertificateTemplate.standardName

    /// - Throws: InvalidArgsException.
    static func template(_ arn: String) throws(ServiceError) -> CertificateTemplate {
        guard arn.hasPrefix(prefix), let template = CertificateTemplate(name: String(arn.dropFirst(prefix.count)))
        else {
            throw .invalidArgs("The template ARN \(arn) is not valid.")
        }
        return template
    }
}

extension CertificateAuthority {
    func arn(ofCertificate serial: String) -> String { "\(arn)/certificate/\(serial)" }

    /// - Throws: InvalidStateException, InvalidArgsException.
    func checkMayIssue(_ template: CertificateTemplate, at time: Double) throws(ServiceError) {
        switch template.role {
        case .root:
            guard type == .root else {
                throw .invalidArgs("A root certificate can be issued by a root certificate authority only.")
            }
            guard state == .pendingCertificate || state == .active else { throw .cannotIssue }
        case .subordinate, .endEntity:
            guard isActive(at: time) else { throw .cannotIssue }
        }
        if template.role == .subordinate, let most = certificate?.pathLength {
            guard let length = template.pathLength, length < most else {
                throw .invalidArgs("The path length of the template is not allowed by the CA certificate.")
            }
        }
    }

    /// <https://docs.aws.amazon.com/privateca/latest/userguide/name_constraints.html>
    /// - Throws: InvalidArgsException, InternalFailure.
    func checkPermits(_ issued: Certificate) throws(ServiceError) {
        guard let certificate, issued.isPermitted(by: try certificate.path()) else {
            throw .invalidArgs("The name constraints of the CA certificate do not permit the names of the certificate.")
        }
    }

    /// Who signs: the authority with its certificate, or, where it signs that certificate, with its name alone.
    /// - Throws: InvalidArgsException, InternalFailure.
    func issuer(
        _ key: Certificate.PrivateKey, _ template: CertificateTemplate, _ request: CertificateSigningRequest
    ) throws(ServiceError) -> IssuingAuthority {
        if template.role == .root {
            guard request.publicKey == key.publicKey else {
                throw .invalidArgs("A root certificate can be issued for the CA's own CSR only.")
            }
            return IssuingAuthority(name: request.subject, key: key)
        }
        guard let certificate else { throw .cannotIssue }
        return IssuingAuthority(certificate: try certificate.parsed(), key: key)
    }
}
