import Ledger
import Testing
import Wire

@testable import Platform

@Suite struct AnnouncedEventTests {
    private let bus = Scope(account: "111122223333", region: "eu-west-1")

    private func listen(_ workshop: Workshop) async throws {
        try await workshop.environment.write(bus, requestID: "") { (records) throws(ServiceError) in
            try records.put(ListenedBus())
        }
    }

    private func announce(_ number: Int, _ workshop: Workshop, from scope: Scope, fails: Bool = false) async throws {
        let time = workshop.environment.clock.now
        try await workshop.environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            let event = AnnouncedEvent(source: "aws.vault", detailType: "Vault Box Opened", time: time) { writer in
                writer.key("number")
                writer.integer(number)
            }
            try records.announce(event, to: bus.account, in: bus.region)
            if fails { throw .internalFailure }
        }
    }

    private func kept(_ workshop: Workshop) async throws -> (details: [String], due: Int64?) {
        try await workshop.environment.read(bus) { (records) throws(ServiceError) in
            let deadline: Deadline?
            do throws(LedgerError) {
                deadline = try records.reader.deadline(
                    AnnouncedEvent.deliveryKind, AnnouncedEvent.deliveryID, in: records.scope)
            } catch {
                throw ServiceError(error)
            }
            return (try records.list(AnnouncedEvent.self, limit: 10).map(\.detail), deadline?.due)
        }
    }

    @Test func `An event is kept for a bus that somebody listens to, with its delivery on the schedule`() async throws {
        let workshop = try Workshop()
        try await listen(workshop)
        try await announce(1, workshop, from: Scope(account: "444455556666"))
        try await announce(2, workshop, from: bus)
        let kept = try await kept(workshop)
        // Those of one millisecond are in any order.
        #expect(Set(kept.details) == [#"{"number":1}"#, #"{"number":2}"#])
        #expect(kept.due == Int64(Workshop.start * 1000))
    }

    @Test func `Nothing is kept where nobody listens, or of a transaction that fails`() async throws {
        let workshop = try Workshop()
        try await announce(1, workshop, from: bus)
        try await listen(workshop)
        await #expect(throws: ServiceError.self) { try await announce(2, workshop, from: bus, fails: true) }
        let kept = try await kept(workshop)
        #expect(kept.details.isEmpty)
        #expect(kept.due == nil)
    }

    @Test func `A global service's events are those of us-east-1`() async throws {
        let workshop = try Workshop()
        let scope = Scope(account: "111122223333", region: "us-east-1")
        try await workshop.environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(ListenedBus())
            try records.global.announce(
                AnnouncedEvent(source: "aws.vault", detailType: "Vault Opened", time: 1, detail: "{}"))
        }
        let count = try await workshop.environment.read(scope) { (records) throws(ServiceError) in
            try records.count(AnnouncedEvent.self)
        }
        #expect(count == 1)
    }
}
