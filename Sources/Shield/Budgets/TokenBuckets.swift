import Synchronization

/// How much something may do: so much per second in the long run, and so much at once.
public struct Budget: Sendable, Hashable {
    /// How much comes back each second.
    public var perSecond: Double
    /// How much there is at most.
    public var burst: Double

    /// - Parameters: see the properties.
    public init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
    }

    /// The same budget, made smaller or larger. What may be done at once changes less than the rate, so that whoever has saved
    /// something up keeps it for a while; at least one thing may be done.
    public func scaled(by factor: Double) -> Budget {
        Budget(perSecond: perSecond * factor, burst: max(1, burst * max(0, factor).squareRoot()))
    }
}

/// Token buckets by key, in a table of fixed size.
///
/// Where there are more keys than places, those are forgotten whose buckets are fullest: they have the least to lose. Whoever has
/// used up a budget stays known, so that a flood of new keys frees nobody. A key that was forgotten begins with a full bucket.
///
/// - Complexity: O(1), with one lock of many; 16 bytes for each place.
public final class TokenBuckets: Sendable {
    private struct Slot {
        /// The key's hash; 0: the place is free.
        var key: UInt64 = 0
        var tokens: Float = 0
        /// Hundredths of a second, of which the upper bits are cut off.
        var time: UInt32 = 0
    }

    private final class Shard: Sendable {
        /// Empty until somebody takes from it: most tables of a Gatehouse are never asked.
        let slots = Mutex(ContiguousArray<Slot>())
    }

    private static let ways = 8
    private static let shardCount = 16
    private let shards: [Shard]
    private let setMask: UInt64

    /// - Parameter capacity: how many keys are known at most; rounded up to a power of two, at least 1,024.
    public init(capacity: Int) {
        var sets = 8
        while sets * Self.ways * Self.shardCount < min(capacity, 1 << 26) { sets *= 2 }
        setMask = UInt64(sets - 1)
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    /// Takes from a key's bucket, if there is enough in it.
    /// - Parameters:
    ///   - budget: the key's own; it may be another each time.
    ///   - cost: how much is taken.
    ///   - time: seconds since 1970. A clock that goes back gives nothing.
    /// - Returns: whether there was enough; if not, nothing is taken.
    public func take(_ key: ClientKey, _ budget: Budget, cost: Double = 1, at time: Double) -> Bool {
        let hash = key.hash | 1
        return take(hash, budget, Float(cost), Self.hundredths(time))
    }

    /// How much is left in a key's bucket; all, if the key is not known.
    public func level(_ key: ClientKey, _ budget: Budget, at time: Double) -> Double {
        let hash = key.hash | 1
        let now = Self.hundredths(time)
        let first = place(hash)
        return shard(hash).slots.withLock { slots in
            guard !slots.isEmpty else { return budget.burst }
            for index in first..<first + Self.ways where slots[index].key == hash {
                return Double(Self.refilled(slots[index], budget, now))
            }
            return budget.burst
        }
    }

    private func take(_ hash: UInt64, _ budget: Budget, _ cost: Float, _ now: UInt32) -> Bool {
        let first = place(hash)
        return shard(hash).slots.withLock { slots in
            if slots.isEmpty { slots = ContiguousArray(repeating: Slot(), count: slotsOfShard) }
            var victim = first
            var most: Float = -1
            for index in first..<first + Self.ways {
                let slot = slots[index]
                if slot.key == hash {
                    let level = Self.refilled(slot, budget, now)
                    let isEnough = level >= cost
                    slots[index].tokens = isEnough ? level - cost : level
                    slots[index].time = now
                    return isEnough
                }
                guard slot.key != 0 else {
                    // Places fill up from the first on and are never freed: the key is not behind it.
                    victim = index
                    break
                }
                let level = Self.refilled(slot, budget, now)
                if level > most { (victim, most) = (index, level) }
            }
            let full = Float(max(1, budget.burst))
            let isEnough = full >= cost
            slots[victim] = Slot(key: hash, tokens: isEnough ? full - cost : full, time: now)
            return isEnough
        }
    }

    private func shard(_ hash: UInt64) -> Shard { shards[Int(hash >> 60) % Self.shardCount] }
    private var slotsOfShard: Int { (Int(setMask) + 1) * Self.ways }
    private func place(_ hash: UInt64) -> Int { Int((hash >> 1) & setMask) * Self.ways }

    private static func refilled(_ slot: Slot, _ budget: Budget, _ now: UInt32) -> Float {
        let passed = now &- slot.time
        // More than half of the range: the clock went back.
        let seconds = passed > .max / 2 ? 0 : Float(passed) / 100
        return min(Float(max(1, budget.burst)), slot.tokens + seconds * Float(max(0, budget.perSecond)))
    }

    private static func hundredths(_ time: Double) -> UInt32 {
        guard time.isFinite, time > 0, time < 1e12 else { return 0 }
        return UInt32(truncatingIfNeeded: UInt64(time * 100))
    }
}
