import Testing

@testable import WAF

/// <https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-processing.html>
@Suite struct EvaluationTests {
    @Test func theFirstRuleByPriorityEnds() throws {
        let firewall = try Firewall(
            acl([
                rule("last", 9, contains("a"), .block()), rule("first", 1, contains("a"), .allow()),
                rule("none", 0, contains("z"), .block()),
            ]), Things())
        let verdict = firewall.evaluate(WebRequest(path: "/a"), at: 0)
        #expect(verdict.outcome == .allow)
        #expect(verdict.terminating?.rule == "first")
        let other = firewall.evaluate(WebRequest(path: "/b"), at: 0)
        #expect(other.terminating == nil && other.outcome == .allow)
    }

    @Test func countingGoesOnAndGivesLabelsAndHeaders() throws {
        let header = InsertedHeader(name: "Seen", value: "yes")
        let firewall = try Firewall(
            acl(
                [
                    rule("count", 0, contains("a"), .count(inserting: [header]), labels: ["seen:a"]),
                    rule("b", 1, .and([.label(LabelMatch(.label, "seen:a")), contains("b")]), .block()),
                ]), Things())
        let through = firewall.evaluate(WebRequest(path: "/a"), at: 0)
        #expect(through.outcome == .allow)
        #expect(through.counting.map(\.rule) == ["count"])
        #expect(through.labels == ["awswaf:111122223333:webacl:shop:seen:a"])
        #expect(through.insertedHeaders == [header] && header.name == "x-amzn-waf-seen")
        let refused = firewall.evaluate(WebRequest(path: "/ab"), at: 0)
        #expect(refused.outcome == .block(Verdict.Response()) && refused.outcome.status == 403)
        #expect(refused.insertedHeaders.isEmpty)
    }

    @Test func customResponsesHaveTheirBodies() throws {
        let body = ResponseBody(contentType: .json, content: "{}")
        let response = CustomResponse(status: 429, bodyKey: "slow", headers: [.init(name: "retry-after", value: "60")])
        let firewall = try Firewall(
            acl([rule("r", 0, contains("a"), .block(response))], default: .block(), bodies: ["slow": body]), Things())
        guard case .block(let sent) = firewall.evaluate(WebRequest(path: "/a"), at: 0).outcome else {
            Issue.record("not blocked")
            return
        }
        #expect(sent.status == 429 && sent.body == body && sent.headers == response.headers)
        #expect(firewall.evaluate(WebRequest(path: "/"), at: 0).outcome == .block(Verdict.Response()))
    }

    @Test func puzzlesCountOnceTheyAreSolved() throws {
        let firewall = try Firewall(
            acl([rule("puzzle", 0, contains("a"), .captcha()), rule("prove", 1, contains("a"), .challenge())]), Things()
        )
        var request = WebRequest(path: "/a")
        func outcome(_ time: Double) -> Verdict.Outcome { firewall.evaluate(request, at: time).outcome }
        #expect(outcome(0) == .captcha && outcome(0).status == 405)
        request.captcha = .solved(at: 1000)
        #expect(outcome(1299) == .challenge && outcome(1299).status == 202)
        request.challenge = .solved(at: 1000)
        #expect(outcome(1299) == .allow)
        #expect(outcome(1300) == .captcha)
        request.captcha = .foreign
        #expect(outcome(1299) == .captcha)
    }

    // MARK: Groups

    private static let group = RuleGroup(
        name: "attacks", arn: "arn:group", labelNamespace: RuleGroup.labelNamespace(of: "attacks", account: "1"),
        rules: [
            rule("a", 0, contains("a"), .block(), labels: ["a"]), rule("b", 1, contains("b"), .block(), labels: ["b"]),
            rule("local", 2, .label(LabelMatch(.label, "a")), .allow()),
        ])

    private func verdict(_ statement: RuleGroupStatement, counts: Bool = false, _ path: String) throws -> Verdict {
        let rules = [
            Rule(name: "group", priority: 0, statement: .ruleGroup(statement), effect: .group(counts: counts)),
            rule("after", 1, .label(LabelMatch(.namespace, "awswaf:1:rulegroup:attacks")), .challenge()),
        ]
        let firewall = try Firewall(acl(rules), Things(groups: ["arn:group": Self.group]))
        return firewall.evaluate(WebRequest(path: path), at: 0)
    }

