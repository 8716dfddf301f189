import Policy
import PolicyCases
import Testing

@testable import Reasoning

/// Policies that are made to be hard: what is asked of them ends when its steps are used up, and never in a wrong no.
@Suite struct HostilePolicies {
    @Test(arguments: HostilePair.all(bytes: 6_144)) func endWithinTheBudget(pair: HostilePair) throws {
        let type: PolicyType = pair.isOfResource ? .resource : .identity
        let old = try symbolic(pair.old, type)
        let new = try symbolic(pair.new, type)
        for (allowing, denying) in [(new, old), (old, new)] {
            var known: Bool?
            for steps in [100, 1_000, 10_000, 100_000] {
                let domain = Domain(budget: Budget(steps: steps))
                let answer = Question(allowedBy: [allowing], notAllowedBy: [denying]).answer(domain)
                switch answer {
                case .unknown(let doubt): #expect(doubt != .disagreement, "\(pair.name)")
                case .yes, .no:
                    // More steps decide more, and nothing otherwise.
                    #expect(known == nil || known == answer.isNo, "\(pair.name), \(steps) steps")
                    known = answer.isNo
                }
            }
        }
    }

    /// Who asks is found out by steps as well: each pair of a user and a unique ID is a caller.
    @Test func callersAreCounted() throws {
        let pair = try #require(HostilePair.all(bytes: 20_480).first { $0.name == "many principals" })
        let policy = try symbolic(pair.new, .resource)
        let meter = Meter(Budget(steps: 10_000))
        #expect(Caller.all(named: [policy], .aws, meter)?.count == nil)
        #expect(meter.left > -1_000)
        guard case .unknown(.budget) = Checks(Domain(budget: Budget(steps: 10_000))).access(by: policy) else {
            Issue.record("answered without knowing all callers")
            return
        }
    }

    /// Conditions whose values are tied to each other make many ways to try: each is counted.
    @Test func variablesAreCounted() throws {
        let pair = try #require(HostilePair.all(bytes: 6_144).first { $0.name == "variables of variables" })
        let policy = try symbolic(pair.new)
        let meter = Meter(Budget(steps: 20_000))
        let caller = Caller.owner(.aws, policy.keys)
        let solver = Solver(domain: .aws, meter: meter, facts: caller.keys)
        if case .none = solver.solve(policy.statements.map(\.applies)) { Issue.record("a wrong no") }
        #expect(meter.left > -20_000)
    }
}
