/// Events of one account that lie together, sealed, in one row of the ledger.
///
/// The form: version `1` (1 byte), then each event: id, request id, time, attributes, body, decision. Lengths,
/// counts and the time are 8 bytes, little-endian.
enum EventSegment {
    /// A segment is closed before it has more events or bytes than this, or spans more time. The span bounds how far
    /// around a moment a query must look.
    static let maximumCount = 256
    static let maximumBytes = 256 * 1024
    static let maximumSpan: Int64 = 60_000

    /// Divides events into segments, each of one account and in order of time.
    static func divide(_ events: [Event]) -> [ArraySlice<Event>] {
        let events = isInOrder(events) ? events : events.sorted { ($0.account, $0.time) < ($1.account, $1.time) }
        var segments: [ArraySlice<Event>] = []
        var (start, bytes) = (0, 0)
        // By index throughout: an event that is taken out of its array is copied, text by text.
        for index in events.indices {
            let (span, overflow) = events[index].time.subtractingReportingOverflow(events[start].time)
            if index > start,
                events[index].account != events[start].account || index - start >= maximumCount
                    || bytes >= maximumBytes || overflow || span > maximumSpan
            {
                segments.append(events[start..<index])
                (start, bytes) = (index, 0)
            }
            bytes &+= events[index].size
        }
        if start < events.count { segments.append(events[start...]) }
        return segments
    }

    /// Whether events can be divided as they stand, which they usually can.
    private static func isInOrder(_ events: [Event]) -> Bool {
        events.indices.dropFirst().allSatisfy {
            events[$0 - 1].time <= events[$0].time && events[$0 - 1].account == events[$0].account
        }
    }

    static func encode(_ events: ArraySlice<Event>) -> [UInt8] {
        var bytes: [UInt8] = [1]
        bytes.reserveCapacity(events.indices.reduce(1) { $0 &+ events[$1].size &+ 64 })
        for index in events.indices {
            append(events[index].id, to: &bytes)
            append(events[index].requestID, to: &bytes)
            append(events[index].time, to: &bytes)
            append(Int64(events[index].attributes.count), to: &bytes)
            for place in events[index].attributes.indices {
                append(events[index].attributes[place].name, to: &bytes)
                append(events[index].attributes[place].value, to: &bytes)
            }
            append(events[index].body, to: &bytes)
            append(events[index].decision, to: &bytes)
        }
        return bytes
    }

    /// The events of a segment; nil when the bytes are not a segment.
    static func decode(_ bytes: [UInt8], account: String) -> [Event]? {
        var input = Input(bytes: bytes[...])
        guard input.bytes.popFirst() == 1 else { return nil }
        var events: [Event] = []
        while !input.bytes.isEmpty {
            guard let id = input.text(), let requestID = input.text(), let time = input.number(),
                let count = input.number()
            else { return nil }
            var attributes: [EventAttribute] = []
            // Each attribute takes bytes, so a wrong count ends with the input.
            while attributes.count < count {
                guard let name = input.text(), let value = input.text() else { return nil }
                attributes.append(EventAttribute(name, value))
            }
            guard let body = input.data(), let decision = input.data() else { return nil }
            events.append(
                Event(
                    id: id, requestID: requestID, account: account, time: time, attributes: attributes,
                    body: Array(body), decision: Array(decision)))
        }
        return events
    }

    private static func append(_ number: Int64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ data: [UInt8], to bytes: inout [UInt8]) {
        append(Int64(data.count), to: &bytes)
        bytes.append(contentsOf: data)
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        append(Int64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private struct Input {
        var bytes: ArraySlice<UInt8>

        mutating func number() -> Int64? {
            guard bytes.count >= 8 else { return nil }
            let number = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            bytes = bytes.dropFirst(8)
            return Int64(bitPattern: number)
        }

        mutating func data() -> ArraySlice<UInt8>? {
            guard let count = number(), count >= 0, count <= bytes.count else { return nil }
            defer { bytes = bytes.dropFirst(Int(count)) }
            return bytes.prefix(Int(count))
        }

        mutating func text() -> String? {
            data().map { String(decoding: $0, as: UTF8.self) }
        }
    }
}

extension Event {
    /// Whether the event can be found again when it is stored.
    var isStorable: Bool { Ledger.isStorable(account) && attributes.allSatisfy { Ledger.isStorable($0.name) } }

    /// About how many bytes the event takes in a segment, and in memory while it waits.
    var size: Int {
        attributes.reduce(128 &+ body.count &+ decision.count) { $0 &+ $1.name.utf8.count &+ $1.value.utf8.count &+ 16 }
    }
}
