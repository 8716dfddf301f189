import FoundationEssentials
import Testing

@testable import OIDC

/// Tokens of an issuer of the tests' own, and of whoever pretends to be it.
@Suite struct WebIdentityTokenTests {
    private static let now = 1_800_000_000.0
    private static let client = "client"
    private let issuer: TokenIssuer
    private let keys: KeySet

    init() throws {
        issuer = try TokenIssuer(keys: Self.keyText)
        keys = try KeySet(parsing: try issuer.keySet())
    }

    /// Made once: RSA keys take a while.
    private static let keyText = (try? TokenIssuer.makeKeys()) ?? ""
    private static let otherKeyText = (try? TokenIssuer.makeKeys()) ?? ""

    private func claims(_ changes: [String: ClaimValue] = [:]) -> [String: ClaimValue] {
        var claims: [String: ClaimValue] = [
            "iss": .string("https://issuer.example"), "aud": .string(Self.client), "sub": .string("somebody"),
            "iat": .number(Self.now - 10), "exp": .number(Self.now + 600),
        ]
        // Null stands for a claim that is left out.
        for (name, value) in changes { claims[name] = value == .null ? nil : value }
        return claims
    }

    private func token(_ changes: [String: ClaimValue] = [:]) async throws -> String {
        try await issuer.sign(claims(changes), .es384)
    }

    private func verify(_ text: String, keys: KeySet? = nil, at now: Double = now) async throws(TokenError)
        -> VerifiedToken
    {
        let keys = keys ?? self.keys
        return try await WebIdentityToken(parsing: text).verify(clientIDs: [Self.client, "second"], now: now) {
            (_, _) throws(OIDCError) in keys
        }
    }

    private func error(_ text: String, keys: KeySet? = nil, at now: Double = now) async -> TokenError? {
        do throws(TokenError) {
            _ = try await verify(text, keys: keys, at: now)
            return nil
        } catch {
            return error
        }
    }

    private static func base64URL(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
    }

    /// A token with another header, its signature kept.
    private func withHeader(_ header: String, of token: String) -> String {
        ([Substring(Self.base64URL(header))] + token.split(separator: ".").dropFirst()).joined(separator: ".")
    }

    @Test(arguments: TokenIssuer.Algorithm.allCases)
    func aTokenThatIsRight(_ algorithm: TokenIssuer.Algorithm) async throws {
        let text = try await issuer.sign(claims(["extra": .object(["a": .array([.boolean(true), .null])])]), algorithm)
        let verified = try await verify(text)
        #expect(verified.issuer == "https://issuer.example")
        #expect(verified.audience == Self.client)
        #expect(verified.subject == "somebody")
        #expect(verified.claims["extra"]?["a"] == .array([.boolean(true), .null]))
    }

