import Testing
import WAF

@testable import CoreRuleSet

@Suite("Asking ModSecurity's rules")
struct EvaluationTests {
    @Test("parts of a request are what ModSecurity takes for them")
    func variables() throws {
        let request = WebRequest(
            method: "POST", path: "/a%2Fb/c.php", query: "x=1&y=%41+b",
            headers: [
                .init("Host", "shop.example"), .init("Cookie", "id=7; c=d=e; ;=x"),
                .init("Content-Type", "application/x-www-form-urlencoded"),
            ], body: Array("f=%3Cb".utf8), address: "192.0.2.1")
        for (test, isMatch) in [
            ("ARGS:y \"@streq A b\"", true), ("ARGS_GET:f \"@streq <b\"", false), ("ARGS_POST:f \"@streq <b\"", true),
            ("ARGS_NAMES \"@streq f\"", true), ("REQUEST_FILENAME \"@streq /a/b/c.php\"", true),
            ("REQUEST_BASENAME \"@streq c.php\"", true), ("REQUEST_URI \"@streq /a/b/c.php?x=1&y=A+b\"", true),
            ("REQUEST_URI_RAW \"@beginsWith /a%2Fb\"", true), ("QUERY_STRING \"@streq x=1&y=%41+b\"", true),
            ("REQUEST_LINE \"@endsWith  HTTP/1.1\"", true), ("REQUEST_METHOD \"@within GET POST\"", true),
            ("REQUEST_HEADERS:host \"@contains shop\"", true), ("&REQUEST_HEADERS:Accept \"@eq 0\"", true),
            ("REQUEST_HEADERS_NAMES \"@streq Cookie\"", true), ("REQUEST_COOKIES:c \"@streq d=e\"", true),
            ("&REQUEST_COOKIES \"@eq 2\"", true), ("REQUEST_BODY \"@streq f=%3Cb\"", true),
            ("REMOTE_ADDR \"@ipMatch 192.0.2.0/24,::1\"", true), ("REMOTE_ADDR \"@ipMatch 192.0.2.2\"", false),
            ("ARGS_COMBINED_SIZE \"@eq 9\"", true), ("REQBODY_PROCESSOR \"@streq URLENCODED\"", true),
            ("REQUEST_HEADERS|!REQUEST_HEADERS:/^c/ \"@rx form\"", false), ("XML:/* \"@rx .\"", false),
            ("ARGS \"!@rx ^[\\w ]+$\"", true), ("ARGS_GET \"!@rx ^[\\w ]+$\"", false),
            ("ARGS \"@validateByteRange 32-126\"", false), ("QUERY_STRING \"@validateUrlEncoding\"", false),
            ("ARGS \"@pm <B zzz\"", true),
        ] {
            let found = try matches("SecRule \(test) \"id:1,phase:2,block\"", request)
            #expect(found == (isMatch ? [1] : []), "\(test)")
        }
    }

    @Test("bodies: JSON by the ways to its values, several parts with file names")
    func bodies() throws {
        let text = """
            SecRule ARGS:json.a.array_1.b "@streq é" "id:1,phase:2,block"
            SecRule ARGS:f "@rx ^one\\r\\ntwo$" "id:2,phase:2,block"
            SecRule FILES:up "@streq a\\"b.php" "id:3,phase:2,block"
            SecRule MULTIPART_PART_HEADERS:up "@rx ^content-type" "id:4,phase:2,block,t:lowercase"
            SecRule &ARGS "@eq 0" "id:5,phase:2,block"
            """
        #expect(try matches(text, post("application/json", #"{"a":[1,{"b":"\u00e9"}]}"#)) == [1])
        let body = [
            "--B", "Content-Disposition: form-data; name=\"f\"", "", "one", "two", "--B",
            "Content-Disposition: form-data; name=up; filename=\"a\\\"b.php\"", "Content-Type: x/y", "", "z", "--B--",
            "",
        ].joined(separator: "\r\n")
        #expect(try matches(text, post("multipart/form-data; boundary=B", body)) == [2, 3, 4])
        // Without an end, what is there counts.
        #expect(try matches(text, post("multipart/form-data; boundary=\"B\"", String(body.dropLast(8)))) == [2, 3, 4])
        #expect(try matches(text, post("text/plain", body)) == [5])
        #expect(try matches(text, post("application/json", "{\"a\"")) == [5])
    }

    @Test("a test after each transformation")
    func multiMatch() throws {
        let text = """
            SecRule ARGS "@streq %41" "id:1,phase:2,block,multiMatch,t:urlDecode,t:lowercase"
            SecRule ARGS "@streq A" "id:2,phase:2,block,multiMatch,t:urlDecode,t:lowercase"
            SecRule ARGS "@streq a" "id:3,phase:2,block,multiMatch,t:urlDecode,t:lowercase"
            SecRule ARGS "@streq A" "id:4,phase:2,block,t:urlDecode,t:lowercase"
            SecRule ARGS "@rx ^A$" "id:5,phase:2,block,multiMatch,t:urlDecode,t:lowercase"
            """
        #expect(try matches(text, get("q=%2541")) == [1, 2, 3, 5])
    }

    @Test("a transformation that its traits rule out changes nothing")
    func traits() {
        var numbers = Numbers()
        let steps: [SecTransformation] =
            TextTransformation.allCases.map { .shared($0) } + [.removeWhitespace, .trim, .trimLeft, .trimRight]
        for _ in 0..<20_000 {
            let text = randomText(&numbers)
            let traits = TextTraits(of: text)
            for step in steps {
                guard let triggers = step.triggers, triggers.isDisjoint(with: traits) else { continue }
                #expect(step.apply(to: text) == text, "\(step) \(text)")
            }
        }
    }

    @Test("many expressions at once find what each finds alone")
    func sets() throws {
        let patterns = ["a.*Z", "(?i)select", "^$", "[\\x80-\\xff]", "\\.\\./", "0+", "<|;", "(?m)^/"]
        let set = try LinearRegexSet(patterns)
        let single = try patterns.map { try LinearRegex($0) }
        var numbers = Numbers()
        for _ in 0..<5000 {
            let text = randomText(&numbers)
            #expect(set.matches(text).sorted() == single.indices.filter { single[$0].matches(text) })
        }
        #expect(throws: LinearRegexSet.Problem.self) { try LinearRegexSet(["a", "("]) }
    }

    @Test("names of variables may come from requests, but not without end")
    func bounds() throws {
        let text = """
            SecRule ARGS_NAMES "@rx ." "id:1,phase:2,pass,nolog,setvar:'tx.count_%{MATCHED_VAR_NAME}=+1'"
            SecRule TX:/^count_/ "@gt 1" "id:2,phase:2,block"
            """
        #expect(try matches(text, get("a=1&b=2&A=3")) == [2])
        #expect(try matches(text, get("a=1&b=2")) == [])
        let many = (0..<20_000).map { "a\($0)=" }.joined(separator: "&")
        #expect(try matches(text, get(many)) == [])
    }
}
