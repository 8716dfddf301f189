import Testing
import Wire

@testable import GuardRules

private func document(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

private func status(_ rules: String, _ data: String) throws -> GuardStatus {
    try GuardRules(rules).evaluate(try document(data)).status
}

@Suite struct GuardRulesTests {
    @Test func answersAsTheReference() throws {
        let document = try document(referenceDocument)
        var count = 0
        for line in referenceAnswers.split(separator: "\n") {
            let expected = String(line.prefix(4))
            let text = line.dropFirst(5).replacing("\\n", with: "\n")
            let isFile = text.hasPrefix("rule") || text.hasPrefix("let")
            let rules = try GuardRules(isFile ? String(text) : "rule r { \(text) }")
            let outcome = try rules.evaluate(document)
            #expect(outcome.rules.last { $0.name == "r" }?.status.rawValue == expected, "\(text)")
            count += 1
        }
        #expect(count > 400)
    }

    @Test func messagesAreThoseOfClausesThatFail() throws {
        let rules = try GuardRules(
            """
            rule one when a exists {
                a == 1 or a == 2 <<neither>>
                b == 1
                << b has
                   to be one >>
                c == 1 <<not this>>
            }
            rule two { c == 1 <<nor this>> }
            """)
        let outcome = try rules.evaluate(try document(#"{"a": 2, "b": 3, "c": 1}"#))
        #expect(outcome.rules.map(\.status) == [.fail, .pass])
        #expect(outcome.messages.count == 1)
        #expect(outcome.messages[0].hasPrefix("b has"))
        #expect(try rules.evaluate(try document("{}")).status == .fail)
        #expect(try GuardRules("rule one when a exists { a == 1 }").evaluate(try document("{}")).status == .skip)
    }

    @Test(arguments: [
        (#"let t = "A%20b"  let u = url_decode(%t)  rule r { %u == "A b" }"#, GuardStatus.pass),
        (#"let u = to_upper(x)  rule r { %u == "ABC" }"#, .pass),
        (#"let u = to_lower(y)  rule r { %u == "abc" }"#, .pass),
        (#"let u = substring(x, 0, 2)  rule r { %u == "ab" }"#, .pass),
        (#"let u = join(l[*], ",")  rule r { %u == "a,b" }"#, .pass),
        (#"let u = count(l[*])  rule r { %u == 2 }"#, .pass),
        (#"let u = json_parse(j)  rule r { %u.a[*] == 1 }"#, .pass),
        (
            #"let p = "^(\w)(\w+)$"  let to = "${2}-${1}"  let u = regex_replace(x, %p, %to)  rule r { %u == "bc-a" }"#,
            .pass
        ),
        (#"let u = parse_int(n)  rule r { %u == 7 }"#, .pass),
        (#"let u = parse_boolean(t)  rule r { %u == true }"#, .pass),
        (#"let u = parse_float(n)  rule r { %u == 7.0 }"#, .pass),
        (#"let u = parse_string(i)  rule r { %u == "5" }"#, .pass),
        (#"let u = parse_char(i)  rule r { %u == "5" }"#, .pass),
    ])
    func functions(_ rules: String, _ expected: GuardStatus) throws {
        let data = #"{"x":"abc","y":"ABC","l":["a","b"],"j":"{\"a\":[1]}","n":"7","t":"tRuE","i":5}"#
        #expect(try status(rules, data) == expected, "\(rules)")
    }

    @Test(arguments: [
        "", "rule r", "rule r {", "rule r { }", "rule r { a == }", "rule r { a == \"x }", "rule r { a[ == 1 }",
        "let x", "let x = 1", "rule r { a == /[/ }", "rule r { a == 1 << never }", "rule r { a in r[1,] }",
        "rule r when { a == 1 }", "rule r { when a { b == 1 } ", "rule r { a[] == 1 }",
    ])
    func refuses(_ text: String) {
        #expect(throws: GuardSyntaxError.self) { try GuardRules(text) }
    }

    @Test func errorsSayWhere() throws {
        let error = #expect(throws: GuardSyntaxError.self) { try GuardRules("rule r {\n  a ==\n}") }
        #expect(error?.line == 3)
        let long = "rule r { a == \"" + String(repeating: "x", count: GuardRules.mostBytes) + "\" }"
        #expect(throws: GuardSyntaxError.self) { try GuardRules(long) }
    }

    @Test func whatCanNotBeEvaluated() throws {
        let data = try document("{}")
        func error(_ rules: String) throws -> GuardEvaluationError? {
            let rules = try GuardRules(rules)
            return #expect(throws: GuardEvaluationError.self) { try rules.evaluate(data) }
        }
        #expect(try error("rule r { %x exists }") == .unknownVariable("x"))
        #expect(try error("rule r { other\n }") == .unknownRule("other"))
        #expect(try error("rule r { f(1) }") == .unknownRule("f"))
        #expect(try error("rule a { b\n }  rule b { a\n }") == .circularRule("a"))
        #expect(try error("rule f(x) { f(%x) }  rule r { f(1) }") == .tooMuchWork)
    }

    /// What nests, and what multiplies, ends with an error and not with the process.
    @Test func hostileRulesEnd() throws {
        let deep = String(repeating: "a { ", count: 5000) + "b == 1" + String(repeating: " }", count: 5000)
        #expect(throws: GuardSyntaxError.self) { try GuardRules("rule r { \(deep) }") }
        let list = String(repeating: "[", count: 9000)
        #expect(throws: GuardSyntaxError.self) { try GuardRules("rule r { a == \(list)") }
        let many = (0..<100).map { "\($0)" }.joined(separator: ",")
        let blocks = String(repeating: "%l[*] { ", count: 8) + "this exists" + String(repeating: " }", count: 8)
        let rules = try GuardRules("let l = l[*] rule r { \(blocks) }")
        #expect(throws: GuardEvaluationError.tooMuchWork) { try rules.evaluate(try document("{\"l\": [\(many)]}")) }
    }

    /// Functions multiply texts, and queries multiply values, without many clauses.
    @Test(arguments: [
        (0..<12).map {
            #"let v\#($0 + 1) = regex_replace(%v\#($0), "^(.*)$", "${1}${1}${1}${1}${1}${1}${1}${1}${1}${1}")"#
        }
        .joined(separator: "\n") + "\nrule r { %v12 == 1 }",
        #"let v1 = join(l[*], %v0) let v2 = regex_replace(%v1, "(.*)", ""# + String(repeating: "${1}", count: 1000)
            + "\")\nrule r { %v2 == 1 }",
        "rule r { l < l }",
    ])
    func whatMultipliesIsCounted(_ text: String) throws {
        let many = (0..<1000).map { _ in "\"abcdefghij\"" }.joined(separator: ",")
        let rules = try GuardRules("let v0 = \"abcdefghij\"\n" + text)
        #expect(throws: GuardEvaluationError.tooMuchWork) { try rules.evaluate(try document("{\"l\": [\(many)]}")) }
    }
}
