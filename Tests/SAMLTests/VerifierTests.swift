import Foundation
import SAML
import Testing

/// Honest responses, and the conditions that they come with.
@Suite struct VerifierTests {
    @Test(arguments: ["assertion-signed.xml", "response-signed.xml", "curve-signed.xml"])
    func takesWhatTheProviderSigned(_ name: String) throws {
        let assertion = try verify(name)
        #expect(assertion.issuer == "https://idp.example/metadata")
        #expect(assertion.subject == "alice@example.com")
        #expect(assertion.subjectFormat == "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
        #expect(assertion.recipient == "https://signin.aws.amazon.com/saml")
        #expect(assertion.sessionNotOnOrAfter == issued + 8 * 3600)
        #expect(
            assertion.attributes == [
                "https://aws.amazon.com/SAML/Attributes/Role": [
                    "arn:aws:iam::111122223333:role/Reader,arn:aws:iam::111122223333:saml-provider/Example",
                    "arn:aws:iam::111122223333:saml-provider/Example,arn:aws:iam::111122223333:role/Writer",
                ],
                "https://aws.amazon.com/SAML/Attributes/RoleSessionName": ["alice"],
            ])
    }

    @Test func theExampleOfTheDocumentation() throws {
        let document = try SAMLTests.document("metadata.xml")
        let response = try Data(SAMLTests.document("assertion-signed.xml").utf8).base64EncodedString()
        let now = issued
        let metadata = try SAMLMetadata(parsing: document)
        let assertion = try SAMLVerifier(metadata: metadata).assertion(inBase64: response, at: now)
        #expect(assertion.subject == "alice@example.com")
    }

    @Test func takesBase64InLines() throws {
        let text = try Array(document("assertion-signed.xml").utf8)
        let lines = Data(text).base64EncodedString(options: .lineLength76Characters)
        #expect(try verifier().assertion(inBase64: lines, at: issued).subject == "alice@example.com")
        #expect(throws: SAMLError.malformed) { try verifier().assertion(inBase64: "no base64!", at: issued) }
    }

    @Test func heedsTheTime() throws {
        #expect(throws: SAMLError.notYetValid) { try verify("assertion-signed.xml", at: issued - 61) }
        _ = try verify("assertion-signed.xml", at: issued - 59)
        _ = try verify("assertion-signed.xml", at: issued + 300)
        // Its conditions last a minute longer, for the sake of clocks, but nothing is taken after five minutes.
        #expect(throws: SAMLError.tooOld) { try verify("assertion-signed.xml", at: issued + 301) }
        #expect(throws: SAMLError.expired) { try verify("assertion-signed.xml", at: issued + 361) }
    }

    @Test func decryptsAndVerifies() throws {
        let response = try Array(document("encrypted.xml").utf8)
        let (right, wrong) = try (document("receiver.pem"), document("stranger.pem"))
        let both = try verifier(privateKeys: [wrong, right], requiresEncryption: true)
        #expect(try both.assertion(in: response, at: issued).subject == "alice@example.com")
        #expect(throws: SAMLError.undecipherable) {
            try verifier(privateKeys: [wrong]).assertion(in: response, at: issued)
        }
        #expect(throws: SAMLError.undecipherable) { try verifier().assertion(in: response, at: issued) }
        let plain = try Array(document("assertion-signed.xml").utf8)
        #expect(throws: SAMLError.notEncrypted) { try both.assertion(in: plain, at: issued) }
    }

    @Test func refusesCiphertextFromElsewhere() throws {
        // A reference would have to be fetched.
        let text = try document("encrypted.xml")
        let value = text.part(from: "<xenc:CipherValue>", through: "</xenc:CipherValue>")
        let changed = text.replacing(value, #"<xenc:CipherReference URI="http://localhost:1/"/>"#)
        #expect(changed != text)
        let verifier = try verifier(privateKeys: [document("receiver.pem")])
        #expect(throws: SAMLError.undecipherable) { try verifier.assertion(in: Array(changed.utf8), at: issued) }
    }

    @Test func knowsPrivateKeys() throws {
        #expect(SAMLVerifier.isPrivateKey(try document("receiver.pem")))
        #expect(!SAMLVerifier.isPrivateKey("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
        #expect(!SAMLVerifier.isPrivateKey(""))
        #expect(!SAMLVerifier.isPrivateKey(try document("metadata.xml")))
    }

    @Test func hearsTheProvidersOwnRefusal() throws {
        #expect(throws: SAMLError.rejectedByProvider) {
            try verify("assertion-signed.xml") { $0.replacing("status:Success", "status:AuthnFailed") }
        }
    }

    @Test func worksFromManyThreads() async throws {
        let verifier = try verifier()
        let response = try Array(document("assertion-signed.xml").utf8)
        try await withThrowingTaskGroup { group in
            for _ in 0..<64 { group.addTask { try verifier.assertion(in: response, at: issued).subject } }
            for try await subject in group { #expect(subject == "alice@example.com") }
        }
    }
}
