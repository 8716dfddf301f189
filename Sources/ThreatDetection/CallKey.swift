/// All of a record that detectors go by where they look at a call by itself, as bytes: who, what, from where, with what, and on which
/// day. Calls with the same key differ in what is asked for and answered alone; of those about objects in S3, all that is asked for is
/// the bucket.
///
/// It is made without reading the record as JSON: a scan costs a fraction of that.
public struct CallKey: Sendable, Hashable {
    private let bytes: [UInt8]
    private let digest: UInt64
    /// The hour of the day, as two digits.
    let hour: UInt16

    public static func == (one: CallKey, other: CallKey) -> Bool {
        one.digest == other.digest && one.bytes == other.bytes
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    /// Nobody outside can make texts whose digests are alike.
    private static let seed = UInt64.random(in: .min ... .max)

    /// - Parameter record: a record of CloudTrail, as JSON.
    /// - Returns: nil for what is no record that can be scanned: then it has to be read.
    public init?(record: [UInt8]) {
        var scan = RecordScan(record)
        guard let found = scan.members() else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024)
        for range in found.ranges {
            bytes += record[range]
            bytes.append(0x0A)
        }
        self.bytes = bytes
        hour = found.hour
        digest = Self.digest(bytes)
    }

    private static func digest(_ bytes: [UInt8]) -> UInt64 {
        let raw = bytes.span.bytes
        var state = seed
        var place = 0
        func mixed(_ word: UInt64) -> UInt64 {
            let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            return product.high ^ product.low
        }
        while place + 8 <= raw.byteCount {
            state = mixed(raw.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
            place += 8
        }
        while place < bytes.count {
            state = mixed(UInt64(bytes[place]))
            place += 1
        }
        return mixed(UInt64(bytes.count))
    }
}

/// Walks through a record once, and notes where the members are that detectors go by.
private struct RecordScan {
    private let record: [UInt8]
    private var place = 0

    init(_ record: [UInt8]) { self.record = record }

    private enum Part: Int, CaseIterable {
        case identity, day, source, name, region, address, agent, error, message, reads, category, management, type
        case endpointAccount, resources, request
    }

    /// - Returns: where they are, each at its own place, empty for what is not there, and the hour; nil: it can't be scanned.
    mutating func members() -> (ranges: [Range<Int>], hour: UInt16)? {
        var ranges = [Range<Int>](repeating: 0..<0, count: Part.allCases.count)
        guard eachMember({ name, value in if let part = Self.part(name) { ranges[part.rawValue] = value } }) else {
            return nil
        }
        // "2026-12-01T03:40:05Z": of the time, the day and the hour matter.
        let time = ranges[Part.day.rawValue]
        guard time.count > 14, !ranges[Part.identity.rawValue].isEmpty, !ranges[Part.name.rawValue].isEmpty else {
            return nil
        }
        let hour = UInt16(record[time.lowerBound + 12]) << 8 | UInt16(record[time.lowerBound + 13])
        ranges[Part.day.rawValue] = time.lowerBound..<time.lowerBound + 11
        // That there is a message matters, and not which.
        let message = ranges[Part.message.rawValue]
        ranges[Part.message.rawValue] = message.isEmpty ? message : message.lowerBound..<message.lowerBound + 1
        // A bucket stands in the request, and the object in what else is there.
        guard record[ranges[Part.source.rawValue]].elementsEqual("\"s3.amazonaws.com\"".utf8) else {
            ranges[Part.request.rawValue] = 0..<0
            return (ranges, hour)
        }
        if record[ranges[Part.category.rawValue]].elementsEqual("\"Data\"".utf8) {
            ranges[Part.resources.rawValue] = 0..<0
            place = ranges[Part.request.rawValue].lowerBound
            var bucket = 0..<0
            guard eachMember({ name, value in if Self.isName(name, "bucketName") { bucket = value } }), !bucket.isEmpty
            else { return nil }
            ranges[Part.request.rawValue] = bucket
        }
        return (ranges, hour)
    }

    /// Goes through an object.
    /// - Parameter body: gets each member's name, with the quotation marks, and where its value is.
    /// - Returns: false where there is none.
    private mutating func eachMember(_ body: (ArraySlice<UInt8>, Range<Int>) -> Void) -> Bool {
        skipSpace()
        guard take(0x7B) else { return false }
        while true {
            skipSpace()
            let start = place
            guard skipString() else { return false }
            let name = start..<place
            skipSpace()
            guard take(0x3A) else { return false }
            skipSpace()
            let value = place
            guard skipValue() else { return false }
            body(record[name], value..<place)
            skipSpace()
            if take(0x2C) { continue }
            return take(0x7D)
        }
    }

