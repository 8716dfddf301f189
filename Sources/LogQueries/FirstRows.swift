/// The rows that come first in an order, in bounded memory, maybe only the first of those that have the same values.
struct FirstRows {
    struct Entry {
        let order: [QueryValue]
        /// The number of the event that it is of.
        let sequence: Int
        let row: QueryRow
        /// nil: it is shown later.
        let shown: [QueryRun.Row.Field]?

        var size: Int {
            row.size + order.reduce(0) { $0 + $1.size }
                + (shown?.reduce(0) { $0 + 64 + $1.name.utf8.count + $1.value.utf8.count } ?? 0)
        }
    }

    private let limit: Int
    private let descending: [Bool]
    /// Whether nothing says how they are sorted: the newest events are first, or rows stay as they come.
    private let isByTime: Bool
    private let isSorted: Bool
    private var entries: [Entry] = []
    private var places: [String: Int] = [:]
    private var keys: [String?] = []
    private var size = 0
    /// The last of the first rows, when there are as many as may be.
    private var last: Entry?

    init(_ limit: Int, descending: [Bool]?, isByTime: Bool) {
        (self.limit, self.isByTime, isSorted) = (limit, isByTime, descending != nil || isByTime)
        self.descending = descending ?? [true]
    }

    var count: Int { entries.count }

    /// What tells rows apart; nil: one has something missing, and is like no other.
    static func key(_ values: [QueryValue]) -> String? {
        var key = ""
        for value in values {
            guard let text = value.shown(isComputed: false) else { return nil }
            key += "\(text.utf8.count):\(text)"
        }
        return key
    }

    /// Whether a row of an order may be among the first.
    func wants(_ order: [QueryValue]) -> Bool {
        guard let last else { return true }
        return isSorted && compare(order, last.order) <= 0
    }

    mutating func add(_ entry: Entry, without key: String?) throws(QueryTooLarge) {
        if let key, let place = places[key] {
            guard isBefore(entry, entries[place]) else { return }
            size += entry.size - entries[place].size
            entries[place] = entry
        } else {
            if let key { places[key] = entries.count }
            entries.append(entry)
            keys.append(key)
            size += entry.size
        }
        if entries.count >= 2 * max(limit, 64) || size > QueryRun.mostMemory { try prune() }
    }

    private mutating func prune() throws(QueryTooLarge) {
        let kept = zip(entries, keys).sorted { isBefore($0.0, $1.0) }.prefix(limit)
        entries = kept.map(\.0)
        keys = kept.map(\.1)
        places = Dictionary(
            keys.enumerated().compactMap { place, key in key.map { ($0, place) } },
            uniquingKeysWith: { first, _ in first })
        size = entries.reduce(0) { $0 + $1.size }
        last = entries.count == limit ? entries.last : nil
        guard size <= QueryRun.mostMemory else { throw QueryTooLarge() }
    }

    func sorted() -> [Entry] { Array(entries.sorted { isBefore($0, $1) }.prefix(limit)) }

    private func isBefore(_ a: Entry, _ b: Entry) -> Bool {
        guard isSorted else { return a.sequence < b.sequence }
        let order = compare(a.order, b.order)
        guard order == 0 else { return order < 0 }
        return isByTime ? a.sequence > b.sequence : a.sequence < b.sequence
    }

    private func compare(_ a: [QueryValue], _ b: [QueryValue]) -> Int {
        for (number, pair) in zip(a, b).enumerated() {
            let order = NaturalOrder.compare(pair.0, pair.1)
            if order != 0 { return descending.indices.contains(number) && descending[number] ? -order : order }
        }
        return 0
    }
}
