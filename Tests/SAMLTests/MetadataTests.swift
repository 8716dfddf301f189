import SAML
import Testing

@Suite struct MetadataTests {
    @Test func readsWhatIsThere() throws {
        let metadata = try SAMLMetadata(parsing: document("metadata.xml"))
        #expect(metadata.entityID == "https://idp.example/metadata")
        #expect(metadata.signingCertificates.count == 2)
        #expect(metadata.validUntil == 2_082_758_400)
        #expect(
            metadata.signOnLocations == [
                "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect": "https://idp.example/sso"
            ])
    }

    @Test func refusesWhatLacksSomething() throws {
        let text = try document("metadata.xml")
        let service = text.part(from: "<md:SingleSignOnService", through: "/>")
        let certificate = text.part(from: "<ds:X509Certificate>", through: "</ds:X509Certificate>")
        for changed in [
            text.replacing(#" entityID="https://idp.example/metadata""#, ""),
            text.replacing("IDPSSODescriptor", "SPSSODescriptor"),
            text.replacing("EntityDescriptor", "EntitiesDescriptor"),
            text.replacing(
                #"protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0"#, #"protocolSupportEnumeration="x"#),
            text.replacing(#"use="signing""#, #"use="encryption""#),
            text.replacing(service, ""),
            text.replacing(certificate, "<ds:X509Certificate>AAAA</ds:X509Certificate>"),
            text.replacing(certificate, "<ds:X509Certificate>not base64</ds:X509Certificate>"),
            text.replacing("2036-01-01T00:00:00Z", "some day"),
        ] {
            #expect(changed != text)
            #expect(throws: SAMLError.malformed) { try SAMLMetadata(parsing: changed) }
        }
    }

    @Test func aKeyWithoutAUseSigns() throws {
        let text = try document("metadata.xml").replacing(#" use="signing""#, "")
        #expect(try SAMLMetadata(parsing: text).signingCertificates.count == 2)
    }
}
