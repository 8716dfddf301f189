import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

@testable import CertificateIssuing

private let now = 1_800_000_000.0
private let day = 86_400.0

/// A root, and what is below it.
struct Authorities {
    let rootKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let root: Certificate
    let issuingKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let issuing: Certificate

    init(length: Int = 0) throws {
        let name = try DistinguishedName(attributes: [(NameAttribute.commonName.identifier, "Root")])
        let template = try #require(CertificateTemplate(name: "RootCACertificate/V1"))
        root = try IssuingAuthority(name: name, key: rootKey).issue(
            order(.ofAuthority(name, key: rootKey, algorithm: .ecdsaWithSHA256, extensions: []), template, days: 3650))
        let below = try #require(CertificateTemplate(name: "SubordinateCACertificate_PathLen\(length)/V1"))
        let own = try DistinguishedName(attributes: [(NameAttribute.commonName.identifier, "Issuing")])
        issuing = try IssuingAuthority(certificate: root, key: rootKey).issue(
            order(
                .ofAuthority(own, key: issuingKey, algorithm: .ecdsaWithSHA256, extensions: []), below, days: 1000))
    }

    var issuer: IssuingAuthority { IssuingAuthority(certificate: issuing, key: issuingKey) }
}

private func order(
    _ request: CertificateSigningRequest, _ template: CertificateTemplate, days: Double
) -> CertificateOrder {
    CertificateOrder(
        request: request, template: template, serial: SerialNumber.make(), notBefore: now, notAfter: now + days * day,
        signatureAlgorithm: .ecdsaWithSHA256)
}

private func request(
    _ names: [String], _ key: Certificate.PrivateKey = .init(P256.Signing.PrivateKey())
) throws -> CertificateSigningRequest {
    try .ofHost(names, key: key, algorithm: key.usualAlgorithm)
}

struct IssuingTests {
    @Test func `A chain holds, within its time and for its own root alone`() async throws {
        let (ours, others) = (try Authorities(), try Authorities())
        let template = try #require(CertificateTemplate(name: CertificateTemplate.standardName))
        let leaf = try ours.issuer.issue(order(try request(["a.example"]), template, days: 30))
        #expect(await leaf.isVouchedFor(by: [ours.issuing, ours.root], at: now + day))
        #expect(await !leaf.isVouchedFor(by: [ours.issuing, ours.root], at: now + 31 * day))
        #expect(await !leaf.isVouchedFor(by: [others.issuing, others.root], at: now + day))
        #expect(await !leaf.isVouchedFor(by: [], at: now + day))
        #expect(ours.root.isSelfSigned && !ours.issuing.isSelfSigned)
        #expect(ours.issuing.isOfAuthority && ours.issuing.pathLength == 0 && !leaf.isOfAuthority)
    }

    @Test func `A path length is kept`() async throws {
        let authorities = try Authorities(length: 0)
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName(attributes: [(NameAttribute.commonName.identifier, "Below")])
        let template = try #require(CertificateTemplate(name: "SubordinateCACertificate_PathLen0/V1"))
        let below = try authorities.issuer.issue(
            order(.ofAuthority(name, key: key, algorithm: .ecdsaWithSHA256, extensions: []), template, days: 30))
        let leafTemplate = try #require(CertificateTemplate(name: CertificateTemplate.standardName))
        let leaf = try IssuingAuthority(certificate: below, key: key).issue(
            order(try request(["a.example"]), leafTemplate, days: 10))
        let chain = [below, authorities.issuing, authorities.root]
        #expect(await !leaf.isVouchedFor(by: chain, at: now + day))
    }

