import CloudWatchLogsAPI
import Directory
import Keyring
import Ledger
import Logging
import OIDC
import Platform
import Testing
import Wire

@testable import CloudWatchLogsService

/// What is read in portions and pages is read whole and once, whatever is merged meanwhile.
@Suite struct PortionsTests {
    private static let minute: Int64 = 1_799_999_940_000
    private let environment: Environment
    private let group = LogGroup(
        name: "g", uniqueID: "u", accountID: "111122223333", region: "us-east-1", created: 0, logClass: "STANDARD")

    init() throws {
        let keyring = EphemeralKeyring()
        environment = Environment(
            ledger: try Ledger(at: .memory, keyring: keyring), directory: IdentityDirectory(),
            sessionTokens: try SessionTokens(keyring: keyring),
            authorizationMessages: try AuthorizationMessages(keyring: keyring), openIDProviders: OpenIDProviders(),
            publicAddress: PublicAddress(fixed: nil), quotas: Quotas(), region: "us-east-1",
            modules: [.cloudWatchLogs], clock: Clock { 1_800_003_600 })
        let projections = environment.projections
        environment.ledger.observe { projections.follow($0) }
    }

    /// A segment of events that are so many milliseconds behind the minute's beginning.
    private func segment(_ stream: Int64, _ number: Int64, _ times: [Int64]) throws -> LogSegment {
        let times = times.map { Self.minute + $0 }
        let events = times.enumerated().map { NewEvent(timestamp: $1, message: "\(stream) \(number) \($0)") }
        return LogSegment(
            group: "u", stream: "s\(stream)", streamNumber: stream, number: number, first: times.first ?? 0,
            last: times.last ?? 0, ingestion: 0, dataKey: -1, size: 10,
            content: try SegmentContent.pack(events[...], of: group, nil))
    }

    private func put(_ segments: [LogSegment]) async throws {
        try await environment.write(group.scope, requestID: "") { (records) throws(ServiceError) in
            for number in Set(segments.map(\.streamNumber)) {
                try records.put(LogStream(group: "u", name: "s\(number)", number: number, created: 0))
            }
            for segment in segments { try records.put(segment) }
        }
    }

    private func merge(_ segments: [LogSegment]) async throws {
        #expect(try await MergeLogSegments().merge(segments, of: group, environment))
    }

    private func names(_ segments: [LogSegment]) throws -> [String] {
        try segments.flatMap { try SegmentContent.unpack($0, nil) }.sorted { $0.place < $1.place }.map(\.text)
    }

    // MARK: Portions

    /// What is merged into a segment that was read already is not lost, and what was read of it does not come again.
    @Test(arguments: [1, 2, 3]) func whatIsMergedBetweenPortionsIsReadOnce(_ portions: Int) async throws {
        let one = try (0..<20).map { try segment(1, $0, [$0 * 100, $0 * 100 + 50]) }
        let other = try (0..<12).map { try segment(2, $0, [$0 * 100 + 1]) }
        try await put(one + other)
        var reader = try await GroupReader(
            group, from: Self.minute, to: Self.minute + SmallSegments.span, environment)
        var found: [KeptEvent] = []
        for _ in 0..<portions { found += try await reader.next() ?? [] }
        #expect(found.count < 52)
        // Of one stream in two parts, of which the reader is within the first or behind it.
        try await merge(Array(one[..<11]))
        try await merge(Array(one[11...]))
        found += try await reader.next() ?? []
        try await merge(other)
        while let events = try await reader.next() { found += events }
        #expect(found.map(\.text).sorted() == (try names(one + other)).sorted())
        // As it is now, all that there is.
        var again = try await GroupReader(group, from: Self.minute, to: .max - 1, environment)
        var count = 0
        while let events = try await again.next() { count += events.count }
        #expect(count == 52)
    }

