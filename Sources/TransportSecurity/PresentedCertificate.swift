import FoundationEssentials
public import NIOSSL
import SwiftASN1
import X509

/// A chain of certificates and its private key, ready to be used for TLS.
public struct PresentedCertificate: Sendable {
    /// The server's own certificate comes first.
    let chain: [Certificate]
    /// NIOSSL's context for connections to a server that shows it.
    public let context: NIOSSLContext

    /// The names that the certificate is for.
    public let names: [ServedName]
    /// When it expires, in seconds since 1970.
    public let end: Double
    /// Whether the chain ends in a self-signed certificate, so that clients can be told to trust the chain's file
    /// itself.
    public let isSelfContained: Bool

    /// Makes one, and checks that chain and key belong together.
    /// - Parameters:
    ///   - certificates: PEM, the server's own certificate first.
    ///   - certificateSource: what errors call the certificates.
    ///   - key: PEM.
    ///   - keySource: what errors call the key.
    ///   - time: the time at which the certificate has to be valid, in seconds since 1970; nil: validity isn't checked.
    ///   - clientAuthorities: of whom one has to vouch for the client's own certificate; none: clients show none.
    /// - Throws: ``CertificateProblem``, in words for the operator.
    public init(
        certificates: String, from certificateSource: String, key: String, from keySource: String, at time: Double?,
        clientAuthorities: [NIOSSLCertificate] = []
    ) throws(CertificateProblem) {
        let chain: [Certificate]
        do {
            chain = try PEMDocument.parseMultiple(pemString: certificates).filter { $0.discriminator == "CERTIFICATE" }
                .map { try Certificate(pemDocument: $0) }
        } catch {
            throw CertificateProblem("\(certificateSource) is not a chain of certificates in PEM: \(error)")
        }
        guard let leaf = chain.first else {
            throw CertificateProblem(
                "\(certificateSource) has no certificate: it takes PEM, the server's own certificate first")
        }
        let ownKey = try Self.key(key, from: keySource)
        guard ownKey.publicKey == leaf.publicKey else {
            throw CertificateProblem(
                "the key in \(keySource) is not that of the first certificate in \(certificateSource): name the key "
                    + "that it was made with, and put the server's own certificate before those of its authorities")
        }
        end = leaf.notValidAfter.timeIntervalSince1970
        if let time {
            guard time <= end else {
                throw CertificateProblem(
                    "the certificate in \(certificateSource) has expired, on \(leaf.notValidAfter.formatted(.iso8601)):"
                        + " put a new one there")
            }
            guard leaf.notValidBefore.timeIntervalSince1970 <= time else {
                throw CertificateProblem(
                    "the certificate in \(certificateSource) is not valid before "
                        + "\(leaf.notValidBefore.formatted(.iso8601)): use it from then on, or set the clock")
            }
        }
        self.chain = chain
        names = ((try? leaf.extensions.subjectAlternativeNames).map { Array($0) } ?? []).compactMap { ServedName($0) }
        isSelfContained = chain.last.map { $0.issuer == $0.subject } ?? false
        do {
            context = try Self.context(chain, ownKey, clientAuthorities)
        } catch {
            throw CertificateProblem("\(certificateSource) and \(keySource) can't be used for TLS: \(error)")
        }
    }

    private static func key(_ pem: String, from source: String) throws(CertificateProblem) -> Certificate.PrivateKey {
        let documents: [PEMDocument]
        do { documents = try PEMDocument.parseMultiple(pemString: pem) } catch {
            // The error might quote the file, which is secret.
            throw CertificateProblem("\(source) is not a private key in PEM")
        }
        guard let document = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }) else {
            throw CertificateProblem("\(source) has no private key: it takes PEM, as `openssl genpkey` writes it")
        }
        guard document.discriminator != "ENCRYPTED PRIVATE KEY", !pem.contains("Proc-Type: 4,ENCRYPTED") else {
            throw CertificateProblem(
                "the key in \(source) is encrypted, and Gatehouse can't ask for its passphrase: decrypt it with "
                    + "`openssl pkey`")
        }
        do { return try Certificate.PrivateKey(pemDocument: document) } catch {
            throw CertificateProblem(
                "the key in \(source) can't be used: it takes an RSA key, or one of P-256, P-384, P-521 or Ed25519")
        }
    }

    /// For TLS 1.2, only suites with forward secrecy and authenticated encryption; all suites of TLS 1.3 have both.
    private static let cipherSuites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    private static func context(
        _ chain: [Certificate], _ key: Certificate.PrivateKey, _ clientAuthorities: [NIOSSLCertificate]
    ) throws -> NIOSSLContext {
        let certificates = try chain.map { certificate in
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return NIOSSLCertificateSource.certificate(
                try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der))
        }
        let ownKey = try NIOSSLPrivateKey(bytes: Array(try key.serializeAsPEM().pemString.utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates, privateKey: .privateKey(ownKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.cipherSuiteValues = cipherSuites
        configuration.applicationProtocols = ["h2", "http/1.1"]
        if !clientAuthorities.isEmpty {
            // A client is no host with a name.
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(clientAuthorities)
            configuration.sendCANameList = true
        }
        // A connection that the server has closed doesn't wait long for the client to do the same.
        configuration.shutdownTimeout = .seconds(1)
        return try NIOSSLContext(configuration: configuration)
    }

    /// The best of the certificate's names for reaching a server that listens on `address`: the address itself if the
    /// certificate covers it, else `localhost` where that works, else the first name without a wildcard.
    /// - Parameter address: the value of `--address`.
    public func bestName(listeningOn address: String) -> ServedName? {
        let listened = ServedName(address)
        if let listened, !listened.isUnspecified, names.contains(where: { $0.covers(listened) }) { return listened }
        if let localhost = ServedName("localhost"), listened?.isUnspecified == true || listened?.isLoopback == true,
            names.contains(where: { $0.covers(localhost) })
        {
            return localhost
        }
        return names.first { !$0.description.hasPrefix("*") } ?? listened
    }
}

/// What is wrong with a certificate or its key, in words for the operator. It never contains any part of the key.
public struct CertificateProblem: Error, Sendable, CustomStringConvertible {
    /// What is wrong and what to do about it; it does not end with a full stop.
    public let description: String

    /// - Parameter description: what is wrong, and what to do about it.
    public init(_ description: String) {
        self.description = description
    }
}
