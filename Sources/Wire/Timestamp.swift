/// A moment, in seconds since 1970-01-01T00:00:00Z without leap seconds.
///
/// The calendar arithmetic is done here so that Wire needs no Foundation.
///
/// ```swift
/// let time = Timestamp(parsing: "2026-11-21T02:03:04+01:00")
/// print(time?.iso8601 ?? "")  // 2026-11-21T01:03:04Z
/// ```
public struct Timestamp: Sendable, Hashable, Comparable, Codable {
    /// Seconds since 1970-01-01T00:00:00Z; may have a fraction, and may be negative.
    public var secondsSinceEpoch: Double

    /// Makes a moment; any number will do, and what is not a number is written as 1970.
    public init(secondsSinceEpoch: Double) {
        self.secondsSinceEpoch = secondsSinceEpoch
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }

    /// `2026-11-21T02:03:04Z`; a fraction of a second is left out.
    public var iso8601: String {
        String(unsafeUninitializedCapacity: Self.iso8601Length) { text in
            guard var place = text.baseAddress else { return 0 }
            writeISO8601(to: &place)
            return Self.iso8601Length
        }
    }

    /// The bytes of ``iso8601``.
    static let iso8601Length = 20

    /// Writes the bytes of ``iso8601``, and moves on behind them.
    func writeISO8601(to place: inout UnsafeMutablePointer<UInt8>) {
        let time = CalendarTime(self)
        let text = place
        /// Writes two digits.
        func put(_ number: Int, at offset: Int) {
            text[offset] = UInt8(truncatingIfNeeded: 0x30 + number / 10)
            text[offset + 1] = UInt8(truncatingIfNeeded: 0x30 + number % 10)
        }
        put(time.year / 100, at: 0)
        put(time.year % 100, at: 2)
        text[4] = UInt8(ascii: "-")
        put(time.month, at: 5)
        text[7] = UInt8(ascii: "-")
        put(time.day, at: 8)
        text[10] = UInt8(ascii: "T")
        put(time.hour, at: 11)
        text[13] = UInt8(ascii: ":")
        put(time.minute, at: 14)
        text[16] = UInt8(ascii: ":")
        put(time.second, at: 17)
        text[19] = UInt8(ascii: "Z")
        place += Self.iso8601Length
    }

    /// `2026-11-21T02:03:04.500Z`
    public var iso8601WithMilliseconds: String {
        guard secondsSinceEpoch.isFinite else { return iso8601 }
        // Rounded first, so that .9996 is the next second and not a thousand milliseconds.
        let milliseconds = (secondsSinceEpoch * 1000).rounded()
        let whole = (milliseconds / 1000).rounded(.down)
        let rest = Int((milliseconds - whole * 1000).clamped(to: 0...999))
        let length = Self.iso8601Length + 4
        return String(unsafeUninitializedCapacity: length) { text in
            guard var place = text.baseAddress else { return 0 }
            Timestamp(secondsSinceEpoch: whole).writeISO8601(to: &place)
            // In the place of the Z.
            text[length - 5] = UInt8(ascii: ".")
            text[length - 4] = UInt8(truncatingIfNeeded: 0x30 + rest / 100)
            text[length - 3] = UInt8(truncatingIfNeeded: 0x30 + rest / 10 % 10)
            text[length - 2] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
            text[length - 1] = UInt8(ascii: "Z")
            return length
        }
    }

    /// `Sat, 21 Nov 2026 02:03:04 GMT`, as HTTP has it (RFC 9110, section 5.6.7).
    public var httpDate: String {
        let time = CalendarTime(self)
        let length = 29
        return String(unsafeUninitializedCapacity: length) { text in
            var place = 0
            func put(_ letters: some Sequence<UInt8>) {
                for letter in letters where place < text.count {
                    text[place] = letter
                    place += 1
                }
            }
            func put(_ number: Int) {
                put(CollectionOfOne(UInt8(truncatingIfNeeded: 0x30 + number / 10)))
                put(CollectionOfOne(UInt8(truncatingIfNeeded: 0x30 + number % 10)))
            }
            put(CalendarTime.weekdays[time.weekday].utf8)
            put(", ".utf8)
            put(time.day)
            put(" ".utf8)
            put(time.monthName.utf8)
            put(" ".utf8)
            put(time.year / 100)
            put(time.year % 100)
            put(" ".utf8)
            put(time.hour)
            put(":".utf8)
            put(time.minute)
            put(":".utf8)
            put(time.second)
            put(" GMT".utf8)
            return place
        }
    }

    /// `Nov 21, 2026, 2:03:04 AM`, as CloudTrail has it in the `responseElements` of IAM.
    var cloudTrailText: String {
        let time = CalendarTime(self)
        let hour = time.hour % 12 == 0 ? 12 : time.hour % 12
        return "\(time.monthName) \(time.day), \(time.year), "
            + "\(hour):\(padded(time.minute, 2)):\(padded(time.second, 2)) \(time.hour < 12 ? "AM" : "PM")"
    }

