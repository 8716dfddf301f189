import Foundation
import Keyring
import Ledger
import Testing
import Wire

@testable import Platform

@Suite(.timeLimit(.minutes(10))) struct SchedulerTests {
    // MARK: In order, with the clock at their time

    @Test func theClockStandsAtEachTimeInTheirOrder() async throws {
        let workshop = try Workshop()
        try await workshop.schedule(Note(text: "c"), id: "1", in: 30.5)
        try await workshop.schedule(Note(text: "a"), id: "3", in: 10)
        try await workshop.schedule(Note(text: "b"), id: "2", in: 10)
        try await workshop.schedule(Other(text: "between"), id: "1", in: 20)
        try await workshop.schedule(Note(text: "d"), id: "4", in: 60.001)
        #expect(await workshop.scheduler.advance(by: 9) == Workshop.start + 9)
        #expect(try await workshop.notes == [])
        #expect(await workshop.scheduler.advance(by: 51) == Workshop.start + 60)
        #expect(try await workshop.notes == ["a@10", "b@10", "between", "c@31"])
        #expect(workshop.environment.clock.now == Workshop.start + 60)
        #expect(workshop.environment.clock.realTime == Workshop.start)
        #expect(try await workshop.due(Note.self, id: "4") != nil)
    }

    /// Whatever its fraction: a clock that was moved to a time has reached it.
    @Test func aTimeIsReachedToTheMillisecond() async throws {
        let workshop = try Workshop()
        workshop.pass(0.123456)
        for number in 0..<400 {
            let seconds = Double(number) * 1.000937
            try await workshop.schedule(Note(text: "\(number)"), id: "\(number)", in: seconds)
        }
        await workshop.scheduler.advance(by: 500)
        let expected = (0..<400).map { "\($0)@\(Int((0.123456 + Double($0) * 1.000937).rounded()))" }
        #expect(try await workshop.notes == expected)
    }

    @Test func whatWorkSchedulesIsDoneOnTheWayToo() async throws {
        let workshop = try Workshop()
        try await workshop.schedule(Note(text: "first", then: "second"), id: "1", in: 100)
        await workshop.scheduler.advance(by: 105)
        #expect(try await workshop.notes == ["first@100"])
        await workshop.scheduler.advance(by: 105)
        #expect(try await workshop.notes == ["first@100", "second@110"])
    }

    @Test func resettingSetsTheClockToRealTime() async throws {
        let workshop = try Workshop()
        await workshop.scheduler.advance(by: 1000)
        try await workshop.scheduler.reset()
        #expect(workshop.environment.clock.now == Workshop.start)
        #expect(await workshop.scheduler.advance(by: 5) == Workshop.start + 5)
    }

    // MARK: Once

    @Test func severalNodesDoEachThingOnce() async throws {
        let workshop = try Workshop()
        for number in 0..<60 { try await workshop.schedule(Note(text: "\(number)"), id: "\(number)") }
        let nodes = try (0..<4).map { _ in try workshop.another() }
        await withTaskGroup(of: Void.self) { group in
            for node in nodes { group.addTask { await node.scheduler.runDue() } }
        }
        #expect(Set(try await workshop.notes) == Set((0..<60).map { "\($0)@0" }))
        #expect(try await workshop.notes.count == 60)
    }

    /// What only some nodes may do waits for one of them, and nothing else does.
    @Test func workWaitsForANodeThatMayDoIt() async throws {
        let workshop = try Workshop(jobs: [Leaders.self, Other.self])
        let other = try workshop.another(jobs: [Leaders.self, Other.self])
        try await workshop.schedule(Leaders(), id: "1")
        try await workshop.schedule(Other(text: "other"), id: "1", in: 1)
        #expect(await workshop.scheduler.advance(by: 5) == Workshop.start + 5)
        #expect(try await workshop.notes == ["other"])
        let lead = Task {}
        #expect(other.environment.instances.lead(by: lead))
        await other.scheduler.runDue()
        #expect(try await workshop.notes == ["other", "kept true, then false"])
    }

    /// Work of one kind goes one after another, also when two ask one scheduler at once.
    @Test func oneKindIsOneAfterAnother() async throws {
        let workshop = try Workshop()
        for number in 0..<40 { try await workshop.schedule(Note(text: "\(number)"), id: "\(number)") }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await workshop.scheduler.runDue() } }
        }
        #expect(try await workshop.notes == (0..<40).map { "\($0)@0" })
    }

    @Test func asManyOfAKindAreAtWorkAsItAllows() async throws {
        let workshop = try Workshop(jobs: [Pair.self])
        let scheduler = workshop.scheduler
        try await workshop.schedule(Pair(begun: "pair 1", goesOnWith: "pair 2"), id: "1")
        try await workshop.schedule(Pair(begun: "pair 2", goesOnWith: "pair ends"), id: "2")
        try await workshop.schedule(Pair(begun: "pair 3", goesOnWith: "pair ends"), id: "3")
        async let running: Void = scheduler.run()
        // The third begins when the first has ended, while the second waits.
        await Signal.named("pair 3").wait()
        #expect(try await workshop.notes == ["pair 1"])
        scheduler.stop()
        Signal.named("pair ends").fire()
        await running
        #expect(Set(try await workshop.notes) == ["pair 1", "pair 2", "pair 3"])
    }

    /// However early an account asks for more.
    @Test func anAccountLeavesOthersTheirShare() async throws {
        let workshop = try Workshop(jobs: [Shared<OnePlace>.self])
        let scheduler = workshop.scheduler
        try await workshop.schedule(Shared<OnePlace>(text: "share a1", goesOnWith: "share b1"), id: "1", of: "a")
        try await workshop.schedule(Shared<OnePlace>(text: "share a2"), id: "2", of: "a")
        try await workshop.schedule(Shared<OnePlace>(text: "share b1"), id: "3", of: "b")
        async let running: Void = scheduler.run()
        await Signal.named("share a2").wait()
        scheduler.stop()
        await running
        let notes = try await workshop.notes
        #expect(notes.last == "share a2" && notes.count == 3)
    }

    /// Who has something being done comes after those who have not, also where there is room in the share.
    @Test func whoHasNothingBeingDoneComesFirst() async throws {
        let workshop = try Workshop(jobs: [Shared<TwoPlaces>.self])
        let scheduler = workshop.scheduler
        try await workshop.schedule(Shared<TwoPlaces>(text: "room a1", goesOnWith: "room a3"), id: "1", of: "a")
        try await workshop.schedule(Shared<TwoPlaces>(text: "room a2"), id: "2", of: "a")
        try await workshop.schedule(Shared<TwoPlaces>(text: "room a3"), id: "3", of: "a")
        try await workshop.schedule(Shared<TwoPlaces>(text: "room b1"), id: "4", of: "b")
        async let running: Void = scheduler.run()
        await Signal.named("room a3").wait()
        scheduler.stop()
        await running
        #expect(try await workshop.notes.prefix(2) == ["room b1", "room a2"])
    }

    @Test func whatAHolderTookWhoIsGoneIsTakenOver() async throws {
        let workshop = try Workshop()
        try await workshop.schedule(Note(text: "a"), id: "1")
        let lease = try #require(try await workshop.take(Note.kind, for: 60))
        workshop.pass(59)
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == [])
        workshop.pass(2)
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == ["a@61"])
        // Should he come back, he has come too late.
        try await Note(text: "a").run(JobContext(workshop.environment, lease))
        #expect(try await workshop.notes == ["a@61"])
    }

    @Test func whoHasLostALeaseDoesNothingWhileAnotherIsAtWork() async throws {
        let workshop = try Workshop()
        try await workshop.schedule(Note(text: "a"), id: "1")
        let lost = try #require(try await workshop.take(Note.kind, for: 60))
        workshop.pass(61)
        let held = try #require(try await workshop.take(Note.kind, for: 60))
        try await Note(text: "late").run(JobContext(workshop.environment, lost))
        #expect(try await workshop.notes == [])
        try await Note(text: "a").run(JobContext(workshop.environment, held))
        #expect(try await workshop.notes == ["a@61"])
        #expect(try await workshop.due(Note.self, id: "1") == nil)
    }

    /// A process that ends between the work and its completion: the next one does it, at once.
    @Test func whatAProcessLeftIsDoneByTheNext() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        func open() throws -> Ledger {
            try Ledger(
                at: .directory(directory.path + "/data"), keyring: KeyFile(path: directory.path + "/key"))
        }
        var ledger = try open()
        var workshop = try Workshop(ledger)
        try await workshop.schedule(Note(text: "a"), id: "1")
        try await workshop.schedule(Note(text: "b"), id: "2", in: 10)
        #expect(try await workshop.take(Note.kind, for: 1_000_000) != nil)
        await ledger.close()

        ledger = try open()
        workshop = try Workshop(ledger)
        await workshop.scheduler.advance(by: 10)
        #expect(try await workshop.notes == ["a@0", "b@10"])
        await ledger.close()

        ledger = try open()
        workshop = try Workshop(ledger)
        await workshop.scheduler.advance(by: 10)
        #expect(try await workshop.notes == ["a@0", "b@10"])
        await ledger.close()
    }

    // MARK: Failures

    @Test func whatFailsIsUndoneAndTriedAgainLater() async throws {
        let workshop = try Workshop()
        try await workshop.schedule(Note(text: "a", failures: 3), id: "1")
        try await workshop.schedule(Note(text: "b"), id: "2", in: 2)
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == [])
        #expect(try await workshop.due(Note.self, id: "1") == 1)
        await workshop.scheduler.advance(by: 100)
        // 1, 2 and 4 seconds later; others go on meanwhile.
        #expect(try await workshop.notes == ["b@2", "a@7"])
    }

    @Test func whatNeverSucceedsRestsLonger() async throws {
        let workshop = try Workshop()
        try await workshop.schedule(Note(text: "a", failures: .max), id: "1")
        #expect(await workshop.scheduler.advance(by: 86_400) == Workshop.start + 86_400)
        let due = try #require(try await workshop.due(Note.self, id: "1"))
        #expect(due > 86_400 && due <= 86_700)
        #expect(try await workshop.notes == [])
        // 9 times up to 256 seconds, then every 300.
        let attempts = try await workshop.environment.ledger.read { (reader) throws(LedgerError) in
            try reader.deadline(Note.kind, "1", in: jobScope)?.attempts
        }
        #expect(attempts == 9 + 1 + (86_400 - 511) / 300)
    }

    @Test func whatCannotBeReadStaysAndHoldsNobodyUp() async throws {
        let workshop = try Workshop()
        try await workshop.environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            try transaction.schedule(
                Deadline(kind: Note.kind, scope: jobScope, id: "1", due: 0, payload: Array("{}".utf8)))
            return .commit(())
        }
        try await workshop.schedule(Note(text: "b"), id: "2")
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == ["b@0"])
        #expect(try await workshop.due(Note.self, id: "1") == 1)
    }

    @Test func whatNobodyKnowsStays() async throws {
        let workshop = try Workshop(jobs: [Note.self])
        try await workshop.schedule(Other(text: "o"), id: "1")
        await workshop.scheduler.advance(by: 100)
        #expect(try await workshop.notes == [])
        await (try workshop.another()).scheduler.runDue()
        #expect(try await workshop.notes == ["o"])
    }

    // MARK: Changes of mind

    @Test func whatIsCancelledIsNotDone() async throws {
        let workshop = try Workshop()
        try await workshop.schedule(Note(text: "a"), id: "1", in: 10)
        #expect(try await workshop.cancel(Note.self, id: "1"))
        #expect(try await !workshop.cancel(Note.self, id: "1"))
        #expect(try await !workshop.cancel(Other.self, id: "1"))
        await workshop.scheduler.advance(by: 20)
        #expect(try await workshop.notes == [])
    }

    @Test func theLastScheduleCounts() async throws {
        let workshop = try Workshop()
        try await workshop.schedule(Note(text: "early"), id: "1", in: 10)
        try await workshop.schedule(Note(text: "late"), id: "1", in: 20)
        await workshop.scheduler.advance(by: 30)
        #expect(try await workshop.notes == ["late@20"])
    }

    @Test(arguments: [false, true])
    func whatIsCalledOffWhileItIsBeingDoneChangesNothing(isReplaced: Bool) async throws {
        let workshop = try Workshop()
        let (begun, goesOn) = ("begun \(isReplaced)", "called off \(isReplaced)")
        try await workshop.schedule(Note(text: "old", begun: begun, goesOnWith: goesOn), id: "1")
        async let done: Void = workshop.scheduler.runDue()
        await Signal.named(begun).wait()
        if isReplaced {
            try await workshop.schedule(Note(text: "new"), id: "1")
        } else {
            #expect(try await workshop.cancel(Note.self, id: "1"))
        }
        Signal.named(goesOn).fire()
        await done
        #expect(try await workshop.notes == (isReplaced ? ["new@0"] : []))
    }

    // MARK: Again and again

    private struct Tick: RecurringJob {
        static let kind = "Test::Tick"
        static let interval = 100.0

        func run(_ context: JobContext) async throws(ServiceError) {
            let text = "tick@\(Int((context.environment.clock.now - Workshop.start).rounded()))"
            try await context.finish { (records) throws(ServiceError) in try records.note(text) }
        }
    }

    /// The same, by the clock.
    private struct Bell: RecurringJob {
        static let kind = "Test::Bell"
        static let interval = 100.0
        static let isByTheClock = true

        func run(_ context: JobContext) async throws(ServiceError) {
            let text = "bell@\(Int((context.environment.clock.now - Workshop.start).rounded()))"
            try await context.finish { (records) throws(ServiceError) in try records.note(text) }
        }
    }

    /// Does nothing to records, and so ends without ``JobContext/finish(_:)``; and fails at first.
    private struct Stumble: RecurringJob {
        static let kind = "Test::Stumble"
        static let interval = 100.0

        func run(_ context: JobContext) async throws(ServiceError) {
            if context.attempts == 0 { throw ServiceError.internalFailure }
        }
    }

    private static let house = Scope(account: "")

    @Test func whatRecursComesOnceHoweverLongNobodyWasThere() async throws {
        let workshop = try Workshop(jobs: [Tick.self])
        try await workshop.scheduler.begin()
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == ["tick@0"])
        #expect(try await workshop.due(Tick.self, id: Tick.kind, in: Self.house) == 100)
        // Another start leaves it where it is.
        let next = try workshop.another(jobs: [Tick.self])
        try await next.scheduler.begin()
        await next.scheduler.advance(by: 99)
        #expect(try await workshop.notes == ["tick@0"])
        await next.scheduler.advance(by: 901)
        #expect(try await workshop.notes == ["tick@0", "tick@1000"])
        #expect(try await workshop.due(Tick.self, id: Tick.kind, in: Self.house) == 1100)
    }

    /// However late one is, the next one is not later for that.
    @Test func whatRecursByTheClockDoesNotDrift() async throws {
        let workshop = try Workshop(jobs: [Bell.self])
        workshop.pass(30)
        try await workshop.scheduler.begin()
        await workshop.scheduler.runDue()
        #expect(try await workshop.due(Bell.self, id: Bell.kind, in: Self.house) == 100)
        await workshop.scheduler.advance(by: 110)
        #expect(try await workshop.due(Bell.self, id: Bell.kind, in: Self.house) == 200)
        // At the very moment, and once.
        await workshop.scheduler.advance(by: 60)
        #expect(try await workshop.due(Bell.self, id: Bell.kind, in: Self.house) == 300)
        // Days when nobody was there are not made up for.
        await workshop.scheduler.advance(by: 555)
        #expect(try await workshop.due(Bell.self, id: Bell.kind, in: Self.house) == 800)
        #expect(try await workshop.notes == ["bell@30", "bell@140", "bell@200", "bell@755"])
    }

    @Test func whatRecursGoesOnAfterAFailure() async throws {
        let workshop = try Workshop(jobs: [Stumble.self])
        try await workshop.scheduler.begin()
        await workshop.scheduler.runDue()
        #expect(try await workshop.due(Stumble.self, id: Stumble.kind, in: Self.house) == 1)
        await workshop.scheduler.advance(by: 1)
        #expect(try await workshop.due(Stumble.self, id: Stumble.kind, in: Self.house) == 101)
    }

    // MARK: Beside the listener

    @Test func itWakesWhenSomethingIsScheduledAndEndsWhatItBegan() async throws {
        let workshop = try Workshop()
        let scheduler = workshop.scheduler
        workshop.environment.ledger.observeWork { scheduler.committed($0) }
        async let running: Void = scheduler.run()
        try await workshop.schedule(Note(text: "a", begun: "woken"), id: "1")
        await Signal.named("woken").wait()
        try await workshop.schedule(Note(text: "b", begun: "b begun", goesOnWith: "b goes on"), id: "2")
        await Signal.named("b begun").wait()
        try await workshop.schedule(Note(text: "c"), id: "3")
        scheduler.stop()
        Signal.named("b goes on").fire()
        await running
        #expect(try await workshop.notes == ["a@0", "b@0"])
        await scheduler.runDue()
        #expect(try await workshop.due(Note.self, id: "3") == 0)
    }

    @Test func itWakesWhenSomethingFallsDue() async throws {
        let workshop = try Workshop()
        let scheduler = workshop.scheduler
        workshop.environment.ledger.observeWork { scheduler.committed($0) }
        async let running: Void = scheduler.run()
        // The clock is moved up to shortly before: it must look again, and then wait the rest.
        try await workshop.schedule(Note(text: "far", begun: "far begun"), id: "1", in: 5000.02)
        await scheduler.advance(by: 5000)
        #expect(try await workshop.notes == [])
        workshop.pass(0.02)
        await Signal.named("far begun").wait()
        scheduler.stop()
        await running
        #expect(try await workshop.notes == ["far@5000"])
    }
}
