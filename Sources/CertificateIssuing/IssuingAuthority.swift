import Crypto
import FoundationEssentials
import SwiftASN1
public import X509

/// An authority with its private key: it signs certificates.
public struct IssuingAuthority: Sendable {
    /// Its own name, which its certificates call their issuer.
    public let name: DistinguishedName
    /// By which the certificates that it signs know its key.
    let keyIdentifier: ArraySlice<UInt8>
    private let key: Certificate.PrivateKey

    /// An authority that has a certificate.
    public init(certificate: Certificate, key: Certificate.PrivateKey) {
        name = certificate.subject
        let own = try? certificate.extensions.subjectKeyIdentifier?.keyIdentifier
        keyIdentifier = own ?? Self.identifier(of: certificate.publicKey)
        self.key = key
    }

    /// An authority that is to sign the certificate of its own.
    public init(name: DistinguishedName, key: Certificate.PrivateKey) {
        self.name = name
        keyIdentifier = Self.identifier(of: key.publicKey)
        self.key = key
    }

    /// Signs what was ordered.
    /// - Throws: ``IssuingError``.
    public func issue(_ order: CertificateOrder) throws(IssuingError) -> Certificate {
        let extensions: Certificate.Extensions
        do { extensions = try order.extensions(by: self) } catch { throw .malformedExtension }
        do {
            return try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(bytes: order.serial),
                publicKey: order.request.publicKey, notValidBefore: Date(timeIntervalSince1970: order.notBefore),
                notValidAfter: Date(timeIntervalSince1970: order.notAfter), issuer: name, subject: order.subject,
                signatureAlgorithm: order.signatureAlgorithm, extensions: extensions, issuerPrivateKey: key)
        } catch {
            throw .failed
        }
    }

    /// RFC 5280, section 4.2.1.2, the first way: SHA-1 of the key's bits.
    static func identifier(of key: Certificate.PublicKey) -> ArraySlice<UInt8> {
        Array(Insecure.SHA1.hash(data: key.subjectPublicKeyInfoBytes))[...]
    }
}

/// A certificate as it is to be.
public struct CertificateOrder: Sendable {
    /// By whoever has the key.
    public let request: CertificateSigningRequest
    public let template: CertificateTemplate
    /// Random, positive, at most 20 bytes.
    public let serial: [UInt8]
    /// Seconds since 1970.
    public let notBefore: Double
    /// Seconds since 1970.
    public let notAfter: Double
    public let signatureAlgorithm: Certificate.SignatureAlgorithm
    /// What the API says the subject is; nil: the request says it.
    public var givenSubject: DistinguishedName?
    /// What the API says of extensions.
    public var givenExtensions: [Certificate.Extension] = []
    /// Where the authority's list of revoked certificates is; nil: the certificate does not say.
    public var distributionPoint: String?
    /// Where to ask whether it is revoked; nil: nowhere.
    public var responder: String?
    /// Where the issuer's own certificate is, in DER; nil: the certificate does not say.
    public var issuerAddress: String?

    /// - Parameters: see the properties.
    public init(
        request: CertificateSigningRequest, template: CertificateTemplate, serial: [UInt8], notBefore: Double,
        notAfter: Double, signatureAlgorithm: Certificate.SignatureAlgorithm
    ) {
        self.request = request
        self.template = template
        self.serial = serial
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.signatureAlgorithm = signatureAlgorithm
    }

    /// Whom the certificate is about.
    public var subject: DistinguishedName {
        if template.takesAPI, let givenSubject { return givenSubject }
        return request.subject
    }

    /// The template's word counts most, then the authority's own settings, then the API's, and the request's least.
    /// <https://docs.aws.amazon.com/privateca/latest/userguide/template-order-of-operations.html>
    func extensions(by authority: IssuingAuthority) throws -> Certificate.Extensions {
        var all = try Certificate.Extensions(try template.extensions())
        if template.role != .root {
            try all.append(
                try Certificate.Extension(
                    AuthorityKeyIdentifier(keyIdentifier: authority.keyIdentifier), critical: false))
        }
        let own = IssuingAuthority.identifier(of: request.publicKey)
        try all.append(try Certificate.Extension(SubjectKeyIdentifier(keyIdentifier: own), critical: false))
        if template.role != .root {
            if let distributionPoint { try all.append(.distributionPoint(distributionPoint)) }
            if responder != nil || issuerAddress != nil {
                try all.append(.access(responder: responder, issuer: issuerAddress))
            }
        }
        if template.takesAPI { try all.fill(with: givenExtensions) }
        let asked = try request.attributes.extensionRequest?.extensions ?? Certificate.Extensions()
        // The names are the request's, whatever else is taken from it.
        try all.fill(
            with: template.takesRequest
                ? Array(asked) : asked.filter { $0.oid == .X509ExtensionID.subjectAlternativeName })
        return try subject.isEmpty ? all.namesCritical() : all
    }
}

extension Certificate.Extensions {
    fileprivate mutating func fill(with others: [Certificate.Extension]) throws {
        for other in others where self[oid: other.oid] == nil { try append(other) }
    }

    /// RFC 5280, section 4.2.1.6: where there is no subject, whoever reads the certificate has to understand its names.
    fileprivate func namesCritical() throws -> Certificate.Extensions {
        var result = self
        guard var names = result[oid: .X509ExtensionID.subjectAlternativeName] else { return result }
        names.critical = true
        _ = result.update(names)
        return result
    }
}