    /// More merges than a portion looks at.
    @Test func howeverManyAreMerged() async throws {
        let streams = try (1...30).map { stream in try (0..<4).map { try segment(stream, $0, [$0 * 7 + stream]) } }
        try await put(streams.flatMap { $0 })
        var reader = try await GroupReader(group, from: Self.minute, to: .max - 1, environment)
        var found = try await reader.next() ?? []
        for _ in 0..<5 { found += try await reader.next() ?? [] }
        for stream in streams { try await merge(stream) }
        while let events = try await reader.next() { found += events }
        #expect(found.map(\.text).sorted() == (try names(streams.flatMap { $0 })).sorted())
    }

    /// What can't be read of one stream is no matter of the next.
    @Test func aSpoiltSegmentKeepsNoOthersFromBeingMerged() async throws {
        let spoilt = (0..<3).map { number in
            LogSegment(
                group: "u", stream: "s1", streamNumber: 1, number: number, first: Self.minute + number,
                last: Self.minute + number, ingestion: 0, dataKey: -1, size: 10, content: [1, 2, 3])
        }
        try await put(try spoilt + (0..<3).map { try segment(2, $0, [$0]) })
        let (group, now) = (group, environment.now())
        try await environment.write(group.scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(group)
            for stream: Int64 in 1...2 {
                try records.shared.put(
                    SmallSegments(
                        minute: Self.minute / SmallSegments.span, group: "u", stream: stream, account: group.accountID,
                        region: group.region, name: group.name))
            }
            try records.schedule(MergeLogSegments(), id: "now", at: now)
        }
        var log = Logger(label: "test")
        log.logLevel = .critical
        await Scheduler(environment, log: log).runDue()
        let (segments, left) = try await environment.read(group.scope) { (records) throws(ServiceError) in
            (
                try records.list(LogSegment.self, of: "u", limit: 10),
                try records.shared.list(SmallSegments.self, limit: 10)
            )
        }
        #expect(segments.filter { $0.streamNumber == 2 }.map(\.members.count) == [3])
        #expect(segments.filter { $0.streamNumber == 1 }.map(\.members.count) == [0, 0, 0])
        #expect(left.map(\.stream) == [1])
    }

    // MARK: Pages

    private struct Pages {
        var found: [KeptEvent] = []
        var count = 0
        var most = 0
        /// Where the last one has come to.
        var place: EventPlace?
    }

    private func pages(
        limit: Int, mostRead: Int, names: [String]? = nil, between: (Pages) async throws -> Void = { _ in }
    ) async throws -> Pages {
        let keys = try await environment.projection(LogKeys.self).keys(of: group, environment)
        var (pages, token): (Pages, SearchToken?) = (Pages(), nil)
        repeat {
            let next = token
            let search = try EventSearch(
                CloudWatchLogs.FilterLogEvents.Input {
                    $0.logGroupName = "g"
                    $0.logStreamNames = names
                    $0.limit = limit
                    $0.nextToken = next?.text
                }, of: group, at: environment.now())
            let page = try await environment.read(group.scope) { (records) throws(ServiceError) in
                try search.run(records, keys: keys, mostRead: mostRead)
            }
            pages.found += page.events
            pages.most = max(pages.most, page.events.count)
            pages.count += 1
            token = page.token
            pages.place = token?.place
            try await between(pages)
        } while token != nil && pages.count < 1_000
        return pages
    }

    /// A search that has read enough ends also among events of one millisecond.
    @Test(arguments: [nil, ["s2"], ["s1", "s3"]]) func eventsOfOneMillisecondComeInPages(_ wanted: [String]?)
        async throws
    {
        let all = try (0..<10).flatMap { number in
            try (1...3).map { try segment($0, number, Array(repeating: 5, count: 4)) }
        }
        try await put(all)
        let expected = try names(all.filter { wanted?.contains($0.stream) ?? true })
        let read = try await pages(limit: 10_000, mostRead: 1, names: wanted)
        #expect(read.found.map(\.text) == expected)
        #expect(read.most <= 8 && read.count >= expected.count / 8)
        let limited = try await pages(limit: 3, mostRead: .max, names: wanted)
        #expect(limited.found.map(\.text) == expected)
    }

