import Crypto
import CryptoExtras
import SwiftASN1
public import X509

// What a certificate says, in AWS's words.

extension Certificate {
    /// `00:11:22`
    public var serialText: String {
        serialNumber.bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined(separator: ":")
    }

    /// `RSA_2048`, `EC_prime256v1`; nil for a kind of key that AWS has no name for.
    public var keyName: String? { publicKey.keyName }

    /// `SHA256WITHRSA`
    public var signatureName: String {
        switch signatureAlgorithm {
        case .ecdsaWithSHA256: "SHA256WITHECDSA"
        case .ecdsaWithSHA384: "SHA384WITHECDSA"
        case .ecdsaWithSHA512: "SHA512WITHECDSA"
        case .sha1WithRSAEncryption: "SHA1WITHRSA"
        case .sha256WithRSAEncryption: "SHA256WITHRSA"
        case .sha384WithRSAEncryption: "SHA384WITHRSA"
        case .sha512WithRSAEncryption: "SHA512WITHRSA"
        default: "\(signatureAlgorithm)"
        }
    }

    /// The names of hosts that it is for, its subject's common name first.
    public var hostNames: [String] {
        let common = subject.value(of: .RDNAttributeType.commonName)
        var names: [String] = common.map { [$0] } ?? []
        for name in (try? extensions.subjectAlternativeNames).flatMap({ $0 }) ?? SubjectAlternativeNames() {
            if case .dnsName(let name) = name, !names.contains(name) { names.append(name) }
        }
        return names
    }
}

extension Certificate.PublicKey {
    /// `RSA_2048`, `EC_prime256v1`; nil for a kind of key that AWS has no name for.
    public var keyName: String? {
        if let key = _RSA.Signing.PublicKey(self) { return "RSA_\(key.keySizeInBits)" }
        if P256.Signing.PublicKey(self) != nil { return "EC_prime256v1" }
        if P384.Signing.PublicKey(self) != nil { return "EC_secp384r1" }
        if P521.Signing.PublicKey(self) != nil { return "EC_secp521r1" }
        return nil
    }
}

extension DistinguishedName {
    /// Its organization, or else its common name.
    public var shortName: String {
        value(of: .RDNAttributeType.organizationName) ?? value(of: .RDNAttributeType.commonName) ?? "\(self)"
    }

    /// nil: it has none.
    var commonName: String? { value(of: .RDNAttributeType.commonName) }

    fileprivate func value(of type: ASN1ObjectIdentifier) -> String? {
        for relative in self {
            for attribute in relative where attribute.type == type { return String(attribute.value) }
        }
        return nil
    }
}

extension CertificateSigningRequest {
    /// Asks for the certificate of a host.
    /// - Parameter names: of the host, the common name first.
    /// - Throws: ``IssuingError``.
    public static func ofHost(
        _ names: [String], key: Certificate.PrivateKey, algorithm: Certificate.SignatureAlgorithm
    ) throws(IssuingError) -> CertificateSigningRequest {
        let common = NameAttribute.commonName.identifier
        let subject = try DistinguishedName(attributes: names.prefix(1).map { (common, $0) })
        let alternatives = try Certificate.Extension.alternativeNames(names.map { .dnsName($0) })
        do {
            let asked = ExtensionRequest(extensions: try Certificate.Extensions([alternatives]))
            return try CertificateSigningRequest(
                version: .v1, subject: subject, privateKey: key, attributes: Attributes([try Attribute(asked)]),
                signatureAlgorithm: algorithm)
        } catch {
            throw .wrongAlgorithm
        }
    }
}

extension Certificate.PrivateKey {
    /// Reads a key in PEM, in whichever of the usual forms.
    /// - Returns: the key, and the same as PKCS #8 in DER.
    /// - Throws: ``IssuingError/failed`` for a key that can't be read, or is protected by a passphrase.
    public static func imported(_ pem: String) throws(IssuingError) -> (key: Certificate.PrivateKey, der: [UInt8]) {
        do {
            let document = try PEMDocument(pemString: pem)
            let key = try Certificate.PrivateKey(pemDocument: document)
            if document.discriminator == "PRIVATE KEY" { return (key, document.derBytes) }
            if _RSA.Signing.PublicKey(key.publicKey) != nil {
                let own = try _RSA.Signing.PrivateKey(derRepresentation: document.derBytes)
                return (key, try PEMDocument(pemString: own.pkcs8PEMRepresentation).derBytes)
            }
            // Keys of elliptic curves are written so.
            return (key, try key.serializeAsPEM().derBytes)
        } catch {
            throw .failed
        }
    }

    /// How requests are signed with it, where nobody says otherwise.
    public var usualAlgorithm: Certificate.SignatureAlgorithm {
        if P384.Signing.PublicKey(publicKey) != nil { return .ecdsaWithSHA384 }
        if P521.Signing.PublicKey(publicKey) != nil { return .ecdsaWithSHA512 }
        return P256.Signing.PublicKey(publicKey) != nil ? .ecdsaWithSHA256 : .sha256WithRSAEncryption
    }
}

extension ExtendedKeyUsage.Usage {
    /// Dotted.
    public var identifier: String { "\(ASN1ObjectIdentifier(self))" }
}
