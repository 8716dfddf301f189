import Directory
import Keyring
import Ledger
import Logging
import OIDC
import Synchronization
import Testing
import Wire

@testable import Platform

/// Jobs and followers, each with a ledger in memory and a clock that stands still until it is moved.
@Suite struct SchedulerTests {
    /// What the jobs of one test did, found by the id that they were scheduled under.
    private static let diaries = Mutex<[String: [String]]>([:])

    private static func note(_ diary: String, _ line: String) {
        diaries.withLock { $0[diary, default: []].append(line) }
    }

    private static func read(_ diary: String) -> [String] { diaries.withLock { $0[diary] ?? [] } }

    private struct Note: Record {
        static let kind = "Test::Note"
        var id: String
    }

    /// Notes its name, and when it was done by the clock.
    private struct Write: Job {
        static let kind = "Test::Write"
        var diary: String
        var name: String

        func run(_ context: JobContext) async throws(ServiceError) {
            let time = Int(context.environment.clock.now)
            try await context.finish { (records) throws(ServiceError) in
                try records.put(Note(id: name))
                SchedulerTests.note(diary, "\(name)@\(time)")
            }
        }
    }

    /// Fails until it has been tried three times.
    private struct Stubborn: Job {
        static let kind = "Test::Stubborn"
        var diary: String

        func run(_ context: JobContext) async throws(ServiceError) {
            SchedulerTests.note(diary, "try \(context.attempts)")
            guard context.attempts >= 2 else { throw ServiceError("NotYet", "not yet") }
        }
    }

    private struct Hourly: RecurringJob {
        static let kind = "Test::Hourly"
        static let interval = 3600.0

        func run(_ context: JobContext) async throws(ServiceError) {
            let time = context.environment.clock.now
            try await context.finish { (records) throws(ServiceError) in
                try records.put(Note(id: "hourly-\(Int(time))"))
            }
        }
    }

    private struct Counting: Follower {
        static let name = "Test::Counting"
        static let source = FollowedSource.journal(kinds: [Note.kind])

        static func prepare(
            _ batch: FollowedBatch, _ environment: Environment
        ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
            guard case .changes(let entries, _) = batch else { throw .internalFailure }
            let ids = entries.map(\.change.id)
            return { (records) throws(ServiceError) in
                for id in ids {
                    let seen = try records.get(Seen.self, id)?.times ?? 0
                    try records.put(Seen(id: id, times: seen + 1))
                }
            }
        }
    }

    private struct Seen: Record {
        static let kind = "Test::Seen"
        var id: String
        var times: Int
    }

    private final class House: Sendable {
        let environment: Environment
        let scheduler: Scheduler
        let real = Atomic<Int>(1_800_000_000)
        let scope = Scope(account: "111122223333")

        init(followers: [any Follower.Type] = []) throws {
            let keyring = EphemeralKeyring()
            let ledger = try Ledger(at: .memory, keyring: keyring)
            environment = Environment(
                ledger: ledger, directory: IdentityDirectory(), sessionTokens: try SessionTokens(keyring: keyring),
                authorizationMessages: try AuthorizationMessages(keyring: keyring),
                openIDProviders: try OpenIDProviders(), publicAddress: PublicAddress(fixed: nil), quotas: Quotas(),
                region: "us-east-1", clock: Clock { 1_800_000_000 })
            scheduler = Self.scheduler(environment, followers)
            let scheduler = scheduler
            ledger.observeWork { scheduler.committed($0) }
        }

        static func scheduler(_ environment: Environment, _ followers: [any Follower.Type] = []) -> Scheduler {
            var log = Logger(label: "test")
            log.logLevel = .critical
            return Scheduler(
                environment, jobs: [Write.self, Stubborn.self, Hourly.self], followers: followers, log: log)
        }

        func change(_ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void) async throws {
            try await environment.write(scope, requestID: "", body)
        }

        func ids<R: Record>(_ type: R.Type) async throws -> [String] {
            try await environment.all(type, in: scope).map(\.id)
        }
    }

    private static let start = 1_800_000_000.0

    @Test func jobsAreDoneInTheOrderOfTheirTime() async throws {
        let house = try House()
        let diary = "order"
        try await house.change { (records) throws(ServiceError) in
            for (name, after) in [("third", 0.0), ("first", -2), ("second", -1), ("later", 10)] {
                try records.schedule(Write(diary: diary, name: name), id: name, at: Self.start + after)
            }
        }
        await house.scheduler.runDue()
        #expect(Self.read(diary) == ["first@1800000000", "second@1800000000", "third@1800000000"])
        await house.scheduler.runDue()
        #expect(Self.read(diary).count == 3, "each is done once")
    }

    @Test func theClockStandsAtEachJobsTimeOnItsWay() async throws {
        let house = try House()
        let diary = "advance"
        try await house.change { (records) throws(ServiceError) in
            for days in [7.0, 1, 30] {
                let name = "day\(Int(days))"
                try records.schedule(Write(diary: diary, name: name), id: name, at: Self.start + days * 86_400)
            }
        }
        let time = await house.scheduler.advance(by: 8 * 86_400)
        #expect(time == Self.start + 8 * 86_400)
        #expect(Self.read(diary) == ["day1@1800086400", "day7@1800604800"])
        await house.scheduler.advance(by: 30 * 86_400)
        #expect(Self.read(diary).last == "day30@1802592000")
    }

