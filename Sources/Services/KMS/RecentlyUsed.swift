/// A dictionary with a bound: it forgets what has not been asked for in a while.
///
/// There are two generations. What is put in or asked for belongs to the young one; when that has half of what may be kept,
/// it becomes the old one, and what is still in the old one then is forgotten. So each operation takes constant time,
/// apart from the forgetting.
struct RecentlyUsed<Key: Hashable, Value> {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private var youngWeight = 0
    private let limit: Int
    private let weight: (Value) -> Int

    /// - Parameters:
    ///   - limit: what all values may weigh.
    ///   - weight: of a value; positive, and always the same.
    init(limit: Int, weight: @escaping (Value) -> Int) {
        self.limit = limit
        self.weight = weight
    }

    var count: Int { young.count + old.count }

    mutating func value(_ key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        put(value, key)
        return value
    }

    /// Keeps a value, in the place of an earlier one.
    mutating func keep(_ value: Value, _ key: Key) {
        remove(key)
        put(value, key)
    }

    mutating func remove(_ key: Key) {
        if let value = young.removeValue(forKey: key) { youngWeight -= weight(value) }
        old[key] = nil
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
        youngWeight = 0
    }

    private mutating func put(_ value: Value, _ key: Key) {
        let weight = weight(value)
        if youngWeight > 0, youngWeight + weight > limit / 2 {
            old = young
            young = [:]
            youngWeight = 0
        }
        young[key] = value
        youngWeight += weight
    }
}
