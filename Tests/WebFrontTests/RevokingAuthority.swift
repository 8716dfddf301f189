import CertificateIssuing
import Crypto
import Foundation
import Logging
import NIOSSL
import Testing
import X509

@testable import WebFront

/// An authority with one client, whose certificate it may revoke.
struct RevokingAuthority {
    private let folder: URL
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    private let own: Certificate
    private let client: Certificate
    private let revocations: ClientRevocations

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "revoking-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        own = try Self.certificate("authority", of: key, by: key)
        client = try Self.certificate("client", of: Certificate.PrivateKey(P256.Signing.PrivateKey()), by: key)
        let trust = folder.appending(path: "trust.pem")
        try Data(own.serializeAsPEM().pemString.utf8).write(to: trust)
        let lists = folder.appending(path: "lists.pem")
        try Self.list([], by: own, key).write(to: lists)
        revocations = try #require(try ClientTrust(file: trust.path, revocations: lists.path).revocations)
    }

    private static func certificate(
        _ name: String, of holder: Certificate.PrivateKey, by issuer: Certificate.PrivateKey
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: holder.publicKey,
            notValidBefore: Date(timeIntervalSince1970: 1_700_000_000),
            notValidAfter: Date(timeIntervalSince1970: 4_000_000_000),
            issuer: DistinguishedName { CommonName("authority") }, subject: DistinguishedName { CommonName(name) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                if holder == issuer { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) }
            },
            issuerPrivateKey: issuer)
    }

    private static func list(
        _ revoked: [Certificate], by own: Certificate, _ key: Certificate.PrivateKey
    ) throws -> Data {
        let authority = RevocationAuthority(
            certificate: try own.der(), key: try key.serializeAsPEM().derBytes, hash: .sha256)
        let list = try authority.list(
            revoked.map { Revocation(serial: Array($0.serialNumber.bytes), time: 1_800_000_000, reason: .unspecified) },
            number: 1, thisUpdate: 1_800_000_000, nextUpdate: 4_000_000_000)
        let text = Data(list).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Data("-----BEGIN X509 CRL-----\n\(text)\n-----END X509 CRL-----\n".utf8)
    }

    /// Of the client, on another connection.
    func standing() throws -> ClientStanding {
        let standing = ClientStanding(try NIOSSLCertificate(bytes: client.der(), format: .der), revocations)
        #expect(!standing.isRevoked)
        return standing
    }

    func revoke() throws {
        try Self.list([client], by: own, key).write(to: folder.appending(path: "lists.pem"))
        revocations.refresh(Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, at: 1_800_000_001)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}
