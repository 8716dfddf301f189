import Testing

@testable import WAF

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:DB8::1", "2001:db8::1"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "192.0.2.1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
    func addressesAreRead(_ text: String, _ written: String) { #expect(IPAddress(text)?.description == written) }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.", ":", ":::", "1::2::3", "12345::", "1:2",
        "::g",
        "1:2:3:4:5:6:7:8:9", "1.2.3.4::", "fe80::1%eth0", " 1.2.3.4", ":1::", "1:2:3:4:5:6:7:8::", "1:",
    ])
    func otherTextsAreNone(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test func networksHaveTheirAddresses() {
        #expect(Network("192.0.2.77/24")?.description == "192.0.2.0/24")
        #expect(Network("192.0.2.77/33") == nil && Network("192.0.2.77") == nil && Network("::/129") == nil)
        #expect(Network("192.0.2.77/+8") == nil && Network("1.2.3.4/") == nil)
        let all = NetworkSet([Network("0.0.0.0/0")].compactMap { $0 })
        #expect(IPAddress("8.8.8.8").map(all.contains) == true && IPAddress("::8").map(all.contains) == false)
    }

    /// The set says what a look at each network says.
    @Test func setsAreRight() {
        func part(_ most: Int) -> Int { Int.random(in: 0...most) }
        for _ in 0..<40 {
            let networks = (0..<20).compactMap { _ in
                Network("10.\(part(3)).\(part(255)).0/\(8 + part(24))")
            }
            let set = NetworkSet(networks)
            for _ in 0..<50 {
                guard let address = IPAddress("10.\(part(3)).\(part(255)).\(part(1))") else { continue }
                let expected = networks.contains { $0.address == address.masked(to: $0.length) }
                #expect(set.contains(address) == expected)
            }
        }
    }
}

/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_JsonBody.html>
@Suite struct JSONBodyTests {
    private func texts(_ body: String, _ match: JSONBodyMatch = JSONBodyMatch()) -> [String] {
        JSONBody(Array(body.utf8), match).elements.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func keysAndValuesAreFound() {
        let body = #"{"dogs": [{"name": "Rex\u00e9\ud83d\ude00\/"}, {"name": "Ida", "age": 3.5e1}], "ok": true}"#
        #expect(texts(body) == ["dogs", "name", "Rexé😀/", "name", "Ida", "age", "3.5e1", "ok", "true"])
        #expect(texts(body, JSONBodyMatch(scope: .key)) == ["dogs", "name", "name", "age", "ok"])
        #expect(texts(body, JSONBodyMatch(paths: ["/dogs/0/name"], scope: .value)) == ["Rexé😀/"])
        #expect(texts(body, JSONBodyMatch(paths: ["/dogs/1", "/ok"], scope: .value)) == ["Ida", "3.5e1", "true"])
        #expect(texts(body, JSONBodyMatch(paths: ["/dog"])).isEmpty)
        #expect(texts(#"{"a/b": {"~": "x"}}"#, JSONBodyMatch(paths: ["/a~1b/~0"], scope: .value)) == ["x"])
    }

    @Test(arguments: [
        #"{"a": "x", b: 1}"#, #"{"a": "x""#, #"{"a": "x"} y"#, #"{"a": "x", "\q": 1}"#, #"{"a": "x", 1}"#,
    ])
    func whatIsBeforeAMistakeCounts(_ body: String) throws {
        #expect(texts(body, JSONBodyMatch(scope: .value)).first == "x")
        func holds(_ invalid: JSONBodyMatch.InvalidBody?, _ text: String) throws -> Bool {
            try isMatch(
                contains(text, in: .jsonBody(JSONBodyMatch(scope: .value, invalid: invalid))),
                WebRequest(body: Array(body.utf8)))
        }
        #expect(try holds(nil, "x") && !holds(nil, "{") && holds(.evaluateAsString, "{"))
        #expect(try holds(.match, "zzz") && !holds(.noMatch, "x"))
    }

    /// What AWS's reader and others go over hides nothing that comes after.
    @Test(arguments: [
        #"{"a": "x" "q": "y"}"#, #"{"a" "x", "q" "y"}"#, #"{"a":: "x",, "q"::: "y"}"#, #"["x" "y"]"#,
        "\u{FEFF}" + #"{"a": "x", "q": "y"}"#, #"{"a": "x", "q": "y"# + String(repeating: "z", count: 9),
        #"{"a": "x", "b": "# + String(repeating: "[", count: 30_000) + String(repeating: "]", count: 30_000)
            + #", "q": "y"}"#,
    ])
    func nothingIsHiddenBehindAFlaw(_ body: String) {
        let texts = texts(body, JSONBodyMatch(scope: .value))
        #expect(texts.first == "x" && texts.last?.hasPrefix("y") == true)
    }

    @Test(arguments: [
        (#"{"a": "x" "b" 1}"#, true), (#"{"a":: "x"}"#, true), (#"{"a": "x", "a": 2}"#, false), (#""x""#, false),
        ("7", false), (#"{"a":}"#, false), (#"{"a": "x"]"#, false), (#"{"a": {"a": 1}, "b": [{"a": 1}]}"#, true),
        ("[]", true), ("", false),
    ])
    func someFlawsAreMistakes(_ body: String, _ isComplete: Bool) {
        #expect(JSONBody(Array(body.utf8), JSONBodyMatch()).isComplete == isComplete)
    }

    @Test func noBytesTrap() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("{}[]\":,\\u0dD8/ae1 ".utf8) + [0xFF]
        for _ in 0..<5000 {
            let body = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            _ = JSONBody(body, JSONBodyMatch(paths: ["/a", "/1/e"]))
        }
        #expect(!JSONBody([UInt8](repeating: 0x5B, count: 65_536), JSONBodyMatch()).isComplete)
    }
}
