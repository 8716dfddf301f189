import Compression
import Crypto
import Platform
import Wire

/// The events of a segment as bytes: compressed, and encrypted where the group has a key of KMS.
///
/// Each event is its distance from the segment's first in milliseconds, the length of its message, both in four bytes, and the
/// message in UTF-8.
enum SegmentContent {
    /// Bytes that a segment's events can come to: AWS's limit of a batch, and what each of at most 10,000 has besides.
    private static let most = PutRules.mostBytes + 10_000 * 8

    /// - Parameter events: in the order of their times.
    /// - Throws: InternalFailure where there is no memory.
    static func pack(
        _ events: ArraySlice<NewEvent>, of group: LogGroup, _ key: SymmetricKey?
    ) throws(ServiceError) -> [UInt8] {
        guard let first = events.first?.timestamp else { return [] }
        var bytes: [UInt8] = []
        for event in events {
            append(UInt32(clamping: event.timestamp - first), to: &bytes)
            append(UInt32(clamping: event.message.utf8.count), to: &bytes)
            bytes.append(contentsOf: event.message.utf8)
        }
        return try seal(bytes, of: group.uniqueID, key)
    }

    /// The same of events of several segments.
    /// - Parameter first: the time of the earliest.
    static func pack(
        _ events: [KeptEvent], from first: Int64, of group: String, _ key: SymmetricKey?
    ) throws(ServiceError) -> [UInt8] {
        var bytes: [UInt8] = []
        for event in events {
            append(UInt32(clamping: event.place.time - first), to: &bytes)
            append(UInt32(clamping: event.message.count), to: &bytes)
            bytes.append(contentsOf: event.message)
        }
        return try seal(bytes, of: group, key)
    }

    private static func seal(
        _ bytes: [UInt8], of group: String, _ key: SymmetricKey?
    ) throws(ServiceError) -> [UInt8] {
        guard let packed = Gzip.compress(bytes) else { throw .internalFailure }
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
            guard let distance = number(bytes, &place), let length = number(bytes, &place),
                length <= bytes.count - place
            else { throw .internalFailure }
            events.append(
                KeptEvent(
                    place: EventPlace(
                        time: segment.first + Int64(distance), stream: segment.streamNumber, segment: member.number,
                        index: index),
                    stream: segment.stream, ingestion: member.ingestion, segmentStart: segment.first,
                    message: Array(bytes[place..<place + length])))
            place += length
            index += 1
        }
        return events
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
}

/// An event as it is kept.
struct KeptEvent: Sendable {
    let place: EventPlace
    /// Its stream's name.
    let stream: String
    /// When it came, in milliseconds since 1970.
    let ingestion: Int64
    /// The time of its segment's first event.
    let segmentStart: Int64
    let message: [UInt8]

    var text: String { String(decoding: message, as: UTF8.self) }
}
