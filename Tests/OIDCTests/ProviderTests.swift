import Testing

@testable import Fetch
@testable import OIDC

@Suite struct ProviderTests {
    @Test(arguments: [
        ("https://issuer.example", "issuer.example", 443, ""),
        ("https://issuer.example/", "issuer.example", 443, "/"),
        ("HTTPS://issuer.example:8443/a/b", "issuer.example", 8443, "/a/b"),
        ("https://127.0.0.1:1/x", "127.0.0.1", 1, "/x"),
        ("https://[::1]", "::1", 443, ""),
        ("https://[::1]:65535/x", "::1", 65535, "/x"),
    ])
    func addresses(_ text: String, _ host: String, _ port: Int, _ path: String) {
        let address = WebAddress(text)
        #expect(address?.host == host)
        #expect(address?.port == port)
        #expect(address?.path == path)
    }

    @Test(arguments: [
        "", "https", "https://", "https:///x", "http://issuer.example", "issuer.example", "https://a:b",
        "https://a:", "https://a:0", "https://a:65536", "https://a:+1", "https://a:1:2", "https://user@a",
        "https://a?x", "https://a/?x=1", "https://a#x", "https://a b", "https://a\r\nX: y", "https://[::1",
        "https://[::1]x",
        "https://é.example", "file:///etc/passwd",
    ])
    func whatIsNoAddress(_ text: String) {
        #expect(WebAddress(text) == nil)
    }

    @Test func thumbprintIsTheSHA1() {
        #expect(ServerTrust.thumbprint(of: Array("abc".utf8)) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    }

    @Test func whatIsNoKeySet() {
        for text in ["", "[]", "{}", #"{"keys":5}"#, "null"] {
            #expect(throws: OIDCError.self, "\(text)") { try KeySet(parsing: Array(text.utf8)) }
        }
    }

    @Test func keysThatAreNotForSignaturesOrNotKnownArePassedOver() throws {
        let rsa = #""kty":"RSA","n":"AQAB","e":"AQAB""#
        let text = """
            {"keys":[{"kty":"oct","k":"AAAA","kid":"a"},{\(rsa),"kid":"a","use":"enc"},{\(rsa),"kid":"a","alg":"XX1"},
            {\(rsa),"kid":"a","alg":"RS512"},{\(rsa),"kid":"b"},{"kid":"a"}]}
            """
        let keys = try KeySet(parsing: Array(text.utf8))
        #expect(keys.candidates(keyID: "a", .rs256).isEmpty)
        #expect(keys.candidates(keyID: "a", .rs512).count == 1)
        #expect(keys.candidates(keyID: "b", .rs256).count == 1)
        #expect(keys.candidates(keyID: nil, .rs512).count == 2)
        #expect(keys.candidates(keyID: nil, .es256).isEmpty)
    }

    @Test func noMoreThanAHundredKeysOfAType() throws {
        let key = #"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#
        func set(_ count: Int) -> [UInt8] {
            Array("{\"keys\":[\(Array(repeating: key, count: count).joined(separator: ","))]}".utf8)
        }
        #expect(try KeySet(parsing: set(100)).candidates(keyID: nil, .rs256).count == 100)
        #expect(throws: OIDCError.self) { try KeySet(parsing: set(101)) }
    }

    @Test func whatIsPublishedIsNotPrivate() throws {
        let text = String(decoding: try TokenIssuer(keys: try TokenIssuer.makeKeys()).keySet(), as: UTF8.self)
        for member in ["d", "p", "q", "dp", "dq", "qi"] { #expect(!text.contains("\"\(member)\":")) }
    }

}