    @Test func whatIsCancelledOrPutElsewhereIsNotDone() async throws {
        let house = try House()
        let diary = "cancel"
        try await house.change { (records) throws(ServiceError) in
            try records.schedule(Write(diary: diary, name: "a"), id: "a", at: Self.start)
            try records.schedule(Write(diary: diary, name: "b"), id: "b", at: Self.start)
            #expect(try records.scheduledTime(of: Write.self, id: "a") == Self.start)
            #expect(try records.cancel(Write.self, id: "a"))
            try records.schedule(Write(diary: diary, name: "b2"), id: "b", at: Self.start)
            // The same id in another account is another job.
            try records.of(account: "444455556666").schedule(
                Write(diary: diary, name: "other"), id: "b", at: Self.start)
        }
        await house.scheduler.runDue()
        #expect(Self.read(diary).map { $0.prefix { $0 != "@" } } == ["b2", "other"])
    }

    @Test func whatFailsIsTriedAgainAndDoesNotStopOthers() async throws {
        let house = try House()
        let diary = "retry"
        try await house.change { (records) throws(ServiceError) in
            try records.schedule(Stubborn(diary: diary), id: "s", at: Self.start)
            try records.schedule(Write(diary: diary, name: "other"), id: "o", at: Self.start)
        }
        await house.scheduler.runDue()
        #expect(Set(Self.read(diary)) == ["try 0", "other@1800000000"])
        await house.scheduler.advance(by: 60)
        #expect(Self.read(diary).filter { $0.hasPrefix("try") } == ["try 0", "try 1", "try 2"])
        await house.scheduler.advance(by: 86_400)
        #expect(Self.read(diary).count == 4)
    }

    @Test func whatRecursIsCaughtUpOnce() async throws {
        let house = try House()
        try await house.scheduler.begin()
        try await house.scheduler.begin()
        await house.scheduler.runDue()
        let scope = Scope(account: "")
        let first = try await house.environment.all(Note.self, in: scope).map(\.id)
        #expect(first == ["hourly-1800000000"])
        await house.scheduler.advance(by: 10 * 86_400)
        #expect(try await house.environment.all(Note.self, in: scope).count == 2)
        await house.scheduler.advance(by: 3600)
        #expect(try await house.environment.all(Note.self, in: scope).count == 3)
    }

    /// Two schedulers on one ledger are two nodes.
    @Test func twoNodesDoEachJobOnce() async throws {
        let house = try House()
        let other = House.scheduler(house.environment)
        let diary = "nodes"
        try await house.change { (records) throws(ServiceError) in
            for number in 0..<40 {
                try records.schedule(Write(diary: diary, name: "\(number)"), id: "\(number)", at: Self.start)
            }
        }
        async let one: Void = house.scheduler.runDue()
        async let two: Void = other.runDue()
        _ = await (one, two)
        // One may have seen the other's leases and left before those were done.
        await house.scheduler.runDue()
        await other.runDue()
        #expect(Self.read(diary).count == 40)
        #expect(try await house.ids(Note.self).count == 40)
    }

    /// What a node had taken when it died is taken up by another, and what the dead one still finishes counts nothing.
    @Test func aDeadNodesWorkIsTakenOver() async throws {
        let house = try House()
        let diary = "dead"
        try await house.change { (records) throws(ServiceError) in
            try records.schedule(Write(diary: diary, name: "w"), id: "w", at: Self.start)
        }
        let lease = try await house.environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            // A lease that is over by the real time.
            .commit(
                try transaction.claimDeadline(
                    [Write.kind], now: Int64(Self.start * 1000), realTime: 0, until: 1))
        }
        await house.scheduler.runDue()
        #expect(Self.read(diary).count == 1)
        let late = JobContext(house.environment, try #require(lease))
        try await late.finish { (records) throws(ServiceError) in try records.put(Note(id: "twice")) }
        #expect(try await house.ids(Note.self) == ["w"])
    }

    @Test func aFollowerSeesEverythingOnceAcrossItsEnds() async throws {
        let house = try House(followers: [Counting.self])
        for round in 0..<3 {
            try await house.change { (records) throws(ServiceError) in
                for number in 0..<100 { try records.put(Note(id: "\(round)-\(number)")) }
            }
            // A node that begins anew goes on where the last one was.
            await House.scheduler(house.environment, [Counting.self]).runDue()
        }
        await house.scheduler.runDue()
        let seen = try await house.environment.all(Seen.self, in: FollowerCursor.scope)
        #expect(seen.count == 300)
        #expect(seen.allSatisfy { $0.times == 1 })
    }

    @Test func twoNodesFollowOnce() async throws {
        let house = try House(followers: [Counting.self])
        let other = House.scheduler(house.environment, [Counting.self])
        try await house.change { (records) throws(ServiceError) in
            for number in 0..<500 { try records.put(Note(id: "\(number)")) }
        }
        async let one: Void = house.scheduler.runDue()
        async let two: Void = other.runDue()
        _ = await (one, two)
        let seen = try await house.environment.all(Seen.self, in: FollowerCursor.scope)
        #expect(seen.count == 500)
        #expect(seen.allSatisfy { $0.times == 1 })
    }

    @Test func aRunningSchedulerWakesForWhatIsScheduled() async throws {
        let house = try House()
        let running = Task { await house.scheduler.run() }
        let diary = "wake"
        for number in 0..<3 {
            try await house.change { (records) throws(ServiceError) in
                try records.schedule(Write(diary: diary, name: "\(number)"), id: "\(number)", at: Self.start)
            }
            while Self.read(diary).count <= number { await Task.yield() }
        }
        house.scheduler.stop()
        await running.value
        #expect(Self.read(diary).count == 3)
    }
}
