import Foundation
import Testing
import X509

@testable import TransportSecurity

private let now = 1_800_000_000.0
private let day = 86_400.0

private func names(_ texts: String...) throws -> [ServedName] {
    try texts.map { text in try #require(ServedName(text)) }
}

struct ServedNameTests {
    @Test(arguments: [
        "localhost", "*.s3.localhost", "gatehouse.example", "my_service", "a-b.c", "127.0.0.1", "::1", "2001:db8::1",
    ])
    func `Names and addresses are read`(text: String) throws {
        #expect(try #require(ServedName(text)).description == text)
    }

    @Test(arguments: [
        "", ".", "*.localhost", "a..b", "-a", "a-", "*", "*.", "a.*", "a b", "https://a", "a:1", "1.2.3", "1.2.3.400",
        "[::1]", "ä",
        String(repeating: "a", count: 64), Array(repeating: "abcdefgh", count: 30).joined(separator: "."),
    ])
    func `Others are not`(text: String) {
        #expect(ServedName(text) == nil)
    }

    @Test func `Capital letters do not matter`() throws {
        #expect(try #require(ServedName("LocalHost")) == ServedName("localhost"))
    }

    @Test(arguments: [
        ("*.a.example", "b.a.example", true), ("*.a.example", "c.b.a.example", false),
        ("*.a.example", "a.example", false), ("a.example", "a.example", true), ("a.example", "b.example", false),
        ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("::1", "0:0:0:0:0:0:0:1", true),
    ])
    func `A wildcard is one label`(own: String, other: String, isCovered: Bool) throws {
        #expect(try #require(ServedName(own)).covers(try #require(ServedName(other))) == isCovered)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.1.2.3", true), ("::1", true), ("localhost", true), ("a.localhost", true),
        ("0.0.0.0", false), ("::", false), ("10.0.0.1", false), ("example.com", false), ("notlocalhost", false),
    ])
    func `What is reached from this machine alone`(text: String, isLoopback: Bool) throws {
        #expect(try #require(ServedName(text)).isLoopback == isLoopback)
    }

    @Test func `Addresses in URLs`() throws {
        #expect(try #require(ServedName("::1")).urlHost == "[::1]")
        #expect(try #require(ServedName("127.0.0.1")).urlHost == "127.0.0.1")
    }
}

struct IssueTests {
    @Test func `An authority can do no more than it has to`() throws {
        let certificate = try IssuedPair.authority(for: names("gw.example", "192.0.2.1"), at: now).certificate
        let extensions = certificate.extensions
        #expect(try extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
        #expect(try extensions.keyUsage == KeyUsage(keyCertSign: true, cRLSign: true))
        let identifier = try #require(try extensions.subjectKeyIdentifier).keyIdentifier
        #expect(try extensions.authorityKeyIdentifier?.keyIdentifier == identifier)
        #expect(extensions[oid: .X509ExtensionID.nameConstraints]?.critical == true)
        #expect(extensions[oid: .X509ExtensionID.basicConstraints]?.critical == true)
        #expect(extensions[oid: .X509ExtensionID.keyUsage]?.critical == true)
        #expect(certificate.issuer == certificate.subject)
        #expect(certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
    }

    @Test func `It issues for the names that it was made for, those below them, and this machine`() throws {
        let authority = try IssuedPair.authority(for: names("gw.example", "192.0.2.1", "::1"), at: now)
        for text in [
            "gw.example", "a.gw.example", "*.gw.example", "192.0.2.1", "localhost", "iam.localhost", "127.0.0.9", "::1",
        ] {
            #expect(authority.canIssue(for: try names(text), until: now), "\(text)")
        }
        for text in ["example", "xgw.example", "192.0.2.2", "::2", "2001:db8::1"] {
            #expect(!authority.canIssue(for: try names(text), until: now), "\(text)")
        }
        #expect(!authority.canIssue(for: try names("gw.example", "other.example"), until: now))
        #expect(!authority.canIssue(for: try names("localhost"), until: now + 3651 * day))
    }

    @Test func `A server's certificate is one for TLS servers`() throws {
        let own = ServedName.ofThisMachine(services: ["iam", "s3"])
        let authority = try IssuedPair.authority(for: own, at: now)
        let server = try authority.server(for: own, at: now)
        let extensions = server.certificate.extensions
        #expect(try extensions.basicConstraints == .notCertificateAuthority)
        #expect(try extensions.keyUsage == KeyUsage(digitalSignature: true))
        #expect(try #require(try extensions.extendedKeyUsage).contains(.serverAuth))
        #expect(try extensions.subjectAlternativeNames.map { Array($0).compactMap { ServedName($0) } } == own)
        #expect(
            try extensions.authorityKeyIdentifier?.keyIdentifier
                == authority.certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
        let life = server.certificate.notValidAfter.timeIntervalSince(server.certificate.notValidBefore)
        #expect(life <= 397 * day)
        #expect(server.certificate.notValidBefore.timeIntervalSince1970 < now)

    }

