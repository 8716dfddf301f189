/// Times as signatures write them: ISO 8601's basic form in UTC, `20150830T123600Z`.
enum SignatureTimestamp {
    /// Seconds since the epoch, or nil where `text` is not such a time.
    static func seconds(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
            let year = number(bytes[0..<4]), let month = number(bytes[4..<6]), let day = number(bytes[6..<8]),
            let hour = number(bytes[9..<11]), let minute = number(bytes[11..<13]), let second = number(bytes[13..<15]),
            month >= 1, month <= 12, day >= 1, day <= days(inMonth: month, of: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        return daysSinceEpoch(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// Writes seconds since the epoch; times outside the years 0 to 9999 are written as the nearest of them.
    static func text(_ seconds: Int) -> String {
        ASCII.text(bytes(seconds))
    }

    /// The same, as ASCII.
    static func bytes(_ seconds: Int) -> [UInt8] {
        let seconds = min(max(seconds, range.lowerBound), range.upperBound)
        let (days, rest) = floorDivide(seconds, by: 86_400)
        let date = civilDate(daysSinceEpoch: days)
        var output: [UInt8] = []
        output.reserveCapacity(16)
        appendTwoDigits(date.year / 100, to: &output)
        appendTwoDigits(date.year % 100, to: &output)
        appendTwoDigits(date.month, to: &output)
        appendTwoDigits(date.day, to: &output)
        output.append(UInt8(ascii: "T"))
        appendTwoDigits(rest / 3_600, to: &output)
        appendTwoDigits(rest / 60 % 60, to: &output)
        appendTwoDigits(rest % 60, to: &output)
        output.append(UInt8(ascii: "Z"))
        return output
    }

    /// A reading of a clock, in whole seconds; a clock that reads nonsense reads zero.
    static func wholeSeconds(_ clock: Double) -> Int {
        guard let seconds = Int(exactly: clock.rounded(.down)), range.contains(seconds) else { return 0 }
        return seconds
    }

    /// The years 0 to 9999, which is what four digits can write.
    private static let range = -62_167_219_200...253_402_300_799

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(digit &- UInt8(ascii: "0"))
        }
        return value
    }

    private static func appendTwoDigits(_ value: Int, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / 10))
        output.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value % 10))
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // Both ways, years begin in March, so that the leap day is the last of its year; 400 years are one
    // cycle of 146,097 days.
    private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let (cycle, yearOfCycle) = floorDivide(month > 2 ? year : year - 1, by: 400)
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return cycle * 146_097 + yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear - 719_468
    }

    private static func civilDate(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
        let (cycle, dayOfCycle) = floorDivide(days + 719_468, by: 146_097)
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (
            year: cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }

    private static func floorDivide(_ value: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
        let remainder = ((value % divisor) + divisor) % divisor
        return ((value - remainder) / divisor, remainder)
    }
}
