import Ledger
import Platform
import Testing
import Wire

@testable import ConfigService

@Suite struct EvaluationTests {
    @Test func troubleThatPassesDoesNotEndAnEvaluation() async throws {
        let bench = try Workbench()
        try await bench.record()
        try await bench.put(Thing(id: "a", isGood: false))
        try await bench.write { (records) throws(ServiceError) in try records.put(Trouble()) }
        try await bench.place()
        await bench.scheduler.runDue()
        #expect(try await bench.verdicts() == [:])
        try await bench.write { (records) throws(ServiceError) in try records.delete(Trouble()) }
        bench.pass(60)
        await bench.scheduler.runDue()
        #expect(try await bench.verdicts() == ["a": .nonCompliant])
    }

    @Test func aGapInTheJournalHasTheRulesLookAtAll() async throws {
        let bench = try Workbench()
        try await bench.record()
        try await bench.place()
        await bench.scheduler.runDue()
        func due() async throws -> Double? {
            try await bench.read { (records) throws(ServiceError) in
                try records.scheduledTime(of: EvaluateRule.self, id: "good")
            }
        }
        #expect(try await due() == nil)
        for (hasGap, expected) in [(false, nil), (true, bench.now)] {
            let work = try await EvaluateChanges.prepare(.changes([], hasGap: hasGap), bench.environment)
            try await bench.environment.write(Scope(account: ""), requestID: "", work)
            #expect(try await due().map { $0.rounded() } == expected?.rounded())
        }
    }

    /// Walking through a journal of years took the first recorder, and the first rule, as long as that takes.
    @Test func whatHappenedBeforeTheFirstRecorderAndRuleIsNotFollowed() async throws {
        let bench = try Workbench()
        for number in 0..<10 { try await bench.put(Thing(id: "\(number)", isGood: true)) }
        let (environment, scope) = (bench.environment, bench.scope)
        let end = try await environment.journalEnd()
        #expect(end >= 10)
        var recorder = Recorder(name: "default", accountID: scope.account, region: scope.region, roleARN: "")
        recorder.isRecording = true
        let first = recorder
        try await bench.write { (records) throws(ServiceError) in try records.begin(first, after: end, environment) }
        #expect(try await bench.cursor(FollowResources.self) == end)
        try await bench.place()
        #expect(try await bench.cursor(EvaluateChanges.self) ?? 0 > end)
        await bench.scheduler.runDue()
        #expect(try await bench.verdicts().count == 10)
        #expect(try await bench.item(Thing.type, "9")?.status == .discovered)
        // Another recorder takes nothing from the first.
        try await bench.put(Thing(id: "0", isGood: false))
        let later = try await environment.journalEnd()
        let (cursor, rules) = (
            try await bench.cursor(FollowResources.self), try await bench.cursor(EvaluateChanges.self)
        )
        let second = Recorder(name: "default", accountID: scope.account, region: "eu-west-1", roleARN: "")
        try await environment.write(Scope(account: scope.account, region: "eu-west-1"), requestID: "") {
            (records) throws(ServiceError) in
            try records.begin(second, after: later, environment)
        }
        try await bench.place("other")
        #expect(try await bench.cursor(FollowResources.self) == cursor)
        #expect(try await bench.cursor(EvaluateChanges.self) == rules)
        await bench.scheduler.runDue()
        #expect(try await bench.verdicts()["0"] == .nonCompliant)
        #expect(try await bench.item(Thing.type, "0")?.status == .ok)
    }

    @Test func resultsOfProposalsAreKeptForNinetyDays() async throws {
        let bench = try Workbench()
        let day = 86_400.0
        func proposal(_ id: String, _ time: Double) -> Proposal {
            Proposal(
                id: id, started: time, type: "AWS::S3::Bucket", resourceID: "b", configuration: "{}", context: nil,
                token: nil, results: [])
        }
        let (old, new, start) = (proposal("1", bench.now), proposal("2", bench.now + 91 * day), bench.now)
        try await bench.write { (records) throws(ServiceError) in
            try records.keep(old, at: start)
            _ = try records.readOnly.proposal("1", at: start + 89 * day)
        }
        await #expect(throws: ServiceError.self) {
            try await bench.read { (records) throws(ServiceError) in try records.proposal("1", at: start + 91 * day) }
        }
        let left = try await bench.write { (records) throws(ServiceError) in
            try records.keep(new, at: start + 91 * day)
            return try records.list(Proposal.self, limit: 10).map(\.id)
        }
        #expect(left == ["2"])
    }

    @Test func onlyWhatIsAskedForCanBeDeclined() async throws {
        let bench = try Workbench()
        let (environment, scope) = (bench.environment, bench.scope)
        func declined(_ account: String) async throws -> Int {
            let time = bench.now
            return try await bench.write { (records) throws(ServiceError) in
                try records.decline(account, "us-east-1", at: time, environment)
                return try records.count(DeclinedAggregation.self)
            }
        }
        #expect(try await declined("210987654321") == 0)
        let aggregator = Aggregator(
            name: "all", accountID: "210987654321", region: "us-east-1",
            accounts: [Aggregator.Accounts(ids: [scope.account], allRegions: true, regions: [])], created: bench.now,
            updated: bench.now)
        try await environment.write(Scope(account: "210987654321", region: "us-east-1"), requestID: "") {
            (records) throws(ServiceError) in try records.put(aggregator)
        }
        #expect(environment.projection(AggregatorIndex.self).pending(for: scope).count == 1)
        #expect(try await declined("210987654321") == 1)
        #expect(environment.projection(AggregatorIndex.self).pending(for: scope).isEmpty)
    }
}
