import Testing
import WebAuthn
import Wire

@Suite struct OptionsTests {
    private let site = RelyingParty(id: "localhost", name: "Gate\"house", origins: ["https://localhost:4566"])

    @Test func creation() throws {
        let options = CreationOptions(
            relyingParty: site, challenge: [0xFB, 0xFF], userHandle: [1], userName: "alice@111122223333",
            displayName: "alice", excluded: [CredentialDescriptor(id: [2, 3], transports: ["usb"])])
        let json = try JSONValue(parsing: options.json)
        #expect(json["challenge"] == .string("-_8"))
        #expect(json["rp"]?["name"] == .string("Gate\"house"))
        #expect(json["user"]?["id"] == .string("AQ"))
        #expect(json["attestation"] == .string("none"))
        guard case .array(let algorithms)? = json["pubKeyCredParams"],
            case .array(let excluded)? = json["excludeCredentials"]
        else {
            Issue.record("there are no lists")
            return
        }
        #expect(algorithms.map { $0["alg"] } == [.integer(-7), .integer(-8), .integer(-257)])
        #expect(excluded.map { $0["id"] } == [.string("AgM")])
        #expect(excluded.first?["transports"] == .array([.string("usb")]))
    }

    @Test func request() throws {
        let options = RequestOptions(
            relyingParty: site, challenge: [1], allowed: [CredentialDescriptor(id: [2], transports: [])],
            verification: .required)
        let json = try JSONValue(parsing: options.json)
        #expect(json["rpId"] == .string("localhost"))
        #expect(json["userVerification"] == .string("required"))
        #expect(
            json["allowCredentials"]
                == .array([
                    .object([
                        JSONMember(key: "type", value: .string("public-key")),
                        JSONMember(key: "id", value: .string("Ag")),
                    ])
                ]))
    }

    @Test func answersThatAreNone() {
        for text in [
            "", "{}", "[]", #"{"type":"public-key","id":"","response":{}}"#,
            #"{"type":"public-key","id":"AQ","rawId":"Ag","response":{}}"#,
            #"{"type":"public-key","id":"AQ==","rawId":"AQ==","response":{}}"#,
            #"{"type":"public-key","id":"AQ","rawId":"AQ","response":{"clientDataJSON":1}}"#,
            #"{"type":"password","id":"AQ","rawId":"AQ","response":{"clientDataJSON":"AQ","attestationObject":"AQ","#
                + #""authenticatorData":"AQ","signature":"AQ"}}"#,
        ] {
            #expect(throws: WebAuthnError.self) { try RegistrationResponse(json: Array(text.utf8)) }
            #expect(throws: WebAuthnError.self) { try AssertionResponse(json: Array(text.utf8)) }
        }
    }

    @Test func transportsAreHints() throws {
        let text = """
            {"type":"public-key","id":"AQ","response":{"clientDataJSON":"AQ","attestationObject":"AQ",\
            "transports":["usb","<b>",7,"smart-card"]}}
            """
        #expect(try RegistrationResponse(json: Array(text.utf8)).transports == ["usb", "smart-card"])
    }

    @Test(arguments: [
        ("https://localhost:4566", "localhost"), ("http://localhost:4566", "localhost"),
        ("https://console.example.com", "console.example.com"), ("http://a.localhost", "a.localhost"),
    ])
    func sites(_ origin: String, _ id: String) {
        #expect(RelyingParty(origin: origin, name: "")?.id == id)
        #expect(RelyingParty(origin: origin, name: "")?.origins == [origin])
    }

    @Test(arguments: [
        "http://example.com", "https://127.0.0.1:4566", "https://[::1]:4566", "localhost", "https://", "https://a:b",
        "https://EXAMPLE.com", "https://example.com/", "https://example.com.", "file://localhost",
    ])
    func noSites(_ origin: String) {
        #expect(RelyingParty(origin: origin, name: "") == nil)
    }
}
