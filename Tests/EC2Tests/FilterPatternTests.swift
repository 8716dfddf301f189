import Testing

@testable import EC2Service

@Suite struct FilterPatternTests {
    @Test(arguments: [
        ("web", "web", true), ("web", "Web", false), ("web*", "webserver", true), ("*web", "webserver", false),
        ("w?b", "wab", true), ("w?b", "wb", false), ("*", "", true), ("?", "", false), ("a*b*c", "aXXbYYc", true),
        ("a*b*c", "aXXbYY", false), ("**", "x", true), (#"\*"#, "*", true), (#"\*"#, "x", false), (#"a\?"#, "a?", true),
        (#"a\\"#, #"a\"#, true), ("", "", true), ("", "x", false), ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaa", false),
    ])
    func matches(_ pattern: String, _ text: String, _ expected: Bool) {
        #expect(FilterPattern(pattern).matches(text) == expected)
    }
}
