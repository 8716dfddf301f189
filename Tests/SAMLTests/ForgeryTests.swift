import SAML
import Testing

/// Responses that somebody made who is not the provider, mostly from pieces that the provider did sign.
/// "On Breaking SAML: Be Whoever You Want to Be" (USENIX Security 2012) numbers the wrappings.
@Suite struct ForgeryTests {
    private func expectRefusal(
        _ name: String, _ change: (String) -> String, _ location: SourceLocation = #_sourceLocation
    )
        throws
    {
        let original = try document(name)
        #expect(change(original) != original, "the change changes nothing", sourceLocation: location)
        #expect(throws: SAMLError.self, sourceLocation: location) { try verify(name, change) }
    }

    @Test(arguments: ["assertion-signed.xml", "response-signed.xml", "curve-signed.xml"])
    func aChangedWord(_ name: String) throws {
        #expect(throws: SAMLError.signatureInvalid) {
            try verify(name) { $0.replacing("alice@example.com", "mallory@example.com") }
        }
        #expect(throws: SAMLError.signatureInvalid) { try verify(name) { $0.replacing("role/Reader", "role/Admin") } }
    }

    @Test func anotherKey() throws {
        // Its own certificate travels with it, and is not looked at.
        #expect(try document("stranger-signed.xml").contains("<ds:X509Certificate>"))
        #expect(throws: SAMLError.signatureInvalid) { try verify("stranger-signed.xml") }
    }

    @Test func noSignature() throws {
        for name in ["assertion-signed.xml", "response-signed.xml"] {
            #expect(throws: SAMLError.signatureInvalid) {
                try verify(name) { $0.replacing($0.part(from: "<ds:Signature ", through: "</ds:Signature>"), "") }
            }
        }
    }

    @Test func weakOrForeignAlgorithms() throws {
        #expect(throws: SAMLError.signatureInvalid) { try verify("sha1-signed.xml") }
        #expect(throws: SAMLError.signatureInvalid) { try verify("whole-signed.xml") }
        try expectRefusal("assertion-signed.xml") {
            // The certificate's bytes as the key of a MAC, as in other formats' "algorithm confusion".
            $0.replacing("2001/04/xmldsig-more#rsa-sha256", "2001/04/xmldsig-more#hmac-sha256")
        }
        for transform in ["TR/1999/REC-xslt-19991116", "TR/1999/REC-xpath-19991116", "2002/06/xmldsig-filter2"] {
            try expectRefusal("assertion-signed.xml") {
                $0.replacing(
                    #"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>"#,
                    #"<ds:Transform Algorithm="http://www.w3.org/\#(transform)"/>"#)
            }
        }
    }

    /// A forged assertion stands where the signed one stood; the signed one stays somewhere in the document.
    @Test func wrappings() throws {
        let text = try document("assertion-signed.xml")
        let original = text.part(from: "<saml:Assertion ", through: "</saml:Assertion>")
        let signature = original.part(from: "<ds:Signature ", through: "</ds:Signature>")
        let evil = original.replacing(signature, "").replacing("alice", "mallory")
        let renamed = evil.replacing("_assertion", "_evil")
        #expect(!original.isEmpty && !signature.isEmpty && evil != original)

        var forgeries: [String: String] = [:]
        // Beside each other, in both orders, with the same id and with another.
        for other in [evil, renamed] {
            forgeries["beside, first \(other == evil)"] = text.replacing(original, other + original)
            forgeries["beside, last \(other == evil)"] = text.replacing(original, original + other)
            // XSW 3 to 8: the signed one inside the forged one, or inside the forged one's signature.
            let outer = other.replacing("</saml:Issuer>", "</saml:Issuer>" + signature)
            forgeries["in Object \(other == evil)"] = text.replacing(
                original,
                other.replacing(
                    "</saml:Issuer>",
                    "</saml:Issuer>"
                        + signature.replacing(
                            "</ds:Signature>",
                            "<ds:Object>\(original.replacing(signature, ""))</ds:Object></ds:Signature>")))
            forgeries["in Extensions \(other == evil)"] =
                text
                .replacing(original, outer)
                .replacing("<samlp:Status>", "<samlp:Extensions>\(original)</samlp:Extensions><samlp:Status>")
            forgeries["in Advice \(other == evil)"] = text.replacing(
                original,
                outer.replacing("<saml:AuthnStatement ", "<saml:Advice>\(original)</saml:Advice><saml:AuthnStatement "))
            forgeries["in Subject \(other == evil)"] = text.replacing(
                original, outer.replacing("</saml:Subject>", original + "</saml:Subject>"))
        }
        // The signature moved to the response, still over the assertion.
        forgeries["moved up"] = text.replacing(original, original.replacing(signature, ""))
            .replacing("<samlp:Status>", signature + "<samlp:Status>").replacing("alice", "alice")
        forgeries["twice"] = text.replacing(signature, signature + signature)
        // A second element of the same id, by a name that parsers know as an id of themselves.
        forgeries["xml:id"] = text.replacing("<samlp:Status>", #"<samlp:Status xml:id="_assertion">"#)
        forgeries["Id"] = text.replacing("<samlp:Status>", #"<samlp:Status Id="_assertion">"#)
        for (name, forgery) in forgeries {
            #expect(forgery != text, "\(name) changes nothing")
            #expect(throws: SAMLError.self, "\(name)") {
                try verifier().assertion(in: Array(forgery.utf8), at: issued)
            }
        }
    }

    @Test func responseWrappings() throws {
        let text = try document("response-signed.xml")
        let signature = text.part(from: "<ds:Signature ", through: "</ds:Signature>")
        let evil = text.replacing("alice", "mallory")
        // The whole signed response as an Object of the forged one's signature, or as its extension.
        for forgery in [
            evil.replacing("</ds:Signature>", "<ds:Object>\(text)</ds:Object></ds:Signature>"),
            evil.replacing("_response\" V", "_evil\" V")
                .replacing("<samlp:Status>", "<samlp:Extensions>\(text)</samlp:Extensions><samlp:Status>"),
            evil.replacing(signature, "").replacing("_response", "_evil")
                .replacing("<samlp:Status>", "<samlp:Extensions>\(text)</samlp:Extensions><samlp:Status>"),
        ] {
            #expect(throws: SAMLError.self) { try verifier().assertion(in: Array(forgery.utf8), at: issued) }
        }
    }

    /// A comment splits the text that a signature joins: "alice@example.com<!---->.evil" must not become Alice.
    @Test func commentsDoNotCutTexts() throws {
        let assertion = try verify("assertion-signed.xml") {
            $0.replacing("alice@example.com", "alice@<!-- cut here -->example.com")
        }
        #expect(assertion.subject == "alice@example.com")
        try expectRefusal("assertion-signed.xml") {
            $0.replacing("alice@example.com", "alice@example.com<!-- -->.evil")
        }
    }

    @Test func otherAudienceIssuerAndRecipient() throws {
        // The unsigned parts first; what is signed can't be changed anyway.
        #expect(throws: SAMLError.unknownIssuer) {
            try verify("assertion-signed.xml") { text in
                let issuer = text.part(from: "<saml:Issuer ", through: "</saml:Issuer>")
                return text.replacing(issuer, issuer.replacing("idp.example", "other.example"))
            }
        }
        let metadata = try document("metadata.xml").replacing("https://idp.example/metadata", "https://other.example")
        let other = SAMLVerifier(metadata: try SAMLMetadata(parsing: metadata))
        let response = try Array(document("assertion-signed.xml").utf8)
        #expect(throws: SAMLError.unknownIssuer) { try other.assertion(in: response, at: issued) }
    }
}