    /// Reads ISO 8601 (`2026-11-21T02:03:04.5+01:00`, or a date alone), an HTTP date, or seconds since the epoch.
    public init?(parsing text: String) {
        var scanner = TimestampScanner(text.utf8)
        guard let seconds = scanner.iso8601() ?? scanner.httpDate() ?? scanner.epoch() else { return nil }
        self.init(secondsSinceEpoch: seconds)
    }

    /// The beginning, in UTC, of the month that this moment is in, or of one some months later; nil after the year 9999.
    public func monthStart(adding months: Int = 0) -> Timestamp? {
        let time = CalendarTime(self)
        let (month, overflow) = (time.year * 12 + time.month - 1).addingReportingOverflow(months)
        guard !overflow, month >= 0 else { return nil }
        return CalendarTime.seconds(year: month / 12, month: month % 12 + 1, day: 1, hour: 0, minute: 0, second: 0)
            .map { Timestamp(secondsSinceEpoch: Double($0)) }
    }

    /// The whole seconds, within the years 0 to 9999, whatever the double holds.
    var clampedSeconds: Int {
        guard secondsSinceEpoch.isFinite else { return 0 }
        return Int(secondsSinceEpoch.rounded(.down).clamped(to: -62_167_219_200...253_402_300_799))
    }
}

/// A moment as the Gregorian calendar has it, in UTC.
struct CalendarTime {
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    let year, month, day, hour, minute, second, weekday: Int

    var monthName: String { Self.months[month - 1] }

    /// Days are counted from 0000-03-01, so that the leap day is the last of its year.
    init(_ timestamp: Timestamp) {
        let seconds = timestamp.clampedSeconds
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = seconds - days * 86_400
        (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60)
        weekday = (days % 7 + 11) % 7
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Seconds since the epoch; nil when there is no such moment.
    static func seconds(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int? {
        guard (0...9999).contains(year), (1...12).contains(month), (1...daysIn(month, of: year)).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func daysIn(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Reads the forms of a timestamp; each function starts at the beginning and takes the whole text or gives nil.
private struct TimestampScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String.UTF8View) {
        bytes = Array(text.prefix(64))
    }

    mutating func iso8601() -> Double? {
        position = 0
        guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2) else { return nil }
        var (hour, minute, second, fraction, offset) = (0, 0, 0, 0.0, 0)
        if !atEnd {
            guard take("T") || take("t") || take(" "), let hours = digits(2), take(":"), let minutes = digits(2)
            else { return nil }
            (hour, minute) = (hours, minutes)
            if take(":") {
                guard let seconds = digits(2) else { return nil }
                second = seconds
                if take(".") {
                    guard let part = fractionDigits() else { return nil }
                    fraction = part
                }
            }
            guard let zone = zone() else { return nil }
            offset = zone
        }
        guard atEnd,
            let seconds = CalendarTime.seconds(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        return Double(seconds - offset) + fraction
    }

    /// `Sat, 21 Nov 2026 02:03:04 GMT`
    mutating func httpDate() -> Double? {
        position = 0
        guard word(3) != nil, take(","), take(" "), let day = digits(2), take(" "), let monthName = word(3), take(" "),
            let month = CalendarTime.months.firstIndex(of: monthName), let year = digits(4), take(" "),
            let hour = digits(2), take(":"), let minute = digits(2), take(":"), let second = digits(2), take(" "),
            let zone = word(3), zone == "GMT" || zone == "UTC", atEnd
        else { return nil }
        return CalendarTime.seconds(
            year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second
        ).map { Double($0) }
    }

    /// Seconds in plain decimal digits, as far as the year 9999.
    func epoch() -> Double? {
        guard let seconds = PlainText.double(String(decoding: bytes, as: UTF8.self)),
            abs(seconds) <= 253_402_300_799
        else { return nil }
        return seconds
    }

    private var atEnd: Bool { position == bytes.count }

    private mutating func take(_ character: Character) -> Bool {
        guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func digits(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var number = 0
        for byte in bytes[position..<position + count] {
            guard (0x30...0x39).contains(byte) else { return nil }
            number = number * 10 + Int(byte - 0x30)
        }
        position += count
        return number
    }

    private mutating func fractionDigits() -> Double? {
        var (scale, fraction) = (0.1, 0.0)
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
            fraction += Double(bytes[position] - 0x30) * scale
            scale /= 10
            position += 1
        }
        return position > start ? fraction : nil
    }

    /// `Z`, `+01:00` or `+0100`, or nothing: seconds east of UTC.
    private mutating func zone() -> Int? {
        if atEnd || take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = digits(2) else { return nil }
        _ = take(":")
        guard let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private mutating func word(_ count: Int) -> String? {
        guard position + count <= bytes.count else { return nil }
        defer { position += count }
        return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }
}

/// A number in at least so many digits; negative numbers do not occur.
private func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
