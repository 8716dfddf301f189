import CognitoIDPAPI
import Ledger
import OIDC
import Platform
import Testing
import Wire

@testable import CognitoIDPService

@Suite struct GroupClaimTests {
    private func group(_ name: String, _ role: String? = nil, _ precedence: Int? = nil) -> PoolGroup {
        PoolGroup(
            poolID: "us-east-1_AbCdEfGhI", name: name, description: nil, roleARN: role, precedence: precedence,
            created: 0,
            modified: 0)
    }

    @Test func lowestPrecedenceComesFirst() {
        let claims = GroupClaims([group("c"), group("b", "r1", 7), group("a", "r2", 3), group("d", "r1", 9)])
        #expect(claims.groups == ["a", "b", "d", "c"])
        #expect(claims.roles == ["r2", "r1"])
        #expect(claims.preferredRole == "r2")
    }

    @Test func equalPrecedenceWithTwoRolesPrefersNone() {
        #expect(GroupClaims([group("a", "r1", 1), group("b", "r2", 1)]).preferredRole == nil)
        #expect(GroupClaims([group("a", "r1", 1), group("b", "r1", 1)]).preferredRole == "r1")
    }

    @Test func groupsWithoutRolesPreferNone() {
        let claims = GroupClaims([group("a", nil, 0), group("b", "r", 4)])
        #expect(claims.groups == ["a", "b"])
        #expect(claims.preferredRole == "r")
        #expect(GroupClaims([]) == GroupClaims())
    }
}

@Suite struct TokenCustomizationTests {
    private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    private func claims(_ members: (String, JSONValue)...) -> TokenClaims.Claims {
        var claims = TokenClaims.Claims()
        for (name, value) in members { claims[name] = value }
        return claims
    }

