import Crypto
import FoundationEssentials
import Testing
import Wire

@testable import ACME

/// RFC 7515, appendix A.3 and others have keys and signatures; these are made anew, and taken apart.
@Suite struct SignedRequestTests {
    private let secret = P256.Signing.PrivateKey()

    private var jwk: String {
        let raw = Array(secret.publicKey.rawRepresentation)
        let (x, y) = (Base64URL.encode(Array(raw.prefix(32))), Base64URL.encode(Array(raw.suffix(32))))
        return #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)"}"#
    }

    private func request(_ header: String, payload: String = "{}", signature: [UInt8]? = nil) throws -> String {
        let (protected, content) = (Base64URL.encode(Array(header.utf8)), Base64URL.encode(Array(payload.utf8)))
        let made = try signature ?? Array(secret.signature(for: Data("\(protected).\(content)".utf8)).rawRepresentation)
        return #"{"protected":"\#(protected)","payload":"\#(content)","signature":"\#(Base64URL.encode(made))"}"#
    }

    @Test func isReadAndProved() throws {
        let text = try request(#"{"alg":"ES256","nonce":"n","url":"u","jwk":\#(jwk)}"#)
        let read = try SignedRequest(parsing: Array(text.utf8))
        let key = try AccountKey(JSONValue(parsing: Array(jwk.utf8)))
        #expect(read.signer == .key(key) && read.nonce == "n" && read.url == "u" && read.payload == Array("{}".utf8))
        #expect(read.isSigned(by: key))
        let other = P256.Signing.PrivateKey().publicKey
        #expect(!read.isSigned(by: try #require(AccountKey(point: Array(other.x963Representation)))))
        #expect(!read.isAuthenticated(by: []))
    }

    @Test(arguments: [
        #"{"alg":"ES256","url":"u"}"#, #"{"alg":"ES256","url":"u","kid":1}"#, #"{"alg":"ES256","kid":"k"}"#,
        #"{"url":"u","kid":"k"}"#, #"{"alg":"ES256","url":"u","kid":"k","crit":[]}"#,
        #"{"alg":"ES256","url":"u","kid":"k","b64":true}"#, #"{"alg":"ES256","alg":"none","url":"u","kid":"k"}"#, "[]",
        "",
    ])
    func headersThatAreRefused(header: String) throws {
        let body = Array(try request(header).utf8)
        #expect(throws: Problem.self) { try SignedRequest(parsing: body) }
    }

    @Test func algorithmsThatAreRefused() throws {
        for algorithm in ["none", "ES256K", "RS512", "PS256", ""] {
            let body = Array(try request(#"{"alg":"\#(algorithm)","url":"u","kid":"k"}"#).utf8)
            #expect {
                try SignedRequest(parsing: body)
            } throws: { ($0 as? Problem)?.kind == .badSignatureAlgorithm }
        }
    }

    @Test func aKeyHasOneThumbprint() throws {
        // RFC 7638, section 3.1.
        let modulus =
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
            + "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1"
            + "n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        let text = #"{"kty":"RSA","n":"\#(modulus)","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#
        let key = try AccountKey(JSONValue(parsing: Array(text.utf8)))
        #expect(key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        #expect(AccountKey(canonical: key.canonical) == key)
        // A zero at the beginning would be another spelling of the same key.
        let padded = #"{"kty":"RSA","n":"AN\#(modulus.dropFirst())","e":"AQAB"}"#
        #expect(throws: Problem.self) { try AccountKey(JSONValue(parsing: Array(padded.utf8))) }
        #expect(AccountKey(canonical: #"{"kty":"oct","k":"AA"}"#) == nil)
    }

    @Test func bindingsAreForOneKeyAndAddress() throws {
        let key = try AccountKey(JSONValue(parsing: Array(jwk.utf8)))
        let mac = SymmetricKey(size: .bits256)
        func document(_ header: String, _ payload: String) throws -> JSONValue {
            let (protected, content) = (Base64URL.encode(Array(header.utf8)), Base64URL.encode(Array(payload.utf8)))
            let code = HMAC<SHA256>.authenticationCode(for: Data("\(protected).\(content)".utf8), using: mac)
            let text =
                #"{"protected":"\#(protected)","payload":"\#(content)","signature":"\#(Base64URL.encode(Array(code)))"}"#
            return try JSONValue(parsing: Array(text.utf8))
        }
        let good = try ExternalAccountBinding(
            document(#"{"alg":"HS256","kid":"k","url":"u"}"#, jwk), for: key, url: "u")
        #expect(good.keyID == "k")
        #expect(good.isMade(with: mac.withUnsafeBytes { Array($0) }))
        #expect(!good.isMade(with: [1]))
        let other = try #require(AccountKey(point: Array(P256.Signing.PrivateKey().publicKey.x963Representation)))
        #expect(throws: Problem.self) {
            try ExternalAccountBinding(document(#"{"alg":"HS256","kid":"k","url":"u"}"#, jwk), for: other, url: "u")
        }
        #expect(throws: Problem.self) {
            try ExternalAccountBinding(document(#"{"alg":"HS256","kid":"k","url":"u"}"#, jwk), for: key, url: "v")
        }
        #expect(throws: Problem.self) {
            try ExternalAccountBinding(
                document(#"{"alg":"HS256","kid":"k","url":"u","nonce":"n"}"#, jwk), for: key, url: "u")
        }
    }

    @Test func problemsInJSON() throws {
        let problem = Problem(
            .rejectedIdentifier, "no", parts: [.init(.rejectedIdentifier, "not \"this\"", name: "a.example")])
        let read = try JSONValue(parsing: problem.document)
        #expect(read["type"] == .string("urn:ietf:params:acme:error:rejectedIdentifier"))
        #expect(read["status"] == .integer(400))
        guard case .array(let parts)? = read["subproblems"] else {
            Issue.record("no subproblems")
            return
        }
        #expect(parts.first?["identifier"]?["value"] == .string("a.example"))
        #expect(parts.first?["detail"] == .string("not \"this\""))
    }
}

@Suite struct OrderedNameTests {
    @Test(arguments: ["www.example.com", "*.example.com", "xn--bcher-kva.example", "a.b", "1.example.com"])
    func namesOfHosts(text: String) { #expect(OrderedName(text)?.text == text) }

    @Test(arguments: [
        "example", "*.com.", "a..b", "", "*", "*.", "a_b.example", "-a.example", "a-.example", "192.0.2.1",
        "ab--c.example",
        "a.*.example", "bücher.example", String(repeating: "a.", count: 130) + "example",
    ])
    func whatIsNone(text: String) { #expect(OrderedName(text) == nil) }
}
