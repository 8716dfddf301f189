import Ledger
import Testing
import Wire

@testable import Platform

private struct Item: Record {
    static let kind = "Item"
    var id: String
}

private struct Unrelated: Record {
    static let kind = "Unrelated"
    var id: String
}

/// While it is there, followers fail: before their transaction, or in it.
private struct Trouble: Record {
    static let kind = "Trouble"
    var id = "trouble"
    var isLate: Bool
}

private func note(
    _ lines: [String], _ environment: Environment
) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
    let trouble = try await environment.read(jobScope) { (records) throws(ServiceError) in
        try records.get(Trouble.self, "trouble")
    }
    if let trouble, !trouble.isLate { throw ServiceError.internalFailure }
    return { (records) throws(ServiceError) in
        for line in lines { try records.note(line) }
        if trouble != nil { throw ServiceError.internalFailure }
    }
}

private struct ItemFollower: Follower {
    static let name = "Test::ItemFollower"
    static let source = FollowedSource.journal(kinds: [Item.kind])

    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        guard case .changes(let entries, let hasGap) = batch else { throw ServiceError.internalFailure }
        return try await note((hasGap ? ["gap"] : []) + entries.map(\.change.id), environment)
    }
}

private struct EventFollower: Follower {
    static let name = "Test::EventFollower"
    static let source = FollowedSource.events

    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        guard case .events(let events) = batch else { throw ServiceError.internalFailure }
        return try await note(events.map(\.requestID), environment)
    }
}

@Suite(.timeLimit(.minutes(10))) struct FollowerTests {
    private func workshop(_ followers: [any Follower.Type] = [ItemFollower.self]) throws -> Workshop {
        let workshop = try Workshop(followers: followers)
        let scheduler = workshop.scheduler
        workshop.environment.ledger.observeWork { scheduler.committed($0) }
        return workshop
    }

    private func put(_ numbers: Range<Int>, _ workshop: Workshop) async throws {
        try await workshop.environment.write(jobScope, requestID: "") { (records) throws(ServiceError) in
            for number in numbers {
                try records.put(Item(id: "\(number)"))
                try records.put(Unrelated(id: "\(number)"))
            }
        }
    }

    private func names(_ numbers: Range<Int>) -> [String] { numbers.map(String.init) }

    private func cursor(_ workshop: Workshop) async throws -> Int64? {
        try await workshop.environment.read(FollowerCursor.scope) { (records) throws(ServiceError) in
            try records.get(FollowerCursor.self, ItemFollower.name)?.sequence
        }
    }

    @Test func eachChangeOfItsKindsIsSeenOnceInOrder() async throws {
        let workshop = try workshop()
        try await put(0..<300, workshop)
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == names(0..<300))
        let cursor = try await cursor(workshop)
        await workshop.scheduler.runDue()
        try await workshop.put(Unrelated(id: "x"))
        await workshop.scheduler.runDue()
        #expect(try await self.cursor(workshop) == cursor)
        try await put(300..<310, workshop)
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == names(0..<310))
    }

    @Test func whoeverComesNextGoesOnWhereItWas() async throws {
        let workshop = try workshop()
        try await put(0..<10, workshop)
        await workshop.scheduler.runDue()
        let next = try workshop.another(followers: [ItemFollower.self])
        await next.scheduler.runDue()
        #expect(try await workshop.notes == names(0..<10))
        // What was written while nobody was there.
        try await put(10..<20, workshop)
        await (try workshop.another(followers: [ItemFollower.self])).scheduler.runDue()
        #expect(try await workshop.notes == names(0..<20))
    }

    @Test func severalNodesTakeEachBatchOnce() async throws {
        let workshop = try workshop()
        try await put(0..<1000, workshop)
        let nodes = try (0..<4).map { _ in try workshop.another(followers: [ItemFollower.self]) }
        await withTaskGroup(of: Void.self) { group in
            for node in nodes { group.addTask { await node.scheduler.runDue() } }
        }
        #expect(try await workshop.notes == names(0..<1000))
    }

    @Test(arguments: [false, true])
    func whatFailsIsTriedAgainAfterARest(isLate: Bool) async throws {
        let workshop = try workshop()
        try await workshop.put(Trouble(isLate: isLate))
        try await put(0..<3, workshop)
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == [])
        #expect(try await cursor(workshop) == nil)
        try await workshop.environment.write(jobScope, requestID: "") { (records) throws(ServiceError) in
            try records.delete(Trouble(isLate: isLate))
        }
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == [], "it rests")
        // By real time: the clock may have been moved on by years.
        workshop.pass(1)
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == names(0..<3))
    }

    @Test func itIsToldOfWhatIsGone() async throws {
        let workshop = try workshop()
        try await put(0..<3, workshop)
        await workshop.scheduler.runDue()
        try await put(3..<6, workshop)
        try await workshop.environment.ledger.purgeJournal(before: .max)
        try await put(6..<8, workshop)
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes == ["0", "1", "2", "gap", "6", "7"])
        try await put(8..<9, workshop)
        await workshop.scheduler.runDue()
        #expect(try await workshop.notes.last == "8")
        #expect(try await workshop.notes.filter { $0 == "gap" }.count == 1)
    }

    @Test func eventsAreFollowedAsWell() async throws {
        let workshop = try workshop([EventFollower.self])
        var sent: [String] = []
        for round in 0..<3 {
            for number in 0..<25 {
                let request = "\(round)-\(number)"
                try workshop.environment.ledger.record(event(request))
                sent.append(request)
                if number % 2 == 0 { try await workshop.environment.ledger.flushEvents() }
            }
            try await workshop.environment.ledger.flushEvents()
            await workshop.scheduler.runDue()
            #expect(try await workshop.notes == sent)
            await (try workshop.another(followers: [EventFollower.self])).scheduler.runDue()
            #expect(try await workshop.notes == sent)
        }
    }

    private func event(_ request: String) -> Event {
        var random = SystemRandomNumberGenerator()
        let time = Int64(Workshop.start * 1000)
        return Event(
            id: UUIDv7.make(milliseconds: time, using: &random), requestID: request, account: jobScope.account,
            time: time,
            attributes: [EventAttribute("EventName", "Something")], body: Array("{}".utf8), decision: Array("[]".utf8))
    }
}