    private static func isName(_ name: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        name.count == text.utf8CodeUnitCount + 2
            && text.withUTF8Buffer { $0.elementsEqual(name.dropFirst().dropLast()) }
    }

    /// By its name, with the quotation marks.
    private static func part(_ name: ArraySlice<UInt8>) -> Part? {
        func isName(_ text: StaticString) -> Bool { Self.isName(name, text) }
        switch name.count - 2 {
        case 8: return isName("readOnly") ? .reads : nil
        case 9:
            if isName("eventTime") { return .day }
            if isName("eventName") { return .name }
            if isName("userAgent") { return .agent }
            if isName("awsRegion") { return .region }
            if isName("errorCode") { return .error }
            if isName("eventType") { return .type }
            return isName("resources") ? .resources : nil
        case 11: return isName("eventSource") ? .source : nil
        case 12:
            if isName("userIdentity") { return .identity }
            return isName("errorMessage") ? .message : nil
        case 13: return isName("eventCategory") ? .category : nil
        case 15:
            if isName("sourceIPAddress") { return .address }
            return isName("managementEvent") ? .management : nil
        case 17: return isName("requestParameters") ? .request : nil
        case 20: return isName("vpcEndpointAccountId") ? .endpointAccount : nil
        default: return nil
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < record.count, record[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while place < record.count, record[place] <= 0x20 { place += 1 }
    }

    /// Goes behind a string.
    private mutating func skipString() -> Bool {
        guard take(0x22) else { return false }
        let record = record
        let raw = record.span.bytes
        var place = place
        defer { self.place = place }
        let ones: UInt64 = 0x0101_0101_0101_0101
        while true {
            // Eight bytes at once, as long as none of them is a quotation mark or a backslash.
            while place + 8 <= raw.byteCount {
                let word = raw.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self)
                let quotes = word ^ (ones &* 0x22)
                let slashes = word ^ (ones &* 0x5C)
                let hits = ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes) & (ones &* 0x80)
                guard hits == 0 else {
                    place += UInt64(littleEndian: hits).trailingZeroBitCount / 8
                    break
                }
                place += 8
            }
            guard place < record.count else { return false }
            switch record[place] {
            case 0x22:
                place += 1
                return true
            case 0x5C: place += 2
            default: place += 1
            }
        }
    }

    /// Goes behind a value, whichever it is.
    private mutating func skipValue() -> Bool {
        var depth = 0
        while place < record.count {
            switch record[place] {
            case 0x22:
                guard skipString() else { return false }
                if depth == 0 { return true }
            case 0x7B, 0x5B:
                depth += 1
                place += 1
            case 0x7D, 0x5D:
                // Of what is around: a number or a word has ended.
                if depth == 0 { return true }
                depth -= 1
                place += 1
                if depth == 0 { return true }
            case 0x2C where depth == 0: return true
            default: place += 1
            }
        }
        return false
    }
}

/// How a call like one that was looked at is to be looked at.
public enum Routine: Sendable, Equatable {
    /// Not at all on this day.
    case ofTheDay
    /// Not at all in this hour.
    case ofTheHour
    /// It is counted in this hour: who has used data, and how.
    case counted(actor: String, DataUse)
}

/// The calls that a detector has looked at, and that another of the same key changes nothing of, or a count alone.
public struct RoutineCalls: Sendable {
    private var keys: [CallKey: (routine: Routine, hour: UInt16)] = [:]
    /// What all of them were looked at with: others lists, and it begins anew.
    private var stamp = ""
    /// So many are kept.
    private static let most = 4096

    public init() {}

    /// What is known of calls of a key; nil: they have to be looked at.
    public subscript(_ key: CallKey) -> Routine? {
        guard let known = keys[key], known.routine == .ofTheDay || known.hour == key.hour else { return nil }
        return known.routine
    }

    /// Takes calls in that ``Detector/look(at:_:_:_:)`` has called routine, once what is remembered of them is kept.
    /// - Parameter stamp: stands for all that the detector knew besides.
    public mutating func insert(_ new: [CallKey: Routine], stamp: String) {
        forget(unless: stamp)
        if keys.count + new.count > Self.most { keys = [:] }
        for (key, routine) in new { keys[key] = (routine, key.hour) }
    }

    /// Forgets all if what the detector knows besides is something else.
    public mutating func forget(unless stamp: String) {
        guard stamp != self.stamp else { return }
        (keys, self.stamp) = ([:], stamp)
    }

    public mutating func forgetAll() { keys = [:] }

    /// Forgets what may belong to something that was found.
    public mutating func forgetHours() { keys = keys.filter { $0.value.routine == .ofTheDay } }
}
