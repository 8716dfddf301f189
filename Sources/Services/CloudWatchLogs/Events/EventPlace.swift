/// Where an event is among all of its group: by its time, then by its stream, then in the order in which they came.
///
/// As a text it is the event's id: 56 digits, as AWS's have, that are in the order of the places.
struct EventPlace: Comparable, Hashable, Sendable {
    /// Milliseconds since 1970.
    var time: Int64
    var stream: Int64
    var segment: Int64
    var index: Int64

    init(time: Int64, stream: Int64, segment: Int64, index: Int64) {
        (self.time, self.stream, self.segment, self.index) = (time, stream, segment, index)
    }

    /// Before all events from a time on.
    static func before(_ time: Int64) -> EventPlace { EventPlace(time: time, stream: 0, segment: 0, index: 0) }

    static func < (a: EventPlace, b: EventPlace) -> Bool {
        (a.time, a.stream, a.segment, a.index) < (b.time, b.stream, b.segment, b.index)
    }

    private static let widths = [15, 19, 15, 6]
    /// The largest numbers that have room.
    static let lastSegment: Int64 = 999_999_999_999_999
    static let lastIndex: Int64 = 999_999
    private static let start = "3"

    /// The digits.
    var text: String {
        zip([time, stream, segment, index], Self.widths).reduce(Self.start) { text, part in
            let digits = String(max(0, part.0))
            let room = part.1 - digits.utf8.count
            // No event has a time of so many digits, but a request may name one.
            guard room >= 0 else { return text + String(repeating: "9", count: part.1) }
            return text + String(repeating: "0", count: room) + digits
        }
    }

    /// nil: it is no place.
    init?(_ text: some StringProtocol) {
        var rest = Array(text.utf8)
        guard rest.count == 1 + Self.widths.reduce(0, +), rest.removeFirst() == UInt8(ascii: "3"),
            rest.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        var parts: [Int64] = []
        for width in Self.widths {
            guard let part = Int64(String(decoding: rest.prefix(width), as: UTF8.self)) else { return nil }
            parts.append(part)
            rest.removeFirst(width)
        }
        guard parts.count == 4 else { return nil }
        (time, stream, segment, index) = (parts[0], parts[1], parts[2], parts[3])
    }
}
