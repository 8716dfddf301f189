import FoundationEssentials
import NIOSSL
import X509

/// What an application is told of the certificate that a client has shown, as an Application Load Balancer does that verifies.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification-mtls.html>
enum ClientCertificateHeaders {
    /// - Returns: none for a certificate that can't be read.
    static func headers(of certificate: NIOSSLCertificate) -> [(name: String, value: String)] {
        guard let leaf = try? Certificate(derEncoded: certificate.toDERBytes()),
            let pem = try? leaf.serializeAsPEM().pemString
        else { return [] }
        let serial = leaf.serialNumber.bytes.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        let validity =
            "NotBefore=\(leaf.notValidBefore.formatted(.iso8601));NotAfter=\(leaf.notValidAfter.formatted(.iso8601))"
        return [
            ("X-Amzn-Mtls-Clientcert-Serial-Number", serial),
            ("X-Amzn-Mtls-Clientcert-Issuer", name(leaf.issuer)),
            ("X-Amzn-Mtls-Clientcert-Subject", name(leaf.subject)),
            ("X-Amzn-Mtls-Clientcert-Validity", validity),
            ("X-Amzn-Mtls-Clientcert-Leaf", encoded(pem + "\n")),
        ]
    }

    /// A name as RFC 4514 writes it. Control characters, which would end the line, are written as that has it for all bytes.
    static func name(_ name: DistinguishedName) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in name.description.utf8 {
            if byte < 0x20 || byte == 0x7F {
                bytes += [UInt8(ascii: "\\"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Percent-encoded, but for what a URL may have and `+=/`.
    static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: bytes.append(byte)
            case _ where "-._~+=/".utf8.contains(byte): bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
