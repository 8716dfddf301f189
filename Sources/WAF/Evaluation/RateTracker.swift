import Synchronization

/// The counts of all rate-based rules, by what identifies a rule.
public final class RateTracker: Sendable {
    private let counters = Mutex<[String: RateCounter]>([:])
    /// How many rules there may be before those are forgotten that have had no request for long.
    private static let mostRules = 4096

    /// A tracker that has counted nothing.
    public init() {}

    /// What counts for a rule; made when it is asked for the first time.
    /// - Parameter identity: see ``RateBasedStatement/identity(acl:group:rule:)``.
    public func counter(_ identity: String, limit: Int, window: Int) -> RateCounter {
        counters.withLock { counters in
            if let counter = counters[identity] { return counter }
            if counters.count >= Self.mostRules { counters = counters.filter { !$0.value.isEmpty } }
            let counter = RateCounter(limit: limit, window: window)
            counters[identity] = counter
            return counter
        }
    }

    /// The keys that are being limited by a rule; empty for one that has counted nothing.
    public func limited(_ identity: String, at time: Double) -> [[UInt8]] {
        counters.withLock { $0[identity] }?.limited(at: time) ?? []
    }

    /// Forgets all counts.
    public func forget() {
        for counter in counters.withLock({ Array($0.values) }) { counter.forget() }
    }
}

/// Counts the requests of one rule by their keys, within a sliding window.
///
/// AWS estimates rates and looks every ten seconds or so; here a request that is one too many is limited at once. The window
/// moves on in steps of a twelfth of it.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html>
public final class RateCounter: Sendable {
    /// The parts of a window.
    private static let steps = 12
    /// How many keys are counted. If there are more, those with the fewest requests are forgotten.
    private static let mostKeys = 100_000

    /// The counts of one key, by the numbers of the window's parts.
    private struct Counts {
        private var parts = InlineArray<12, UInt32>(repeating: 0)
        /// The number of the last part that was counted in.
        private var last: Int

        init(_ part: Int) { last = part }

        var sum: Int { parts.indices.reduce(0) { $0 + Int(parts[$1]) } }

        /// Forgets what is before the window that ends with a part.
        mutating func advance(to part: Int) {
            guard part > last else { return }
            if part - last >= RateCounter.steps {
                parts = InlineArray(repeating: 0)
            } else {
                for old in last + 1...part { parts[old % RateCounter.steps] = 0 }
            }
            last = part
        }

        /// A clock that went back counts in the last part all the same.
        mutating func add(_ part: Int) -> Int {
            advance(to: part)
            parts[last % RateCounter.steps] &+= 1
            return sum
        }
    }

    private let limit: Int
    private let window: Int
    private let state = Mutex<[[UInt8]: Counts]>([:])

    fileprivate init(limit: Int, window: Int) {
        self.limit = limit
        self.window = max(1, window)
    }

    /// The number of the window's part that a moment is in; never negative.
    private func part(_ time: Double) -> Int {
        Int(max(0, min(time.isNaN ? 0 : time, 1e12)) * Double(Self.steps) / Double(window))
    }

    /// Counts a request.
    /// - Parameters:
    ///   - key: what the request is counted by.
    ///   - time: when it came, in seconds since 1970.
    /// - Returns: how many requests the window has, with this one.
    public func count(_ key: [UInt8], at time: Double) -> Int {
        let part = part(time)
        return state.withLock { counts in
            if let index = counts.index(forKey: key) { return counts.values[index].add(part) }
            if counts.count >= Self.mostKeys { Self.makeRoom(&counts, part) }
            var new = Counts(part)
            let sum = new.add(part)
            counts[key] = new
            return sum
        }
    }

    /// The keys that are being limited.
    public func limited(at time: Double) -> [[UInt8]] {
        let part = part(time)
        return state.withLock { counts in
            counts.compactMap { key, counts in
                var counts = counts
                counts.advance(to: part)
                return counts.sum > limit ? key : nil
            }
        }
    }

    fileprivate var isEmpty: Bool { state.withLock { $0.isEmpty } }
    fileprivate func forget() { state.withLock { $0 = [:] } }

    /// First what is out of the window goes, then the keys that have no more than the average.
    private static func makeRoom(_ counts: inout [[UInt8]: Counts], _ part: Int) {
        counts = counts.mapValues { old in
            var counts = old
            counts.advance(to: part)
            return counts
        }.filter { $0.value.sum > 0 }
        guard counts.count > mostKeys / 2 else { return }
        let average = counts.values.reduce(0) { $0 + $1.sum } / max(1, counts.count)
        counts = counts.filter { $0.value.sum > average }
    }
}
