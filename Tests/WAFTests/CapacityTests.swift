import Testing

@testable import WAF

/// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-list.html>
@Suite struct CapacityTests {
    private struct NoGroup: Error {}

    private func cost(_ statements: Statement...) throws -> Int {
        let rules = statements.enumerated().map { rule("r\($0)", $0, $1) }
        return try Capacity.of(rules) { statement throws(NoGroup) in
            if case .ruleGroup = statement { return 77 }
            throw NoGroup()
        }
    }

    private func match(
        _ criterion: FieldMatch.Criterion, _ field: FieldToMatch = .uriPath,
        _ transformations: [TextTransformation] = [.none]
    ) -> Statement { .match(FieldMatch(field, transformations, criterion)) }

    @Test func eachStatementHasItsCost() throws {
        #expect(try cost(match(.bytes([1], .exactly))) == 2 && cost(match(.bytes([1], .startsWith))) == 2)
        #expect(try cost(match(.bytes([1], .contains))) == 10 && cost(match(.bytes([1], .containsWord))) == 10)
        #expect(try cost(match(.regex("a"))) == 3 && cost(match(.regexSet(arn: "a"))) == 25)
        #expect(try cost(match(.size(.equal, 1))) == 1 && cost(match(.crossSiteScripting)) == 40)
        #expect(try cost(match(.sqlInjection(.low))) == 20 && cost(match(.sqlInjection(.high))) == 30)
        #expect(try cost(.geo(countries: ["DE"], forwarded: nil)) == 1 && cost(.asn([1], forwarded: nil)) == 1)
        let any = ForwardedAddress(header: "x", fallback: .match, position: .any)
        #expect(try cost(.ipSet(arn: "a", forwarded: nil)) == 1 && cost(.ipSet(arn: "a", forwarded: any)) == 5)
        #expect(try cost(.label(LabelMatch(.label, "a"))) == 1)
        #expect(try cost(.ruleGroup(RuleGroupStatement(arn: "a"))) == 77)
        #expect(throws: NoGroup.self) { try cost(.managedRuleGroup(ManagedRuleGroupStatement(vendor: "v", name: "n"))) }
    }

    @Test func partsOfRequestsChangeIt() throws {
        #expect(try cost(match(.crossSiteScripting, .jsonBody(JSONBodyMatch()))) == 80)
        #expect(try cost(match(.size(.equal, 1), .allQueryArguments)) == 11)
        #expect(try cost(match(.size(.equal, 1), .queryString, [.urlDecode, .lowercase])) == 21)
    }

    @Test func transformationsAreSharedByRules() throws {
        let (url, both) = (
            match(.size(.equal, 1), .queryString, [.urlDecode]),
            match(.size(.equal, 2), .queryString, [.urlDecode, .lowercase])
        )
        #expect(try cost(url, both) == 1 + 10 + 1 + 10)
        #expect(try cost(url, match(.size(.equal, 1), .uriPath, [.urlDecode])) == 22)
    }

    @Test func ratesAndCombinationsAddUp() throws {
        #expect(try cost(.rateBased(RateBasedStatement(limit: 10, aggregation: .address))) == 2)
        let keys = RateBasedStatement(
            limit: 10, aggregation: .keys([.header("a", [.lowercase]), .method]), scopeDown: match(.regex("a")))
        #expect(try cost(.rateBased(keys)) == 2 + 30 + 10 + 30 + 3)
        #expect(try cost(.and([match(.regex("a")), .not(.or([match(.regex("b")), match(.size(.equal, 1))]))])) == 7)
    }
}
