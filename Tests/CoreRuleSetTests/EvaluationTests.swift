import ProcessorTime
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
        #expect(try matches(text, post("application/json", " ")) == [5])
    }

    @Test("JSON that can't be read to its end: the rest is text, and its parts between quotation marks are")
    func unreadJSON() throws {
        let rules = try rules(
            """
            SecRule ARGS "@streq 1' or \\"1" "id:1,phase:2,deny"
            SecRule ARGS "@contains rest" "id:2,phase:2,block"
            """)
        let attack = #""q":"1' \u006fr \"1""#
        for text in [
            "{\"a\":" + String(repeating: "[", count: 65) + String(repeating: "]", count: 65) + ",\(attack)}",
            "{\"a\":1,,\(attack)}", "{'a':1,\(attack)}", "/**/{\(attack)}", "{} {\(attack)}",
            "{\"a\":\"\\x\",\(attack)}",
            "{\"a\":[" + String(repeating: "1,", count: 2048) + "1],\(attack)}", "{'a\"':1,\(attack)}", "{\(attack)",
            "\u{FEFF}{\(attack)}", "\u{FEFF}{\"a\":1,,\(attack)}",
            "{\"\(String(repeating: "k", count: 16_384))\":[" + String(repeating: "{},", count: 80) + "{}],\(attack)}",
        ] {
            let result = rules.inspect(post("application/json", text))
            #expect(result.isDenied && (result.rules == [1] || text.count > 4096), "\(text.prefix(80))")
        }
        #expect(rules.inspect(post("application/json", "{\"rest\"")).rules == [2])
        #expect(rules.inspect(post("application/json", "{'a':'a rest'}")).rules == [2])
        for text in ["", "{}", "{\"a\":[1,{\"rest\":2}]}\n", "\u{FEFF}[1]", "\"1\""] {
            #expect(rules.inspect(post("application/json", text)).rules == [], "\(text)")
        }
    }

    @Test("bodies of several parts that applications may read otherwise: all of them is looked at")
    func doubtfulParts() throws {
        let rules = try rules(
            """
            SecRule ARGS "@rx ^attack$" "id:1,phase:2,deny"
            SecRule ARGS:q "@streq attack" "id:2,phase:2,block"
            """)
        func part(_ parameters: String, _ content: String = "attack", end: String = "\r\n") -> String {
            ["--B", "Content-Disposition: form-data\(parameters)", "", content, ""].joined(separator: end)
        }
        let file = part("; name=f; filename=x")
        let type = "multipart/form-data; boundary=B"
        func found(_ type: String, _ body: String) -> [Int] { rules.inspect(post(type, body)).rules }
        // A file is none of its business, and well-formed bodies are read as they are.
        for type in [type, "multipart/form-data; charset=x; Boundary=\"B\""] {
            #expect(found(type, file + "--B--\r\n") == [])
            #expect(found(type, part("; name=q") + "--B--") == [1, 2])
        }
        let webKit = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
        let renamed = (file + "--B--\r\n").replacing("--B", with: "--" + webKit)
        #expect(found("multipart/form-data; boundary=" + webKit, renamed) == [])
        // An empty file name is none.
        #expect(found(type, part("; name=q; filename=\"\"") + "--B--\r\n") == [1, 2])
        for type in [
            "multipart/form-data; x-boundary=A; boundary=B", "multipart/form-data; boundary=B; boundary=A",
            "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=C",
            "multipart/form-data; boundary='B'", "multipart/form-data; boundary=B,C",
        ] { #expect(found(type, file + "--B--\r\n") == [1], "\(type)") }
        for body in [
            "attack\r\n" + file + "--B--\r\n", file + "--B--\r\nattack", file + "--B--\r\n--C\r\n", "attack",
            "{\"a\":\"attack\"}", "x=att%61ck", part("; name=f; filename=x", end: "\n"), "--B\r\nattack\r\n--B--",
            part("; name=f; filename=x; filename=y") + "--B--", file + "--BC\r\n--B--\r\n",
            part("; x=a\"; filename=x; name=\"; name=f") + "--B--",
            String(repeating: "--B\r\n\r\n\r\n", count: 1024) + file + "--B--\r\n",
        ] {
            let result = rules.inspect(post(type, body))
            #expect(result.isDenied && (result.rules == [1] || body.count > 4096), "\(body.prefix(80))")
        }
    }

    @Test("a header of a part that is folded without end costs no more than its length", .timeLimit(.minutes(10)))
    func foldedHeader() throws {
        let text =
            "--B\r\nContent-Disposition: form-data; name=f; filename=x" + String(repeating: "\r\n ", count: 200_000)
        let time = try processorTime { () throws in
            #expect(
                try matches(
                    "SecRule &MULTIPART_PART_HEADERS:f \"@eq 1\" \"id:1,phase:2,block\"",
                    post("multipart/form-data; boundary=B", text + "\r\n\r\nz\r\n--B--")) == [1])
        }
        #expect(time < .seconds(60))
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

    @Test("XML: the texts of elements and attributes are looked at, and what is between the tags of what can't be read")
    func xml() throws {
        let text = """
            SecRule XML:/* "@streq 1' or '1'='1" "id:1,phase:2,deny"
            SecRule ARGS|XML:/* "@rx passwd" "id:2,phase:2,block"
            SecRule REQBODY_PROCESSOR "@streq XML" "id:3,phase:2,block"
            """
        let rules = try rules(text)
        func found(_ body: String, _ type: String = "application/soap+xml; charset=utf-8") -> [Int] {
            rules.inspect(post(type, body)).rules
        }
        let attack = "1' or '1'='1"
        for body in [
            "<e><id>7</id><q>1&apos; or '1'=&#39;1</q></e>", "<e><q>\(attack)</q><!-- c --><r>x</r></e>",
            "<e q=\"\(attack)\"/>", "<e><![CDATA[\(attack)]]></e>", "<q>\(attack)</q>", "<e><q>\(attack)</e>",
            "<!DOCTYPE e><e><q>\(attack)</q></e>", "<q>\(attack)", "<e x=\"\(attack)\">",
            "<e>" + String(repeating: "<i>1</i>", count: 900) + "<q>\(attack)</q></e>",
        ] { #expect(found(body) == [1, 3], "\(body.prefix(80))") }
        #expect(found("<e>\(attack.dropLast())<b/>1</e>") == [1, 3], "all text together, as ModSecurity has it")
        #expect(found("<!DOCTYPE e [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><e>&x;</e>") == [2, 3])
        for type in ["text/xml", "application/xml", "application/vnd.x+xml"] {
            #expect(found("<a>passwd</a>", type) == [2, 3])
        }
        #expect(found("<passwd>1</passwd><!-- passwd -->", "text/plain") == [])
        #expect(found("<e>1 or 2</e>") == [3])
        #expect(found("") == [3])
        let wide = "<q>\(attack)</q>".utf8.flatMap { byte -> [UInt8] in [byte, 0] }
        let request = WebRequest(
            method: "POST", headers: [.init("Content-Type", "text/xml")], body: [0xFF, 0xFE] + wide)
        #expect(rules.inspect(request).rules == [1, 3])
    }

    @Test("thousands of short values: the same is found as in each alone, and expressions are asked of few of them")
    func manyShortValues() throws {
        let text = """
            SecRule ARGS "@rx ^admin$" "id:1,phase:2,block,t:lowercase"
            SecRule ARGS "@rx (?i)union.{1,9}select" "id:2,phase:2,block"
            SecRule ARGS "@rx x\\Z" "id:3,phase:2,block"
            SecRule ARGS "@rx \\bor\\b" "id:4,phase:2,block"
            """
        let more = (10..<60).map { "SecRule ARGS \"@rx q\($0)[a-z]+$\" \"id:\($0),phase:2,block\"" }
        let rules = try rules(text + "\n" + more.joined(separator: "\n"))
        func inspection(_ values: [String]) -> CoreInspection {
            CoreInspection(rules, get(values.enumerated().map { "\($0.offset)=\($0.element)" }.joined(separator: "&")))
        }
        let plain = (0..<1900).map { "v\($0)" }
        let quiet = inspection(plain)
        #expect(quiet.run().rules == [])
        // One by one it would be more than a hundred thousand.
        #expect(quiet.singleMatches < 20_000)
        for (value, ids) in [
            ("Admin", [1]), ("administrator", []), ("union all select", [2]), ("ax", [3]), ("1 or 2", [4]), ("orb", []),
            ("q37abc", [37]), ("q37", []), ("a%0Aadmin%0Ab", [1]),
        ] {
            for place in [0, 950, 1899] {
                var values = plain
                values[place] = value.replacing(" ", with: "+")
                #expect(inspection(values).run().rules == ids, "\(value) at \(place)")
            }
        }
        // Parts of an expression in different values are none of it.
        #expect(inspection(["union"] + plain.dropLast() + ["select"]).run().rules == [])
    }

    @Test(
        "a request that has every expression asked of thousands of values counts as an attack, instead of taking for ever"
    )
    func exhaustion() throws {
        let rules = try rules(
            (100..<300).map { "SecRule ARGS \"@rx a.*z\($0)\" \"id:\($0),phase:2,block\"" }.joined(separator: "\n"))
        let hidden = (100..<300).map { "z\($0)" }
        let values = ["a"] + (0..<1700).map { "v\($0)" } + hidden
        let query = values.enumerated().map { "\($0.offset)=\($0.element)" }.joined(separator: "&")
        let inspection = CoreInspection(rules, get(query))
        #expect(inspection.run().isDenied)
        #expect(inspection.singleMatches < TextStore.mostSingleMatches + 1000)
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
