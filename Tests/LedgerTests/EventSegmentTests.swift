import Testing

@testable import Ledger

@Suite struct EventSegmentTests {
    @Test func eventsComeBack() {
        let events = [makeEvent("A", body: ""), makeEvent("é", time: .min), makeEvent("C", time: .max, body: "\0x")]
        #expect(EventSegment.decode(EventSegment.encode(events[...]), account: scope.account) == events)
    }

    /// Those that nobody asks more of are written as ever.
    @Test func contextsComeBack() {
        let plain = [makeEvent("A"), makeEvent("B")]
        #expect(EventSegment.encode(plain[...]).first == 1)
        var events = plain
        events[1].context = Array("{}".utf8)
        let bytes = EventSegment.encode(events[...])
        #expect(bytes.first == 2)
        #expect(EventSegment.decode(bytes, account: scope.account) == events)
        #expect(EventSegment.decode([3] + bytes.dropFirst(), account: scope.account) == nil)
    }

    /// A damaged segment is refused or read as other events; it never brings the program down.
    @Test func damageDoesNoHarm() {
        let seed = UInt64.random(in: 0...999_999)
        var random = SeededGenerator(seed: seed)
        let bytes = EventSegment.encode([makeEvent("A"), makeEvent("B")][...])
        for count in 0..<bytes.count where count != EventSegment.encode([makeEvent("A")][...]).count {
            let cut = EventSegment.decode(Array(bytes.prefix(count)), account: "")
            #expect(cut == nil || count == 1)
        }
        for _ in 0..<2000 {
            var changed = bytes
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                changed[Int.random(in: 0..<changed.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            let events = EventSegment.decode(changed, account: "")
            #expect((events?.count ?? 0) <= 4, "seed \(seed)")
        }
    }

    @Test func segmentsAreBounded() {
        let seed = UInt64.random(in: 0...999_999)
        var random = SeededGenerator(seed: seed)
        let events = (0..<2000).map { _ in
            makeEvent(
                account: Bool.random(using: &random) ? "1" : "2", time: .random(in: 0...300_000, using: &random),
                body: String(repeating: "x", count: .random(in: 0...3000, using: &random)), using: &random)
        }
        let segments = EventSegment.divide(events)
        #expect(Set(segments.joined().map(\.id)) == Set(events.map(\.id)), "seed \(seed)")
        for segment in segments {
            #expect(Set(segment.map(\.account)).count == 1)
            #expect(segment.count <= EventSegment.maximumCount)
            #expect(segment.dropLast().reduce(0) { $0 + $1.size } < EventSegment.maximumBytes)
            #expect(zip(segment, segment.dropFirst()).allSatisfy { $0.time <= $1.time })
            #expect((segment.last?.time ?? 0) - (segment.first?.time ?? 0) <= EventSegment.maximumSpan)
        }
        #expect(EventSegment.divide([makeEvent(time: .min), makeEvent(time: .max)]).count == 2)
    }
}
