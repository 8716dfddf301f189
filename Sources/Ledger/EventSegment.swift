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
    static func divide(_ events: [Event]) -> [[Event]] {
        var segments: [[Event]] = []
        // Mostly they are of one account, and in order.
        let account = events.first?.account
        let isOfOne = events.allSatisfy { $0.account == account }
        let groups = isOfOne ? [events] : Array(Dictionary(grouping: events, by: \.account).values)
        for events in groups {
            var segment: [Event] = []
            var bytes = 0
            let isInOrder = zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time }
            for event in isInOrder ? events : events.sorted(by: { $0.time < $1.time }) {
                if let first = segment.first,
                    segment.count >= maximumCount || bytes >= maximumBytes
                        || event.time.subtractingReportingOverflow(first.time).overflow
                        || event.time &- first.time > maximumSpan
                {
                    segments.append(segment)
                    segment = []
                    bytes = 0
                }
                segment.append(event)
                bytes &+= event.size
            }
            if !segment.isEmpty { segments.append(segment) }
        }
        return segments
    }

    static func encode(_ events: [Event]) -> [UInt8] {
        var bytes: [UInt8] = [1]
        bytes.reserveCapacity(events.reduce(1) { $0 &+ $1.size })
        for event in events {
            append(event.id.utf8, to: &bytes)
            append(event.requestID.utf8, to: &bytes)
            append(event.time, to: &bytes)
            append(Int64(event.attributes.count), to: &bytes)
            for attribute in event.attributes {
                append(attribute.name.utf8, to: &bytes)
                append(attribute.value.utf8, to: &bytes)
            }
            append(event.body, to: &bytes)
            append(event.decision, to: &bytes)
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

    private static func append(_ data: some Collection<UInt8>, to bytes: inout [UInt8]) {
        append(Int64(data.count), to: &bytes)
        bytes.append(contentsOf: data)
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
