public import X509

extension CertificateSigningRequest {
    /// Reads a request in PEM, and proves that whoever made it has the key.
    /// - Throws: ``IssuingError/malformedRequest``.
    public init(proving pem: String) throws(IssuingError) {
        // Some programs still write the words of Netscape's time.
        let text = pem.replacing("NEW CERTIFICATE REQUEST", with: "CERTIFICATE REQUEST")
        do { try self.init(pemEncoded: text) } catch { throw .malformedRequest }
        guard publicKey.isValidSignature(signature, for: self) else { throw .malformedRequest }
    }

    /// Reads a request in DER, and proves that whoever made it has the key.
    /// - Throws: ``IssuingError/malformedRequest``.
    public init(provingDER der: [UInt8]) throws(IssuingError) {
        do { try self.init(derEncoded: der) } catch { throw .malformedRequest }
        guard publicKey.isValidSignature(signature, for: self) else { throw .malformedRequest }
    }

    /// The hosts that it is for: its subject's common name, and its alternative names. nil where it names anything else.
    public var hosts: [String]? {
        var hosts = subject.commonName.map { [$0] } ?? []
        do {
            let names = try attributes.extensionRequest?.extensions.subjectAlternativeNames
            for name in names ?? SubjectAlternativeNames() {
                guard case .dnsName(let host) = name else { return nil }
                if !hosts.contains(host) { hosts.append(host) }
            }
        } catch {
            return nil
        }
        return hosts
    }

    /// Asks for an authority's certificate.
    /// - Parameter extensions: what it is to have besides the mark of an authority.
    /// - Throws: ``IssuingError``.
    public static func ofAuthority(
        _ name: DistinguishedName, key: Certificate.PrivateKey, algorithm: Certificate.SignatureAlgorithm,
        extensions: [Certificate.Extension]
    ) throws(IssuingError) -> CertificateSigningRequest {
        do {
            let constraints = try Certificate.Extension(
                BasicConstraints.isCertificateAuthority(maxPathLength: nil), critical: false)
            let all = try Certificate.Extensions([constraints] + extensions)
            return try CertificateSigningRequest(
                version: .v1, subject: name, privateKey: key,
                attributes: Attributes([try Attribute(ExtensionRequest(extensions: all))]),
                signatureAlgorithm: algorithm)
        } catch {
            throw .wrongAlgorithm
        }
    }

    /// As `openssl req` writes it.
    public func pem() throws(IssuingError) -> String {
        do { return try serializeAsPEM().pemString } catch { throw .failed }
    }
}
