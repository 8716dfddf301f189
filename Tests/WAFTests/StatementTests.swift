import ProcessorTime
import Testing

@testable import WAF

/// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-list.html>
@Suite struct StatementTests {
    @Test func bytesAreFoundWhereTheyHaveToBe() throws {
        let request = WebRequest(path: "/admin/x-admins")
        #expect(try isMatch(contains("/admin", [], .startsWith), request))
        #expect(try !isMatch(contains("admin", [], .startsWith), request))
        #expect(try isMatch(contains("admins", [], .endsWith), request))
        #expect(try !isMatch(contains("/admin", [], .exactly), request))
        #expect(try isMatch(contains("x-", [], .contains), request))
        #expect(try isMatch(contains("admin", [], .containsWord), request))
        #expect(try !isMatch(contains("admin", [], .containsWord), WebRequest(path: "/admins_admin")))
        #expect(try isMatch(contains("/admin", [.lowercase], .startsWith), WebRequest(path: "/ADMIN")))
    }

    /// As a look at each place finds it, and of a text that is made for it as quickly as of others.
    @Test func searchesAreRightAndLinear() throws {
        for _ in 0..<500 {
            func random(_ count: Int) -> String { String((0..<count).map { _ in Bool.random() ? "a" : "b" }) }
            let (text, wanted) = (random(12), random(Int.random(in: 1...5)))
            let request = WebRequest(path: text)
            let isThere = (0...12 - wanted.count).contains { text.dropFirst($0).hasPrefix(wanted) }
            #expect(try isMatch(contains(wanted, [], .contains), request) == isThere)
            #expect(
                try isMatch(contains(wanted, [], .containsWord), WebRequest(path: "\(text)-\(wanted)-")))
        }
        let text = WebRequest(path: String(repeating: "a", count: 65_536))
        let wanted = contains(String(repeating: "a", count: 199) + "b", [], .contains)
        let time = try processorTime { () throws in for _ in 0..<20 { #expect(try !isMatch(wanted, text)) } }
        #expect(time < .seconds(10))
    }

    private func contains(
        _ text: String, _ transformations: [TextTransformation], _ position: FieldMatch.Position
    ) -> Statement { WAFTests.contains(text, in: .uriPath, transformations, position) }

    @Test func eachPartOfARequestIsFound() throws {
        var request = WebRequest(
            method: "PUT", path: "/p", query: "A=one&b=two&a=three&flag",
            headers: [
                WebRequest.Header("Host", "shop.example"), WebRequest.Header("X-Test", "value"),
                WebRequest.Header("Cookie", "id=7; Theme=dark"),
            ], body: Array("body".utf8))
        request.fragment = Array("top".utf8)
        request.ja3 = "e7d705a3286e19ea42f587b344ee6865"
        func has(_ text: String, _ field: FieldToMatch) throws -> Bool {
            try isMatch(WAFTests.contains(text, in: field, [], .exactly), request)
        }
        #expect(try has("PUT", .method) && has("/p", .uriPath) && has("A=one&b=two&a=three&flag", .queryString))
        #expect(try has("value", .singleHeader("x-TEST")) && !has("value", .singleHeader("y")))
        #expect(try has("one", .singleQueryArgument("a")) && has("three", .singleQueryArgument("a")))
        #expect(try !has("two", .singleQueryArgument("a")) && has("two", .allQueryArguments))
        #expect(try has("body", .body(.proceed)) && has("top", .uriFragment(nil)))
        #expect(try has("host:x-test:cookie", .headerOrder(.proceed)))
        #expect(try has("X-Test", .headers(.all, .key, .proceed)) && !has("X-Test", .headers(.all, .value, .proceed)))
        #expect(try has("value", .headers(.included(["x-test"]), .all, .proceed)))
        #expect(try !has("value", .headers(.excluded(["X-TEST"]), .all, .proceed)))
        #expect(try has("dark", .cookies(.included(["Theme"]), .value, .proceed)))
        #expect(try !has("dark", .cookies(.included(["theme"]), .value, .proceed)))
        #expect(try has("e7d705a3286e19ea42f587b344ee6865", .ja3(.noMatch)))
        #expect(try has("anything", .ja4(.match)) && !has("anything", .ja4(.noMatch)))
    }

    @Test func whatIsTooLargeIsHandled() throws {
        var request = WebRequest(
            headers: (0..<300).map { WebRequest.Header("h\($0)", "v\($0)") }, body: Array("start".utf8))
        request.isBodyOversize = true
        func has(_ text: String, _ field: FieldToMatch) throws -> Bool {
            try isMatch(WAFTests.contains(text, in: field), request)
        }
        #expect(try has("start", .body(.proceed)) && !has("start", .body(.noMatch)) && has("zzz", .body(.match)))
        #expect(try has("v199", .headers(.all, .value, .proceed)) && !has("v200", .headers(.all, .value, .proceed)))
        #expect(try has("zzz", .headers(.all, .value, .match)) && !has("v1", .headers(.all, .value, .noMatch)))
        // The limits are of what is looked at together: one header is found wherever it is.
        #expect(try has("v299", .singleHeader("h299")))
        let firewall = try Firewall(acl([rule("r", 0, WAFTests.contains("zzz", in: .body(.proceed)))]), Things())
        #expect(firewall.evaluate(request, at: 0).oversizeFields == ["REQUEST_BODY"])
    }

    @Test func sizesAreCompared() throws {
        func holds(_ comparison: FieldMatch.Comparison, _ size: Int) throws -> Bool {
            try isMatch(.match(FieldMatch(.uriPath, [], .size(comparison, size))), WebRequest(path: "/logo.jpg"))
        }
        #expect(try holds(.equal, 9) && !holds(.notEqual, 9) && holds(.less, 10) && holds(.lessOrEqual, 9))
        #expect(try holds(.greater, 8) && holds(.greaterOrEqual, 9) && !holds(.greater, 9))
    }

    @Test func regularExpressionsMatchAnyPart() throws {
        func holds(_ pattern: String, _ path: String) throws -> Bool {
            try isMatch(.match(FieldMatch(.uriPath, [], .regex(pattern))), WebRequest(path: path))
        }
        #expect(try holds("adm[i1]n", "/x/adm1n/y") && !holds("^adm", "/admin") && holds("(?i)ADMIN$", "/admin"))
        #expect(try holds(#"^/(a|b)+\d{2,3}$"#, "/abab123"))
        let set = Statement.match(FieldMatch(.uriPath, [], .regexSet(arn: "s")))
        let things = Things(regexSets: ["s": ["^/a", "b$"]])
        #expect(try isMatch(set, WebRequest(path: "/xb"), things))
        #expect(try !isMatch(set, WebRequest(path: "/x"), things))
        let bytes = try LinearRegex("\\xff.é")
        #expect(bytes.matches([0xFF, 0x41] + Array("é".utf8)) && !bytes.matches([0xFE, 0x41] + Array("é".utf8)))
    }

    /// Each of these takes a matcher that tries all ways longer than anybody waits.
    @Test(.timeLimit(.minutes(10)), arguments: ["(a+)+$", "(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
    func noExpressionTakesForever(_ pattern: String) throws {
        let regex = try LinearRegex(pattern)
        #expect(!regex.matches([UInt8](repeating: 0x61, count: 65_536) + [0x21]))
    }

    @Test(arguments: ["(a", "a{1001}", "(?=a)", "(a)\\1", "(?>a)", "a++", "\\K", "\\R", "(?(1)a)", "(?R)"])
    func unsupportedExpressionsAreRefused(_ pattern: String) {
        #expect(throws: LinearRegex.Problem.self) { try LinearRegex(pattern) }
    }

    @Test func injectionIsFound() throws {
        guard InjectionDetection.problem == nil else { return }
        func isSQL(_ text: String, _ level: FieldMatch.Sensitivity = .low) throws -> Bool {
            let match = FieldMatch(.allQueryArguments, [.urlDecode], .sqlInjection(level))
            return try isMatch(.match(match), WebRequest(query: "q=\(text)"))
        }
        #expect(try isSQL("1%27%20OR%20%271%27=%271") && isSQL("-1 UNION SELECT password FROM users--"))
        #expect(try !isSQL("it%27s%20a%20nice%20day") && !isSQL("select a seat"))
        // What is encoded twice only the higher sensitivity finds.
        #expect(
            try !isSQL("%2527%2520OR%2520%25271%2527=%25271") && isSQL("%2527%2520OR%2520%25271%2527=%25271", .high))
        func isScript(_ text: String) throws -> Bool {
            let match = FieldMatch(.body(.proceed), [.htmlEntityDecode], .crossSiteScripting)
            return try isMatch(.match(match), WebRequest(body: Array(text.utf8)))
        }
        #expect(try isScript("<script>alert(1)</script>") && isScript("&lt;img src=x onerror=alert(1)>"))
        #expect(try !isScript("1 < 2 and 3 > 2"))
        let match = Statement.match(FieldMatch(.queryString, [.urlDecode], .sqlInjection(.low)))
        let verdict = try Firewall(acl([rule("r", 0, match)]), Things())
            .evaluate(WebRequest(query: "1' OR '1'='1"), at: 0)
        #expect(
            verdict.terminating?.details
                == [
                    Verdict.Detail(
                        condition: "SQL_INJECTION", sensitivity: "LOW", location: "QUERY_STRING",
                        matched: ["1", "OR", "1", "=", "1"])
                ])
    }

    // MARK: Addresses

    @Test func addressesAreFoundInSets() throws {
        let things = Things(ipSets: ["s": ["192.0.2.0/24", "2001:db8::/32"]])
        func holds(_ address: String, _ forwarded: ForwardedAddress? = nil, _ header: String? = nil) throws -> Bool {
            let headers = header.map { [WebRequest.Header("X-Forwarded-For", $0)] } ?? []
            return try isMatch(
                .ipSet(arn: "s", forwarded: forwarded), WebRequest(headers: headers, address: address), things)
        }
        #expect(try holds("192.0.2.200") && holds("2001:db8:1::1") && !holds("192.0.3.1") && !holds("::1"))
        func config(_ position: ForwardedAddress.Position, _ fallback: Fallback = .noMatch) -> ForwardedAddress {
            ForwardedAddress(header: "x-forwarded-for", fallback: fallback, position: position)
        }
        #expect(
            try holds("::1", config(.first), "192.0.2.1, 10.0.0.1")
                && !holds("::1", config(.last), "192.0.2.1, 10.0.0.1"))
        #expect(try holds("::1", config(.any), "10.0.0.1,192.0.2.1 ,10.0.0.2"))
        #expect(try !holds("::1", config(.any), "192.0.2.1" + String(repeating: ",10.0.0.1", count: 10)))
        #expect(try holds("::1", config(.first, .match), "unknown") && !holds("::1", config(.first), "unknown"))
        #expect(try !holds("192.0.2.1", config(.first, .match)))
    }