    @Test(arguments: ["bucket.s3.localhost", "iam.localhost", "127.0.0.1", "::1"])
    func `It verifies`(name: String) async throws {
        let own = ServedName.ofThisMachine(services: ["iam", "s3"])
        let time = Date().timeIntervalSince1970
        let authority = try IssuedPair.authority(for: own, at: time)
        let server = try authority.server(for: own, at: time)
        let isAddress = name.contains(":") || name.last?.isNumber == true
        var verifier = Verifier(rootCertificates: CertificateStore([authority.certificate])) {
            RFC5280Policy()
            if isAddress {
                ServerIdentityPolicy(serverHostname: nil, serverIP: name)
            } else {
                ServerIdentityPolicy(serverHostname: name, serverIP: nil)
            }
        }
        let result = await verifier.validate(leaf: server.certificate, intermediates: CertificateStore([]))
        guard case .validCertificate = result else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func `No certificate outlives its authority`() throws {
        let own = try names("localhost")
        let authority = try IssuedPair.authority(for: own, at: now)
        let end = authority.certificate.notValidAfter
        let server = try authority.server(for: own, at: end.timeIntervalSince1970 - day)
        #expect(server.certificate.notValidAfter == end)
    }

    @Test func `Two authorities are not taken for each other`() throws {
        let own = try names("localhost")
        let (one, other) = (try IssuedPair.authority(for: own, at: now), try IssuedPair.authority(for: own, at: now))
        #expect(one.certificate.subject != other.certificate.subject)
    }

    @Test func `Neither record tells its key`() throws {
        let record = try LocalAuthority(IssuedPair.authority(for: names("localhost"), at: now))
        #expect(!"\(record)".contains("KEY"))
        #expect(record.key.contains("PRIVATE KEY"))
        let back = try record.pair
        #expect(Certificate.PublicKey(back.key.publicKey) == back.certificate.publicKey)
    }
}

struct PresentedCertificateTests {
    private let authority: IssuedPair
    private let pem: String
    private let key: String

    init() throws {
        let own = try names("gatehouse.example", "localhost")
        authority = try IssuedPair.authority(for: own, at: now)
        let server = try authority.server(for: own, at: now)
        pem = try server.certificate.serializeAsPEM().pemString
        key = server.key.pemRepresentation
    }

    private func presented(_ pem: String, _ key: String, at time: Double? = now) throws -> PresentedCertificate {
        try PresentedCertificate(certificates: pem, from: "cert.pem", key: key, from: "key.pem", at: time)
    }

    private func problem(_ pem: String, _ key: String, at time: Double = now) -> String {
        do {
            _ = try presented(pem, key, at: time)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func `A chain is taken as it is`() throws {
        let chain = pem + "\n" + (try authority.certificate.serializeAsPEM().pemString)
        let presented = try presented(chain, key)
        #expect(presented.names.map(\.description) == ["gatehouse.example", "localhost"])
        #expect(presented.isSelfContained)
        #expect(try self.presented(pem, key).isSelfContained == false)
    }

    @Test func `What is wrong is said, and no key`() throws {
        let other = try authority.server(for: names("localhost"), at: now).key.pemRepresentation
        #expect(problem(pem, other).contains("the key in key.pem is not that of the first certificate in cert.pem"))
        #expect(problem("", key).contains("cert.pem has no certificate"))
        #expect(problem(key, key).contains("cert.pem has no certificate"))
        #expect(problem(pem, pem).contains("key.pem has no private key"))
        #expect(problem(pem, key, at: now + 91 * day).contains("has expired"))
        #expect(problem(pem, key, at: now - 2 * day).contains("is not valid before"))
        let spoilt = key.replacing("\n", with: "\n!", maxReplacements: 2)
        for message in [problem(pem, spoilt), problem(spoilt, spoilt), problem(pem, other)] {
            #expect(!message.isEmpty)
            #expect(!message.contains(key.split(separator: "\n")[1]))
        }
    }

    @Test(arguments: [
        ("127.0.0.1", "localhost"), ("0.0.0.0", "localhost"), ("::", "localhost"), ("localhost", "localhost"),
        ("gatehouse.example", "gatehouse.example"), ("192.0.2.1", "gatehouse.example"),
    ])
    func `It is reached by a name that the certificate has`(address: String, name: String) throws {
        #expect(try presented(pem, key).bestName(listeningOn: address)?.description == name)
    }
}
