/// The groups of a `stats`, in the order in which they were first seen.
struct GroupedRows {
    private struct Group {
        let keys: [QueryValue]
        var accumulators: [Accumulator]
        var size: Int
    }

    private var groups: [Group] = []
    private var places: [[String?]: Int] = [:]
    private var size = 0

    mutating func add(
        _ row: QueryRow, _ keys: [(place: Int, expression: Expression)], _ aggregates: [Aggregate],
        _ context: QueryContext
    ) throws(QueryTooLarge) {
        let values = keys.map { $0.expression.value(row, context) }
        let key = values.map { $0.shown(isComputed: false) }
        let place: Int
        if let known = places[key] {
            place = known
        } else {
            place = groups.count
            guard place < QueryRun.mostGroups else { throw QueryTooLarge() }
            let size = 256 + 2 * values.reduce(0) { $0 + $1.size }
            groups.append(Group(keys: values, accumulators: aggregates.map { $0.start() }, size: size))
            places[key] = place
            self.size += size
        }
        for (number, aggregate) in aggregates.enumerated() {
            let before = groups[place].accumulators[number].size
            aggregate.add(row, context, to: &groups[place].accumulators[number])
            size += groups[place].accumulators[number].size - before
        }
        guard size <= QueryRun.mostMemory else { throw QueryTooLarge() }
    }

    /// A row for each group. Without `by` there is one, even of nothing.
    func rows(of collection: QueryPlan.Collection, _ context: QueryContext) -> [FirstRows.Entry] {
        guard case .groups(let keys, let aggregates, let places, let made) = collection else { return [] }
        var groups = groups
        if groups.isEmpty, keys.isEmpty {
            groups = [Group(keys: [], accumulators: aggregates.map { $0.start() }, size: 0)]
        }
        return groups.enumerated().map { sequence, group in
            var row = QueryRow(fields: nil, made: [])
            for (key, value) in zip(keys, group.keys) { row.set(value, at: key.place) }
            for (number, aggregate) in aggregates.enumerated() {
                row.set(aggregate.result(group.accumulators[number]), at: places[number])
            }
            for item in made { row.set(item.expression.value(row, context), at: item.place) }
            return FirstRows.Entry(order: [], sequence: sequence, row: row, shown: nil)
        }
    }
}
