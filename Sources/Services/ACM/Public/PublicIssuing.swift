import CertificateIssuing
import Ledger
import Platform
import Wire
import X509

/// A public certificate that was signed, and is not known to anybody yet: the row has to be stored together with what the certificate
/// is kept in.
struct IssuedPublicCertificate: Sendable {
    let content: ManagedCertificate.Content
    /// Belongs into the records of ``PublicAuthority/scope``.
    let row: PublicCertificate
}

extension Environment {
    /// Days for which public certificates are valid.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html>
    private static let publicLifetime = 198 * 86_400.0
    /// It leaves to us what the CA/Browser Forum's Baseline Requirements (7.1.2.7) say otherwise than AWS's other templates.
    private static let template = "BlankEndEntityCertificate_CriticalBasicConstraints_APIPassthrough/V1"
    /// A common name has at most so many characters (RFC 5280, appendix A.1).
    private static let longestCommonName = 64

    /// Signs a public certificate. Whether the names are the requester's has to be known before.
    /// - Parameters:
    ///   - names: the common name first; what the request itself says of names is ignored.
    ///   - request: proves that whoever made it has the key.
    ///   - accountID: whose certificate it is.
    /// - Throws: InternalFailure.
    func issuePublic(
        _ names: [String], for request: CertificateSigningRequest, accountID: String
    ) async throws(ServiceError) -> IssuedPublicCertificate {
        let issuer = try await publicIssuer()
        let now = now()
        do {
            guard let template = CertificateTemplate(name: Self.template) else { throw ServiceError.internalFailure }
            // As AWS's, it is for whole days.
            let start = (now / 86_400).rounded(.down) * 86_400
            var order = CertificateOrder(
                request: request, template: template, serial: SerialNumber.make(), notBefore: start,
                notAfter: start + Self.publicLifetime - 1, signatureAlgorithm: .ecdsaWithSHA256)
            let common = names.prefix(1).filter { $0.utf8.count <= Self.longestCommonName }
            order.givenSubject = try DistinguishedName(
                attributes: common.map { (NameAttribute.commonName.identifier, $0) })
            // A key on an elliptic curve encrypts no other (RFC 8813, section 3).
            let isRSA = request.publicKey.keyName?.hasPrefix("RSA") == true
            order.givenExtensions = [
                try Certificate.Extension(
                    KeyUsage(digitalSignature: true, keyEncipherment: isRSA), critical: true),
                try .purposes([PublicAuthorityMaking.servers]),
                try .alternativeNames(names.map { .dnsName($0) }),
                try CertificatePolicies.extension([
                    try .init(PublicAuthorityMaking.domainValidated, statements: [])
                ]),
            ]
            let paths = PublicPaths(issuer.authority.id)
            order.distributionPoint = publicAddress.url + paths.list
            order.responder = publicAddress.url + paths.responder
            order.issuerAddress = publicAddress.url + paths.certificate
            let certificate = try issuer.issuing().issue(order)
            return IssuedPublicCertificate(
                content: try ParsedCertificate(certificate, chain: [try issuer.authority.parsed()]).content,
                row: PublicCertificate(
                    authorityID: issuer.authority.id, serial: SerialNumber.text(order.serial), accountID: accountID,
                    notAfter: order.notAfter))
        } catch {
            throw .internalFailure
        }
    }
}
