import Testing
import Wire

@testable import EventPatterns

@Suite struct PatternErrorTests {
    @Test(
        arguments: [
            (#"{"source":"aws.ec2"}"#, #""source" must be an object or an array"#, 12),
            ("[]", "Filter is not an object", 2),
            ("{}", "Empty objects are not allowed", 3),
            (#"{"a":[]}"#, "Empty arrays are not allowed", 8),
            (#"{"a":[[1]]}"#, "Match value must be String, number, true, false, or null", 8),
            (#"{"a":[{"foo":"x"}]}"#, "Unrecognized match type foo", 15),
            (#"{"a":[{"prefix":1}]}"#, "prefix match pattern must be a string", 18),
            (#"{"a":[{"prefix":"x","suffix":"y"}]}"#, "Only one key allowed in match expression", 31),
            (#"{"a":[{"suffix":true}]}"#, "suffix match pattern must be a string", 21),
            (#"{"a":[{"exists":1}]}"#, "exists match pattern must be either true or false.", 18),
            (#"{"a":[{"numeric":1}]}"#, "Value of numeric must be an array.", 19),
            (#"{"a":[{"numeric":["~",1]}]}"#, "Unrecognized numeric range operator: ~", 20),
            (#"{"a":[{"numeric":["<","x"]}]}"#, "Value of < must be numeric", 24),
            (#"{"a":[{"numeric":[">",3,"<",2]}]}"#, "Bottom must be less than top", 31),
            (#"{"a":[{"numeric":["=",6e9]}]}"#, "Value must be between -5.0E9 and 5.0E9, inclusive", 26),
            (
                #"{"a":[{"anything-but":["x",1]}]}"#,
                "Inside anything but list, either all values are number or string, mixed type is not supported", 30
            ),
            (#"{"a":[{"anything-but":{"cidr":"x"}}]}"#, "Unsupported anything-but pattern: cidr", 32),
            (#"{"a":[{"cidr":"10.0.0.0/33"}]}"#, "Malformed CIDR, 10.0.0.0/33", 16),
            (#"{"a":[{"wildcard":"a**"}]}"#, "Consecutive wildcard characters at pos 2", 20),
            (#"{"a":[{"wildcard":"a\\b"}]}"#, "Invalid escape character at pos 1", 20),
            (#"{"$or":{}}"#, "It must be an Array followed with $or.", 9),
            (#"{"$or":[{"a":[1]}]}"#, "There must have at least 2 Objects in $or relationship.", 19),
            ("{\n \"a\": 1}", #""a" must be an object or an array"#, 8),
            (#"{"a":"#, "Unexpected end-of-input", 6),
        ]) func `What is wrong is said as AWS does, with its place`(text: String, reason: String, column: Int)
    {
        let error = #expect(throws: PatternError.self) { try EventPattern(parsing: text) }
        #expect(error?.reason == reason)
        let line = text.contains("\n") ? 2 : 1
        #expect(
            error?.description == "\(reason)\n at [Source: (String)\"\(text)\"; line: \(line), column: \(column)]")
    }

    @Test func `Alternatives may multiply to a thousand, and stars are few`() throws {
        func alternatives(_ count: Int, _ name: String) -> String {
            #"{"$or":[\#((0..<count).map { #"{"\#(name)":["\#($0)"]}"# }.joined(separator: ","))]}"#
        }
        func pattern(_ first: Int, _ second: Int) -> String {
            #"{"a":\#(alternatives(first, "x")),"b":\#(alternatives(second, "y"))}"#
        }
        #expect(try EventPattern(parsing: pattern(10, 100)).combinations == 1000)
        #expect(throws: PatternError.self) { try EventPattern(parsing: pattern(10, 101)) }
        let stars = String(repeating: "a*", count: 31)
        let error = #expect(throws: PatternError.self) {
            try EventPattern(parsing: #"{"a":[{"wildcard":"\#(stars)"}]}"#)
        }
        #expect(error?.reason.hasPrefix("Rule is too complex") == true)
    }

    @Test func `A long text is cut in errors`() {
        let text = #"{"a":""# + String(repeating: "x", count: 600) + #""}"#
        let error = #expect(throws: PatternError.self) { try EventPattern(parsing: text) }
        #expect(error?.description.contains("\"[truncated 108 chars]; line: 1, column: 7]") == true)
    }
}

@Suite struct FilterPolicyTests {
    @Test(
        arguments: [
            (#"{"store":["example_corp"]}"#, true), (#"{"store":["other"]}"#, false), ("{}", true),
            (#"{"price_usd":[{"numeric":[">=",100]}]}"#, true), (#"{"price_usd":[{"numeric":["<",100]}]}"#, false),
            (#"{"interests":["rugby","football"]}"#, true),
            (#"{"interests":[{"anything-but":["rugby","tennis"]}]}"#, false),
            (#"{"encrypted":[{"exists":false}]}"#, true), (#"{"store":[{"exists":false}]}"#, false),
            (#"{"store":[{"prefix":"example"}],"ip":[{"cidr":"10.0.0.0/24"}]}"#, true),
            (#"{"store":[{"equals-ignore-case":"EXAMPLE_corp"}]}"#, true),
            (#"{"$or":[{"store":["x"]},{"price_usd":[210.75]}]}"#, true),
        ]) func `Attributes are compared`(policy: String, isWanted: Bool) throws
    {
        let attributes: [String: JSONValue] = [
            "store": .string("example_corp"), "price_usd": .double(210.75), "ip": .string("10.0.0.7"),
            "interests": .array([.string("rugby"), .string("tennis")]),
        ]
        #expect(try FilterPolicy(parsing: policy, scope: .attributes).matches(attributes: attributes) == isWanted)
    }

    @Test func `Bodies are compared`() throws {
        let policy = try FilterPolicy(parsing: #"{"a":{"b":[{"suffix":".png"}]}}"#, scope: .body)
        #expect(policy.matches(body: Array(#"{"a":{"b":"x.png"}}"#.utf8)))
        #expect(policy.matches(body: Array(#"{"a":[{"b":"x.jpg"},{"b":"x.png"}]}"#.utf8)))
        #expect(!policy.matches(body: Array(#"{"a":{"b":"x.jpg"}}"#.utf8)))
        #expect(!policy.matches(body: Array("x.png".utf8)))
    }

    @Test(
        arguments: [
            (#"{"a":{"b":["x"]}}"#, FilterPolicy.Scope.attributes), (#"{"a":"b"}"#, .body),
            (#"{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}"#, .attributes),
            (#"{"a":[1,2,3,4,5,6],"b":[1,2,3,4,5],"c":[1,2,3,4,5,6]}"#, .attributes),
            (#"{"a":{"b":{"c":[1,2,3,4,5,6,7,8,9,10],"d":[1,2]}}}"#, .body),
        ]) func `What is too large or nested is refused`(policy: String, scope: FilterPolicy.Scope)
    {
        #expect(throws: PatternError.self) { try FilterPolicy(parsing: policy, scope: scope) }
    }
}
