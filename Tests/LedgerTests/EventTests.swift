import Ledger
import Testing

@Suite struct EventTests {
    @Test(arguments: Backend.allCases) func anEventIsFoundByWhatItCarries(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let event = makeEvent("CreateUser", time: 5_000_000)
        try ledger.record(event)
        for attribute in event.attributes + [EventAttribute("EventId", event.id)] {
            let page = try await ledger.events(EventQuery(account: event.account, attribute: attribute))
            #expect(page.events == [event], "\(attribute.name)")
        }
        #expect(try await ledger.event(requestID: event.requestID) == event)

        for query in [
            EventQuery(account: "222222222222"), EventQuery(account: event.account, from: 5_000_001),
            EventQuery(account: event.account, to: 4_999_999),
            EventQuery(account: event.account, attribute: EventAttribute("EventName", "Create")),
            EventQuery(account: event.account, attribute: EventAttribute("Username", "CreateUser")),
            EventQuery(account: event.account, attribute: EventAttribute("EventId", event.requestID)),
            EventQuery(account: "222222222222", attribute: EventAttribute("EventId", event.id)),
            EventQuery(account: event.account, attribute: EventAttribute("EventId", "nonsense")),
            EventQuery(account: event.account, limit: 0), EventQuery(account: event.account, limit: -1),
        ] {
            #expect(try await ledger.events(query).events.isEmpty)
        }
        #expect(try await ledger.event(requestID: event.id) == nil)
        #expect(try await ledger.event(requestID: "nonsense") == nil)
    }

    /// Values that begin alike, are long, or are equal to the eye but not in bytes, are kept apart.
    @Test(arguments: Backend.allCases) func attributesAreComparedByteByByte(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let long = String(repeating: "x", count: 300)
        let values = [long + "1", long + "2", "caf\u{e9}", "cafe\u{301}", "a\0b", "a", ""]
        var random = SystemRandomNumberGenerator()
        for value in values { try ledger.record(makeEvent("E", user: value, using: &random)) }
        for value in values {
            let page = try await ledger.events(
                EventQuery(account: scope.account, attribute: EventAttribute("Username", value)))
            #expect(page.events.count == 1)
            #expect(page.events.first.map { Array($0.attributes[1].value.utf8) } == Array(value.utf8))
        }
    }

    @Test(arguments: Backend.allCases) func recordDurablyAndTransactionsKeepEventsAtOnce(on backend: Backend)
        async throws
    {
        let directory = try backend.place()
        let ledger = try directory.open()
        let reader = try directory.open(readOnly: true)
        let (first, second) = (makeEvent(time: 10), makeEvent(time: 20))
        try await ledger.recordDurably(first)
        try await ledger.write(requestID: second.requestID) { transaction throws(LedgerError) in
            try transaction.record(second)
            return .commit(())
        }
        #expect(try await reader.events(EventQuery(account: scope.account)).events == [second, first])
        await reader.close()
        await ledger.close()
    }

    @Test(arguments: Backend.allCases) func aRecordedEventIsOnDiskWithinASecond(on backend: Backend) async throws {
        let directory = try backend.place()
        let ledger = try directory.open()
        let reader = try directory.open(readOnly: true)
        let event = makeEvent()
        try ledger.record(event)
        let deadline = ContinuousClock.now + .seconds(600)
        var found: Event?
        while found == nil, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
            found = try await reader.event(requestID: event.requestID)
        }
        #expect(found == event)
        await reader.close()
        await ledger.close()
    }

    @Test(arguments: Backend.allCases) func aCursorFitsItsQueryAlone(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        for time in 0..<5 as Range<Int64> { try ledger.record(makeEvent(time: time)) }
        var query = EventQuery(account: scope.account, from: 0, limit: 2)
        let cursor = try #require(try await ledger.events(query).cursor)
        query.cursor = cursor
        query.limit = 99
        #expect(try await ledger.events(query).events.map(\.time) == [2, 1, 0])

        var others = [EventQuery](repeating: query, count: 6)
        others[0].account = "222222222222"
        others[1].from = 1
        others[2].to = 9
        others[3].attribute = EventAttribute("EventName", "GetUser")
        others[4].cursor = String(cursor.dropLast(4))
        others[5].cursor = "not base64"
        for other in others {
            let error = await #expect(throws: LedgerError.self) { try await ledger.events(other) }
            #expect(error?.kind == .invalidCursor)
        }
    }

    @Test(arguments: Backend.allCases) func oldEventsAreForgotten(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        var random = SystemRandomNumberGenerator()
        for time in 0..<200 as Range<Int64> {
            try ledger.record(makeEvent("E\(time)", time: time * 100_000, using: &random))
        }
        try await ledger.flushEvents()
        try await ledger.purgeEvents(before: 15_000_000)
        let events = try await ledger.events(EventQuery(account: scope.account, limit: 999)).events
        #expect(events.map(\.time) == (150..<200).reversed().map { $0 * 100_000 })
        let gone = try await ledger.events(
            EventQuery(account: scope.account, attribute: EventAttribute("EventName", "E149")))
        #expect(gone.events.isEmpty)
    }

    /// Any page size, any filter, and events that go on being written: all pages together are what was there at first.
    @Test(arguments: Backend.allCases, 0..<6) func pagesTogetherAreTheHistory(on backend: Backend, round: Int)
        async throws
    {
        let seed = UInt64.random(in: 0...999_999)
        var random = SeededGenerator(seed: seed)
        let ledger = try backend.ledger()
        let accounts = ["111111111111", "222222222222"]
        let (names, users) = (["A", "B", "C"], ["u", "v"])
        // Few milliseconds give many equal times; many give segments that are split by their span.
        let times: ClosedRange<Int64> = round % 2 == 0 ? 0...20 : 0...500_000
        var all: [Event] = []

        func writeSome(_ count: Int) async throws {
            for _ in 0..<count {
                let event = makeEvent(
                    names.randomElement(using: &random) ?? "", user: users.randomElement(using: &random) ?? "",
                    account: accounts.randomElement(using: &random) ?? "", time: .random(in: times, using: &random),
                    using: &random)
                all.append(event)
                switch Int.random(in: 0..<20, using: &random) {
                case 0: try await ledger.recordDurably(event)
                case 1:
                    try await ledger.flushEvents()
                    fallthrough
                default: try ledger.record(event)
                }
            }
        }
        try await writeSome(.random(in: 1...400, using: &random))

        for _ in 0..<12 {
            var query = EventQuery(account: accounts.randomElement(using: &random) ?? "")
            if Bool.random(using: &random) { query.from = .random(in: times, using: &random) }
            if Bool.random(using: &random) { query.to = .random(in: times, using: &random) }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: query.attribute = EventAttribute("EventName", names.randomElement(using: &random) ?? "")
            case 1: query.attribute = EventAttribute("Username", users.randomElement(using: &random) ?? "")
            default: break
            }
            let expected = all.filter { event in
                event.account == query.account && event.time >= query.from ?? .min && event.time <= query.to ?? .max
                    && query.attribute.map { event.attributes.contains($0) } ?? true
            }.sorted { ($0.time, $0.id) > ($1.time, $1.id) }

            var found: [Event] = []
            repeat {
                query.limit = .random(in: 1...60, using: &random)
                let page = try await ledger.events(query)
                #expect(page.events.count == query.limit || page.cursor == nil, "seed \(seed)")
                found += page.events
                query.cursor = page.cursor
                if Bool.random(using: &random) { try await writeSome(3) }
            } while query.cursor != nil && found.count <= expected.count
            #expect(found == expected, "seed \(seed)")
        }
    }
}
