import Ledger
import Platform
import Posture
import Testing
import Wire

@testable import ConfigService

@Suite struct ResultsOfDeletedRulesTests {
    @Test func aRuleThatIsBeingDeletedSaysNothingMore() async throws {
        let bench = try Workbench()
        try await bench.record()
        try await bench.put(Thing(id: "a", isGood: false))
        let rule = try await bench.place()
        let (environment, scope) = (bench.environment, bench.scope)
        // What was found before the rule was deleted comes late.
        let question = try await bench.read { (records) throws(ServiceError) in
            try ItemQuestion(
                ConfiguredResource(Thing.type, "a", account: scope.account, region: scope.region), [rule], nil,
                records, environment)
        }
        let found = try #require(question).answers(environment, PolicyComparison.Allowance())
        let verdicts = found.map { evaluation -> Compliance? in
            if case .verdict(let verdict) = evaluation.answer { verdict.compliance } else { nil }
        }
        #expect(verdicts == [.nonCompliant])
        try await bench.write { (records) throws(ServiceError) in
            try records.remove(rule, at: environment.now())
            for one in found { try one.keep(records) }
        }
        #expect(try await bench.verdicts() == [:])
        await bench.scheduler.runDue()
        let left = try await bench.read { (records) throws(ServiceError) in
            (try records.get(StoredRule.self, "good"), try records.list(ResourceCompliance.self, limit: 10))
        }
        #expect(left.0 == nil && left.1.isEmpty)
    }

    @Test func aRuleInThePlaceOfOneThatIsBeingDeletedIsAnother() async throws {
        let bench = try Workbench()
        try await bench.record()
        try await bench.put(Thing(id: "a", isGood: false))
        try await bench.put(Thing(id: "b", isGood: false))
        let old = try await bench.place()
        await bench.scheduler.runDue()
        #expect(try await bench.verdicts() == ["a": .nonCompliant, "b": .nonCompliant])
        bench.pass(1)
        let time = bench.now
        try await bench.write { (records) throws(ServiceError) in try records.remove(old, at: time) }
        try await bench.write { (records) throws(ServiceError) in try records.delete(Thing(id: "b", isGood: false)) }
        bench.pass(1)
        let new = try await bench.place()
        #expect(new.created == old.created + 2 && new.state == "ACTIVE")
        await bench.scheduler.runDue()
        #expect(try await bench.verdicts() == ["a": .nonCompliant])
        let found = try await bench.read { (records) throws(ServiceError) in
            (
                try records.get(StoredRule.self, "good")?.created,
                try records.list(ResourceCompliance.self, limit: 10).map { "\($0.id) \($0.nonCompliant)" }
            )
        }
        #expect(found.0 == new.created && found.1 == ["a 1"])
    }

    @Test func whatIsSaidOfProactiveRulesAloneIsForgotten() async throws {
        let bench = try Workbench()
        try await bench.record()
        try await bench.put(Thing(id: "a", isGood: false))
        let old = try await bench.place()
        await bench.scheduler.runDue()
        #expect(try await bench.verdicts() == ["a": .nonCompliant])
        bench.pass(1)
        var proactive = bench.rule()
        proactive.modes = ["PROACTIVE"]
        let (new, home) = (proactive, bench.home())
        try await bench.write { (records) throws(ServiceError) in try records.place(new, home, old) }
        await bench.scheduler.runDue()
        #expect(try await bench.verdicts() == [:])
    }

    @Test func remediationsAreForgottenWithTheirRule() async throws {
        let bench = try Workbench()
        try await bench.record()
        let rule = try await bench.place()
        let time = bench.now
        try await bench.write { (records) throws(ServiceError) in
            // More than go in one transaction.
            for number in 0..<600 {
                try records.put(
                    RemediationExemption(rule: "good", type: Thing.type, id: "\(number)", put: time))
                try records.put(
                    RemediationExecution(
                        rule: "good", type: Thing.type, id: "\(number)", state: .succeeded, step: "", invoked: time,
                        updated: time))
            }
            try records.remove(rule, at: time + 1)
            // That of another rule of the name.
            try records.put(RemediationExemption(rule: "good", type: Thing.type, id: "later", put: time + 2))
        }
        bench.pass(3)
        await bench.scheduler.runDue()
        let left = try await bench.read { (records) throws(ServiceError) in
            (
                try records.list(RemediationExemption.self, of: "good", limit: 1000).map(\.id),
                try records.list(RemediationExecution.self, of: "good", limit: 1000).count
            )
        }
        #expect(left.0 == ["later"] && left.1 == 0)
    }

    @Test func anOrganizationsRuleKeepsTheAccountOfItsFunction() async throws {
        let bench = try Workbench()
        try await bench.record()
        var rule = bench.rule()
        rule.functionAccount = "210987654321"
        let (first, home) = (rule, bench.home())
        for _ in 0..<2 {
            let kept = try await bench.write { (records) throws(ServiceError) in
                try records.place(first, home, try records.get(StoredRule.self, "good"))
                return try records.get(StoredRule.self, "good")?.functionAccount
            }
            #expect(kept == "210987654321")
        }
    }
}
