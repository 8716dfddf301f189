import SigninAPI
import Testing
import Wire

@testable import SigninService

@Suite struct AuthorizationRequestTests {
    private static let own = ["https://gate.example"]
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    private func request(_ changes: [String: String?]) throws(ServiceError) -> AuthorizationRequest {
        var parameters: [String: String] = [
            "client_id": "arn:aws:signin:::devtools/same-device", "response_type": "code", "scope": "openid",
            "code_challenge_method": "SHA-256", "code_challenge": Self.challenge,
            "redirect_uri": "http://127.0.0.1:8000/oauth/callback",
        ]
        for (name, value) in changes { parameters[name] = value }
        return try AuthorizationRequest({ parameters[$0] }, at: Self.own)
    }

    @Test func whatTheClientAsksFor() throws {
        let asked = try request(["state": "s"])
        #expect(asked.client == .sameDevice)
        #expect(asked.state == "s")
        #expect(asked.origin == "http://127.0.0.1:8000")
        let page = "https://gate.example/v1/sessions/confirmation"
        let elsewhere = try request(["client_id": DeveloperTool.crossDevice.rawValue, "redirect_uri": page])
        #expect(elsewhere.origin == nil)
    }

    @Test(arguments: [
        "http://127.0.0.1:0/oauth/callback", "http://127.0.0.1:65536/oauth/callback",
        "http://127.0.0.1:+1/oauth/callback",
        "http://127.0.0.1:/oauth/callback", "http://127.0.0.1/oauth/callback", "http://127.0.0.1:oauth/callback",
        "http://127.0.0.1:١/oauth/callback", "http://127.0.0.1:1@x/oauth/callback", "http://x:1/oauth/callback",
        "https://gate.example/v1/sessions/confirmation", "", "http://127.0.0.1:99999999999999999999/oauth/callback",
    ])
    func addressesThatNobodyIsSentTo(_ address: String) {
        #expect(throws: ServiceError.self) { try request(["redirect_uri": address]) }
    }

    @Test(arguments: ["client_id", "response_type", "scope", "code_challenge_method", "code_challenge", "redirect_uri"])
    func whatHasToBeThere(_ name: String) {
        #expect(throws: ServiceError.self) { try request([name: nil]) }
        #expect(throws: ServiceError.self) { try request([name: "x"]) }
    }

    /// RFC 7636, appendix B.
    @Test func theExampleOfProofKeys() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        #expect(Signin.CreateOAuth2Token.isVerifier(verifier, of: Self.challenge))
        #expect(!Signin.CreateOAuth2Token.isVerifier(verifier + "x", of: Self.challenge))
        #expect(!Signin.CreateOAuth2Token.isVerifier("", of: Self.challenge))
        #expect(!Signin.CreateOAuth2Token.isVerifier(Self.challenge, of: Self.challenge))
    }

    @Test func ticketsTellTheirAccount() throws {
        let made = SignInTicket(of: "111122223333")
        #expect(made.text.utf8.count <= 512)
        #expect(SignInTicket(made.text)?.account == "111122223333")
        #expect(!made.id.contains(made.text.dropFirst(13)))
        for wrong in ["", "x", ".", "11112222333.a", "١١١١٢٢٢٢٣٣٣٣.a"] { #expect(SignInTicket(wrong) == nil) }
    }

    @Test func aProofIsGoodOnce() throws {
        let login = ConsoleLogin(session: "s", started: 0, person: "p", role: nil)
        var grant = SignInGrant(id: "i", client: .sameDevice, thumbprint: "t", login: login, expires: 1)
        try grant.take("a", until: 300, now: 0)
        #expect(throws: ServiceError.self) { try grant.take("a", until: 300, now: 299) }
        try grant.take("a", until: 700, now: 301)
        for number in 0..<99 { try grant.take("\(number)", until: 700, now: 301) }
        #expect(throws: ServiceError.tooManyRequests) { try grant.take("b", until: 700, now: 301) }
        try grant.take("b", until: 1100, now: 701)
    }
}