    @Test func aGroupsRuleEnds() throws {
        let verdict = try verdict(RuleGroupStatement(arn: "arn:group"), "/b")
        #expect(verdict.outcome == .block(Verdict.Response()))
        #expect(verdict.terminating?.rule == "group" && verdict.terminatingType == .group)
        #expect(verdict.groups.map { $0.terminating?.rule } == ["b"])
        #expect(verdict.labels == ["awswaf:1:rulegroup:attacks:b"])
    }

    @Test func aGroupThatOnlyCountsStopsAllTheSame() throws {
        let verdict = try verdict(RuleGroupStatement(arn: "arn:group"), counts: true, "/ab")
        #expect(verdict.outcome == .challenge)
        #expect(verdict.counting.map(\.rule) == ["group"] && verdict.counting.map(\.overridden) == [.block])
        // b was not asked any more.
        #expect(verdict.labels == ["awswaf:1:rulegroup:attacks:a"])
    }

    @Test func overriddenAndExcludedRulesGoOn() throws {
        let statement = RuleGroupStatement(arn: "arn:group", overrides: ["a": .count()], excluded: ["b"])
        let verdict = try verdict(statement, "/ab")
        #expect(verdict.groups.first?.counting.map(\.rule) == ["a", "b"])
        #expect(verdict.groups.first?.counting.map(\.isExcluded) == [false, true])
        #expect(verdict.groups.first?.terminating?.rule == "local")
        #expect(verdict.outcome == .allow)
        let captcha = try self.verdict(RuleGroupStatement(arn: "arn:group", overrides: ["a": .captcha()]), "/a")
        #expect(captcha.outcome == .captcha && captcha.groups.first?.terminating?.overridden == .block)
    }

    @Test func aManagedGroupSeesWhatItsScopeLets() throws {
        let reference = ManagedRuleGroupStatement(vendor: "AWS", name: "attacks", scopeDown: contains("/in/"))
        let rules = [
            Rule(name: "m", priority: 0, statement: .managedRuleGroup(reference), effect: .group(counts: false))
        ]
        let firewall = try Firewall(acl(rules), Things(groups: ["attacks": Self.group]))
        let inside = firewall.evaluate(WebRequest(path: "/in/b"), at: 0)
        #expect(inside.terminatingType == .managedGroup && inside.outcome.status == 403)
        let outside = firewall.evaluate(WebRequest(path: "/out/b"), at: 0)
        #expect(outside.outcome == .allow && outside.groups.isEmpty)
    }

    @Test func whatIsMissingIsAnError() {
        let ipSet = acl([rule("r", 0, .ipSet(arn: "arn:none", forwarded: nil))])
        #expect(throws: Firewall.Problem.missing("arn:none")) { try Firewall(ipSet, Things()) }
        let regex = acl([rule("r", 0, .match(FieldMatch(.uriPath, [], .regex("(a"))))])
        #expect(throws: Firewall.Problem.regex("(a", reason: "missing ): (a")) { try Firewall(regex, Things()) }
    }

    // MARK: Labels

    /// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-label-match-examples.html>
    @Test func labelsAreFoundInTheirContext() {
        let own = "awswaf:111122223333:webacl:testWebACL:"
        func isFound(_ scope: LabelMatch.Scope, _ key: String, _ label: String) -> Bool {
            LabelPattern(LabelMatch(scope, key), in: own).matches(label)
        }
        #expect(isFound(.label, "header:encoding:utf8", own + "header:encoding:utf8"))
        #expect(isFound(.label, "header:encoding:utf8", own + "testNS1:testNS2:header:encoding:utf8"))
        #expect(!isFound(.label, "header:encoding:utf8", own + "header:encoding2:utf8"))
        #expect(!isFound(.label, "header:encoding:utf8", "awswaf:111122223333:webacl:other:header:encoding:utf8"))
        #expect(!isFound(.label, "utf8", own + "notutf8"))
        #expect(isFound(.namespace, "header", own + "header:encoding:utf8"))
        #expect(isFound(.namespace, "encoding:", own + "header:encoding:utf8"))
        #expect(!isFound(.namespace, "utf8", own + "header:encoding:utf8"))
        let managed = "awswaf:managed:aws:core-rule-set:NoUserAgent_Header"
        #expect(isFound(.label, managed, managed))
        #expect(!isFound(.label, "NoUserAgent_Header", managed))
        #expect(isFound(.namespace, "awswaf:managed:aws:core-rule-set:", managed))
        #expect(!isFound(.namespace, "awswaf:managed:aws:core-rule", managed))
    }
}
