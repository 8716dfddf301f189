import JWTKit
import Testing
import Wire

@testable import OIDC

@Suite struct TokenKeyTests {
    private let claims = [
        JSONMember(key: "sub", value: .string("ünï\"code")), JSONMember(key: "exp", value: .integer(1_700_000_000)),
        JSONMember(key: "aud", value: .array([.string("a"), .null, .boolean(true), .double(1.5)])),
    ]

    @Test func claimsKeepTheirOrder() async throws {
        let key = try await TokenKey(pem: TokenKey.makePEM(), id: "kid+/=")
        let token = try await key.sign(claims)
        let parts = token.split(separator: ".").map { Base64URL.decode(String($0)) ?? [] }
        #expect(String(decoding: parts[0], as: UTF8.self) == #"{"kid":"kid+/=","alg":"RS256"}"#)
        #expect(
            String(decoding: parts[1], as: UTF8.self)
                == #"{"sub":"ünï\"code","exp":1700000000,"aud":["a",null,true,1.5]}"#)
        #expect(await key.claims(of: token) == .object(claims))
    }

    @Test func whoeverHasThePublicKeyVerifies() async throws {
        let key = try await TokenKey(pem: TokenKey.makePEM(), id: "a")
        guard case .string(let n)? = key.jwk["n"], case .string(let e)? = key.jwk["e"] else {
            return #expect(Bool(false))
        }
        let keys = JWTKeyCollection()
        await keys.add(rsa: try Insecure.RSA.PublicKey(modulus: n, exponent: e), digestAlgorithm: .sha256, kid: "a")
        let verified = try await keys.verify(try await key.sign(claims), as: Claims.self)
        #expect(verified.members["exp"] == .number(1_700_000_000))
    }

    @Test func othersTokensSayNothing() async throws {
        let key = try await TokenKey(pem: TokenKey.makePEM(), id: "a")
        let other = try await TokenKey(pem: TokenKey.makePEM(), id: "a")
        let token = try await key.sign(claims)
        #expect(await other.claims(of: token) == nil)
        let parts = token.split(separator: ".").map(String.init)
        let none = Base64URL.encode(Array(#"{"kid":"a","alg":"none"}"#.utf8))
        let numbers = Base64URL.encode(Array(#"{"kid":"a","alg":"RS256","x":1e999}"#.utf8))
        for text in [
            "", "..", "a.b.c", "\(parts[0]).\(parts[1]).", "\(none).\(parts[1]).", "\(none).\(parts[1]).\(parts[2])",
            "\(numbers).\(parts[1]).\(parts[2])", "\(parts[0]).\(none).\(parts[2])", token + "A", token + ".",
        ] {
            #expect(await key.claims(of: text) == nil, "\(text)")
        }
        // Under another id it is not looked for at all.
        let renamed = try await TokenKey(pem: TokenKey.makePEM(), id: "b")
        #expect(await renamed.claims(of: token) == nil)
    }
}
