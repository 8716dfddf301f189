import Crypto
import SwiftASN1
public import X509

/// Whether an HTTPS server is trusted: by a certificate authority that the system or the operator knows, or else by a
/// thumbprint, which is that of the last certificate of the chain that the server presents.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html>
public struct ServerTrust: Sendable {
    /// Authorities that are trusted on top of the system's.
    let authorities: [Certificate]
    /// SHA-1 in hexadecimal digits, lower-case.
    let thumbprints: [String]

    /// - Parameters:
    ///   - authorities: that are trusted on top of the system's.
    ///   - thumbprints: SHA-1, in lower-case hexadecimal digits, of further certificates to trust.
    public init(authorities: [Certificate] = [], thumbprints: [String] = []) {
        self.authorities = authorities
        self.thumbprints = thumbprints
    }

    private static let longestChain = 8

    /// - Parameter presented: the chain as the server sent it, its own certificate first, as DER.
    func trusts(_ presented: [[UInt8]], host: String) async -> Bool {
        // The verifier tries every path, and certificates that sign each other could have more paths than it could ever
        // try.
        guard presented.count <= Self.longestChain else { return false }
        var chain: [Certificate] = []
        for bytes in presented {
            guard let certificate = try? Certificate(derEncoded: bytes) else { return false }
            chain.append(certificate)
        }
        guard let leaf = chain.first, let top = chain.last, let topBytes = presented.last else { return false }
        let known = CertificateStore.systemTrustRoots.appending(contentsOf: authorities)
        if await Self.verify(leaf, chain.dropFirst(), anchors: known, host) { return true }
        guard thumbprints.contains(Self.thumbprint(of: topBytes)) else { return false }
        return await Self.verify(leaf, chain.dropFirst(), anchors: CertificateStore([top]), host)
    }

    private static func verify(
        _ leaf: Certificate, _ intermediates: ArraySlice<Certificate>, anchors: CertificateStore, _ host: String
    ) async -> Bool {
        let isIP = isIPAddress(host)
        var verifier = Verifier(rootCertificates: anchors) {
            RFC5280Policy()
            ServerIdentityPolicy(serverHostname: isIP ? nil : host, serverIP: isIP ? host : nil)
        }
        if case .validCertificate = await verifier.validate(
            leaf: leaf, intermediates: CertificateStore(intermediates))
        {
            return true
        }
        return false
    }

    /// The SHA-1 of a certificate, in hexadecimal digits.
    public static func thumbprint(of certificate: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: Insecure.SHA1.hash(data: certificate).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }
}
