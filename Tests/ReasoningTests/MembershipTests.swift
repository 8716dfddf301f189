import Policy
import Testing

@testable import PolicyCases
@testable import Reasoning

/// The reasoning against the engine, on random policies of every type and random requests.
@Suite struct Membership {
    /// A formula holds for a request exactly if the engine allows it. Set `REASONING_SEED` and `REASONING_CASES` to
    /// repeat or to widen a run.
    @Test(arguments: 0..<4) func formulasSayWhatTheEngineDecides(shard: Int) throws {
        let seed = (Environment.number("REASONING_SEED") ?? UInt64.random(in: 0..<1_000_000)) &* 4 &+ UInt64(shard)
        let count = Environment.number("REASONING_CASES") ?? 12_800
        var generator = CaseGenerator(random: SeededGenerator(seed: seed))
        var number: UInt64 = 0
        var allowed: UInt64 = 0
        while number < count {
            var testCase = generator.next()
            let inputs = try testCase.inputs()
            let symbolic = SymbolicInputs(inputs)
            for variant in 0..<16 {
                if variant > 0 { testCase = generator.variant(of: testCase) }
                number += 1
                let (request, context) = testCase.question()
                guard let formula = symbolic.allowed(request.principal, resourceAccount: request.resourceAccount) else {
                    continue
                }
                let expected = PolicyEvaluator.allows(request, inputs, context)
                if expected { allowed += 1 }
                if formula.holds(request, context, keys: symbolic.keys) != expected {
                    let trace = PolicyEvaluator.explain(request, inputs, context)
                    Issue.record("seed \(seed), case \(number): expected \(expected)\n\(testCase)\n\(trace)")
                    return
                }
            }
        }
        #expect(allowed > count / 20)
    }

    /// What one policy allows and another does not is never called nothing, and what is found is confirmed.
    @Test(arguments: 0..<4) func noRequestIsOverlooked(shard: Int) throws {
        let seed = (Environment.number("REASONING_SEED") ?? UInt64.random(in: 0..<1_000_000)) &* 4 &+ UInt64(shard)
        let count = Environment.number("REASONING_CASES") ?? 25_600
        var generator = CaseGenerator(random: SeededGenerator(seed: seed &+ 77))
        var (yes, no, unknown, proofs) = (0, 0, 0, 0)
        var asked = 0
        // Cases are random: it goes on until there are enough of each kind.
        while asked < count / 64 || (asked < count / 8 && (yes <= 20 || no <= 20 || proofs <= 20)) {
            asked += 1
            let testCase = generator.next()
            let other = generator.next()
            let type = try #require(
                [PolicyType.identity, .resource, .roleTrust].randomElement(using: &generator.random))
            guard let new = try testCase.policy(type), let old = try other.policy(type) else { continue }
            let answer = Checks(.engine).newAccess(from: SymbolicPolicy(old), to: SymbolicPolicy(new))
            switch answer {
            case .yes: yes += 1
            case .no: no += 1
            case .unknown(let doubt):
                if doubt == .disagreement {
                    Issue.record("seed \(seed): \(doubt)\n\(new.document.text)\n\(old.document.text)")
                    return
                }
                unknown += 1
            }
            var sample = testCase
            for _ in 0..<64 {
                sample = generator.variant(of: sample)
                let (request, context) = sample.question()
                guard request.action.lowercased() != "sts:getcalleridentity" else { continue }
                var question = request
                if type == .identity { question.resourceAccount = question.principal.accountID }
                let allows = { (policy: CompiledPolicy) in
                    PolicyEvaluator.allows(question, PolicyInputs(alone: policy, question.principal), context)
                }
                if type == .identity, question.principal.kind != .user { continue }
                guard allows(new), !allows(old) else { continue }
                proofs += 1
                if answer.isNo {
                    Issue.record("seed \(seed): overlooked\n\(sample)\n\(new.document.text)\n\(old.document.text)")
                    return
                }
            }
        }
        print("reasoning: seed \(seed): \(yes) yes, \(no) no, \(unknown) unknown, \(proofs) requests that prove a yes")
        #expect(yes > 20 && no > 20 && proofs > 20)
        #expect(unknown * 20 < yes + no)
    }
}

extension RefCase {
    fileprivate func policy(_ type: PolicyType) throws -> CompiledPolicy? {
        switch type {
        case .identity: try identity.first?.compiled()
        case .resource: try resourcePolicy?.compiled()
        default: try trust?.compiled()
        }
    }
}
