import Policy
import Testing

@testable import PolicyCases

/// The engine against the slow evaluator of `ReferenceEvaluator.swift`, on random cases.
@Suite struct Differential {
    /// Set `POLICY_SEED` and `POLICY_CASES` to repeat or to widen a run.
    @Test(arguments: 0..<4) func engineAgreesWithReference(shard: Int) throws {
        let seed = (Environment.number("POLICY_SEED") ?? UInt64.random(in: 0..<1_000_000)) &* 4 &+ UInt64(shard)
        let count = Environment.number("POLICY_CASES") ?? 12_800
        var generator = CaseGenerator(random: SeededGenerator(seed: seed))
        var seen: [RefOutcome: Int] = [:]
        var number: UInt64 = 0
        while number < count {
            var testCase = generator.next()
            let inputs = try testCase.inputs()
            // Policies cost more to make than to ask, so each set answers several requests.
            for variant in 0..<16 {
                if variant > 0 { testCase = generator.variant(of: testCase) }
                number += 1
                let expected = testCase.decide()
                seen[expected, default: 0] += 1
                let (request, context) = testCase.question()
                let decision = PolicyEvaluator.evaluate(request, inputs, context)
                if variant > 0, decision.outcome.rawValue == expected.rawValue { continue }
                let trace = PolicyEvaluator.explain(request, inputs, context)
                if decision.outcome.rawValue != expected.rawValue || !trace.isConsistent || trace.decision != decision {
                    Issue.record("seed \(seed), case \(number): expected \(expected)\n\(testCase)\n\(trace)")
                    return
                }
            }
        }
        print("policy: seed \(seed), \(count) cases agree: \(seen.map { "\($0.key) \($0.value)" }.sorted())")
        // The cases must be worth their time.
        for outcome in [RefOutcome.allowed, .explicitlyDenied, .implicitlyDenied] {
            #expect(seen[outcome, default: 0] > Int(count / 20))
        }
    }
}

extension Trace {
    /// Whether the statements that the trace calls matching bear the decision out.
    fileprivate var isConsistent: Bool {
        let denies = policies.contains { $0.hasMatch(effect: "Deny") }
        switch decision.outcome {
        case .explicitlyDenied: return denies && decision.statement != nil
        case .implicitlyDenied: return !denies && decision.statement == nil && decision.policyType != nil
        case .allowed:
            guard let statement = decision.statement else { return !denies }
            return !denies
                && policies.contains { policy in
                    policy.source == statement.policy
                        && policy.statements.contains {
                            $0.index == statement.index && $0.applies && $0.effect == "Allow"
                        }
                }
        }
    }
}