    /// A statement does not match a request without the header, whatever its fallback; what is around it goes on from there.
    @Test func withoutTheHeaderAStatementDoesNotMatch() throws {
        let config = ForwardedAddress(header: "X-Forwarded-For", fallback: .match)
        let statement = Statement.not(.geo(countries: ["DE"], forwarded: config))
        let request = WebRequest(address: "192.0.2.1")
        #expect(try isMatch(statement, request))
        #expect(try isMatch(statement, WebRequest(headers: [.init("x-forwarded-for", "192.0.2.2")])))
        let office = Statement.geo(countries: ["DE"], forwarded: config)
        #expect(try !isMatch(office, request) && isMatch(.or([office, WAFTests.contains("/")]), request))
    }

    @Test func placesAreFoundAndLabelled() throws {
        let firewall = try Firewall(
            acl([rule("geo", 0, .geo(countries: ["FR"], forwarded: nil))]), Things(), addresses: Places())
        func verdict(_ address: String) -> Verdict {
            firewall.evaluate(WebRequest(address: address), at: 0)
        }
        #expect(verdict("192.0.2.1").outcome == .allow)
        #expect(
            verdict("192.0.2.1").labels == ["awswaf:clientip:geo:country:DE", "awswaf:clientip:geo:region:DE-BE"])
        #expect(verdict("192.0.2.2").outcome.status == 403)
        #expect(verdict("192.0.2.2").labels.last == "awswaf:clientip:geo:region:FR-XX")
        #expect(verdict("192.0.2.9").labels.first == "awswaf:clientip:geo:country:XX")
        #expect(try isMatch(.asn([64500], forwarded: nil), WebRequest(address: "192.0.2.1")))
        #expect(try !isMatch(.asn([64501], forwarded: nil), WebRequest(address: "192.0.2.1")))
    }

    @Test func statementsAreCombined() throws {
        let (yes, no) = (WAFTests.contains("/"), WAFTests.contains("zzz"))
        let request = WebRequest()
        #expect(try isMatch(.and([yes, yes]), request) && !isMatch(.and([yes, no]), request))
        #expect(try isMatch(.or([no, yes]), request) && !isMatch(.or([no, no]), request))
        #expect(try isMatch(.not(no), request) && !isMatch(.not(.or([no, .not(no)])), request))
    }
}
