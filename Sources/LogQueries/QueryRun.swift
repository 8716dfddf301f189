/// A query that is being run: it takes event after event, and gives rows when it has seen all.
public struct QueryRun {
    /// Bytes that its rows and groups may take.
    public static let mostMemory = 64 << 20
    /// Rows that `unnest` may make of one event, or of all rows of a `stats`: lists of lists multiply.
    public static let mostUnnested = 1_000_000
    /// How long that may take: each row may parse the event anew.
    private static let longest = Duration.seconds(10)
    /// Groups of one `stats`.
    public static let mostGroups = 100_000

    private let plan: QueryPlan
    private let context: QueryContext
    private var groups: [Int: GroupedRows] = [:]
    private var first: [Int: FirstRows] = [:]
    /// How many rows have come to the end of a stage.
    private var sequence = 0
    /// How many rows `unnest` has made of the present event.
    private var unnested = 0
    private var began = ContinuousClock.now

    /// How many events, and how many bytes of them, it has seen.
    public private(set) var recordsScanned = 0
    public private(set) var bytesScanned = 0
    /// How many of them have passed all filters.
    public private(set) var recordsMatched = 0
    /// How many rows `unnest` has made of them: who runs a query looks at times whether it is still wanted.
    public private(set) var rowsUnnested = 0

    /// A row of results: fields in the order in which they are shown. What is missing is not there.
    public struct Row: Sendable, Equatable {
        public let fields: [Field]

        public struct Field: Sendable, Equatable {
            public let name: String
            public let value: String

            public init(name: String, value: String) { (self.name, self.value) = (name, value) }
        }
    }

    /// - Parameter limit: how many rows there may be besides what the query itself says.
    public init(_ plan: QueryPlan, _ context: QueryContext, limit: Int? = nil) {
        (self.plan, self.context) = (plan, context)
        let most = plan.limit ?? limit ?? QueryPlan.usualRows
        for (number, stage) in plan.stages.enumerated() {
            switch stage.collection {
            case .groups: groups[number] = GroupedRows()
            case .first(let count, let descending, _, _):
                let isOfEvents = !plan.stages[..<number].contains {
                    if case .groups = $0.collection { true } else { false }
                }
                first[number] = FirstRows(
                    min(count, most), descending: descending,
                    isByTime: descending == nil && isOfEvents && number == 0)
            }
        }
    }

    /// Whether no further event can change anything.
    public var isDone: Bool {
        guard case .first(let count, _, _, stopsEarly: true)? = plan.stages.first?.collection else { return false }
        return (first[0]?.count ?? 0) >= count
    }

    /// Takes the next event. They may come in any order; those of the same time are kept in the order in which they come.
    /// - Throws: ``QueryTooLarge``.
    public mutating func take(_ event: QueriedEvent) throws(QueryTooLarge) {
        recordsScanned += 1
        bytesScanned += event.message.count
        (unnested, began) = (0, .now)
        defer { rowsUnnested += unnested }
        let passed = try put(QueryRow(fields: LogFields(event), made: []), into: 0)
        if passed { recordsMatched += 1 }
    }

    /// The rows, when all events were taken.
    /// - Throws: ``QueryTooLarge``.
    public mutating func finish() throws(QueryTooLarge) -> [Row] {
        (unnested, began) = (0, .now)
        for number in plan.stages.indices {
            let rows: [FirstRows.Entry]
            if let grouped = groups.removeValue(forKey: number) {
                rows = grouped.rows(of: plan.stages[number].collection, context)
            } else {
                rows = first.removeValue(forKey: number)?.sorted() ?? []
            }
            guard number + 1 < plan.stages.count else { return rows.map { Row(fields: $0.shown ?? shown($0.row)) } }
            for entry in rows { _ = try put(entry.row, into: number + 1) }
        }
        return []
    }

    /// - Returns: whether it has passed all filters.
    private mutating func put(_ row: QueryRow, into number: Int) throws(QueryTooLarge) -> Bool {
        guard plan.stages.indices.contains(number) else { return false }
        var isIn = false
        try steps(plan.stages[number].steps[...], row, nil, number, &isIn)
        return isIn
    }

    private mutating func steps(
        _ steps: ArraySlice<QueryPlan.Step>, _ row: QueryRow, _ order: [QueryValue]?, _ number: Int, _ isIn: inout Bool
    ) throws(QueryTooLarge) {
        var (row, order, rest) = (row, order, steps)
        while let step = rest.popFirst() {
            switch step {
            case .make(let place, let expression): row.set(expression.value(row, context), at: place)
            case .filter(let condition): guard condition.value(row, context).isTrue else { return }
            case .order(let keys): order = keys.map { $0.value(row, context) }
            case .parse(let text, let pattern, let places):
                let found = text.value(row, context).text.flatMap { pattern.values(in: Array($0.utf8)) }
                for (index, place) in places.enumerated() { row.set(found?[index] ?? .missing, at: place) }
            case .unnest(let list, let place):
                let value = list.value(row, context)
                guard case .structure(.array(let elements)) = value else {
                    row.set(value, at: place)
                    continue
                }
                guard elements.count <= Self.mostUnnested - unnested else { throw QueryTooLarge() }
                unnested += elements.count
                for (count, element) in elements.enumerated() {
                    if count % 64 == 63, began.duration(to: .now) > Self.longest { throw QueryTooLarge() }
                    row.set(QueryValue(element), at: place)
                    try self.steps(rest, row, order, number, &isIn)
                }
                return
            }
        }
        isIn = true
        try collect(row, order, number)
    }

    private mutating func collect(_ row: QueryRow, _ order: [QueryValue]?, _ number: Int) throws(QueryTooLarge) {
        let context = context
        switch plan.stages[number].collection {
        case .groups(let keys, let aggregates, _, _):
            try groups[number]?.add(row, keys, aggregates, context)
        case .first(_, _, let without, _):
            let key = without.isEmpty ? nil : FirstRows.key(without.map { $0.value(row, context) })
            let order = order ?? [.timestamp(row.fields?.event.timestamp ?? 0)]
            sequence += 1
            guard first[number]?.wants(order) ?? false else { return }
            // What no other command needs the rest of is kept as it will be shown.
            let isLast = number + 1 == plan.stages.count
            let entry = FirstRows.Entry(
                order: order, sequence: sequence, row: isLast ? QueryRow(fields: nil, made: []) : row,
                shown: isLast ? shown(row) : nil)
            try first[number]?.add(entry, without: key)
        }
    }

    private func shown(_ row: QueryRow) -> [Row.Field] {
        let isComputed = row.fields == nil
        var fields: [Row.Field] = plan.shown.compactMap { column in
            column.expression.value(row, context).shown(isComputed: isComputed).map {
                Row.Field(name: column.name, value: $0)
            }
        }
        if let pointer = row.fields?.event.pointer, !fields.contains(where: { $0.name == "@ptr" }) {
            fields.append(Row.Field(name: "@ptr", value: pointer))
        }
        return fields
    }
}

extension QueryRow {
    mutating func set(_ value: QueryValue, at place: Int) {
        if place >= made.count { made += [QueryValue](repeating: .missing, count: place + 1 - made.count) }
        made[place] = value
    }
}
