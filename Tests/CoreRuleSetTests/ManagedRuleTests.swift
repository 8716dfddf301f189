import Testing
import WAF

@testable import CoreRuleSet

@Suite("What stands behind AWS's rules")
struct ManagedRuleTests {
    /// One expression for each family, with a number of that family.
    private static let text = """
        SecRule ARGS "@rx \\.\\./" "id:930100,phase:2,block,t:urlDecodeUni"
        SecRule ARGS "@rx ^https?://\\d" "id:931100,phase:2,block"
        SecRule ARGS "@rx ;\\s*cat" "id:932100,phase:2,block"
        SecRule REQUEST_FILENAME "@rx secret" "id:930130,phase:2,block"
        SecRule ARGS "@rx <script" "id:941110,phase:2,block,t:lowercase,setvar:'tx.anomaly_score=+5'"
        SecRule ARGS "@pm invoker" "id:944120,phase:2,block,chain"
        SecRule MATCHED_VARS "@rx runtime" "t:lowercase"
        SecRule REQUEST_HEADERS:User-Agent "@pm scanner" "id:913100,phase:2,block"
        SecRule ARGS "@rx union" "id:942150,phase:2,block,t:lowercase"
        SecRule TX:anomaly_score "@ge 5" "id:949110,phase:2,deny"
        """

    private func isMatch(_ rule: String, _ request: WebRequest) throws -> Bool {
        let statement = try ManagedRules.statement(rule, rules(Self.text))
        let group = RuleGroup(
            name: "G", arn: "AWS#G", labelNamespace: "awswaf:managed:aws:g:",
            rules: [Rule(name: rule, priority: 0, statement: statement, effect: .action(.block()), labels: ["Found"])])
        let acl = WebACL(
            name: "a", arn: "arn:a", accountID: "111122223333", defaultAction: .allow(),
            rules: [
                Rule(
                    name: "managed", priority: 0,
                    statement: .managedRuleGroup(ManagedRuleGroupStatement(vendor: "AWS", name: "G")),
                    effect: .group(counts: false))
            ])
        let verdict = try Firewall(acl, Resources(group: group)).evaluate(request, at: 0)
        #expect(verdict.labels.isEmpty == (verdict.terminating == nil))
        return verdict.terminating != nil
    }

    private struct Resources: FirewallResources {
        let group: RuleGroup
        func networks(ofIPSet arn: String) -> NetworkSet? {
            arn == ManagedRules.addressList("AnonymousIPList")
                ? NetworkSet([Network("192.0.2.0/24")].compactMap { $0 }) : nil
        }
        func expressions(ofRegexSet arn: String) -> [String]? { nil }
        func ruleGroup(_ arn: String) -> RuleGroup? { nil }
        func managedRuleGroup(_ statement: ManagedRuleGroupStatement, in rule: String) -> RuleGroup? { group }
    }

