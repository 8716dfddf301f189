import Testing
import Wire

@testable import SQSService

@Suite struct GroupTests {
    /// The next of a group come when all of a batch are gone or visible again, in order.
    @Test func aGroupHasOneBatchInFlight() async throws {
        let bench = try await Workbench(isFIFO: true)
        for number in 0..<6 { try await bench.send("\(number)", group: "a") }
        try await bench.send("other", group: "b")
        let first = try await bench.receive(3)
        #expect(first.map(\.id) == ["0", "1", "2"])
        #expect(try await bench.receive(10).map(\.id) == ["other"])
        try await bench.delete(first[0])
        try await bench.hide(first[1], for: 0)
        #expect(try await bench.receive(10).isEmpty)
        try await bench.delete(first[2])
        #expect(try await bench.receive(10).map(\.id) == ["1", "3", "4", "5"])
    }

    /// Whoever comes too late can't delete what somebody else has by now.
    @Test func aReceiptIsWorthNothingWhenItsTimeIsOver() async throws {
        let bench = try await Workbench(isFIFO: true)
        try await bench.send("0", group: "a")
        let first = try #require(try await bench.receive(1, hiding: 10).first)
        bench.pass(10_000)
        await #expect(throws: ServiceError.self) { try await bench.delete(first) }
        let again = try #require(try await bench.receive(1, hiding: 10).first)
        await #expect(throws: ServiceError.self) { try await bench.delete(first) }
        try await bench.delete(again)
        #expect(try await bench.counts() == QueueCounts(visible: 0, inFlight: 0, delayed: 0))
    }

    /// In a standard queue, groups are tenants: none waits behind all of another's.
    @Test func tenantsTakeTurns() async throws {
        let bench = try await Workbench()
        // Those of a millisecond, too, are in the order in which they were sent.
        for number in 0..<40 { try await bench.send("noisy \(number)", group: "noisy") }
        for name in ["quiet", "calm"] { try await bench.send(name, group: name) }
        #expect(try await bench.receive(3).map(\.id) == ["noisy 0", "quiet", "calm"])
        #expect(try await bench.receive(2).map(\.id) == ["noisy 1", "noisy 2"])
    }

    /// The same request again gets the same, as long as nothing has happened to it.
    @Test func anAttemptCanBeRepeated() async throws {
        let bench = try await Workbench(isFIFO: true)
        for number in 0..<4 { try await bench.send("\(number)", group: "a") }
        let wish = ReceiveWish(most: 2, hiding: 30_000) { _ in true }
        func attempt() async throws -> [FoundMessage]? {
            try await bench.change { (messages) throws(ServiceError) in try messages.repeated("x", wish) }
        }
        #expect(try await attempt() == nil)
        let first = try await bench.receive(2)
        try await bench.change { (messages) throws(ServiceError) in
            let found = first.map { FoundMessage(message: $0, content: [], handle: "handle \($0.id)") }
            try messages.keep("x", found, wish)
        }
        bench.pass(20_000)
        #expect(try await attempt()?.map(\.handle) == ["handle 0", "handle 1"])
        // It is hidden anew.
        bench.pass(20_000)
        #expect(try await bench.receive(2).isEmpty)
        try await bench.delete(first[0])
        #expect(try await attempt() == nil)
    }
}
