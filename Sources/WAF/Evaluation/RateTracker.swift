import Crypto
import Synchronization

/// The counts of all rate-based rules, by what identifies a rule.
public final class RateTracker: Sendable {
    private let counters = Mutex<[String: RateCounter]>([:])
    /// How many rules there may be. Of more, the half that has had no request for longest is forgotten: each change of a rule
    /// makes a new one, and the one before gets no requests any more.
    static let mostRules = 4096

    /// A tracker that has counted nothing.
    public init() {}

    /// What counts for a rule; made when it is asked for the first time.
    /// - Parameter identity: see ``RateBasedStatement/identity(acl:group:rule:)``.
    public func counter(_ identity: String, limit: Int, window: Int) -> RateCounter {
        counters.withLock { counters in
            if let counter = counters[identity] { return counter }
            if counters.count >= Self.mostRules {
                let used = counters.map { (identity: $0.key, time: $0.value.lastUse) }.sorted { $0.time < $1.time }
                for (identity, _) in used.prefix(Self.mostRules / 2) { counters[identity] = nil }
            }
            let counter = RateCounter(limit: limit, window: window)
            counters[identity] = counter
            return counter
        }
    }

    /// The keys that are being limited by a rule; empty for one that has counted nothing.
    public func limited(_ identity: String, at time: Double) -> [[UInt8]] {
        counters.withLock { $0[identity] }?.limited(at: time) ?? []
    }

    var ruleCount: Int { counters.withLock { $0.count } }

    /// Forgets all counts.
    public func forget() {
        for counter in counters.withLock({ Array($0.values) }) { counter.forget() }
    }
}

/// Counts the requests of one rule by their keys, within a sliding window.
///
/// AWS estimates rates and looks every ten seconds or so; here a request that is one too many is limited at once. The window
/// moves on in steps of a twelfth of it. Its memory has an end, whatever clients send: see ``mostKeys`` and ``longestKey``.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html>
///
/// - Complexity: O(1) for each request, with a full table too.
public final class RateCounter: Sendable {
    /// The parts of a window.
    private static let steps = 12
    /// How many keys are counted. A new one then takes the place of one with few requests.
    static let mostKeys = 100_000
    /// The bytes of a key. Of longer ones, which clients may make of whole headers, the hash is kept.
    static let longestKey = 64
    /// How many keys are looked at, at random, for the one that has to go.
    private static let candidates = 6

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
    private let state = Mutex(Table())

    /// The keys with their counts, such that one of them can be picked at random.
    private struct Table {
        var places: [[UInt8]: Int] = [:]
        var entries: [(key: [UInt8], counts: Counts)] = []
        var random = SmallRandom()
        /// The number of the last part that was counted in.
        var last = 0
    }

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
        let key = key.count > Self.longestKey ? Array(SHA256.hash(data: key)) : key
        return state.withLock { table in
            table.last = max(table.last, part)
            if let place = table.places[key] { return table.entries[place].counts.add(part) }
            var new = Counts(part)
            let sum = new.add(part)
            guard table.entries.count >= Self.mostKeys else {
                table.places[key] = table.entries.count
                table.entries.append((key, new))
                return sum
            }
            if let place = leastOfSome(&table, part) {
                table.places[table.entries[place].key] = nil
                table.places[key] = place
                table.entries[place] = (key, new)
            }
            return sum
        }
    }

    /// How many requests of a key the window has, without one more.
    func sum(_ key: [UInt8], at time: Double) -> Int {
        let part = part(time)
        return state.withLock { table in
            guard let place = table.places[key] else { return 0 }
            table.entries[place].counts.advance(to: part)
            return table.entries[place].counts.sum
        }
    }

    /// Of some keys the one with the fewest requests in the window; nil: all of them are being limited. Which ones are looked at
    /// nobody can arrange, and what few of all keys have is as good as sure to stay.
    private func leastOfSome(_ table: inout Table, _ part: Int) -> Int? {
        var least: (place: Int, sum: Int)?
        for _ in 0..<Self.candidates {
            let place = Int.random(in: table.entries.indices, using: &table.random)
            table.entries[place].counts.advance(to: part)
            let sum = table.entries[place].counts.sum
            if sum == 0 { return place }
            if sum <= limit, least.map({ sum < $0.sum }) ?? true { least = (place, sum) }
        }
        return least?.place
    }

    /// The keys that are being limited.
    public func limited(at time: Double) -> [[UInt8]] {
        let part = part(time)
        return state.withLock { table in
            table.entries.compactMap { key, counts in
                var counts = counts
                counts.advance(to: part)
                return counts.sum > limit ? key : nil
            }
        }
    }

    /// When the last request was counted, to a part of the window, in seconds since 1970.
    fileprivate var lastUse: Double { Double(state.withLock { $0.last }) * Double(window) / Double(Self.steps) }
    fileprivate func forget() { state.withLock { $0 = Table() } }
}

/// SplitMix64, begun by the system's generator: which key goes needs numbers that are quick, not secret ones.
private struct SmallRandom: RandomNumberGenerator {
    private var state = UInt64.random(in: 0 ... .max)

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
