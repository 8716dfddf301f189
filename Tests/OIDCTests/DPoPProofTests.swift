import FoundationEssentials
import JWTKit
import Testing
import Wire

@testable import OIDC

/// Proofs of a key (RFC 9449), and what is none.
@Suite struct DPoPProofTests {
    private static let now = 1_800_000_000.0
    private static let request = DPoPProof.Request(
        method: "POST", authorities: ["localhost:4566"], path: "/v1/token", isEncrypted: false)
    private let key = ES256PrivateKey()

    private func jwk(_ key: ES256PrivateKey, _ changes: [String: JWTHeaderField] = [:]) throws -> JWTHeaderField {
        let point = try #require(key.parameters)
        let members: [String: JWTHeaderField] = [
            "kty": .string("EC"), "crv": .string("P-256"), "x": .string(Self.urlSafe(point.x)),
            "y": .string(Self.urlSafe(point.y)),
        ]
        return .object(members.merging(changes) { $1 })
    }

    private static func urlSafe(_ base64: String) -> String {
        base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func proof(
        typ: String = "dpop+jwt", jwk: JWTHeaderField? = nil, _ changes: [String: ClaimValue] = [:]
    ) async throws -> String {
        let claims: [String: ClaimValue] = [
            "htm": .string("POST"), "htu": .string("http://localhost:4566/v1/token"), "iat": .number(Self.now),
            "jti": .string("one"),
        ]
        let header: JWTHeader = ["typ": .string(typ), "jwk": try jwk ?? self.jwk(key)]
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key)
        return try await keys.sign(Claims(members: claims.merging(changes) { $1 }), header: header)
    }

    private func error(
        _ text: String, _ request: DPoPProof.Request = request, at now: Double = now
    ) async -> DPoPError? {
        do throws(DPoPError) {
            _ = try await DPoPProof.verify(text, for: request, now: now)
            return nil
        } catch {
            return error
        }
    }

    /// RFC 9449, section 4.1 has the proof, and section 6.1 the thumbprint of its key.
    @Test func theExampleOfTheSpecification() async throws {
        let text = [
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZ",
            "OXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIs",
            "ImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVy",
            "LmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFL",
            "bdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
        ].joined()
        let request = DPoPProof.Request(
            method: "POST", authorities: ["server.example.com"], path: "/token", isEncrypted: true)
        let proof = try await DPoPProof.verify(text, for: request, now: 1_562_262_616)
        #expect(proof.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
        #expect(proof.issued == 1_562_262_616)
        #expect(await error(text, request, at: 1_562_262_616 + 301) == .outdated)
    }

    @Test func whatProvesNothing() async throws {
        #expect(await error(try await proof()) == nil)
        #expect(await error("") == .malformed)
        #expect(await error("a.b.c") == .malformed)
        #expect(await error(String(repeating: "a", count: 5000)) == .malformed)
        #expect(await error(try await proof(typ: "JWT")) == .wrongType)
        #expect(await error(try await proof(["htm": .string("GET")])) == .otherRequest)
        #expect(await error(try await proof(["htu": .null])) == .otherRequest)
        #expect(await error(try await proof(["jti": .string("")])) == .malformed)
        #expect(await error(try await proof(["iat": .string("now")])) == .malformed)
        #expect(await error(try await proof(["iat": .number(1e300)])) == .outdated)
        #expect(await error(try await proof(["iat": .number(Self.now - 300)])) == nil)
        #expect(await error(try await proof(["iat": .number(Self.now - 301)])) == .outdated)
        #expect(await error(try await proof(["iat": .number(Self.now + 301)])) == .outdated)
        // Somebody else's key in the header.
        #expect(await error(try await proof(jwk: try jwk(ES256PrivateKey()))) == .wrongSignature)
    }

    @Test(arguments: [
        ["kty": JWTHeaderField.string("RSA")], ["crv": .string("P-384")], ["d": .string("AAAA")],
        ["x": .string("AAAA")],
        ["y": .string("")], ["x": .bool(true)],
    ])
    func keysThatAreNone(_ changes: [String: JWTHeaderField]) async throws {
        #expect(await error(try await proof(jwk: try jwk(key, changes))) == .unsupportedKey)
    }

    @Test func otherAlgorithms() async throws {
        let parts = try await proof().split(separator: ".")
        for algorithm in ["none", "HS256", "RS256", "ES384"] {
            let header = Base64URL.encode(Array(#"{"typ":"dpop+jwt","alg":"\#(algorithm)","jwk":{}}"#.utf8))
            #expect(await error(([header[...]] + parts.dropFirst()).joined(separator: ".")) == .unsupportedKey)
        }
    }

    /// jwt-kit's reader of headers would trap on the first.
    @Test(arguments: [
        #"{"typ":"dpop+jwt","alg":"ES256","jwk":1e300}"#, #"{"typ":"dpop+jwt","alg":"ES256","jwk":{"x":[1e300]}}"#,
        #"{"typ":"dpop+jwt","x":1e300,"x":"y"}"#, #"{"typ":"dpop+jwt","x":"y","x":1e300}"#, #"["typ"]"#, "",
    ])
    func hostileHeaders(_ header: String) async throws {
        let parts = try await proof().split(separator: ".").dropFirst()
        let text = ([Base64URL.encode(Array(header.utf8))[...]] + parts).joined(separator: ".")
        #expect(await error(text) != nil)
        #expect(throws: TokenError.self) { try WebIdentityToken(parsing: text) }
    }

    @Test(arguments: [
        ("http://localhost:4566/v1/token", true), ("https://LOCALHOST:4566/v1/token?a#b", true),
        ("http://localhost:4566/v1/token/", false), ("http://localhost:4566/v1/TOKEN", false),
        ("http://localhost/v1/token", false), ("http://a@localhost:4566/v1/token", false),
        ("ftp://localhost:4566/v1/token", false), ("localhost:4566/v1/token", false), ("/v1/token", false), ("", false),
    ])
    func addresses(_ address: String, _ isRight: Bool) {
        #expect(Self.request.isAt(address) == isRight)
    }

    @Test func portsOfTheSchemesOwn() {
        let request = DPoPProof.Request(method: "POST", authorities: ["a.example"], path: "/x", isEncrypted: true)
        #expect(request.isAt("https://a.example:443/x"))
        #expect(request.isAt("https://a.example/x"))
        #expect(!request.isAt("http://a.example/x"))
        #expect(!request.isAt("https://a.example:80/x"))
    }
}
