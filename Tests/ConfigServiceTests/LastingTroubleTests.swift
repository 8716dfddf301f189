import Ledger
import Platform
import Posture
import Testing
import Wire

@testable import ConfigService

/// What one thing that can't be done must not do to others.
@Suite struct LastingTroubleTests {
    private static let complianceType = "AWS::Config::ResourceCompliance"

    private func say(_ type: String, _ id: String, _ rule: StoredRule, _ bench: Workbench) async throws {
        let time = bench.now
        try await bench.write { (records) throws(ServiceError) in
            try records.keep(.compliant, of: rule, on: type, id, ordered: time, invoked: time, at: time)
        }
    }

    @Test func whatCannotBeStoredIsPassedOver() async throws {
        let bench = try Workbench()
        try await bench.record()
        let rule = try await bench.place()
        await bench.scheduler.runDue()
        for id in ["a\nb", String(repeating: "é", count: 600), "b"] { try await say("T", id, rule, bench) }
        await bench.scheduler.runDue()
        #expect(try await bench.item(Self.complianceType, "T/b") != nil)
        let pending = try await bench.read { (records) throws(ServiceError) in
            try records.list(PendingCompliance.self, limit: 10).count
        }
        #expect(pending == 0)
        #expect(ComplianceItem.isStorable(String(repeating: "T", count: 256), String(repeating: "i", count: 768)))
    }

    @Test func typesMayHaveSlashes() async throws {
        let bench = try Workbench()
        try await bench.record()
        let rule = try await bench.place()
        await bench.scheduler.runDue()
        try await say("Own/Type", "x", rule, bench)
        await bench.scheduler.runDue()
        let time = bench.now
        try await bench.write { (records) throws(ServiceError) in
            try records.schedule(DiscoverCompliance(), id: "default", at: time)
        }
        await bench.scheduler.runDue()
        #expect(try await bench.item(Self.complianceType, "Own/Type/x") != nil)
    }

    @Test func resourcesWaitWhileTheEndpointOfARuleIsAway() async throws {
        let bench = try Workbench()
        try await bench.record()
        try await bench.put(Thing(id: "a", isGood: true))
        await bench.scheduler.runDue()
        var rule = bench.rule()
        (rule.owner, rule.identifier, rule.policy) = (.customLambda, "arn:aws:lambda:us-east-1:1:function:f", nil)
        let (made, scope, time) = (rule, bench.scope, bench.now)
        let job = InvokeRule(
            "good", on: ConfiguredResource(Thing.type, "a", account: scope.account, region: scope.region))
        func schedule(failedAt: Double?) async throws -> Double? {
            try await bench.write { (records) throws(ServiceError) in
                try records.put(made)
                var status = RuleStatus(id: "good", activated: time)
                status.failedInvocation = failedAt
                status.errorCode = failedAt.map { _ in RuleEndpoint.unavailable }
                try records.put(status)
                try records.schedule(job, id: "a", at: time)
            }
            await bench.scheduler.runDue()
            return try await bench.read { (records) throws(ServiceError) in
                try records.scheduledTime(of: InvokeRule.self, id: "a")
            }
        }
        #expect(try await schedule(failedAt: time) == time + 60)
        // It is asked: nobody stands for the function.
        #expect(try await schedule(failedAt: nil) == nil)
        #expect(try await schedule(failedAt: time - 61) == nil)
        let code = try await bench.read { (records) throws(ServiceError) in
            try records.get(RuleStatus.self, "good")?.errorCode
        }
        #expect(code == "InternalError")
        // Nobody waits for ever.
        _ = try await schedule(failedAt: time)
        for _ in 0..<InvokeRule.tries {
            bench.pass(600)
            let now = bench.now
            try await bench.write { (records) throws(ServiceError) in
                var status = try records.get(RuleStatus.self, "good") ?? RuleStatus(id: "good", activated: time)
                (status.failedInvocation, status.errorCode) = (now, RuleEndpoint.unavailable)
                try records.put(status)
            }
            await bench.scheduler.runDue()
        }
        let left = try await bench.read { (records) throws(ServiceError) in
            try records.scheduledTime(of: InvokeRule.self, id: "a")
        }
        #expect(left == nil)
    }

