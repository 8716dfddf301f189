import CoreRuleSet
import Testing
import WAF

/// What the documentation of WAF shows.
struct WAFExamples {
    /// A web ACL that refers to nothing.
    private struct Nothing: FirewallResources {
        func networks(ofIPSet arn: String) -> NetworkSet? { nil }
        func expressions(ofRegexSet arn: String) -> [String]? { nil }
        func ruleGroup(_ arn: String) -> RuleGroup? { nil }
        func managedRuleGroup(_ statement: ManagedRuleGroupStatement, in rule: String) -> RuleGroup? { nil }
    }

    private let rule = Rule(
        name: "no-admins", priority: 0, statement: .match(FieldMatch(.uriPath, [.lowercase], .regex("^/admin(/|$)"))),
        effect: .action(.block()))

    @Test func evaluating() throws {
        let acl = WebACL(
            name: "shop", arn: "arn:shop", accountID: "111122223333", defaultAction: .allow(), rules: [rule])
        let (resources, rates) = (Nothing(), RateTracker())
        let (request, time) = (WebRequest(path: "/Admin/users"), 1_800_000_000.0)

        let firewall = try Firewall(acl, resources, rates: rates)
        let verdict = firewall.evaluate(request, at: time)

        #expect(verdict.terminating?.rule == "no-admins")
    }

    @Test func matching() throws {
        let regex = try LinearRegex("^/admin(/|$)")
        let isMatch = regex.matches(Array("/admin/users".utf8))

        #expect(isMatch)
    }

    @Test func matchingMany() throws {
        let set = try LinearRegexSet(["union.*select", "<script"])
        let found = set.matches(Array("1 union select 2".utf8))

        #expect(found == [0])
    }

    @Test func inspecting() throws {
        let files = RuleFiles(rules: [("own.conf", "SecRule ARGS \"@rx ^x$\" \"id:1,phase:2,block\"")], data: [:])
        let request = WebRequest(query: "a=x")

        let rules = try CoreRules(files, paranoiaLevel: 1)
        let result = rules.inspect(request)

        #expect(result.rules == [1])
    }

    @Test func counting() throws {
        let capacity = Capacity.of([rule]) { _ in 0 }

        #expect(capacity == 13)
    }

    @Test func transforming() {
        let text = TextTransformation.apply([.urlDecode, .lowercase], to: Array("%53ELECT+1".utf8))

        #expect(String(decoding: text, as: UTF8.self) == "select 1")
    }
}
