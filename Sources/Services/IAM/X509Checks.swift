import Crypto
import FoundationEssentials
import IAMAPI
import Wire
import X509

// What IAM checks about a certificate before it stores it.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html#server-certificate-troubleshooting>

extension ServiceError {
    static func malformedCertificate(_ message: String) -> ServiceError {
        IAM.Failure.malformedCertificate(message)
    }
}

/// A certificate that was sent as PEM text.
struct ParsedCertificate {
    let certificate: Certificate
    /// SHA-256 of its bytes, hexadecimal.
    let fingerprint: String

    /// - Parameters:
    ///   - pem: one certificate.
    ///   - malformed: the error for anything else.
    /// - Throws: MalformedCertificate.
    init(
        pem: String,
        malformed: String = "Unable to parse certificate. Please ensure the certificate is in PEM format."
    ) throws(ServiceError) {
        let blocks = Self.blocks(pem)
        guard blocks.count == 1, let block = blocks.first, let parsed = Self(block: block) else {
            throw .malformedCertificate(malformed)
        }
        self = parsed
    }

    private init?(block: String) {
        let base64 = block.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }.joined()
        guard let certificate = try? Certificate(pemEncoded: block),
            let bytes = Data(base64Encoded: base64, options: .ignoreUnknownCharacters)
        else { return nil }
        self.certificate = certificate
        fingerprint = hexadecimal(SHA256.hash(data: bytes))
    }

    /// Seconds since 1970.
    var expiration: Double { certificate.notValidAfter.timeIntervalSince1970 }

    /// - Returns: what is wrong with the certificate's dates at a time; nil if nothing is.
    func dateProblem(at time: Double) -> String? {
        if time < certificate.notValidBefore.timeIntervalSince1970 {
            return "Certificate is not yet valid. The 'Not Before' date restriction on the certificate has not passed."
        }
        if time > expiration {
            return "Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed."
        }
        return nil
    }

    /// Checks that each certificate of a chain has signed the one before it, this one first.
    /// - Throws: MalformedCertificate.
    func check(chain pem: String) throws(ServiceError) {
        let blocks = Self.blocks(pem)
        // No client accepts a longer chain, and checking one must not take long.
        guard (1...16).contains(blocks.count) else { throw Self.brokenChain(at: blocks.isEmpty ? 0 : 16) }
        var subject = certificate
        for (index, block) in blocks.enumerated() {
            guard let issuer = Self(block: block)?.certificate, issuer.subject == subject.issuer,
                issuer.publicKey.isValidSignature(subject.signature, for: subject)
            else { throw Self.brokenChain(at: index) }
            subject = issuer
        }
    }

    private static func brokenChain(at index: Int) -> ServiceError {
        .malformedCertificate(
            "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
                + "certificate, followed by any intermediaries in order. The index within the chain of the invalid "
                + "certificate is: \(index)")
    }

    /// The certificates of a PEM text, each with its own first and last line.
    private static func blocks(_ pem: String) -> [String] {
        let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
        var blocks: [String] = []
        var lines: [Substring]?
        for line in pem.split(whereSeparator: \.isNewline) {
            let line = line.trimmingWhitespace
            if line == begin { lines = [] }
            lines?.append(line)
            if line == end, let block = lines {
                blocks.append(block.joined(separator: "\n"))
                lines = nil
            }
        }
        return blocks
    }
}

extension Substring {
    /// Without white space at either end.
    var trimmingWhitespace: Substring {
        var rest = drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}

/// Bytes as two small hexadecimal digits each.
func hexadecimal(_ bytes: some Sequence<UInt8>, separator: String = "") -> String {
    let digits = Array("0123456789abcdef")
    return bytes.map { String([digits[Int($0 >> 4)], digits[Int($0 & 15)]]) }.joined(separator: separator)
}
