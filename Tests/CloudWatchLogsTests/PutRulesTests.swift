import Crypto
import Platform
import Testing
import Wire

@testable import CloudWatchLogsService

/// The limits of batches, as PutLogEvents' page has them.
@Suite struct PutRulesTests {
    private static let now = 1_796_000_000.0
    private static let hour: Int64 = 3_600_000

    private func group(days: Int? = nil) -> LogGroup {
        var group = LogGroup(
            name: "g", uniqueID: "u", accountID: "111122223333", region: "us-east-1", created: 0, logClass: "STANDARD")
        group.retentionInDays = days
        return group
    }

    /// Events at hours from now.
    private func events(_ hours: Int64..., message: String = "x") -> [NewEvent] {
        hours.map { NewEvent(timestamp: milliseconds(Self.now) + $0 * Self.hour, message: message) }
    }

    private func refusal(_ events: [NewEvent]) -> String? {
        do throws(ServiceError) {
            _ = try PutRules(events, of: group(), at: Self.now)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func orderAndSpan() {
        #expect(refusal(events(-2, -1, -1, 0)) == nil)
        #expect(
            refusal(events(0, -1))
                == "Log events in a single PutLogEvents request must be in chronological order.")
        #expect(refusal(events(-24, 0)) == nil)
        #expect(
            refusal(events(-25, 0))
                == "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    }

    @Test func sizes() {
        let most = PutRules.mostBytes - PutRules.overhead
        #expect(refusal(events(0, message: String(repeating: "x", count: most))) == nil)
        #expect(
            refusal(events(0, message: String(repeating: "x", count: most + 1)))
                == "Log event too large: 1048577 bytes exceeds limit of 1048576")
        #expect(
            refusal(events(0, 0, message: String(repeating: "é", count: most / 4)))
                == "Upload too large: 1048600 bytes exceeds limit of 1048576")
    }

    @Test func rejectedEvents() throws {
        let old = try PutRules(events(-14 * 24 - 2, -14 * 24 - 1, -14 * 24 + 1), of: group(), at: Self.now)
        #expect(old.accepted.count == 1)
        #expect(old.rejected?.tooOldLogEventEndIndex == 2)
        #expect(old.rejected?.expiredLogEventEndIndex == nil)
        let new = try PutRules(events(0, 1, 3, 4), of: group(), at: Self.now)
        #expect(new.accepted.count == 2)
        #expect(new.rejected?.tooNewLogEventStartIndex == 2)
        let expired = try PutRules(events(-30, -20), of: group(days: 1), at: Self.now)
        #expect(expired.rejected?.expiredLogEventEndIndex == 1)
        #expect(try PutRules(events(0), of: group(), at: Self.now).rejected == nil)
        let none = try PutRules(events(3, 4), of: group(), at: Self.now)
        #expect(none.accepted.isEmpty)
        #expect(none.hours.isEmpty)
    }

    @Test func segmentsAreCutAtHours() throws {
        let rules = try PutRules(events(-3, -3, -2, 0), of: group(), at: Self.now)
        #expect(rules.hours.map(\.count) == [2, 1, 1])
        for part in rules.hours {
            let hours = Set(part.map { $0.timestamp / LogSegment.span })
            #expect(hours.count == 1)
        }
    }

    @Test func contentsComeBack() throws {
        let events = [
            NewEvent(timestamp: 10, message: "a"), NewEvent(timestamp: 10, message: "é\u{0}\n"),
            NewEvent(timestamp: 3_599_999, message: String(repeating: "long ", count: 10_000)),
        ]
        let key = SymmetricKey(size: .bits256)
        for key in [nil, key] {
            let content = try SegmentContent.pack(events[...], of: group(), key)
            let segment = segment(content)
            let read = try SegmentContent.unpack(segment, key)
            #expect(read.map(\.place.time) == events.map(\.timestamp))
            #expect(read.map(\.text) == events.map(\.message))
            #expect(read.map(\.place.index) == [0, 1, 2])
            #expect(throws: ServiceError.self) {
                try SegmentContent.unpack(self.segment(Array(content.dropLast())), key)
            }
        }
        let sealed = try SegmentContent.pack(events[...], of: group(), key)
        #expect(throws: ServiceError.self) {
            try SegmentContent.unpack(segment(sealed), SymmetricKey(size: .bits256))
        }
    }

    private func segment(_ content: [UInt8]) -> LogSegment {
        LogSegment(
            group: "u", stream: "s", streamNumber: 1, number: 0, first: 10, last: 3_599_999, ingestion: 0, dataKey: -1,
            size: 0, content: content)
    }
}
