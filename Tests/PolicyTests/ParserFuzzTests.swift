import Policy
import ProcessorTime
import Testing

@testable import PolicyCases

/// Whatever comes in, the parser answers, and soon.
@Suite struct ParserFuzz {
    private static let seeds = [
        #"{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"A1","Effect":"Allow","Action":["s3:Get*","iam:*"],"#
            + #""Resource":["arn:aws:s3:::b/${aws:username, 'd'}/*","*"],"Condition":{"StringLike":{"aws:x":["a\u00e9","#
            + #""${*}"]},"DateLessThan":{"aws:CurrentTime":"2026-11-21T00:00:00Z"},"Bool":{"aws:y":true}}}]}"#,
        #"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":["111122223333","*"],"Service":"#
            + #""s3.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"NumericEquals":{"a:b":[1,-2.5e3]},"Null":{}}}}"#,
        #"{"Version":"2008-10-17","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"},"#
            + #""NotAction":"s3:*","NotResource":"arn:aws:sqs:*","Condition":{"IpAddress":{"aws:SourceIp":"::1/64"}}}]}"#,
    ]

    @Test func randomMutationsNeverTrap() {
        let seed = Environment.number("POLICY_SEED") ?? UInt64.random(in: 0..<1_000_000)
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u", "\\ud83d", "*", "?", "$", "${", "'}", "null", "1e9", "-",
            "é", "\u{0}", "\n",
        ]
        var accepted = 0
        print("policy: fuzz seed \(seed)")
        for _ in 0..<4000 {
            var bytes = Array(Self.seeds[Int.random(in: Self.seeds.indices, using: &random)].utf8)
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                let end = min(bytes.count, place + Int.random(in: 0...3, using: &random))
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.removeSubrange(place..<end)
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                case 2:
                    bytes.replaceSubrange(
                        place..<end, with: pieces[Int.random(in: pieces.indices, using: &random)].utf8)
                default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
                }
            }
            let type = PolicyType.allCases[Int.random(in: PolicyType.allCases.indices, using: &random)]
            guard let document = try? PolicyDocument(parsing: String(decoding: bytes, as: UTF8.self), as: type) else {
                continue
            }
            accepted += 1
            let compiled = CompiledPolicy(document, source: PolicySource(type: type))
            let inputs = PolicyInputs(identity: [compiled], resource: compiled, endpoint: [compiled])
            let trace = PolicyEvaluator.explain(
                AuthorizationRequest(principal: .user, action: "s3:GetObject", resource: object), inputs,
                DictionaryContext(["aws:x": .one("é"), "aws:y": .many(["true"]), "aws:SourceIp": .one("::1")]))
            #expect(!trace.lines.isEmpty)
        }
        #expect(accepted > 100, "the mutations must leave something to evaluate")
    }

    @Test(arguments: [
        String(repeating: "[", count: 1_000_000), String(repeating: "{\"a\":", count: 200_000),
        "\"" + String(repeating: "\\", count: 1_000_001), String(repeating: " ", count: 1_000_000),
        "{\"Version\":\"" + String(repeating: "é", count: 300_000),
        "{\"Statement\":[" + String(repeating: "{},", count: 100_000),
    ]) func hugeDocumentsEndSoon(text: String) {
        let time = processorTime {
            #expect(throws: PolicyError.self) { try PolicyDocument(parsing: text, as: .session) }
        }
        #expect(time < .seconds(60))
    }

    @Test(arguments: [
        #"{"a":1,}"#, #"{"a" 1}"#, #"{a:1}"#, "01", "1.", ".5", "+1", "tru", "nul", "\"\\x\"", "\"\\u12\"", "\"\u{1}\"",
        #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, "[1 2]", "{\"a\":1,\"a\":2}", "\u{FEFF}{}", "'a'", "// x\n{}",
    ]) func strictJSON(value: String) {
        // Each stands where any value may stand, so that only its own fault can be the reason.
        let text =
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Sid":\#(value)}}"#
        #expect(throws: PolicyError.self) { try PolicyDocument(parsing: text, as: .resource) }
        do {
            _ = try PolicyDocument(parsing: text, as: .session)
        } catch {
            #expect(error.message == "The policy is not in the valid JSON format.", "\(value)")
        }
    }
}
