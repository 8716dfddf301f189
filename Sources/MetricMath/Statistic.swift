/// What is asked of a metric's values: `Sum`, `p99`, `TM(10%:90%)`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html>
public enum Statistic: Sendable, Equatable {
    case sampleCount, average, sum, minimum, maximum
    /// In hundredths.
    case percentile(Double)
    case trimmedMean(Bounds)
    case trimmedCount(Bounds)
    case trimmedSum(Bounds)
    case winsorizedMean(Bounds)
    /// The hundredths of the values that are above the first bound and not above the second.
    case percentileRank(Bounds)

    /// What values count. nil: there is no such bound.
    public enum Bounds: Sendable, Equatable {
        /// Ranks, in hundredths.
        case percent(lower: Double?, upper: Double?)
        /// Values: the lower one does not count, the upper does.
        case value(lower: Double?, upper: Double?)
    }

    /// nil: there is no such statistic.
    public init?(_ text: String) {
        switch text {
        case "SampleCount": self = .sampleCount
        case "Average": self = .average
        case "Sum": self = .sum
        case "Minimum": self = .minimum
        case "Maximum": self = .maximum
        case "IQM", "iqm": self = .trimmedMean(.percent(lower: 25, upper: 75))
        default:
            guard let made = Self.ranged(text) ?? Self.short(text) else { return nil }
            self = made
        }
    }

    /// `p99.9`, `tm90`
    private static func short(_ text: String) -> Statistic? {
        let name = text.prefix { $0.isLetter }
        guard let number = percent(text.dropFirst(name.count)) else { return nil }
        let bounds = Bounds.percent(lower: nil, upper: number)
        return switch name {
        case "p": .percentile(number)
        case "tm": .trimmedMean(bounds)
        case "tc": .trimmedCount(bounds)
        case "ts": .trimmedSum(bounds)
        case "wm": .winsorizedMean(bounds)
        default: nil
        }
    }

    /// `TM(10%:90%)`, `PR(:300)`
    private static func ranged(_ text: String) -> Statistic? {
        guard text.utf8.count <= 64, text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { return nil }
        let parts = text[text.index(after: open)...].dropLast().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts.first, let last = parts.last, !(first.isEmpty && last.isEmpty) else {
            return nil
        }
        let bounds: Bounds
        if first.hasSuffix("%") || last.hasSuffix("%") {
            func bound(_ part: Substring) -> Double?? {
                if part.isEmpty { return .some(nil) }
                guard part.hasSuffix("%"), let number = percent(part.dropLast()) else { return nil }
                return number
            }
            guard let lower = bound(first), let upper = bound(last), (lower ?? 0) < (upper ?? 100) else { return nil }
            bounds = .percent(lower: lower, upper: upper)
        } else {
            func bound(_ part: Substring) -> Double?? {
                if part.isEmpty { return .some(nil) }
                guard part.utf8.allSatisfy({ isNumeral($0) }), let number = Double(part), number.isFinite else {
                    return nil
                }
                return number
            }
            guard let lower = bound(first), let upper = bound(last),
                lower.flatMap({ low in upper.map { low < $0 } }) ?? true
            else { return nil }
            bounds = .value(lower: lower, upper: upper)
        }
        switch text[..<open] {
        case "TM": return .trimmedMean(bounds)
        case "TC": return .trimmedCount(bounds)
        case "TS": return .trimmedSum(bounds)
        case "WM": return .winsorizedMean(bounds)
        case "PR":
            guard case .value = bounds else { return nil }
            return .percentileRank(bounds)
        default: return nil
        }
    }

    private static func isNumeral(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
    }

    /// A number from 0 to 100, with up to ten decimal places.
    private static func percent(_ text: Substring) -> Double? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...3).contains(whole.count), parts.count <= 2,
            parts.count < 2 || parts[1].count <= 10,
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }), let number = Double(text),
            number <= 100
        else { return nil }
        return number
    }

    /// Whether values are needed, and not only their statistics.
    public var needsValues: Bool {
        switch self {
        case .sampleCount, .average, .sum, .minimum, .maximum: false
        default: true
        }
    }

    /// The percentile that is asked for; nil for other statistics.
    public var percentile: Double? {
        if case .percentile(let percent) = self { percent } else { nil }
    }
}

extension StatisticSet {
    /// A statistic of these values; nil where it can't be told.
    public func value(of statistic: Statistic) -> Double? {
        switch statistic {
        case .sampleCount: return count
        case .sum: return sum
        case .minimum: return minimum
        case .maximum: return maximum
        case .average: return count > 0 ? sum / count : nil
        default: break
        }
        guard let distribution, !distribution.entries.isEmpty else { return nil }
        switch statistic {
        case .percentile(let percent):
            // What was put together with others is off, but never beyond the ends.
            if percent <= 0 { return minimum }
            return distribution.percentile(percent).map { min(max($0, minimum), maximum) }
        case .trimmedMean(let bounds):
            let inside = distribution.inside(bounds)
            return inside.mean
        case .trimmedCount(let bounds): return distribution.inside(bounds).total
        case .trimmedSum(let bounds): return distribution.inside(bounds).sum
        case .percentileRank(let bounds): return distribution.inside(bounds).total / distribution.count * 100
        case .winsorizedMean(let bounds):
            let (lower, upper) = distribution.edges(bounds)
            return distribution.entries.map { .init(min(max($0.value, lower), upper), $0.count) }.mean
        default: return nil
        }
    }
}

extension Distribution {
    fileprivate func inside(_ bounds: Statistic.Bounds) -> [Entry] {
        switch bounds {
        case .percent(let lower, let upper): between(percent: lower ?? 0, upper ?? 100)
        case .value(let lower, let upper): between(lower ?? -.infinity, upper ?? .infinity)
        }
    }

    fileprivate func edges(_ bounds: Statistic.Bounds) -> (lower: Double, upper: Double) {
        switch bounds {
        case .percent(let lower, let upper):
            (
                lower.flatMap(percentile) ?? -.greatestFiniteMagnitude,
                upper.flatMap(percentile) ?? .greatestFiniteMagnitude
            )
        case .value(let lower, let upper): (lower ?? -.greatestFiniteMagnitude, upper ?? .greatestFiniteMagnitude)
        }
    }
}

extension [Distribution.Entry] {
    fileprivate var total: Double { reduce(0) { $0 + $1.count } }
    fileprivate var sum: Double { reduce(0) { $0 + $1.value * $1.count } }
    fileprivate var mean: Double? { total > 0 ? sum / total : nil }
}
