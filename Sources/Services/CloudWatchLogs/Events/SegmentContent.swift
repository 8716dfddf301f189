import Compression
import Crypto
import LogMasking
import Platform
import Wire

/// The events of a segment as bytes: compressed, and encrypted where the group has a key of KMS.
///
/// Each event is its distance from the segment's first in milliseconds, the length of its message, both in four bytes, and the
/// message in UTF-8. Where something in it is sensitive, the highest bit of the distance is set, and how many places that are, and
/// the beginning and the end of each, follow in four bytes each.
enum SegmentContent {
    /// Bytes that a segment's events can come to: AWS's limit of a batch, what each of at most 10,000 has besides, and eight for
    /// each of the places in them, which are at least one byte long and one apart.
    private static let most = PutRules.mostBytes * 5 + 10_000 * 12
    private static let hasPlaces: UInt32 = 1 << 31

    /// - Parameter events: in the order of their times.
    /// - Throws: InternalFailure where there is no memory.
    static func pack(
        _ events: ArraySlice<NewEvent>, of group: LogGroup, _ key: SymmetricKey?
    ) throws(ServiceError) -> [UInt8] {
        guard let first = events.first?.timestamp else { return [] }
        var bytes: [UInt8] = []
        for event in events {
            append(event.timestamp - first, Array(event.message.utf8), event.sensitive, to: &bytes)
        }
        return try seal(bytes, of: group.uniqueID, key, .least)
    }

    /// The same of events of several segments.
    /// - Parameter first: the time of the earliest.
    static func pack(
        _ events: [KeptEvent], from first: Int64, of group: String, _ key: SymmetricKey?
    ) throws(ServiceError) -> [UInt8] {
        var bytes: [UInt8] = []
        for event in events {
            append(event.place.time - first, event.original, event.sensitive, to: &bytes)
        }
        return try seal(bytes, of: group, key, .usual)
    }

    private static func seal(
        _ bytes: [UInt8], of group: String, _ key: SymmetricKey?, _ effort: Gzip.Effort
    ) throws(ServiceError) -> [UInt8] {
        guard let packed = Gzip.compress(bytes, effort: effort) else { throw .internalFailure }
        guard let key else { return packed }
        do {
            let box = try AES.GCM.seal(packed, using: key, authenticating: Array(group.utf8))
            guard let sealed = box.combined else { throw ServiceError.internalFailure }
            return Array(sealed)
        } catch {
            throw .internalFailure
        }
    }

    /// The events of a segment.
    /// - Throws: InternalFailure for bytes that are not as they were written.
    static func unpack(_ segment: LogSegment, _ key: SymmetricKey?) throws(ServiceError) -> [KeptEvent] {
        var packed = segment.content
        if let key {
            guard let box = try? AES.GCM.SealedBox(combined: packed),
                let opened = try? AES.GCM.open(box, using: key, authenticating: Array(segment.group.utf8))
            else { throw .internalFailure }
            packed = Array(opened)
        }
        guard let bytes = Gunzip.decompress(packed, most: most) else { throw .internalFailure }
        var events: [KeptEvent] = []
        var place = 0
        // A segment that was never merged is its own only member.
        var members = segment.members[...]
        var member = LogSegment.Member(number: segment.number, count: .max, ingestion: segment.ingestion)
        if let first = members.popFirst() { member = first }
        var index: Int64 = 0
        while place < bytes.count {
            if index >= member.count {
                guard let next = members.popFirst() else { throw .internalFailure }
                (member, index) = (next, 0)
            }
            guard let head = number(bytes, &place), let length = number(bytes, &place), length <= bytes.count - place
            else { throw .internalFailure }
            let message = Array(bytes[place..<place + length])
            place += length
            let distance = head & ~Int(hasPlaces)
            let sensitive = head == distance ? [] : try places(bytes, &place, in: message)
            events.append(
                KeptEvent(
                    place: EventPlace(
                        time: segment.first + Int64(distance), stream: segment.streamNumber, segment: member.number,
                        index: index),
                    stream: segment.stream, ingestion: member.ingestion, segment: segment.place,
                    segmentEnd: segment.last,
                    original: message, sensitive: sensitive))
            index += 1
        }
        return events
    }

    private static func append(
        _ distance: Int64, _ message: [UInt8], _ sensitive: [Range<Int>], to bytes: inout [UInt8]
    ) {
        append(UInt32(clamping: distance) | (sensitive.isEmpty ? 0 : hasPlaces), to: &bytes)
        append(UInt32(clamping: message.count), to: &bytes)
        bytes.append(contentsOf: message)
        guard !sensitive.isEmpty else { return }
        append(UInt32(clamping: sensitive.count), to: &bytes)
        for place in sensitive {
            append(UInt32(clamping: place.lowerBound), to: &bytes)
            append(UInt32(clamping: place.upperBound), to: &bytes)
        }
    }

    private static func places(
        _ bytes: [UInt8], _ place: inout Int, in message: [UInt8]
    ) throws(ServiceError) -> [Range<Int>] {
        guard let count = number(bytes, &place), count <= message.count else { throw .internalFailure }
        var found: [Range<Int>] = []
        for _ in 0..<count {
            guard let start = number(bytes, &place), let end = number(bytes, &place), start <= end, end <= message.count
            else { throw .internalFailure }
            found.append(start..<end)
        }
        return found
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func number(_ bytes: [UInt8], _ place: inout Int) -> Int? {
        guard bytes.count - place >= 4 else { return nil }
        defer { place += 4 }
        return bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}

/// An event that a request brings.
struct NewEvent: Sendable {
    /// Milliseconds since 1970.
    let timestamp: Int64
    let message: String
    /// The bytes of the message that data protection has found.
    var sensitive: [Range<Int>] = []
}

/// An event as it is kept.
struct KeptEvent: Sendable {
    let place: EventPlace
    /// Its stream's name.
    let stream: String
    /// When it came, in milliseconds since 1970.
    let ingestion: Int64
    /// Its segment, and the time of the last event in that.
    let segment: LogSegment.Place
    let segmentEnd: Int64
    /// Its message with all that is sensitive masked.
    let message: [UInt8]
    /// Its message as it came, for those who may see it (`logs:Unmask`).
    let original: [UInt8]
    /// The bytes of it that data protection has found.
    let sensitive: [Range<Int>]

    init(
        place: EventPlace, stream: String, ingestion: Int64, segment: LogSegment.Place, segmentEnd: Int64,
        original: [UInt8],
        sensitive: [Range<Int>] = []
    ) {
        (self.place, self.stream, self.ingestion) = (place, stream, ingestion)
        (self.segment, self.segmentEnd) = (segment, segmentEnd)
        (self.original, self.sensitive) = (original, sensitive)
        message = sensitive.isEmpty ? original : SensitiveData.masked(original, sensitive)
    }

    /// Masked.
    var text: String { text(unmasked: false) }
    func text(unmasked: Bool) -> String { String(decoding: unmasked ? original : message, as: UTF8.self) }
}
