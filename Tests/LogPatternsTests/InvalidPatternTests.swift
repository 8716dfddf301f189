import LogPatterns
import Testing

@Suite struct InvalidPatternTests {
    @Test(arguments: [
        // Other characters than letters, digits and _ need quotes.
        "/var/log", "a.b", "ERROR:", "é", "-", "?", #""open"#, #""a"b"#,
        "%open", "%%", "%a(b)%", "%something!%", "%a%%b%", "%é%", #"%\q%"#, "%a b%", "%[%", "%a% b",
        "{", "{}", "{ $.a }", "{ $.a = }", "{ a = 1 }", "{ $ = 1 }", "{ $. = 1 }", "{ $.a == 1 }", "{ $.a < b }",
        #"{ $.a > "1" }"#, "{ $.a < %1% }", "{ $.a IS }", "{ $.a IS MAYBE }", "{ $.a NOT }", "{ $.a = @ }",
        "{ ($.a = 1 }", "{ $.a = 1) }", "{ $.a = 1 && }", "{ $.a = 1 } x", "{ $.a = 1", "{ $.a[ = 1 }",
        "{ $.a[x] = 1 }", "{ $.a[99999999999999999999] = 1 }", "{ $.*.*.a = 1 }", "{ $.a[*][*] = 1 }",
        "{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.d[*] = 1 }",
        "{ $.a = %1% || $.a = %2% || $.a = %3% }",
        "[", "[a", "[..., ...]", "[a, b = 1 && c = 2]", "[a = ]", "[a b]", "[a] b", "[a < x]", "[= 1]",
    ])
    func isRefused(_ pattern: String) {
        #expect(throws: InvalidFilterPattern.self) { try FilterPattern(pattern) }
    }

    @Test func manyParenthesesDoNotExhaustTheStack() {
        let open = String(repeating: "(", count: 1000)
        #expect(throws: InvalidFilterPattern.self) { try FilterPattern("{ \(open)$.a = 1") }
        #expect(throws: Never.self) { try FilterPattern("{ ((((($.a = 1))))) }") }
    }

    @Test func whatIsNoObjectIsNoMatchForJSON() throws {
        let pattern = try FilterPattern("{ $.a NOT EXISTS }")
        #expect(pattern.matches(#" {"b":1}"#))
        for message in ["", "plain", "[1]", #"{"b":1"#, #"{"b":1} x"#, String(repeating: "[", count: 100_000)] {
            #expect(!pattern.matches(message))
        }
    }

    /// A pattern that takes exponential time elsewhere, over a message as long as they may be.
    @Test func expressionsAreLinear() throws {
        let message = String(repeating: "a", count: 1 << 20) + "b"
        #expect(try !FilterPattern("%^a*a*a*a*a*a*a*a*a*a*a*a*c$%").matches(message))
        #expect(try FilterPattern("\"\(String(repeating: "a", count: 1000))b\"").matches(message))
    }
}
