import OIDC
import Platform
import Policy
import Testing
import Wire

@testable import CognitoIdentityService

/// Which role an identity gets, by what its pool and its token say.
@Suite struct RoleChoiceTests {
    private static let name = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI:client"

    private func pool(_ mapping: IdentityPool.RoleMapping? = nil, roles: [String: String]? = nil) -> IdentityPool {
        let settings = IdentityPool.Settings(
            name: "x", allowsGuests: true, allowsClassicFlow: false, loginProviders: [:], developerProvider: nil,
            openIDProviderARNs: [], userPools: [], samlProviderARNs: [])
        var pool = IdentityPool(
            id: "us-east-1:00000000-0000-4000-8000-000000000001", accountID: "111122223333", region: "us-east-1",
            created: 0, settings: settings, tags: [])
        pool.roles = roles ?? ["authenticated": "usual", "unauthenticated": "guest"]
        if let mapping { pool.roleMappings = [Self.name: mapping] }
        return pool
    }

    private func login(_ claims: [String: ClaimValue] = [:], offers: [String]? = nil) -> ProvedLogin {
        var login = ProvedLogin(
            login: PooledIdentity.Login(provider: "p", user: "u"), names: [Self.name, "p"], method: "p:u",
            claims: claims)
        login.offeredRoles = offers
        return login
    }

    /// The role, or the code of the error.
    private func role(_ pool: IdentityPool, _ logins: [ProvedLogin], custom: String? = nil) -> String {
        let choice = RoleChoice(
            pool: pool, logins: logins, isAuthenticated: !logins.isEmpty, customRoleARN: custom)
        do throws(ServiceError) { return try choice.role() } catch { return error.code }
    }

    @Test func withoutMappings() {
        #expect(role(pool(), []) == "guest")
        #expect(role(pool(), [login()]) == "usual")
        #expect(role(pool(roles: [:]), []) == "InvalidIdentityPoolConfigurationException")
        #expect(role(pool(roles: [:]), [login()]) == "InvalidIdentityPoolConfigurationException")
        #expect(role(pool(), [], custom: "guest") == "NotAuthorizedException")
        // What a token says of roles counts only where the pool says so.
        let claims: [String: ClaimValue] = [
            "cognito:roles": .array([.string("a")]), "cognito:preferred_role": .string("a"),
        ]
        #expect(role(pool(), [login(claims)]) == "usual")
        #expect(role(pool(), [login(claims)], custom: "a") == "NotAuthorizedException")
    }

    @Test(
        arguments: [
            ("preferred", ["a", "b"], nil, "preferred"), (nil, ["a", "b"], nil, nil), (nil, [], nil, nil),
            ("preferred", ["a", "b"], "b", "b"), (nil, ["a", "b"], "a", "a"),
            ("preferred", ["a", "b"], "c", "NotAuthorizedException"),
        ] as [(String?, [String], String?, String?)])
    func byToken(_ preferred: String?, _ roles: [String], _ custom: String?, _ expected: String?) {
        var claims: [String: ClaimValue] = ["cognito:roles": .array(roles.map { .string($0) })]
        claims["cognito:preferred_role"] = preferred.map { .string($0) }
        let deny = pool(IdentityPool.RoleMapping(kind: .token, resolution: .deny, rules: []))
        let usual = pool(IdentityPool.RoleMapping(kind: .token, resolution: .authenticatedRole, rules: []))
        #expect(role(deny, [login(claims)], custom: custom) == expected ?? "NotAuthorizedException")
        #expect(role(usual, [login(claims)], custom: custom) == expected ?? "usual")
        // As AWS's page has it: a text with commas.
        claims["cognito:roles"] = .string(roles.joined(separator: ", "))
        #expect(role(usual, [login(claims)], custom: custom) == expected ?? "usual")
    }

