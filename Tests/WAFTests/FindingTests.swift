import Testing

@testable import WAF

@Suite("What statements find, and where")
struct FindingTests {
    @Test("arguments and cookies are found by the names that servers make of what is sent")
    func decodedNames() throws {
        let user = contains("x", in: .singleQueryArgument("user"))
        for (query, isFound) in [
            ("user=x", true), ("USER=x", true), ("%75ser=x", true), ("%55s%65r=x", true), ("us+er=x", false),
            ("%user=x", false),
        ] { #expect(try isMatch(user, WebRequest(query: query)) == isFound, "\(query)") }
        let session = contains("x", in: .cookies(.included(["session"]), .value, .proceed))
        let others = contains("x", in: .cookies(.excluded(["session"]), .value, .proceed))
        for (cookie, isIncluded, isOther) in [
            ("session=x", true, false), ("session =x", true, true), (" session\t=x", true, true), ("a=x", false, true),
            ("sess ion=x", false, true),
        ] {
            let request = WebRequest(headers: [.init("Cookie", cookie)])
            #expect(try isMatch(session, request) == isIncluded, "\(cookie)")
            #expect(try isMatch(others, request) == isOther, "\(cookie)")
        }
    }

    @Test("what was found of an attack is told in pieces")
    func matchedData() throws {
        func details(_ criterion: FieldMatch.Criterion, _ text: String) throws -> [Verdict.Detail] {
            let statement = Statement.match(FieldMatch(.singleHeader("x"), [], criterion))
            let firewall = try Firewall(acl([rule("r", 0, statement)]), Things())
            return firewall.evaluate(WebRequest(headers: [.init("X", text)]), at: 0).terminating?.details ?? []
        }
        let found = try details(.sqlInjection(.low), "10 AND 1=1 --").first
        #expect(found?.condition == "SQL_INJECTION" && found?.sensitivity == "LOW" && found?.location == "HEADER")
        #expect(found?.matched.starts(with: ["10", "AND", "1"]) == true)
        let long = try details(.sqlInjection(.low), "1' or '" + String(repeating: "a", count: 500) + "'='x")
        #expect(long.first?.matched.isEmpty == false && long[0].matched.allSatisfy { $0.utf8.count < 32 })
        for (text, matched) in [
            ("<frameset onload=alert(1)>", ["<", "frameset"]), ("a <b> <script>alert(1)</script>", ["<", "script"]),
            ("javascript:alert(1)", nil),
        ] as [(String, [String]?)] {
            let found = try details(.crossSiteScripting, text)
            #expect(found.first?.matched == matched || matched == nil, "\(text) \(found)")
        }
    }

    @Test("what was found in a long text is told without looking at all of it again and again")
    func boundedMatches() {
        let text = Array((String(repeating: "<", count: 16) + String(repeating: "a", count: 65_536)).utf8)
        var looked = 0
        _ = InjectionDetection.matchedScript(text) { part in
            looked += part.count
            return false
        }
        #expect(looked < text.count)
        let long = Array(("<b>" + String(repeating: "a", count: 65_536) + "<script>alert(1)</script>").utf8)
        #expect(InjectionDetection.matchedScript(long) == ["<", "script"])
    }
}
