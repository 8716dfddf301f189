import Ledger
import Platform
import Posture
import Testing
import Wire

@testable import ConfigService

@Suite struct ComplianceItemTests {
    private func configuration(_ item: StoredItem?) throws -> JSONValue {
        try JSONValue(parsing: Array((item?.configuration ?? "null").utf8))
    }

    @Test func whatRulesSayOfAResourceIsRecorded() async throws {
        let bench = try Workbench()
        try await bench.record()
        try await bench.put(Thing(id: "a", isGood: true))
        let rule = try await bench.place()
        let other = try await bench.place("other")
        await bench.scheduler.runDue()
        let id = "AWS::Test::Thing/a"
        var item = try await bench.item("AWS::Config::ResourceCompliance", id)
        #expect(item?.status == .discovered)
        let made = try configuration(item)
        #expect(made["targetResourceId"]?.text == "a" && made["targetResourceType"]?.text == Thing.type)
        #expect(made["complianceType"]?.text == "COMPLIANT")
        let rules = made["configRuleList"]?.elements ?? []
        #expect(rules.map { $0["configRuleName"]?.text } == ["good", "other"])
        #expect(rules.first?["configRuleArn"]?.text == rule.arn && rules.first?["configRuleId"]?.text == rule.ruleID)
        bench.pass(1)
        try await bench.put(Thing(id: "a", isGood: false))
        await bench.scheduler.runDue()
        item = try await bench.item("AWS::Config::ResourceCompliance", id)
        #expect(item?.status == .ok && item?.captured == Int64((Workbench.start + 1) * 1000))
        #expect(try configuration(item)["complianceType"]?.text == "NON_COMPLIANT")
        // A rule less, and then none.
        let time = bench.now
        for (gone, expected) in [(other, ["good"]), (rule, [])] {
            try await bench.write { (records) throws(ServiceError) in try records.remove(gone, at: time) }
            await bench.scheduler.runDue()
            item = try await bench.item("AWS::Config::ResourceCompliance", id)
            #expect(
                try configuration(item)["configRuleList"]?.elements.map { $0["configRuleName"]?.text ?? "" }
                    ?? [] == expected)
        }
        #expect(item == nil)
        let past = try await bench.read { (records) throws(ServiceError) in
            try records.list(
                PastItem.self, of: PastItem.partition("AWS::Config::ResourceCompliance", id), limit: 10
            ).map(\.item.status)
        }
        #expect(past == [.discovered, .ok, .ok, .deleted])
        // Nobody evaluates what evaluations say.
        let compliances = try await bench.read { (records) throws(ServiceError) in
            try records.list(ResourceCompliance.self, limit: 10)
        }
        #expect(compliances.isEmpty)
    }

    @Test func whatWasSaidBeforeTheRecorderWasStartedIsRecorded() async throws {
        let bench = try Workbench()
        try await bench.record()
        let scope = bench.scope
        try await bench.put(Thing(id: "a", isGood: true))
        var rule = bench.rule()
        rule.pack = "conformance-pack-abc"
        let (made, home) = (rule, bench.home())
        let pack = StoredPack(
            name: "p", accountID: scope.account, region: scope.region, bucket: nil, keyPrefix: nil, parameters: [:],
            updated: bench.now)
        try await bench.write { (records) throws(ServiceError) in
            var own = made
            own.pack = pack.packID
            try records.put(pack)
            try records.place(own, home, nil)
        }
        await bench.scheduler.runDue()
        let type = "AWS::Config::ConformancePackCompliance"
        let first = try await bench.item(type, pack.packID)
        #expect(first?.name == "p" && first?.arn == pack.arn)
        let found = try configuration(first)
        #expect(found["complianceType"]?.text == "COMPLIANT" && found["totalRuleCount"] == .integer(1))
        #expect(found["compliantRuleCount"] == .integer(1) && found["nonCompliantRuleCount"] == .integer(0))
        #expect(found["configRuleList"]?.elements.map { $0["configRuleName"]?.text } == ["good"])
        // While nobody records, nothing is; who starts to record looks at all.
        func set(_ isRecording: Bool, _ types: [String]) async throws {
            try await bench.write { (records) throws(ServiceError) in
                guard var recorder = try records.get(Recorder.self, "default") else { return }
                (recorder.isRecording, recorder.types) = (isRecording, types)
                recorder.strategy = types.isEmpty ? .all : .inclusion
                try records.put(recorder)
            }
            await bench.scheduler.runDue()
        }
        try await set(false, [])
        bench.pass(1)
        try await bench.put(Thing(id: "a", isGood: false))
        await bench.scheduler.runDue()
        try await bench.write { (records) throws(ServiceError) in
            try records.schedule(EvaluateRule(), id: "good", at: Workbench.start)
        }
        await bench.scheduler.runDue()
        #expect(try await bench.verdicts() == ["a": .nonCompliant])
        #expect(try await bench.item(type, pack.packID) == first)
        try await set(true, [])
        #expect(try configuration(await bench.item(type, pack.packID))["complianceType"]?.text == "NON_COMPLIANT")
        let id = "AWS::Test::Thing/a"
        #expect(
            try configuration(await bench.item("AWS::Config::ResourceCompliance", id))["complianceType"]?.text
                == "NON_COMPLIANT")
        // A recorder that is told to record other types says so of those that it has recorded.
        try await set(true, [Thing.type])
        #expect(try await bench.item(type, pack.packID) == nil)
        #expect(try await bench.item("AWS::Config::ResourceCompliance", id) == nil)
    }
}
