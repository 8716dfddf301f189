import CertificateIssuing
import Crypto
import Foundation
import Logging
import Synchronization
import Testing
import X509

@testable import WebFront

/// Which clients get in after an authority has revoked something.
struct ClientRevocationsTests {
    private let folder: URL
    private let root: Holder
    private let between: Holder
    private let leaf: Holder

    /// Somebody with a certificate.
    private struct Holder {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let certificate: Certificate

        init(_ name: String, by issuer: Holder? = nil, isAuthority: Bool = true) throws {
            let subject = try DistinguishedName { CommonName(name) }
            certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
                notValidBefore: Date(timeIntervalSince1970: 1_700_000_000),
                notValidAfter: Date(timeIntervalSince1970: 1_900_000_000),
                issuer: issuer?.certificate.subject ?? subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    if isAuthority {
                        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    }
                },
                issuerPrivateKey: issuer?.key ?? key)
        }

        /// The list of what it has revoked, in PEM.
        func list(_ revoked: [Certificate], until end: Double) throws -> String {
            let authority = RevocationAuthority(
                certificate: try certificate.der(), key: try key.serializeAsPEM().derBytes, hash: .sha256)
            let list = try authority.list(
                revoked.map {
                    Revocation(serial: Array($0.serialNumber.bytes), time: 1_800_000_000, reason: .unspecified)
                },
                number: 1, thisUpdate: 1_800_000_000, nextUpdate: end)
            let text = Data(list).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
            return "-----BEGIN X509 CRL-----\n\(text)\n-----END X509 CRL-----\n"
        }
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "revocations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        root = try Holder("root")
        between = try Holder("between", by: root)
        leaf = try Holder("leaf", by: between, isAuthority: false)
    }

    private func revocations(_ trusted: [Holder], _ lists: String...) throws -> ClientRevocations {
        let (trust, file) = (folder.appending(path: "trust.pem"), folder.appending(path: "lists.pem"))
        let pem = try trusted.map { try $0.certificate.serializeAsPEM().pemString }.joined(separator: "\n")
        try Data(pem.utf8).write(to: trust)
        try Data(lists.joined().utf8).write(to: file)
        return try #require(try ClientTrust(file: trust.path, revocations: file.path).revocations)
    }

    @Test func nobodyBelowARevokedAuthorityGetsIn() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (der, end) = (try leaf.certificate.der(), 1_900_000_000.0)
        let below = try Holder("below", by: between)
        let deep = try Holder("deep", by: below, isAuthority: false).certificate.der()
        let all = [root, between, below]
        #expect(try !revocations(all, root.list([], until: end)).hasRevoked(der))
        #expect(try !revocations(all, root.list([], until: end)).hasRevoked(deep))
        #expect(try revocations(all, between.list([leaf.certificate], until: end)).hasRevoked(der))
        let gone = try revocations(all, root.list([between.certificate], until: end))
        #expect(try gone.hasRevoked(der) && gone.hasRevoked(deep))
        #expect(try !gone.hasRevoked(Holder("other", by: root, isAuthority: false).certificate.der()))
        // The authority may have another certificate by now, for another key: then the name alone says nothing.
        let new = try Holder("between", by: root)
        let renewed = try revocations([root, new], root.list([between.certificate], until: end))
        #expect(renewed.hasRevoked(der))
        #expect(try !renewed.hasRevoked(Holder("leaf", by: new, isAuthority: false).certificate.der()))
        // What only the client shows has nobody vouched for.
        #expect(try revocations([root], root.list([between.certificate], until: end)).hasRevoked(der))
    }

    @Test func aListThatIsPastItsTimeIsToldOfOnce() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let lines = Lines()
        let log = Logger(label: "test") { _ in lines }
        let (soon, later) = (1_800_001_000.0, 1_800_002_000.0)
        let revocations = try revocations([root], root.list([], until: soon))
        revocations.refresh(log, at: soon - 1)
        #expect(lines.warnings == 0)
        for second in 1...3 { revocations.refresh(log, at: soon + Double(second)) }
        #expect(lines.warnings == 1)
        // A new one, which then comes to its end as well.
        try Data(root.list([between.certificate], until: later).utf8).write(to: folder.appending(path: "lists.pem"))
        revocations.refresh(log, at: soon + 10)
        #expect(lines.warnings == 1)
        for second in 1...3 { revocations.refresh(log, at: later + Double(second)) }
        #expect(lines.warnings == 2)
    }
}

/// Counts what is said.
private struct Lines: LogHandler {
    private final class Counter: Sendable { let count = Mutex(0) }

    private let counter = Counter()
    var warnings: Int { counter.count.withLock { $0 } }

    var logLevel = Logger.Level.warning
    var metadata = Logger.Metadata()

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if event.level == .warning { counter.count.withLock { $0 += 1 } }
    }
}
