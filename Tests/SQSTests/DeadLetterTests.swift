import Testing
import Wire

@testable import SQSService

@Suite struct DeadLetterTests {
    private static func redrive(_ name: String, _ most: Int) -> [String: String] {
        [
            "RedrivePolicy":
                #"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:\#(name)","maxReceiveCount":"\#(most)"}"#
        ]
    }

    /// A message that makes each of its receivers fail is not received for ever.
    @Test(arguments: [false, true]) func whatIsReceivedTooOftenGoesAside(isFIFO: Bool) async throws {
        let grave = isFIFO ? "dead.fifo" : "dead"
        let bench = try await Workbench(isFIFO: isFIFO, Self.redrive(grave, 2))
        try await bench.make(grave)
        for name in ["poison", "good"] { try await bench.send(name, group: isFIFO ? "g" : nil) }
        for _ in 0..<2 {
            for message in try await bench.receive() where message.id == "good" { try await bench.delete(message) }
            bench.pass(31_000)
        }
        #expect(try await bench.receive().isEmpty)
        #expect(try await bench.counts() == QueueCounts(visible: 0, inFlight: 0, delayed: 0))
        #expect(try await bench.counts(of: grave) == QueueCounts(visible: 1, inFlight: 0, delayed: 0))
        let dead = try #require(try await bench.receive(from: grave).first)
        #expect(dead.id == "poison" && dead.receives == 3)
        #expect(dead.source == "arn:aws:sqs:us-east-1:111122223333:\(isFIFO ? "q.fifo" : "q")")
        // In a standard queue its retention goes on.
        #expect(dead.sent == (isFIFO ? Workbench.start + 62_000 : Workbench.start))
    }

    /// A queue whose dead-letter queue is gone keeps its messages.
    @Test func withoutADeadLetterQueueMessagesStay() async throws {
        let bench = try await Workbench(Self.redrive("gone", 1))
        try await bench.send("a")
        for count in 1...3 {
            #expect(try await bench.receive().map(\.receives) == [Int64(count)])
            bench.pass(31_000)
        }
    }

    /// A thousand dead letters before the first good one.
    @Test func aCrowdOfDeadLettersHidesNobody() async throws {
        let bench = try await Workbench(Self.redrive("dead", 1))
        try await bench.make("dead")
        for number in 0..<60 { try await bench.send("\(number)") }
        for _ in 0..<6 { _ = try await bench.receive(10, hiding: 1) }
        bench.pass(2000)
        try await bench.send("good")
        #expect(try await bench.receive(1).map(\.id) == ["good"])
    }
}
