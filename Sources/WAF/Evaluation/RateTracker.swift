import Synchronization

/// Counts requests by rules and keys, within sliding windows.
///
/// AWS estimates rates and looks every ten seconds or so; here a request that is one too many is limited at once. The window
/// moves on in steps of a twelfth of it.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html>
public final class RateTracker: Sendable {
    /// The parts of a window.
    private static let steps = 12
    /// How many keys of one rule are counted. If there are more, those with the fewest requests are forgotten.
    private static let mostKeys = 100_000

    private struct Counter {
        /// The counts of the window's parts, by their numbers modulo ``steps``.
        var counts = [UInt32](repeating: 0, count: RateTracker.steps)
        /// The number of the last part that was counted in.
        var last: Int

        var sum: Int { counts.reduce(0) { $0 + Int($1) } }

        /// Forgets what is before the window that ends with a part.
        mutating func advance(to part: Int) {
            guard part > last else { return }
            if part - last >= RateTracker.steps {
                counts = [UInt32](repeating: 0, count: RateTracker.steps)
            } else {
                for old in last + 1...part { counts[old % RateTracker.steps] = 0 }
            }
            last = part
        }
    }

    private struct Rule {
        let limit: Int
        let window: Int
        var counters: [[UInt8]: Counter] = [:]
        var lastUsed: Double

        /// The number of the window's part that a moment is in.
        func part(_ time: Double) -> Int { Int(max(0, min(time, 1e15)) * Double(RateTracker.steps)) / max(1, window) }

        /// Makes room: first by what is out of the window, then by the keys that have no more than the average.
        mutating func forgetRareKeys(_ part: Int) {
            for key in counters.keys { counters[key]?.advance(to: part) }
            counters = counters.filter { $0.value.sum > 0 }
            guard counters.count > RateTracker.mostKeys / 2 else { return }
            let average = counters.values.reduce(0) { $0 + $1.sum } / max(1, counters.count)
            counters = counters.filter { $0.value.sum > average }
        }
    }

    private let rules = Mutex<[String: Rule]>([:])

    /// A tracker that has counted nothing.
    public init() {}

    /// Counts a request.
    /// - Parameters:
    ///   - rule: what tells the rule from all others, with its settings: one that is changed begins anew.
    ///   - key: what the request is counted by.
    ///   - time: when it came, in seconds since 1970.
    /// - Returns: how many requests the window has, with this one.
    public func count(_ rule: String, _ key: [UInt8], limit: Int, window: Int, at time: Double) -> Int {
        rules.withLock { rules in
            if rules[rule] == nil {
                rules = rules.filter { time - $0.value.lastUsed < Double($0.value.window) }
                rules[rule] = Rule(limit: limit, window: window, lastUsed: time)
            }
            guard let part = rules[rule]?.part(time) else { return 0 }
            rules[rule]?.lastUsed = time
            if rules[rule]?.counters[key] == nil {
                if (rules[rule]?.counters.count ?? 0) >= Self.mostKeys { rules[rule]?.forgetRareKeys(part) }
                rules[rule]?.counters[key] = Counter(last: part)
            }
            rules[rule]?.counters[key]?.advance(to: part)
            let place = max(0, (rules[rule]?.counters[key]?.last ?? part)) % Self.steps
            rules[rule]?.counters[key]?.counts[place] += 1
            return rules[rule]?.counters[key]?.sum ?? 0
        }
    }

    /// Forgets all counts.
    public func forget() { rules.withLock { $0 = [:] } }

    /// The keys that are being limited.
    /// - Parameter rule: as ``count(_:_:limit:window:at:)`` was told.
    public func limited(_ rule: String, at time: Double) -> [[UInt8]] {
        rules.withLock { rules in
            guard let found = rules[rule] else { return [] }
            let part = found.part(time)
            return found.counters.compactMap { key, counter in
                var counter = counter
                counter.advance(to: part)
                return counter.sum > found.limit ? key : nil
            }
        }
    }
}
