import Foundation
import ProcessorTime
import SAML
import Testing

/// Documents made to hurt the parser.
@Suite struct HostileDocumentTests {
    private static let hostile: [(name: String, prolog: String, content: String)] = [
        ("external entity", #"<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>"#, "&x;"),
        ("parameter entity", #"<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>"#, ""),
        ("external subset", #"<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd">"#, ""),
        ("internal entity", #"<!DOCTYPE r [<!ENTITY x "y">]>"#, "&x;"),
        ("empty type", "<!DOCTYPE r>", ""),
        ("attribute default", #"<!DOCTYPE r [<!ATTLIST r ID ID "_assertion">]>"#, ""),
        ("unknown entity", "", "&x;"),
        (
            "billion laughs",
            "<!DOCTYPE r [<!ENTITY a0 \"ha\">"
                + (1...20).map { "<!ENTITY a\($0) \"\(String(repeating: "&a\($0 - 1);", count: 10))\">" }.joined()
                + "]>",
            "&a20;"
        ),
    ]

    @Test func documentTypesAndEntities() throws {
        let (metadata, response) = try (document("metadata.xml"), document("assertion-signed.xml"))
        for (name, prolog, content) in Self.hostile {
            let body = metadata.replacing(#"<?xml version="1.0" encoding="UTF-8"?>"#, "")
                .replacing("<md:IDPSSODescriptor", content + "<md:IDPSSODescriptor")
            #expect(throws: SAMLError.malformed, "\(name)") { try SAMLMetadata(parsing: prolog + body) }
            let hostile = prolog + response.replacing("<samlp:Status>", content + "<samlp:Status>")
            #expect(throws: SAMLError.malformed, "\(name)") {
                try verifier().assertion(in: Array(hostile.utf8), at: issued)
            }
        }
    }

    @Test func depthWidthAndLength() throws {
        let deep = String(repeating: "<a>", count: 100_000)
        let attributes = (0..<100_000).map { " a\($0)=\"\"" }.joined()
        let namespaces = (0..<100_000).map { "<a xmlns:n\($0)=\"u\">" }.joined()
        for text in [
            deep, deep + String(repeating: "</a>", count: 100_000), "<a\(attributes)/>", namespaces, "", "<", "<a",
            "\u{0}", "<a/><b/>", "plain", String(repeating: "<a/>", count: 200_000),
        ] {
            let time = processorTime {
                #expect(throws: SAMLError.malformed) { try SAMLMetadata(parsing: text) }
            }
            #expect(time < .seconds(60))
        }
        // Well-formed and signed, but longer than a request can be.
        #expect(throws: SAMLError.malformed) {
            try verify("assertion-signed.xml") { $0 + String(repeating: " ", count: SAMLVerifier.longestResponse) }
        }
    }

    /// Canonicalization takes time with each namespace in scope at each element.
    @Test func manyNamespacesInScope() throws {
        func declaring(_ count: Int) -> (String) -> String {
            let namespaces = (0..<count).map { " xmlns:n\($0)=\"urn:u\"" }.joined()
            return { $0.replacing("<samlp:Response ", "<samlp:Response\(namespaces) ") }
        }
        #expect(try verify("assertion-signed.xml", declaring(20)).subject == "alice@example.com")
        #expect(throws: SAMLError.signatureInvalid) { try verify("assertion-signed.xml", declaring(65)) }
    }

    @Test func otherEncodings() throws {
        let text = try document("assertion-signed.xml")
        let utf16 = try #require(text.data(using: .utf16))
        #expect(throws: SAMLError.malformed) { try verifier().assertion(in: Array(utf16), at: issued) }
        // What a document declares does not matter: it is read as UTF-8.
        let declared = text.replacing(#"<?xml version="1.0"?>"#, with: #"<?xml version="1.0" encoding="ISO-8859-1"?>"#)
        #expect(try verifier().assertion(in: Array(declared.utf8), at: issued).subject == "alice@example.com")
    }

    @Test func everyTruncationAndFlippedByte() throws {
        let bytes = try Array(document("assertion-signed.xml").utf8)
        let verifier = try verifier()
        for length in stride(from: 0, to: bytes.count - 1, by: 7) {
            #expect(throws: SAMLError.self) { try verifier.assertion(in: Array(bytes.prefix(length)), at: issued) }
        }
        for position in stride(from: 0, to: bytes.count - 1, by: 11) {
            var changed = bytes
            changed[position] ^= 0x04
            // What is not signed may change; what the assertion says may not.
            if let assertion = try? verifier.assertion(in: changed, at: issued) {
                #expect(assertion == (try verifier.assertion(in: bytes, at: issued)))
            }
        }
    }
}
