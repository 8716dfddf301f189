/// How often values were seen, where whoever causes them may come with ever new ones.
typealias Tally = [String: Int64]

extension Tally {
    /// Counts a value. Someone who calls under ever new names takes no more room for it: what is rare gives way.
    /// - Parameters:
    ///   - count: how often it was seen.
    ///   - most: how many values are kept at least, where there are so many; twice as many at most.
    mutating func add(_ count: Int64, of value: String, keeping most: Int) {
        self[value, default: 0] += count
        guard self.count > 2 * most else { return }
        self = Tally(uniqueKeysWithValues: largest(most).map { ($0.value, $0.count) })
    }

    /// The largest first, and those that are equal in the order of their texts.
    func largest(_ most: Int) -> [(value: String, count: Int64)] {
        sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(most).map { ($0.key, $0.value) }
    }
}