    @Test(arguments: [
        ("EndEntityCertificate/V1", ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]),
        ("EndEntityServerAuthCertificate/V1", ["1.3.6.1.5.5.7.3.1"]),
        ("EndEntityClientAuthCertificate/V1", ["1.3.6.1.5.5.7.3.2"]),
        ("CodeSigningCertificate/V1", ["1.3.6.1.5.5.7.3.3"]), ("OCSPSigningCertificate/V1", ["1.3.6.1.5.5.7.3.9"]),
    ])
    func `A template says what the key is for`(name: String, purposes: [String]) throws {
        let template = try #require(CertificateTemplate(name: name))
        let leaf = try Authorities().issuer.issue(order(try request(["a.example"]), template, days: 1))
        #expect(try leaf.extensions.extendedKeyUsage?.map(\.identifier) == purposes)
        #expect(leaf.hostNames == ["a.example"])
    }

    @Test func `The API's word counts only with a template that takes it`() throws {
        let given = try DistinguishedName(attributes: [(NameAttribute.commonName.identifier, "given.example")])
        let names = try Certificate.Extension.alternativeNames([.dnsName("given.example")])
        for (name, host) in [
            ("EndEntityServerAuthCertificate/V1", "a.example"),
            ("EndEntityServerAuthCertificate_APIPassthrough/V1", "given.example"),
        ] {
            var one = order(try request(["a.example"]), try #require(CertificateTemplate(name: name)), days: 1)
            one.givenSubject = given
            one.givenExtensions = [names]
            #expect(try Authorities().issuer.issue(one).hostNames == [host])
        }
    }

    @Test func `Without a subject the names have to be understood`() throws {
        let name = "EndEntityServerAuthCertificate_APIPassthrough/V1"
        var one = order(try request(["a.example"]), try #require(CertificateTemplate(name: name)), days: 1)
        one.givenSubject = try DistinguishedName(attributes: [])
        let leaf = try Authorities().issuer.issue(one)
        #expect(leaf.extensions[oid: .X509ExtensionID.subjectAlternativeName]?.critical == true)
    }

    @Test func `It says where to ask about it`() throws {
        let template = try #require(CertificateTemplate(name: CertificateTemplate.standardName))
        var one = order(try request(["a.example"]), template, days: 1)
        (one.responder, one.issuerAddress) = ("http://ocsp.example", "http://issuer.example")
        one.distributionPoint = "http://list.example"
        let leaf = try Authorities().issuer.issue(one)
        let access = try #require(try leaf.extensions.authorityInformationAccess)
        #expect(access.map { "\($0.location)" }.joined().contains("ocsp.example"))
        #expect(access.count == 2)
        let point = try #require(leaf.extensions[oid: [2, 5, 29, 31]])
        #expect(String(decoding: point.value, as: UTF8.self).contains("http://list.example"))
    }

    @Test func `A request without its key is none`() throws {
        let pem = try request(["a.example"]).pem()
        #expect(throws: Never.self) { try CertificateSigningRequest(proving: pem) }
        var lines = pem.split(separator: "\n").map(String.init)
        let last = lines.count - 2
        lines[last] = String(lines[last].reversed())
        #expect(throws: IssuingError.malformedRequest) {
            try CertificateSigningRequest(proving: lines.joined(separator: "\n"))
        }
        #expect(throws: IssuingError.malformedRequest) { try CertificateSigningRequest(proving: "") }
    }

    @Test(arguments: ["EndEntityCertificate/V2", "", "BlankEndEntityCertificate/V1", "RootCACertificate_PathLen0/V1"])
    func `There are no other templates`(name: String) { #expect(CertificateTemplate(name: name) == nil) }
}

struct SerialNumberTests {
    @Test func `Serial numbers are positive, long and all different`() {
        let all = (0..<1000).map { _ in SerialNumber.make() }
        #expect(all.allSatisfy { $0.count == 16 && $0[0] & 0x80 == 0 && $0[0] & 0x40 != 0 })
        #expect(Set(all).count == all.count)
    }

    @Test func `Texts are read back`() {
        #expect(SerialNumber.text([0, 1, 0xab]) == "0001ab")
        #expect(SerialNumber.bytes("0001ab") == [0, 1, 0xab])
        #expect(SerialNumber.shown("0001ab") == "00:01:ab")
        #expect(SerialNumber.kept("00:01:AB") == "0001ab" && SerialNumber.kept("0x0001ab") == "0001ab")
        #expect(SerialNumber.bytes("0") == [] && SerialNumber.bytes("xy") == [])
    }
}
