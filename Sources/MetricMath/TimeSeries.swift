/// Values at times, as metric math computes with them.
public struct TimeSeries: Sendable, Equatable {
    /// A value at a time.
    public struct Point: Sendable, Equatable {
        /// The beginning of the period, in seconds since 1970.
        public var time: Int64
        public var value: Double

        /// - Parameters: see the properties.
        public init(_ time: Int64, _ value: Double) {
            self.time = time
            self.value = value
        }
    }

    /// What a graph would call it.
    public var label: String
    /// Seconds.
    public var period: Int64
    /// The oldest first; no time is there twice.
    public var points: [Point]

    /// - Parameters: see the properties.
    public init(label: String = "", period: Int64, points: [Point]) {
        self.label = label
        self.period = period
        self.points = points
    }

    /// The same series with other values; those that are no numbers are left out.
    func map(_ transform: (Point) -> Double?) -> TimeSeries {
        var result = self
        result.points = points.compactMap { point in
            transform(point).flatMap { $0.isFinite ? Point(point.time, $0) : nil }
        }
        return result
    }

    /// The value at a time; nil: there is none.
    /// - Complexity: logarithmic.
    func value(at time: Int64) -> Double? {
        var (low, high) = (0, points.count)
        while low < high {
            let middle = (low + high) / 2
            if points[middle].time < time { low = middle + 1 } else { high = middle }
        }
        return low < points.count && points[low].time == time ? points[low].value : nil
    }

    /// All times at which one of some series has a value, in order.
    static func times(_ all: [TimeSeries]) -> [Int64] {
        if all.count == 1, let only = all.first { return only.points.map(\.time) }
        return Set(all.lazy.flatMap { $0.points.lazy.map(\.time) }).sorted()
    }
}
