import BundledData
import Lint
import Policy
import ProcessorTime
import Testing

@Suite struct RobustnessTests {
    /// What AWS's own policies have that is in error or not in the catalogue, each as "CODE policy".
    @Test func managedPoliciesHaveNoErrorsButTheKnown() throws {
        let linter = Linter()
        var found: Set<String> = []
        var count = 0
        for (name, document) in ManagedPolicies.all {
            count += 1
            for finding in linter.lint(document, as: .identity).findings where finding.severity == .error {
                found.insert("\(finding.code.rawValue) \(name)")
            }
        }
        #expect(count > 1_400)
        let unknown = found.subtracting(ManagedPolicies.knownErrors)
        #expect(unknown.isEmpty, "\(unknown.sorted())")
    }

    @Test func mutatedDocumentsNeverTrap() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(state: seed)
        let samples = Example.all.flatMap { [$0.wrong, $0.right] }.filter { $0.utf8.count < 2_000 }
        for _ in 0..<3_000 {
            let sample = try #require(samples.randomElement(using: &random))
            let text = mutate(sample, with: samples, &random)
            let type = PolicyType.allCases.randomElement(using: &random)
            for finding in Linter().lint(text, as: type).findings {
                #expect(finding.position.offset <= text.utf8.count, "seed \(seed): \(text)")
                #expect(!finding.message.isEmpty)
            }
        }
    }

    /// What has no error can be evaluated, but for elements that are empty, of which Access Analyzer only advises.
    @Test func documentsWithoutErrorsCanBeEvaluated() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(state: seed)
        let samples = Example.all.flatMap { [$0.wrong, $0.right] }.filter { $0.utf8.count < 2_000 }
        let empty: Set<FindingCode> = [.emptyArrayAction, .emptyArrayResource]
        var passed = 0
        for _ in 0..<3_000 {
            let sample = try #require(samples.randomElement(using: &random))
            let text = Bool.random(using: &random) ? sample : mutate(sample, with: samples, &random)
            for type in [PolicyType.identity, .resource, .roleTrust] {
                let findings = Linter().lint(text, as: type).findings
                guard !findings.contains(where: { $0.severity == .error || empty.contains($0.code) }) else { continue }
                passed += 1
                #expect(throws: Never.self, "seed \(seed), \(type): \(text)") {
                    try PolicyDocument(parsing: text, as: type, strictness: .evaluable)
                }
            }
        }
        #expect(passed > 100)
    }

    @Test(arguments: [
        String(repeating: "[", count: 100_000), String(repeating: #"{"Statement":"#, count: 10_000), "", "\u{FEFF}{}",
        "{\"Statement\":{\"Action\":\"" + String(repeating: "*a", count: 20_000) + "\"}}",
        "{\"Statement\":{\"Resource\":\"arn:aws:s3:::" + String(repeating: "*a?", count: 20_000) + "\"}}",
        "{\"Statement\":{\"Resource\":\"" + String(repeating: "${a", count: 20_000) + "\"}}",
        "{\"Statement\":{\"Action\":[" + String(repeating: #""s3:*a*b*c","#, count: 1_000) + "\"*\"]}}",
        "{\"Statement\":{\"Action\":[" + String(repeating: #""ec2:DescribeInstanses","#, count: 2_000) + "\"*\"]}}",
    ])
    func hostileDocumentsTakeBoundedTime(_ text: String) {
        let duration = processorTime { _ = Linter().lint(text) }
        #expect(duration < .seconds(60))
    }

    private func mutate(_ text: String, with others: [String], _ random: inout SplitMix64) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0x20...0x7E, using: &random)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert("*?${}:/\",[]".utf8.randomElement(using: &random) ?? 0, at: index)
            default:
                let other = Array((others.randomElement(using: &random) ?? "{}").utf8)
                let start = Int.random(in: 0..<other.count, using: &random)
                bytes.replaceSubrange(index..<index, with: other[start..<min(other.count, start + 12)])
            }
            if bytes.isEmpty { bytes = [0x7B] }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A generator whose numbers a printed seed brings back.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
