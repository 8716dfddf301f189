import Crypto
import FoundationEssentials
import NIOCore
import SwiftASN1
import X509

/// A certificate that Gatehouse has issued, with its private key.
struct IssuedPair: Sendable {
    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    /// Clocks differ, so validity begins this many seconds in the past.
    private static let clockSkew = 3600.0

    // MARK: The authority

    /// How long an authority is valid, in seconds: ten years, because everyone who trusts it has to be given the next
    /// one.
    static let authorityLifetime = 3650.0 * 86_400

    /// Makes a new authority that can issue certificates for these names only, even if somebody gets hold of its key.
    ///
    /// It follows RFC 5280 to the letter, because some clients are strict: Python 3.13 makes OpenSSL refuse
    /// certificates without key identifiers, or with name constraints that are not marked critical.
    /// - Parameter time: seconds since 1970.
    static func authority(for names: [ServedName], at time: Double) throws -> IssuedPair {
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let serial = Certificate.SerialNumber()
        // Clients that trust two authorities of the same name would confuse them.
        let subject = try DistinguishedName {
            OrganizationName("Gatehouse")
            CommonName("Gatehouse local authority \(shortText(serial))")
        }
        let identifier = SubjectKeyIdentifier(hash: publicKey)
        let certificate = try Certificate(
            version: .v3, serialNumber: serial, publicKey: publicKey,
            notValidBefore: Date(timeIntervalSince1970: (time - clockSkew).rounded(.down)),
            notValidAfter: Date(timeIntervalSince1970: (time + authorityLifetime).rounded(.down)),
            issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                identifier
                AuthorityKeyIdentifier(keyIdentifier: identifier.keyIdentifier)
                Critical(constraints(names))
            },
            issuerPrivateKey: Certificate.PrivateKey(key))
        return IssuedPair(certificate: certificate, key: key)
    }

    /// RFC 5280, section 4.2.1.10: a host name also permits all its subdomains; an address is followed by its mask.
    private static func constraints(_ names: [ServedName]) -> NameConstraints {
        var hosts: [String] = ["localhost"]
        var ranges: [[UInt8]] = [[127, 0, 0, 0, 255, 0, 0, 0]]
        for name in names {
            switch name {
            case .host(let name):
                let base = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
                if !hosts.contains(where: { base == $0 || base.hasSuffix("." + $0) }) { hosts.append(base) }
            case .address(let bytes, _):
                guard !(bytes.count == 4 && name.isLoopback) else { continue }
                let range = bytes + [UInt8](repeating: 255, count: bytes.count)
                if !ranges.contains(range) { ranges.append(range) }
            }
        }
        return NameConstraints(
            permittedDNSDomains: hosts,
            permittedIPRanges: ranges.map { ASN1OctetString(contentBytes: $0[...]) })
    }

    private static func shortText(_ serial: Certificate.SerialNumber) -> String {
        serial.bytes.prefix(4).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }

    // MARK: A server's

    /// How long a server's certificate is valid, in seconds. Apple's clients accept at most 397 days.
    static let serverLifetime = 90.0 * 86_400

    /// Issues a new certificate and key for a server.
    /// - Parameter time: seconds since 1970.
    func server(for names: [ServedName], at time: Double) throws -> IssuedPair {
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let end = min(time + Self.serverLifetime, certificate.notValidAfter.timeIntervalSince1970)
        let authorityIdentifier =
            try certificate.extensions.subjectKeyIdentifier ?? SubjectKeyIdentifier(hash: certificate.publicKey)
        let leaf = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: Date(timeIntervalSince1970: (time - Self.clockSkew).rounded(.down)),
            notValidAfter: Date(timeIntervalSince1970: end.rounded(.down)),
            issuer: certificate.subject,
            subject: try DistinguishedName {
                OrganizationName("Gatehouse")
                CommonName("Gatehouse server")
            },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: authorityIdentifier.keyIdentifier)
                SubjectAlternativeNames(names.map(\.generalName))
            },
            issuerPrivateKey: Certificate.PrivateKey(self.key))
        return IssuedPair(certificate: leaf, key: key)
    }

    /// Whether the authority's name constraints and lifetime let it issue a certificate for all of these names that is
    /// valid until `time`, in seconds since 1970.
    func canIssue(for names: [ServedName], until time: Double) -> Bool {
        guard certificate.notValidAfter.timeIntervalSince1970 >= time,
            let constraints = try? certificate.extensions.nameConstraints
        else { return false }
        return names.allSatisfy { name in
            constraints.permittedSubtrees.contains { $0.permits(name) }
        }
    }
}

extension ServedName {
    var generalName: GeneralName {
        switch self {
        case .host(let name): .dnsName(name)
        case .address(let bytes, _): .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
        }
    }

    init?(_ name: GeneralName) {
        switch name {
        case .dnsName(let name): self.init(name)
        case .ipAddress(let bytes):
            guard let address = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes.bytes), port: 0),
                let text = address.ipAddress
            else { return nil }
            self.init(text)
        default: return nil
        }
    }
}

extension GeneralName {
    /// Whether this subtree of an authority's name constraints includes a name.
    fileprivate func permits(_ name: ServedName) -> Bool {
        switch (self, name) {
        case (.dnsName(let base), .host(let name)):
            let host = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
            return host == base || host.hasSuffix("." + base)
        case (.ipAddress(let range), .address(let bytes, _)):
            let range = Array(range.bytes)
            guard range.count == bytes.count * 2 else { return false }
            return bytes.indices.allSatisfy { index in
                let mask = range[bytes.count + index]
                return bytes[index] & mask == range[index] & mask
            }
        default: return false
        }
    }
}
