/// A set of whole numbers, as the ranges that it has: in order, and with a gap between any two. Equal sets are equal values.
public struct IntervalSet<Number: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
    public private(set) var ranges: [ClosedRange<Number>]

    /// The empty set.
    public init() { ranges = [] }

    /// One range.
    public init(_ range: ClosedRange<Number>) { ranges = [range] }

    /// All that is in any of the ranges, which may overlap and have any order.
    public init(_ ranges: some Sequence<ClosedRange<Number>>) {
        self.ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) { append(range) }
    }

    public var isEmpty: Bool { ranges.isEmpty }

    public func contains(_ number: Number) -> Bool {
        guard let range = range(endingAtOrAfter: number) else { return false }
        return range.lowerBound <= number
    }

    /// Whether the whole range is in it.
    public func contains(_ other: ClosedRange<Number>) -> Bool {
        guard let range = range(endingAtOrAfter: other.lowerBound) else { return false }
        return range.lowerBound <= other.lowerBound && other.upperBound <= range.upperBound
    }

    /// Whether it shares a number with the range.
    public func overlaps(_ other: ClosedRange<Number>) -> Bool {
        guard let range = range(endingAtOrAfter: other.lowerBound) else { return false }
        return range.lowerBound <= other.upperBound
    }

    public func union(_ other: Self) -> Self {
        if isEmpty || self == other { return other }
        if other.isEmpty { return self }
        var result = Self()
        var (one, two) = (ranges[...], other.ranges[...])
        while let first = one.first, let second = two.first {
            if first.lowerBound <= second.lowerBound {
                result.append(first)
                one = one.dropFirst()
            } else {
                result.append(second)
                two = two.dropFirst()
            }
        }
        for range in one { result.append(range) }
        for range in two { result.append(range) }
        return result
    }

    public func intersection(_ other: Self) -> Self {
        var result = Self()
        var (one, two) = (ranges[...], other.ranges[...])
        while let first = one.first, let second = two.first {
            let lower = max(first.lowerBound, second.lowerBound)
            let upper = min(first.upperBound, second.upperBound)
            if lower <= upper { result.append(lower...upper) }
            if first.upperBound <= second.upperBound { one = one.dropFirst() } else { two = two.dropFirst() }
        }
        return result
    }

    public func subtracting(_ other: Self) -> Self {
        if isEmpty || other.isEmpty { return self }
        var result = Self()
        var two = other.ranges[...]
        for range in ranges {
            // What is left of the range lies from here on.
            var next: Number? = range.lowerBound
            while let lower = next, let taken = two.first, taken.lowerBound <= range.upperBound {
                if taken.upperBound >= lower {
                    if taken.lowerBound > lower { result.append(lower...(taken.lowerBound - 1)) }
                    next = taken.upperBound < range.upperBound ? taken.upperBound + 1 : nil
                }
                // What reaches beyond this range may take of the following ones, too.
                if taken.upperBound > range.upperBound { break }
                two = two.dropFirst()
            }
            if let lower = next { result.append(lower...range.upperBound) }
        }
        return result
    }

    /// Puts a range behind the others; it begins at or after the last one's beginning.
    private mutating func append(_ range: ClosedRange<Number>) {
        guard let last = ranges.last, last.upperBound == .max || last.upperBound + 1 >= range.lowerBound else {
            ranges.append(range)
            return
        }
        if range.upperBound > last.upperBound { ranges[ranges.count - 1] = last.lowerBound...range.upperBound }
    }

    private func range(endingAtOrAfter number: Number) -> ClosedRange<Number>? {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count ? ranges[low] : nil
    }
}
