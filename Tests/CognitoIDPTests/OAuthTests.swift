import Testing

@testable import CognitoIDPService

@Suite struct CodeChallengeTests {
    /// RFC 7636, appendix B.
    private let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    @Test func provesTheVerifierOfTheRFC() {
        #expect(CodeChallenge.isVerifier(verifier, of: challenge))
        #expect(!CodeChallenge.isVerifier(challenge, of: challenge))
        #expect(!CodeChallenge.isVerifier(verifier + "x", of: challenge))
        #expect(!CodeChallenge.isVerifier("", of: challenge))
    }

    @Test func takesHashesAlone() {
        #expect(CodeChallenge.isChallenge(challenge))
        for text in ["", "x", challenge + "=", String(challenge.dropLast()), challenge.replacing("-", with: "+")] {
            #expect(!CodeChallenge.isChallenge(text), "\(text)")
        }
    }
}

@Suite struct RedirectURITests {
    @Test func addsValues() {
        #expect(
            RedirectURI.with([("code", "a b"), ("state", "1&2=3")], "app://x") == "app://x?code=a+b&state=1%262%3D3")
        #expect(RedirectURI.with([("code", "a"), ("state", nil)], "https://x/?y=z") == "https://x/?y=z&code=a")
        #expect(RedirectURI.with([("token", "a")], "https://x/", inFragment: true) == "https://x/#token=a")
    }

    @Test func refusesWhatAHeaderCantHold() {
        #expect(RedirectURI.isSafe("https://example.com/callback?a=b"))
        for address in ["https://x/\r\nA: b", "https://x/#y", "https://x/ y", "https://x/\u{e9}", "https://x/\u{0}"] {
            #expect(!RedirectURI.isSafe(address))
        }
    }

    @Test func bindsTokensToAddressesThatAreSafe() {
        for address in ["https://api.example.com", "http://localhost:3000/x", "http://localhost", "myapp://api"] {
            #expect(RedirectURI.isTrusted(address), "\(address)")
        }
        for address in ["http://api.example.com", "http://localhost.example.com", "api", "https://", "://x", ""] {
            #expect(!RedirectURI.isTrusted(address), "\(address)")
        }
    }
}
