import Crypto
import Foundation
import Testing
import X509

@testable import CertificateIssuing

private let now = 1_800_000_000.0

struct RevocationTests {
    private func signer(_ authorities: Authorities) throws -> RevocationAuthority {
        let key = try authorities.issuingKey.serializeAsPEM().derBytes
        return RevocationAuthority(certificate: try authorities.issuing.der(), key: key, hash: .sha256)
    }

    @Test func `A list has the serial numbers that are revoked`() throws {
        let serials = [SerialNumber.make(), SerialNumber.make()]
        let list = try signer(try Authorities()).list(
            serials.map { Revocation(serial: $0, time: now, reason: .keyCompromise) }, number: 7, thisUpdate: now,
            nextUpdate: now + 60)
        for serial in serials { #expect(Data(list).firstRange(of: Data(serial)) != nil) }
        let empty = try signer(try Authorities()).list([], number: 1, thisUpdate: now, nextUpdate: now + 60)
        #expect(Data(empty).firstRange(of: Data(serials[0])) == nil)
    }

    @Test func `A list needs a time that there is, and its authority's key`() throws {
        let authorities = try Authorities()
        #expect(throws: IssuingError.failed) {
            try signer(authorities).list([], number: 1, thisUpdate: .infinity, nextUpdate: .infinity)
        }
        let other = RevocationAuthority(certificate: [1, 2, 3], key: [], hash: .sha256)
        #expect(throws: IssuingError.failed) {
            try other.list([], number: 1, thisUpdate: now, nextUpdate: now + 60)
        }
    }

    @Test(arguments: [[], [0x30], Array(repeating: UInt8(0x30), count: 20_000)])
    func `What is no question is not answered`(bytes: [UInt8]) { #expect(RevocationQuery(bytes) == nil) }

    @Test func `Refusals differ`() {
        let all: [RevocationQuery.Refusal] = [.malformedRequest, .internalError, .tryLater, .unauthorized]
        #expect(Set(all.map(\.bytes)).count == all.count)
        #expect(all.allSatisfy { !$0.bytes.isEmpty })
    }

    @Test func `Answers are given again while nothing has changed`() {
        let recent = RecentAnswers()
        recent.keep([9], to: [1], [.good], at: now)
        #expect(recent.answer(to: [1], [.good], at: now + 1) == [9])
        #expect(recent.answer(to: [1], [.unknown], at: now + 1) == nil)
        #expect(recent.answer(to: [2], [.good], at: now + 1) == nil)
        #expect(recent.answer(to: [1], [.good], at: now + 3600) == nil)
        #expect(recent.answer(to: [1], [.good], at: now - 1) == nil, "the clock was put back")
        #expect(
            recent.isFirst("a", at: now) && !recent.isFirst("a", at: now + 1) && recent.isFirst("a", at: now + 3600))
    }
}

struct SignedMessageTests {
    @Test func `A message has what was signed in it, and not the certificate`() throws {
        let authorities = try Authorities()
        let certificate = try authorities.issuing.der()
        let key = try authorities.issuingKey.serializeAsPEM().derBytes
        let content = Array("what is signed".utf8)
        let message = Data(try SignedMessage.der(content, certificate: certificate, key: key))
        #expect(message.firstRange(of: Data(content)) != nil)
        #expect(message.firstRange(of: Data(certificate)) == nil)
        #expect(throws: IssuingError.failed) { try SignedMessage.der([], certificate: certificate, key: key) }
        #expect(throws: IssuingError.failed) { try SignedMessage.der(content, certificate: [1], key: key) }
        #expect(throws: IssuingError.failed) { try SignedMessage.der(content, certificate: certificate, key: []) }
    }
}

struct KeyTests {
    @Test func `A key is written with and without a passphrase`() throws {
        let key = P256.Signing.PrivateKey()
        let der = Array(try Certificate.PrivateKey(key).serializeAsPEM().derBytes)
        let pem = PlainKey.pem(der)
        #expect(pem.hasPrefix("-----BEGIN PRIVATE KEY-----"))
        let (read, again) = try Certificate.PrivateKey.imported(pem)
        #expect(again == der && read.publicKey == Certificate.PublicKey(key.publicKey))
        let sealed = try ProtectedKey.pem(der, passphrase: Array("secret".utf8))
        #expect(sealed.hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        #expect(throws: IssuingError.failed) { try Certificate.PrivateKey.imported(sealed) }
        #expect(throws: IssuingError.failed) { try ProtectedKey.pem([1, 2, 3], passphrase: Array("secret".utf8)) }
        #expect(throws: IssuingError.failed) { try ProtectedKey.pem(der, passphrase: []) }
    }

    @Test func `A chain of more certificates than any authority has is none`() throws {
        let pem = try Authorities().root.pem()
        #expect(try Certificate.chain(Array(repeating: pem, count: 8).joined(separator: "\n")).count == 8)
        #expect(throws: IssuingError.malformedCertificate) {
            try Certificate.chain(Array(repeating: pem, count: 9).joined(separator: "\n"))
        }
        #expect(throws: IssuingError.malformedCertificate) { try Certificate.chain("-----BEGIN CERTIFICATE-----") }
    }

    @Test func `Attributes of names are read back`() throws {
        let written = [
            (NameAttribute.country.identifier, "CH"), (NameAttribute.organization.identifier, "Analytical Engines"),
            (NameAttribute.commonName.identifier, "Ä"), ("1.2.3.4", "custom"),
        ]
        let name = try DistinguishedName(attributes: written.map { (identifier: $0.0, value: $0.1) })
        #expect(name.attributes.map(\.identifier) == written.map(\.0))
        #expect(name.attributes.map(\.value) == written.map(\.1))
        #expect(throws: IssuingError.malformedExtension) {
            try DistinguishedName(attributes: [(identifier: NameAttribute.country.identifier, value: "Ä")])
        }
        #expect(throws: IssuingError.malformedExtension) {
            try DistinguishedName(attributes: [(identifier: "x", value: "y")])
        }
    }
}