    @Test func byAssertion() {
        #expect(role(pool(), [login(offers: ["a"])]) == "a")
        #expect(role(pool(), [login(offers: ["a", "b"])]) == "usual")
        #expect(role(pool(), [login(offers: ["a", "b"])], custom: "b") == "b")
        #expect(role(pool(), [login(offers: ["a"])], custom: "b") == "NotAuthorizedException")
        #expect(role(pool(roles: [:]), [login(offers: ["a", "b"])]) == "InvalidIdentityPoolConfigurationException")
    }

    @Test(
        arguments: [
            (.equals, "a", .string("a"), true), (.equals, "a", .string("ab"), false),
            (.equals, "A", .string("a"), false),
            (.equals, "b", .array([.string("a"), .string("b")]), true), (.equals, "true", .boolean(true), true),
            (.equals, "7", .number(7), true), (.equals, "", .string(""), true),
            (.startsWith, "a", .string("ab"), true), (.startsWith, "b", .string("ab"), false),
            (.contains, "b", .string("abc"), true), (.contains, "x", .array([.string("abc"), .string("xy")]), true),
            (.contains, "x", .string("abc"), false),
            (.notEqual, "a", .string("b"), true), (.notEqual, "a", .string("a"), false),
            (.notEqual, "a", .array([.string("b"), .string("a")]), false),
            // What a token doesn't say is never so, not even unequal.
            (.notEqual, "a", nil, false), (.notEqual, "a", .null, false), (.notEqual, "a", .array([]), false),
            (.equals, "a", nil, false), (.contains, "", nil, false),
            (.equals, "a", .object(["a": .string("a")]), false),
        ] as [(IdentityPool.MappingRule.Match, String, ClaimValue?, Bool)])
    func rules(_ match: IdentityPool.MappingRule.Match, _ value: String, _ claim: ClaimValue?, _ isSo: Bool) {
        let rule = IdentityPool.MappingRule(claim: "c", match: match, value: value, roleARN: "mapped")
        let claims = claim.map { ["c": $0] } ?? [:]
        #expect(rule.matches(claims) == isSo)
        let deny = pool(IdentityPool.RoleMapping(kind: .rules, resolution: .deny, rules: [rule]))
        #expect(role(deny, [login(claims)]) == (isSo ? "mapped" : "NotAuthorizedException"))
    }

    @Test func theFirstRuleCounts() {
        let rules = ["one", "two"].map {
            IdentityPool.MappingRule(claim: "c", match: .startsWith, value: "a", roleARN: $0)
        }
        let pool = pool(IdentityPool.RoleMapping(kind: .rules, resolution: .deny, rules: rules))
        #expect(role(pool, [login(["c": .string("ab")])]) == "one")
        #expect(role(pool, [login(["c": .string("ab")])], custom: "two") == "two")
        #expect(role(pool, [login(["c": .string("ab")])], custom: "usual") == "NotAuthorizedException")
    }

    @Test func claimsBecomeTags() {
        var pool = pool()
        pool.principalTags["p"] = IdentityPool.PrincipalTagMap(
            usesDefaults: false, tags: ["team": "dept", "groups": "cognito:groups", "none": "none"])
        let claims: [String: ClaimValue] = [
            "dept": .string("legal"), "cognito:groups": .array([.string("a"), .string("b")]), "sub": .string("s"),
            "aud": .string("client"),
        ]
        #expect(pool.sessionTags([login(claims)]) == ["team": "legal", "groups": "a,b"])
        pool.principalTags["p"] = IdentityPool.PrincipalTagMap(usesDefaults: true, tags: [:])
        #expect(pool.sessionTags([login(claims)]) == ["username": "s", "client": "client"])
        pool.principalTags = [:]
        #expect(pool.sessionTags([login(claims)]) == [:])
    }

    /// STS would not take them otherwise.
    @Test func ownPolicies() throws {
        #expect(ScopeDownPolicy.inline.utf8.count <= 2048)
        _ = try PolicyDocument(parsing: ScopeDownPolicy.inline, as: .session)
        #expect(PublicAccessPolicy.compiled != nil)
    }
}
