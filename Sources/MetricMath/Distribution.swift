/// How often there was which value: what percentiles are taken of.
///
/// It is exact for up to ``mostValues`` different values. Beyond, values are put together that differ by less than 2%, and if
/// there are still too many, by less than 4%, 8%, …: a percentile is then off by no more than half of that. It makes no
/// difference in which order distributions are put together.
///
/// AWS takes no percentiles of negative values.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html>
public struct Distribution: Sendable, Equatable, Codable {
    /// A value, and how often there was it.
    public struct Entry: Sendable, Equatable, Codable {
        public var value: Double
        public var count: Double

        /// - Parameters: see the properties.
        public init(_ value: Double, _ count: Double) {
            self.value = value
            self.count = count
        }
    }

    /// How many different values are kept.
    public static let mostValues = 150
    fileprivate static let mostCoarseness = 20

    /// In the order of the values, each once; no count is 0.
    public private(set) var entries: [Entry]
    /// 0: the values are those that there were. Otherwise each stands for those of a ratio of up to 1.02^2^(coarseness - 1).
    public private(set) var coarseness: Int

    /// Of values that are numbers and not negative; counts are positive. Others are left out.
    public init(_ entries: [Entry] = [], coarseness: Int = 0) {
        self.coarseness = max(0, min(coarseness, Self.mostCoarseness))
        self.entries = Self.merged(entries.filter { $0.value >= 0 && $0.value.isFinite && $0.count > 0 })
        if self.coarseness > 0 { self.entries = Self.merged(self.entries.map(snapped)) }
        coarsen()
    }

    /// How many values there were.
    public var count: Double { entries.reduce(0) { $0 + $1.count } }

    /// Takes in what another has.
    /// - Complexity: linear in the entries of both, but for their order.
    public mutating func add(_ other: Distribution) {
        guard !other.entries.isEmpty else { return }
        if entries.isEmpty {
            self = other
            return
        }
        let coarsest = max(coarseness, other.coarseness)
        let isCoarser = coarsest > min(coarseness, other.coarseness)
        coarseness = coarsest
        let all = entries + other.entries
        entries = Self.merged(isCoarser ? all.map(snapped) : all)
        coarsen()
    }

    private mutating func coarsen() {
        while entries.count > Self.mostValues, coarseness < Self.mostCoarseness {
            coarseness += 1
            entries = Self.merged(entries.map(snapped))
        }
    }

    /// The value that stands for all near one: a bucket has the values of (r^(i-1), r^i].
    private func snapped(_ entry: Entry) -> Entry {
        guard entry.value > 0 else { return entry }
        let width = Self.logOfBase * Double(1 << (coarseness - 1))
        let ratio = Self.exponential(width)
        let bucket = (Self.logarithm(entry.value) / width - 1e-9).rounded(.up)
        let value = Self.exponential(bucket * width) * 2 / (1 + ratio)
        return value.isFinite && value > 0 ? Entry(value, entry.count) : entry
    }

    private static func merged(_ entries: [Entry]) -> [Entry] {
        var merged: [Entry] = []
        merged.reserveCapacity(entries.count)
        for entry in entries.sorted(by: { $0.value < $1.value }) {
            if let last = merged.last, last.value == entry.value {
                merged[merged.count - 1].count += entry.count
            } else {
                merged.append(entry)
            }
        }
        return merged
    }
}

extension Distribution {
    /// The lowest value that so many hundredths of all values are no higher than: by nearest rank. nil: there is no value.
    public func percentile(_ percent: Double) -> Double? {
        let rank = percent / 100 * count
        var passed = 0.0
        for entry in entries {
            passed += entry.count
            // A count that is a sum of many is off by a little.
            if passed >= rank * (1 - 1e-12) { return entry.value }
        }
        return entries.last?.value
    }

    /// The parts of the values between two ranks, in hundredths of all: a value that is in part between them counts in part.
    func between(percent lower: Double, _ upper: Double) -> [Entry] {
        let total = count
        let (from, to) = (lower / 100 * total, upper / 100 * total)
        var passed = 0.0
        var found: [Entry] = []
        for entry in entries {
            let part = min(passed + entry.count, to) - max(passed, from)
            if part > 0 { found.append(Entry(entry.value, part)) }
            passed += entry.count
        }
        return found
    }

    /// The values above `lower` and up to `upper`.
    func between(_ lower: Double, _ upper: Double) -> [Entry] {
        entries.filter { $0.value > lower && $0.value <= upper }
    }
}

extension Distribution {
    /// As it was kept: entries in the order of their values, and how coarse they are.
    public init(kept entries: [Entry], coarseness: Int) {
        self.entries = entries
        self.coarseness = max(0, min(coarseness, Self.mostCoarseness))
    }
}
