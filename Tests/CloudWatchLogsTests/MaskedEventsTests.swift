import Crypto
import Platform
import Testing

@testable import CloudWatchLogsService

/// What is sensitive in events is known as long as they are kept.
@Suite struct MaskedEventsTests {
    private func segment(_ content: [UInt8]) -> LogSegment {
        LogSegment(
            group: "u", stream: "s", streamNumber: 1, number: 0, first: 10, last: 3_599_999, ingestion: 0, dataKey: -1,
            size: 0, content: content)
    }

    private let group = LogGroup(
        name: "g", uniqueID: "u", accountID: "111122223333", region: "us-east-1", created: 0, logClass: "STANDARD")

    @Test func placesComeBack() throws {
        let events = [
            NewEvent(timestamp: 10, message: "plain"),
            NewEvent(timestamp: 11, message: "a@b.de, ü c@d.de", sensitive: [0..<6, 11..<17]),
            NewEvent(timestamp: 3_600_009, message: "x", sensitive: [0..<1]),
        ]
        let read = try SegmentContent.unpack(segment(try SegmentContent.pack(events[...], of: group, nil)), nil)
        #expect(read.map(\.text) == ["plain", "******, ü ******", "*"])
        #expect(read.map { $0.text(unmasked: true) } == events.map(\.message))
        #expect(read.map(\.place.time) == events.map(\.timestamp))
        // As it is when segments are merged.
        let merged = try SegmentContent.unpack(
            segment(try SegmentContent.pack(read, from: 10, of: "u", nil)), nil)
        #expect(merged.map(\.sensitive) == events.map(\.sensitive) && merged.map(\.original) == read.map(\.original))
    }

    /// As many places as a batch can have.
    @Test func theLargestBatchCanBeRead() throws {
        let length = PutRules.mostBytes - PutRules.overhead
        let places = stride(from: 0, to: length, by: 2).map { $0..<$0 + 1 }
        let event = NewEvent(timestamp: 10, message: String(repeating: "ab", count: length / 2), sensitive: places)
        let read = try SegmentContent.unpack(segment(try SegmentContent.pack([event], of: group, nil)), nil)
        #expect(read.first?.sensitive.count == places.count && read.first?.text.hasPrefix("*b*b") == true)
    }

    @Test func reportsSayWhereThingsAre() throws {
        let document = """
            {"Name":"x","Version":"2021-06-01","Statement":[{"DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],\
            "Operation":{"Audit":{"FindingsDestination":{"S3":{"Bucket":"b"}}}}},\
            {"DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],"Operation":{"Deidentify":{"MaskConfig":{}}}}]}
            """
        var protected = group
        protected.dataProtection = LogGroup.DataProtection(document: document, updated: 0)
        let protection = ProtectionIndex().protection(of: protected)
        let events = [NewEvent(timestamp: 60_000, message: "ü a@b.de"), NewEvent(timestamp: 60_001, message: "none")]
        let batch = ProtectedBatch([events[...]], protection, of: group, at: 1_800_000_000)
        #expect(
            batch.reports == [
                #"{"auditTimestamp":"2027-01-15T08:00:00Z","resourceArn":"arn:aws:logs:us-east-1:111122223333:log-group:g:*","#
                    + #""dataIdentifiers":[{"name":"EmailAddress","count":1,"detections":[{"start":3,"end":8}]}]}"#
            ])
        // What metric filters count.
        #expect(batch.counts == [1: 1] && batch.masked.first?.map(\.message) == ["ü ******", "none"])
        // Groups of another class, and those that no policy is about.
        #expect(ProtectionIndex().protection(of: group)?.destinations == nil)
    }
}
