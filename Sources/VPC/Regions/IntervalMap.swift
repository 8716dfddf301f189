/// What holds in ranges of addresses of one family: disjoint ranges in order, neighbours that have the same as one. Equal
/// maps are equal values.
struct IntervalMap<Value: Hashable & Sendable>: Hashable, Sendable {
    struct Band: Hashable, Sendable {
        var range: ClosedRange<UInt128>
        let value: Value
    }

    private(set) var bands: [Band] = []

    init() {}

    init(_ range: ClosedRange<UInt128>, _ value: Value) { bands = [Band(range: range, value: value)] }

    /// The same in each range of the set.
    init(_ set: IntervalSet<UInt128>, _ value: Value) { bands = set.ranges.map { Band(range: $0, value: value) } }

    subscript(_ address: UInt128) -> Value? {
        var low = 0
        var high = bands.count
        while low < high {
            let middle = (low + high) / 2
            if bands[middle].range.upperBound < address { low = middle + 1 } else { high = middle }
        }
        guard low < bands.count, bands[low].range.lowerBound <= address else { return nil }
        return bands[low].value
    }

    /// Goes through both at once. What `combine` makes of what the two have somewhere holds there; nil is nothing. It isn't
    /// asked where neither has anything.
    func combined(with other: Self, _ combine: (Value?, Value?) -> Value?) -> Self {
        var result = Self()
        var (one, two) = (0, 0)
        var position = UInt128.zero
        while true {
            while one < bands.count, bands[one].range.upperBound < position { one += 1 }
            while two < other.bands.count, other.bands[two].range.upperBound < position { two += 1 }
            let mine = one < bands.count ? bands[one] : nil
            let theirs = two < other.bands.count ? other.bands[two] : nil
            let begins = [mine, theirs].compactMap { $0.map { max($0.range.lowerBound, position) } }
            guard let start = begins.min() else { return result }
            // As far as each of the two stays as it is.
            var end = UInt128.max
            for band in [mine, theirs] {
                guard let range = band?.range else { continue }
                end = min(end, range.lowerBound <= start ? range.upperBound : range.lowerBound - 1)
            }
            let value = combine(
                mine.flatMap { $0.range.lowerBound <= start ? $0.value : nil },
                theirs.flatMap { $0.range.lowerBound <= start ? $0.value : nil })
            if let value { result.append(start...end, value) }
            guard end < .max else { return result }
            position = end + 1
        }
    }

    /// With another value in each band; nil leaves it out.
    func mapped(_ change: (Value) -> Value?) -> Self {
        var result = Self()
        for band in bands {
            if let value = change(band.value) { result.append(band.range, value) }
        }
        return result
    }

    /// All of them put together in pairs, which costs less than one after the other; their order is kept.
    static func merged(_ maps: [Self], _ combine: (Value?, Value?) -> Value?) -> Self {
        var maps = maps
        while maps.count > 1 {
            maps = stride(from: 0, to: maps.count, by: 2).map { index in
                index + 1 < maps.count ? maps[index].combined(with: maps[index + 1], combine) : maps[index]
            }
        }
        return maps.first ?? Self()
    }

    private mutating func append(_ range: ClosedRange<UInt128>, _ value: Value) {
        if let last = bands.last, last.range.upperBound < .max, last.range.upperBound + 1 == range.lowerBound,
            last.value == value
        {
            bands[bands.count - 1].range = last.range.lowerBound...range.upperBound
        } else {
            bands.append(Band(range: range, value: value))
        }
    }
}