    /// What overlaps, and is merged between two pages, comes in its order and once.
    @Test(arguments: 0..<12) func pagesGoOnWhereTheyWere(_ seed: Int) async throws {
        var dice = Dice(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        let streams = try (1...3).map { stream in
            try (0..<10).map { number in
                let first = Int64.random(in: 0..<40, using: &dice)
                let spread = Int64.random(in: 0..<3, using: &dice) * Int64.random(in: 0..<20, using: &dice)
                return try segment(Int64(stream), Int64(number), [first, first + spread / 2, first + spread])
            }
        }
        let all = streams.flatMap { $0 }
        try await put(all)
        let (limit, mostRead) = (Int.random(in: 2...9, using: &dice), Bool.random(using: &dice) ? 1 : 200)
        let read = try await pages(limit: limit, mostRead: mostRead) { pages in
            let page = pages.count
            // As the job does it: in the order in which they begin.
            guard page % 3 == 2, page / 3 < streams.count else { return }
            try await merge(streams[page / 3].sorted { $0.place < $1.place })
        }
        #expect(read.found.map(\.text) == (try names(all)))
    }

    /// Of a segment that begins before the place that the pages of its stream have come to, what lies behind that.
    @Test(arguments: 0..<12) func whatComesLateIsInThePagesToCome(_ seed: Int) async throws {
        var dice = Dice(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        var number: Int64 = 0
        func next() throws -> LogSegment {
            number += 1
            return try segment(
                1, number, (0..<4).map { _ in Int64.random(in: -600_000..<60_000, using: &dice) }.sorted())
        }
        let first = try (0..<12).map { _ in try next() }
        try await put(first)
        var expected = try first.flatMap { try SegmentContent.unpack($0, nil) }
        // More than are remembered, at last.
        let (limit, many) = (Int.random(in: 2...6, using: &dice), seed == 4 ? LateSegment.most + 5 : 2)
        let read = try await pages(limit: limit, mostRead: seed % 3 == 0 ? 200 : .max, names: ["s1"]) { pages in
            guard pages.count < 4, let place = pages.place else { return }
            for _ in 0..<many {
                let late = try next()
                try await put([late])
                try await environment.write(group.scope, requestID: "") { (records) throws(ServiceError) in
                    try LateSegment.note(late, in: records)
                }
                expected += try SegmentContent.unpack(late, nil).filter { $0.place > place }
            }
        }
        #expect(read.found.map(\.text) == expected.sorted { $0.place < $1.place }.map(\.text))
        let kept = try await environment.read(group.scope) { (records) throws(ServiceError) in
            try records.list(LateSegment.self, of: "u", limit: 1000).count
        }
        #expect(kept <= LateSegment.most)
    }

    /// Who follows a stream gets segments in the order of their places, and not in that of their ends: no page leaves one out.
    @Test(arguments: 1...4) func followersGetSegmentsOfOneBeginning(_ limit: Int) async throws {
        let segments = [try segment(1, 3, [10, 20]), try segment(1, 5, [10]), try segment(1, 7, [10])]
        try await put(segments)
        let keys = try await environment.projection(LogKeys.self).keys(of: group, environment)
        let group = group
        var (found, known): ([KeptEvent], EventPlace) = ([], .before(Self.minute))
        while found.count < 100 {
            let place = known
            let page = try await environment.read(group.scope) { (records) throws(ServiceError) in
                var walk = EventWalk(records, group, stream: 1, from: place.time, known: place, keys: keys) { _ in true
                }
                var page: [KeptEvent] = []
                while page.count < limit, let event = try walk.next() {
                    if event.place > place { page.append(event) }
                }
                return page
            }
            guard let last = page.last else { break }
            found += page
            known = last.place
        }
        #expect(found.map(\.text) == (try names(segments)))
    }

    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }
}