    @Test(arguments: ["{}", #"{"claimsOverrideDetails":null}"#, #"{"claimsAndScopeOverrideDetails":null}"#])
    func nothingIsChangedByNothing(_ text: String) throws {
        for version in [TokenCustomization.Version.first, .second, .third] {
            #expect(try TokenCustomization(json(text), version) == TokenCustomization())
        }
    }

    @Test func orderIsKept() throws {
        let response =
            #"{"claimsOverrideDetails":{"claimsToAddOrOverride":{"b":"2","a":"1"},"claimsToSuppress":["c"]}}"#
        var claims = claims(("a", .string("0")), ("c", .integer(1)), ("d", .integer(2)))
        try TokenCustomization(json(response), .first).apply(to: &claims, .identity, clientID: "x")
        #expect(claims.members.map(\.key) == ["a", "d", "b"])
        #expect(claims["a"] == .string("1"))
    }

    @Test(arguments: [
        "sub", "iss", "exp", "iat", "auth_time", "token_use", "origin_jti", "jti", "client_id", "username",
        "cognito:username", "cognito:anything", "identities", "nonce", "version", "device_key", "scope", "event_id",
    ])
    func fixedClaimsStay(_ name: String) throws {
        let text = """
            {"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToAddOrOverride":{"\(name)":"x"}},
            "accessTokenGeneration":{"claimsToAddOrOverride":{"\(name)":"x"},"claimsToSuppress":["\(name)"]}}}
            """
        let customization = try TokenCustomization(json(text), .second)
        var access = claims((name, .string("own")))
        customization.apply(to: &access, .access, clientID: "x")
        #expect(access[name] == .string("own"))
        var identity = claims()
        customization.apply(to: &identity, .identity, clientID: "x")
        #expect(identity.members.isEmpty)
    }

    @Test func scopesAreAddedOnceAndTakenAway() throws {
        let text = """
            {"claimsAndScopeOverrideDetails":{"accessTokenGeneration":
            {"scopesToAdd":["a","b","b","c"],"scopesToSuppress":["c","d"]}}}
            """
        #expect(try TokenCustomization(json(text), .third).scopes(["a", "d"]) == ["a", "b"])
        // The first version knows nothing of scopes.
        #expect(try TokenCustomization(json(text), .first).scopes(["a", "d"]) == ["a", "d"])
    }
}

@Suite struct PoolKeyTests {
    private static let day = 86_400.0

    @Test func keysRotateAndAreKeptWhileTheirTokensLive() async throws {
        let first = try await PoolKeys.make(of: "us-east-1_AbCdEfGhI", at: 1000)
        #expect(!first.isDue(at: 1000 + PoolKeys.lifetime - 1))
        #expect(first.isDue(at: 1000 + PoolKeys.lifetime))
        #expect(try await first.rotated(at: 2000) == first)

        let time = 1000 + PoolKeys.lifetime
        let second = try await first.rotated(at: time)
        #expect(second.identity.dropLast() == first.identity[...])
        #expect(second.access.dropLast() == first.access[...])
        #expect(second.secret == first.secret)
        #expect(!second.isDue(at: time + Self.day))
        #expect(second.isDue(at: time + PoolKeys.afterlife))

        let third = try await second.rotated(at: time + PoolKeys.afterlife)
        #expect(third.identity == [second.identity[1]])
        #expect(third.access == [second.access[1]])

        // What the old ones have signed is verified as long as they are there, each for its own use.
        let (before, during, after) = (
            try await ParsedKeys(first), try await ParsedKeys(second), try await ParsedKeys(third)
        )
        let token = try await before.sign([JSONMember(key: "sub", value: .string("x"))], .access)
        #expect(await during.claims(of: token, .access)?["sub"] == .string("x"))
        #expect(await during.claims(of: token, .identity) == nil)
        #expect(await after.claims(of: token, .access) == nil)
        let set = try JSONValue(parsing: during.keySet)
        guard case .array(let keys)? = set["keys"] else { return #expect(Bool(false)) }
        #expect(keys.count == 4)
        #expect(!String(decoding: during.keySet, as: UTF8.self).contains(#""d""#))
        #expect("\(second)" == "PoolKeys us-east-1_AbCdEfGhI")
    }

    @Test func refreshTokensAreOfTheirPool() async throws {
        let keys = try await ParsedKeys(try PoolKeys.make(of: "us-east-1_AbCdEfGhI", at: 0))
        let user = PoolUser(
            poolID: "us-east-1_AbCdEfGhI", username: "Ann", name: "ann", sub: "s", attributes: [], created: 0,
            modified: 0,
            isEnabled: true, status: .confirmed)
        let token = RefreshToken(
            clientID: "c", user: user, originID: RequestIDs.make(time: 12.345), authTime: 12, expires: 13,
            scopes: ["a"],
            deviceKey: nil)
        let sealed = try token.sealed(with: keys, of: user.poolID)
        #expect(RefreshToken(sealed, sealedWith: keys, of: user.poolID) == token)
        #expect(RefreshToken(sealed, sealedWith: keys, of: "us-east-1_another00") == nil)
        #expect(RefreshToken(String(sealed.dropLast()), sealedWith: keys, of: user.poolID) == nil)
        #expect(token.began == 12_345)
        let others = try await ParsedKeys(try PoolKeys.make(of: "us-east-1_AbCdEfGhI", at: 0))
        #expect(RefreshToken(sealed, sealedWith: others, of: user.poolID) == nil)
    }

    @Test func signingOutEndsWhatBeganBefore() {
        var user = PoolUser(
            poolID: "p", username: "ann", name: "ann", sub: "s", attributes: [], created: 0, modified: 0,
            isEnabled: true,
            status: .confirmed)
        #expect(!user.isSignedOut(since: 0))
        user.signedOutBefore = 100.5
        #expect(user.isSignedOut(since: 100_499))
        #expect(user.isSignedOut(since: 100_500))
        #expect(!user.isSignedOut(since: 100_501))
    }
}