    @Test func troubleIsShownAtEachTry() async throws {
        let bench = try Workbench()
        try await bench.record()
        try await bench.write { (records) throws(ServiceError) in try records.put(Trouble()) }
        try await bench.place()
        await bench.scheduler.runDue()
        let found = try await bench.read { (records) throws(ServiceError) in
            (
                try records.get(RuleStatus.self, "good")?.errorCode,
                try records.scheduledTime(of: EvaluateRule.self, id: "good")
            )
        }
        #expect(found.0 == "InternalFailure" && found.1 != nil)
    }

    @Test func newTypesAreLookedAtOnceAtAStart() async throws {
        let bench = try Workbench()
        try await bench.record()
        try await bench.put(Thing(id: "a", isGood: true))
        await bench.scheduler.runDue()
        func isScheduled() async throws -> Bool {
            try await FollowedResources.begin(bench.environment)
            let due = try await bench.read { (records) throws(ServiceError) in
                [
                    try records.scheduledTime(of: DiscoverResources.self, id: "default"),
                    try records.scheduledTime(of: DiscoverCompliance.self, id: "default"),
                ]
            }
            return due.allSatisfy { $0 != nil }
        }
        #expect(try await !isScheduled())
        for types in [nil, []] as [[String]?] {
            try await bench.environment.write(Scope(account: ""), requestID: "") { (records) throws(ServiceError) in
                guard var followed = try records.get(FollowedResources.self, FollowedResources.name) else { return }
                followed.types = types
                try records.put(followed)
            }
            #expect(try await isScheduled())
            await bench.scheduler.runDue()
            #expect(try await !isScheduled())
        }
    }

    @Test func whatOtherRulesSaidBeforeIsNotForgotten() async throws {
        let bench = try Workbench()
        try await bench.record()
        let other = try await bench.place("other")
        let rule = try await bench.place()
        await bench.scheduler.runDue()
        try await say("T", "x", other, bench)
        try await bench.write { (records) throws(ServiceError) in
            guard var row = try records.get(ResourceCompliance.self, RuleResult.key("T", "x")) else { return }
            row.rules = nil
            try records.put(row)
        }
        try await say("T", "x", rule, bench)
        let rules = try await bench.read { (records) throws(ServiceError) in
            try records.get(ResourceCompliance.self, RuleResult.key("T", "x"))?.rules
        }
        #expect(rules == ["good": .compliant, "other": .compliant])
    }

    @Test func attemptsOutliveARuleThatIsNotAboutTheResourceForAWhile() async throws {
        let bench = try Workbench()
        try await bench.record()
        try await bench.put(Thing(id: "a", isGood: false))
        let rule = try await bench.place()
        await bench.scheduler.runDue()
        let time = bench.now
        func attempts() async throws -> Int {
            try await bench.read { (records) throws(ServiceError) in
                try records.list(RemediationExecution.self, of: "good", limit: 10).count
            }
        }
        try await bench.write { (records) throws(ServiceError) in
            try records.put(
                RemediationExecution(
                    rule: "good", type: Thing.type, id: "a", state: .succeeded, step: "", invoked: time, updated: time))
            try records.keep(.notApplicable, of: rule, on: Thing.type, "a", ordered: time, invoked: time, at: time)
        }
        #expect(try await attempts() == 1)
        try await bench.write { (records) throws(ServiceError) in
            try records.keep(
                .nonCompliant(), of: rule, on: Thing.type, "a", ordered: time, invoked: time, at: time)
            try records.keep(
                .notApplicable, of: rule, on: Thing.type, "a", ordered: time, invoked: time, at: time, isGone: true)
        }
        #expect(try await attempts() == 0)
    }

    @Test func policiesAreComparedOnceAndNotWithoutEnd() {
        let control = #"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:Get*","Resource":"*"}}"#
        func policy(_ action: String) -> String { control.replacing("s3:Get*", with: action) }
        let one = PolicyComparison.Allowance(1)
        for _ in 0..<2 {
            #expect(PolicyComparison.isWithin(control, policy("s3:GetObject"), owner: "111122223333", one))
            #expect(!one.hasRefused())
        }
        // What is not asked is not known afterwards.
        #expect(!PolicyComparison.isWithin(control, policy("s3:GetObjectAcl"), owner: "111122223333", one))
        #expect(one.hasRefused() && !one.hasRefused())
        #expect(PolicyComparison.isWithin(control, policy("s3:GetObjectAcl"), owner: "111122223333", nil))
    }
}
