/// Counts the most frequent of many values in bounded memory: the Space-Saving algorithm. Each count is too high by no more than
/// what the smallest one was when the value came in.
///
/// <https://doi.org/10.1007/978-3-540-30570-5_27> (Metwally, Agrawal and El Abbadi)
/// - Complexity: O(1) for a value that is known, O(places) for another.
struct HeavyHitters: Sendable {
    private struct Entry {
        var value: String
        var hash: Int
        var count: Int
        /// How much of the count may be others'.
        var error: Int
    }

    private var entries: [Entry] = []
    private var places: [Int: Int] = [:]
    private let capacity: Int
    /// How long a value may be, in bytes.
    private static let longest = 256

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Counts a value.
    mutating func add(_ value: some Collection<UInt8> & Hashable, count: Int = 1) {
        let hash = value.hashValue
        if let place = places[hash], entries.indices.contains(place) {
            entries[place].count += count
            return
        }
        if entries.count < capacity {
            places[hash] = entries.count
            entries.append(Entry(value: Self.text(value), hash: hash, count: count, error: 0))
            return
        }
        guard let least = entries.indices.min(by: { entries[$0].count < entries[$1].count }) else { return }
        let old = entries[least]
        places[old.hash] = nil
        places[hash] = least
        entries[least] = Entry(value: Self.text(value), hash: hash, count: old.count + count, error: old.count)
    }

    private static func text(_ value: some Collection<UInt8>) -> String {
        String(decoding: value.prefix(longest), as: UTF8.self)
    }

    /// The most frequent values, with how often they came at least.
    func top(_ number: Int) -> [(value: String, count: Int)] {
        entries.map { ($0.value, $0.count - $0.error) }.filter { $0.1 > 0 }
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(number).map { (value: $0.0, count: $0.1) }
    }

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }
}
