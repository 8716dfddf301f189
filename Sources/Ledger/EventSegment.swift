/// Events of one account that lie together, sealed, in one row of the ledger.
///
/// The form: version `1` (1 byte), then each event: id, request id, time, attributes, body, decision. Lengths,
/// counts and the time are 8 bytes, little-endian. Version `2`, for segments in which an event has a context, has it after
/// each decision.
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
        let hasContext = events.contains { !$0.context.isEmpty }
        var output = Output(capacity: events.indices.reduce(1) { $0 &+ events[$1].encodedSize })
        output.append(byte: hasContext ? 2 : 1)
        for index in events.indices {
            output.append(events[index].id)
            output.append(events[index].requestID)
            output.append(events[index].time)
            output.append(Int64(events[index].attributes.count))
            for place in events[index].attributes.indices {
                output.append(events[index].attributes[place].name)
                output.append(events[index].attributes[place].value)
            }
            output.append(events[index].body)
            output.append(events[index].decision)
            if hasContext { output.append(events[index].context) }
        }
        return output.bytes
    }

    /// The events of a segment; nil when the bytes are not a segment.
    static func decode(_ bytes: [UInt8], account: String) -> [Event]? {
        var input = Input(bytes: bytes[...])
        guard let version = input.bytes.popFirst(), version == 1 || version == 2 else { return nil }
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
            guard let body = input.data(), let decision = input.data(),
                let context = version == 2 ? input.data() : []
            else { return nil }
            events.append(
                Event(
                    id: id, requestID: requestID, account: account, time: time, attributes: attributes,
                    body: Array(body), decision: Array(decision), context: Array(context)))
        }
        return events
    }

    private struct Output {
        private(set) var bytes: [UInt8] = []

        init(capacity: Int) {
            bytes.reserveCapacity(capacity)
        }

        mutating func append(byte: UInt8) {
            bytes.append(byte)
        }

        mutating func append(_ number: Int64) {
            bytes.append(addingCapacity: 8) { output in
                var rest = UInt64(bitPattern: number)
                for _ in 0..<8 {
                    output.append(UInt8(truncatingIfNeeded: rest))
                    rest >>= 8
                }
            }
        }

        mutating func append(_ data: [UInt8]) {
            append(Int64(data.count))
            bytes.append(contentsOf: data)
        }

        mutating func append(_ text: String) {
            append(Int64(text.utf8.count))
            if text.utf8.withContiguousStorageIfAvailable({ bytes.append(contentsOf: $0) }) == nil {
                bytes.append(contentsOf: text.utf8)
            }
        }
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

    /// How many bytes the event takes in a segment.
    fileprivate var encodedSize: Int {
        attributes.reduce(56 &+ id.utf8.count &+ requestID.utf8.count &+ body.count &+ decision.count &+ context.count)
        {
            $0 &+ $1.name.utf8.count &+ $1.value.utf8.count &+ 16
        }
    }

    /// About how many bytes the event takes in a segment, and in memory while it waits.
    var size: Int {
        attributes.reduce(128 &+ body.count &+ decision.count &+ context.count) {
            $0 &+ $1.name.utf8.count &+ $1.value.utf8.count &+ 16
        }
    }
}
