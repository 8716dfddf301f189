public import Ledger
import Synchronization

/// What services have counted for CloudWatch's metrics of them, in memory until a job of CloudWatch's keeps it, each minute. What
/// is counted in the last minute is lost with the process. A node counts what it has done itself.
///
/// ```swift
/// environment.metricCounts.count(
///     "SuccessfulRequest", in: "AWS/KMS", keys + [MetricDimension("Operation", operation)], of: entry.key.scope,
///     at: time)
/// ```
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html>
public final class MetricCounts: Sendable {
    /// What is counted.
    public struct Series: Hashable, Sendable {
        /// Whose metric it is.
        public var scope: Scope
        /// `AWS/SQS`
        public var namespace: String
        /// `NumberOfMessagesSent`
        public var name: String
        /// What tells it from others of its name.
        public var dimensions: [MetricDimension]
        /// `Count`, `Bytes`, …; `None` where AWS has none.
        public var unit: String

        /// - Parameters: see the properties.
        public init(
            _ name: String, in namespace: String, _ dimensions: [MetricDimension], of scope: Scope,
            unit: String = "Count"
        ) {
            self.scope = scope
            self.namespace = namespace
            self.name = name
            self.dimensions = dimensions
            self.unit = unit
        }
    }

    /// What was counted in a minute.
    public struct Minute: Hashable, Sendable {
        /// What was counted.
        public var series: Series
        /// When it began, in minutes since 1970.
        public var start: Int64
    }

    /// One series, for those who add to it with every request: it is found once. It is kept as long as somebody has it.
    public final class Counter: Sendable {
        fileprivate let series: Series
        fileprivate let sum = Atomic(0)

        fileprivate init(_ series: Series) { self.series = series }

        /// Adds to what was counted, each time 1.
        public func add(_ number: Int) { sum.wrappingAdd(number, ordering: .relaxed) }
    }

    /// More series than that in one minute are not counted any more: nobody fills the memory.
    static let mostSeries = 65_536
    /// More different values of one are rounded, to within 1%.
    static let mostValues = 512

    struct State {
        /// Values, and how often there was each.
        fileprivate var counts: [Minute: [Double: Double]] = [:]
        fileprivate var counters: [Counter] = []
        /// Calls that were answered.
        var calls: [Calls: Int] = [:]
    }

    let state = Mutex(State())

    /// Nothing was counted.
    public init() {}

    /// Counts a value, or several that are the same.
    /// - Parameters:
    ///   - value: what was observed: 1 where things are counted.
    ///   - times: how often; nothing is counted where it is not positive.
    ///   - time: when, in seconds since 1970.
    /// - Complexity: one look-up.
    public func count(_ series: Series, _ value: Double = 1, times: Int = 1, at time: Double) {
        guard times > 0, let start = Int64(exactly: (time / 60).rounded(.down)) else { return }
        state.withLock { $0.add([value: Double(times)], to: Minute(series: series, start: start)) }
    }

    /// See ``count(_:_:times:at:)``.
    public func count(
        _ name: String, in namespace: String, _ dimensions: [MetricDimension], of scope: Scope, unit: String = "Count",
        _ value: Double = 1, times: Int = 1, at time: Double
    ) {
        count(Series(name, in: namespace, dimensions, of: scope, unit: unit), value, times: times, at: time)
    }

    /// A new counter. What is added to it belongs to the minute in which it is taken out.
    public func counter(_ series: Series) -> Counter {
        let counter = Counter(series)
        state.withLock { $0.counters.append(counter) }
        return counter
    }

    /// Takes out what was counted: values of each series and minute, and how often there was each.
    /// - Parameter time: now, in seconds since 1970.
    public func take(at time: Double) -> [Minute: [Double: Double]] {
        let start = Int64(exactly: (time / 60).rounded(.down)) ?? 0
        return state.withLock { state in
            var kept: [Counter] = []
            while var counter = state.counters.popLast() {
                // Nobody else can add to one that nobody else has.
                let isOver = isKnownUniquelyReferenced(&counter)
                let sum = counter.sum.exchange(0, ordering: .relaxed)
                if sum > 0 { state.add([1: Double(sum)], to: Minute(series: counter.series, start: start)) }
                if !isOver { kept.append(counter) }
            }
            state.counters = kept
            // They have had a bound of their own: what services count of themselves takes them no room.
            for (calls, number) in state.calls { state.counts[calls.counted, default: [:]].add([1: Double(number)]) }
            state.calls = [:]
            defer { state.counts = [:] }
            return state.counts
        }
    }

    /// Puts back what could not be kept.
    public func restore(_ taken: [Minute: [Double: Double]]) {
        state.withLock { state in
            for (minute, values) in taken { state.add(values, to: minute) }
        }
    }
}

extension MetricCounts.State {
    fileprivate mutating func add(_ values: [Double: Double], to minute: MetricCounts.Minute) {
        guard counts.count < MetricCounts.mostSeries || counts[minute] != nil else { return }
        counts[minute, default: [:]].add(values)
    }
}

extension [Double: Double] {
    /// Adds values, and how often there was each.
    fileprivate mutating func add(_ values: [Double: Double]) {
        for (value, times) in values {
            let isKnown = count < MetricCounts.mostValues || self[value] != nil
            self[isKnown ? value : value.roundedRoughly, default: 0] += times
        }
    }
}

extension Double {
    /// To seven binary digits.
    fileprivate var roundedRoughly: Double {
        guard isFinite, self != 0 else { return self }
        return Double(sign: sign, exponent: exponent, significand: (significand * 64).rounded() / 64)
    }
}