    @Test func audiences() async throws {
        let two = ClaimValue.array([.string("other"), .string(Self.client)])
        #expect(await error(try await token(["aud": .string("other")])) == .wrongAudience)
        #expect(await error(try await token(["aud": two])) == .wrongAudience)
        #expect(await error(try await token(["aud": two, "azp": .string(Self.client)])) == nil)
        #expect(await error(try await token(["azp": .string("other")])) == .wrongAudience)
        #expect(await error(try await token(["aud": .array([.string("second")])])) == nil)
        #expect(await error(try await token(["aud": .array([])])) == .missingClaim("aud"))
        #expect(await error(try await token(["aud": .number(1)])) == .missingClaim("aud"))
        #expect(
            await error(try await token(["aud": .array([.number(1), .string(Self.client)])])) == .missingClaim("aud"))
    }

    /// IAM believes `azp` alone; OpenID Connect wants the client among those that the token is for.
    @Test(
        arguments: [
            (["client"], nil, true, true), (["other"], nil, false, false), (["other"], "client", true, false),
            (["client"], "client", true, true), (["client"], "other", false, false),
            (["client", "other"], nil, false, false), (["other", "client"], "client", true, true),
            (["client", "other"], "other", false, false),
        ] as [([String], String?, Bool, Bool)])
    func audiencesByEachRule(
        _ audiences: [String], _ party: String?, _ isForIAM: Bool, _ isByOpenIDConnect: Bool
    ) async throws {
        let named = { (name: String) in ClaimValue.string(name == "client" ? Self.client : name) }
        let parsed = try WebIdentityToken(
            parsing: try await token(["aud": .array(audiences.map(named)), "azp": party.map(named) ?? .null]))
        let keys = keys
        for (rule, isRight) in [
            (WebIdentityToken.AudienceRule.iam, isForIAM), (.openIDConnect, isByOpenIDConnect),
        ] {
            do throws(TokenError) {
                let verified = try await parsed.verify(clientIDs: [Self.client], by: rule, now: Self.now) {
                    (_, _) throws(OIDCError) in keys
                }
                #expect(isRight && verified.audience == Self.client, "\(rule)")
            } catch {
                #expect(!isRight && error == .wrongAudience, "\(rule)")
            }
        }
    }

    @Test func wholeNumbersAreNotRounded() async throws {
        for (number, read) in [
            (1, ClaimValue.number(1)), (9_007_199_254_740_991, .number(9_007_199_254_740_991)),
            (9_007_199_254_740_992, .largeInteger(9_007_199_254_740_992)),
            (-9_007_199_254_740_993, .largeInteger(-9_007_199_254_740_993)), (.max, .largeInteger(.max)),
            (.min, .largeInteger(.min)),
        ] as [(Int64, ClaimValue)] {
            let verified = try await verify(try await token(["id": .largeInteger(number)]))
            #expect(verified.claims["id"] == read)
        }
        // Beyond, all that is known is that it was rounded.
        guard case .number(let rounded)? = try await verify(try await token(["id": .number(1e19)])).claims["id"] else {
            Issue.record("1e19 is no whole number of 64 bits")
            return
        }
        #expect(rounded >= ClaimValue.firstRounded)
        #expect(await error(try await token(["exp": .largeInteger(.max)])) == nil)
        #expect(await error(try await token(["exp": .largeInteger(.min)])) == .expired(at: 0))
    }

    @Test(arguments: ["iss", "aud", "sub", "exp", "iat"])
    func missingClaims(_ name: String) async throws {
        #expect(await error(try await token([name: .null])) == .missingClaim(name))
        #expect(await error(try await token([name: .object([:])])) == .missingClaim(name))
    }

    @Test func times() async throws {
        let now = Self.now
        #expect(await error(try await token(["exp": .number(now - 299)])) == nil)
        #expect(await error(try await token(["exp": .number(now - 300)])) == .expired(at: Int64(now - 300)))
        #expect(await error(try await token(["exp": .number(-1e308)])) == .expired(at: 0))
        #expect(await error(try await token(["exp": .number(1e308)])) == nil)
        #expect(await error(try await token(["exp": .number(now + 0.5)])) == nil)
        #expect(await error(try await token(["nbf": .number(now + 300)])) == nil)
        #expect(await error(try await token(["nbf": .number(now + 301)])) == .notYetValid(before: Int64(now + 301)))
        #expect(await error(try await token(["iat": .number(now + 301)])) == .notYetValid(before: Int64(now + 301)))
        #expect(await error(try await token(), at: .infinity) != nil)
        #expect(await error(try await token(), at: .nan) != nil)
    }

    @Test(arguments: ["none", "None", "HS256", "HS512", "PS256", "EdDSA", "rs256", "ES256K", ""])
    func algorithmsThatAreNotTaken(_ name: String) async throws {
        let forged = withHeader(#"{"alg":"\#(name)","typ":"JWT"}"#, of: try await token())
        #expect(await error(forged) == .unsupportedAlgorithm)
        #expect(await error(withHeader("{}", of: try await token())) == .unsupportedAlgorithm)
    }

    /// The header chooses neither the key nor the algorithm of a key.
    @Test func headersThatLie() async throws {
        let real = try await token()
        #expect(await error(withHeader(#"{"alg":"ES384","kid":"unknown"}"#, of: real)) == .noKey)
        #expect(await error(withHeader(#"{"alg":"ES256"}"#, of: real)) == .noKey)
        #expect(await error(withHeader(#"{"alg":"RS512"}"#, of: real)) == .noKey)
        #expect(await error(withHeader(#"{"alg":"RS256"}"#, of: real)) == .wrongSignature)
        // A key set that names no algorithms leaves it to the type of the key.
        let text = String(decoding: try issuer.keySet(), as: UTF8.self)
            .replacing(#""alg":"ES384","#, with: "").replacing(#""alg":"RS256","#, with: "")
        let bare = try KeySet(parsing: Array(text.utf8))
        #expect(await error(real, keys: bare) == nil)
        #expect(await error(withHeader(#"{"alg":"ES256"}"#, of: real), keys: bare) == .wrongSignature)
        #expect(await error(withHeader(#"{"alg":"RS384"}"#, of: real), keys: bare) == .wrongSignature)
    }

    @Test func anothersKeys() async throws {
        let other = try TokenIssuer(keys: Self.otherKeyText)
        for algorithm in TokenIssuer.Algorithm.allCases {
            let text = try await other.sign(claims(), algorithm)
            #expect(await error(text) == .noKey)
            #expect(await error(withHeader(#"{"alg":"\#(algorithm.rawValue)"}"#, of: text)) == .wrongSignature)
        }
    }

    @Test func whatIsNoToken() async throws {
        let deep = String(repeating: "[", count: 7000)
        for text in ["", ".", "..", "...", "a.b.c", "é.é.é", "{}.{}.{}", "x.\(Self.base64URL(deep)).y"] {
            #expect(await error(text) == .malformed, "\(text.prefix(20))")
        }
    }

    /// No change of a single byte goes unnoticed, and none is fatal.
    @Test func changedBytes() async throws {
        let real = Array(try await token().utf8)
        // The last character of each part carries bits that base64 leaves unused.
        let ends = Set(real.indices.filter { $0 == real.count - 1 || real[$0 + 1] == UInt8(ascii: ".") })
        for index in stride(from: 0, to: real.count, by: 3) where !ends.contains(index) {
            var changed = real
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(await error(String(decoding: changed, as: UTF8.self)) != nil, "byte \(index)")
        }
    }
}