    @Test(
        "the same rule of the Core Rule Set in each part of a request",
        arguments: [
            ("CrossSiteScripting_QUERYARGUMENTS", get("q=<SCRIPT>")),
            ("CrossSiteScripting_URIPATH", get("", path: "/<script>")),
            ("CrossSiteScripting_COOKIE", get("", [.init("Cookie", "a=<script>")])),
            ("CrossSiteScripting_BODY", post("text/plain", "<script>")),
            ("CrossSiteScripting_BODY", post("application/json", #"{"a":"<script>"}"#)),
            ("GenericLFI_QUERYARGUMENTS", get("q=..%2F")),
            ("GenericRFI_BODY", post("text/plain", "x http://192.0.2.1/y")),
            ("GenericRFI_QUERYARGUMENTS", get("q=http://1.2.3.4/")), ("LFI_QUERYSTRING", get("..%2f=")),
            ("UNIXShellCommandsVariables_BODY", post("application/x-www-form-urlencoded", "a=;+cat")),
            ("ExploitablePaths_URIPATH", get("", path: "/secret")),
            ("ExploitablePaths_URIPATH", get("", path: "/WEB-INF/x")),
            ("JavaDeserializationRCE_HEADER", get("", [.init("X", "Invoker Runtime")])),
            ("UserAgent_BadBots_HEADER", get("", [.init("User-Agent", "my scanner")])),
            ("UserAgent_BadBots_HEADER", get("", [.init("User-Agent", "sqlmap/1.7")])),
            ("SQLiExtendedPatterns_QUERYARGUMENTS", get("q=UNION")),
        ])
    func parts(rule: String, request: WebRequest) throws { #expect(try isMatch(rule, request), "\(rule)") }

    @Test(
        "the same where AWS's rule does not look",
        arguments: [
            ("CrossSiteScripting_BODY", get("q=<script>")),
            ("CrossSiteScripting_QUERYARGUMENTS", get("", path: "/<script>")),
            ("JavaDeserializationRCE_HEADER", get("", [.init("X", "Invoker")])),
            ("UserAgent_BadBots_HEADER", get("", [.init("X", "scanner")])),
            ("CrossSiteScripting_COOKIE", get("", [.init("X-Cookie", "a=<script>")])),
            ("GenericRFI_URIPATH", get("", path: "/http:/x")),
        ])
    func elsewhere(rule: String, request: WebRequest) throws { #expect(try !isMatch(rule, request), "\(rule)") }

    @Test("nothing hides behind more values than are looked at")
    func many() throws {
        let hidden = String(repeating: "a&", count: 2048) + "q=<script>"
        let form = post("application/x-www-form-urlencoded", hidden)
        let cookies = [WebRequest.Header("Cookie", String(repeating: "a;", count: 2048) + "q=<script>")]
        let rules = try rules(Self.text)
        for (rule, request) in [
            ("CrossSiteScripting_BODY", form), ("CrossSiteScripting_QUERYARGUMENTS", get(hidden)),
            ("CrossSiteScripting_COOKIE", get("", cookies)),
            ("CrossSiteScripting_QUERYARGUMENTS", get("q=<script>", cookies)),
            ("JavaDeserializationRCE_HEADER", get("", cookies + [.init("X", "invoker runtime")])),
        ] {
            #expect(try isMatch(rule, request), "\(rule)")
            #expect(rules.inspect(request).isDenied, "\(rule)")
        }
        // What is before them was looked at.
        #expect(try !isMatch("CrossSiteScripting_URIPATH", form))
        #expect(try !isMatch("CrossSiteScripting_QUERYARGUMENTS", form))
        let fewer = post("application/x-www-form-urlencoded", String(repeating: "a&", count: 2000))
        #expect(try !isMatch("CrossSiteScripting_BODY", fewer))
        #expect(!rules.inspect(fewer).isDenied)
    }

    @Test("statements of our own where a few words describe a rule")
    func own() throws {
        let long = String(repeating: "a", count: 1025)
        for (rule, bad, good) in [
            ("NoUserAgent_HEADER", get(""), get("", [.init("User-Agent", "x")])),
            ("SizeRestrictions_QUERYSTRING", get(long + long), get(long)),
            ("SizeRestrictions_URIPATH", get("", path: "/" + long), get("", path: "/")),
            ("SizeRestrictions_BODY", post("", String(repeating: "a", count: 8193)), post("", "a")),
            (
                "SizeRestrictions_Cookie_HEADER", get("", [.init("Cookie", String(repeating: "a", count: 10_241))]),
                get("")
            ),
            ("EC2MetaDataSSRF_QUERYARGUMENTS", get("u=http://169.254.169.254/"), get("u=http://169.254.169.25/")),
            ("EC2MetaDataSSRF_BODY", post("", "http://2852039166/latest"), post("", "12852039166")),
            ("EC2MetaDataSSRF_COOKIE", get("", [.init("Cookie", "a=http://0xA9FEA9FE/")]), get("")),
            ("RestrictedExtensions_URIPATH", get("", path: "/a/b.LOG"), get("", path: "/a/b.html")),
            ("RestrictedExtensions_QUERYARGUMENTS", get("f=x.ini"), get("f=x.initial")),
            ("GenericRFI_URIPATH", get("", path: "/x/http://192.0.2.1/y"), get("", path: "/http://a.example")),
            ("Log4JRCE_HEADER", get("", [.init("X", "${jNdi:ldap://x}")]), get("", [.init("X", "${x}")])),
            ("Log4JRCE_QUERYSTRING", get("q=%24%7B%24%7Blower:j%7Dndi"), get("q=%24%7Bname%7D")),
            ("Host_localhost_HEADER", get("", [.init("Host", "LocalHost:80")]), get("", [.init("Host", "x")])),
            ("PROPFIND_METHOD", WebRequest(method: "PROPFIND"), get("")),
            ("AdminProtection_URIPATH", get("", path: "/phpMyAdmin/"), get("", path: "/administrators-guide")),
            ("WordPressExploitablePaths_URIPATH", get("", path: "/xmlrpc.php"), get("", path: "/index.php")),
            ("WordPressExploitableCommands_QUERYSTRING", get("do-reset-wordpress"), get("a=b")),
        ] {
            #expect(try isMatch(rule, bad), "\(rule)")
            #expect(try !isMatch(rule, good), "\(rule)")
        }
        let anonymous = WebRequest(address: "192.0.2.9")
        #expect(try isMatch("AnonymousIPList", anonymous))
        #expect(try !isMatch("AnonymousIPList", WebRequest(address: "198.51.100.1")))
    }

    @Test("without the Core Rule Set its rules are missing; nothing stands behind a name that nobody knows")
    func missing() throws {
        #expect(throws: ManagedRules.Missing.coreRules) { try ManagedRules.statement("CrossSiteScripting_BODY", nil) }
        #expect(throws: ManagedRules.Missing.nothing) { try ManagedRules.statement("VolumetricSession", nil) }
        #expect(throws: ManagedRules.Missing.nothing) {
            try ManagedRules.statement("PHPHighRiskMethodsVariables_BODY", rules(Self.text))
        }
        _ = try ManagedRules.statement("SizeRestrictions_BODY", nil)
    }

    @Test("all rules together refuse a request, and say by which")
    func score() throws {
        let rules = try rules(Self.text)
        let inspection = rules.inspection(of: get("q=<script>"), at: 0)
        #expect(
            inspection.finding(-1)?.labels == [
                "awswaf:managed:owasp:core-rule-set:rule:941110", "awswaf:managed:owasp:core-rule-set:rule:949110",
            ])
        #expect(rules.inspection(of: get("q=script"), at: 0).finding(-1) == nil)
        #expect(rules.inspection(of: get(""), at: 0).finding(99) == nil)
    }
}
