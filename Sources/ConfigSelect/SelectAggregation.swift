public import Wire

/// `COUNT(*)`, `MAX(configuration.size)`
struct AggregateFunction: Sendable, Equatable {
    enum Kind: String, Sendable {
        case count = "COUNT"
        case max = "MAX"
        case min = "MIN"
        case average = "AVG"
        case sum = "SUM"
    }

    var kind: Kind
    /// nil: `*`
    var path: PropertyPath?

    /// What results call it.
    var text: String { "\(kind.rawValue)(\(path?.text ?? "*"))" }
}

/// Counts what an aggregation asks for, item by item, and so needs room for the groups alone.
public struct ConfigAggregation: Sendable {
    private let query: ConfigQuery
    private let functions: [AggregateFunction]
    private var groups: [GroupKey: [Tally]] = [:]

    /// How many groups there may be.
    public static let mostGroups = 10_000

    private struct GroupKey: Hashable {
        var parts: [Part]

        enum Part: Hashable {
            case missing
            case text(String)
            case number(Double)
            case boolean(Bool)

            init?(_ value: JSONValue) {
                switch value {
                case .string(let text): self = .text(text)
                case .boolean(let value): self = .boolean(value)
                default:
                    guard let number = ResultPlace.number(value) else { return nil }
                    self = .number(number)
                }
            }

            var value: JSONValue? {
                switch self {
                case .missing: nil
                case .text(let text): .string(text)
                case .boolean(let value): .boolean(value)
                case .number(let number): ConfigAggregation.shown(number)
                }
            }
        }
    }

    private struct Tally {
        var count = 0
        /// How many were numbers, and what they come to.
        var numbers = 0
        var sum = 0.0
        var least: JSONValue?
        var greatest: JSONValue?

        mutating func add(_ value: JSONValue) {
            count += 1
            if let number = ResultPlace.number(value) {
                numbers += 1
                sum += number
            }
            if least.map({ ResultPlace.order(value, $0) < 0 }) ?? true { least = value }
            if greatest.map({ ResultPlace.order(value, $0) > 0 }) ?? true { greatest = value }
        }

        mutating func add(_ other: Tally) {
            count += other.count
            numbers += other.numbers
            sum += other.sum
            if let value = other.least, least.map({ ResultPlace.order(value, $0) < 0 }) ?? true { least = value }
            if let value = other.greatest, greatest.map({ ResultPlace.order(value, $0) > 0 }) ?? true {
                greatest = value
            }
        }
    }

    /// Begins an aggregation for a query that is one.
    public init(_ query: ConfigQuery) {
        self.query = query
        var functions: [AggregateFunction] = []
        for case .aggregate(let function) in query.selected + query.order.map(\.by)
        where !functions.contains(function) {
            functions.append(function)
        }
        self.functions = functions
        // Without groups there is always one result.
        if query.groups.isEmpty { groups[GroupKey(parts: [])] = functions.map { _ in Tally() } }
    }

    /// Adds an item that ``ConfigQuery/matches(_:)``.
    /// - Throws: ``ConfigQueryError`` where there are too many groups.
    public mutating func add(_ item: JSONValue) throws(ConfigQueryError) {
        // One of an array counts in the group of each of its elements.
        var keys = [GroupKey(parts: [])]
        for path in query.groups {
            var parts = Set(path.values(in: item).compactMap { GroupKey.Part($0) })
            if parts.isEmpty { parts = [.missing] }
            // Before they are made: two long arrays have more pairs than there is room for.
            guard parts.count <= Self.mostGroups / keys.count else { throw Self.tooMany }
            keys = keys.flatMap { key in parts.map { GroupKey(parts: key.parts + [$0]) } }
        }
        // The same for each of its groups.
        let own = functions.map { function in
            var tally = Tally()
            for value in function.path?.values(in: item) ?? [.null] { tally.add(value) }
            return tally
        }
        for key in keys {
            var tallies = groups[key] ?? functions.map { _ in Tally() }
            for (index, tally) in own.enumerated() { tallies[index].add(tally) }
            groups[key] = tallies
        }
        guard groups.count <= Self.mostGroups else { throw Self.tooMany }
    }

    private static let tooMany = ConfigQueryError("The query has more than \(mostGroups) groups.")

    /// The results, in the order that the query asks for; else in that of their groups.
    public func results() -> [JSONValue] {
        let rows = groups.map { key, tallies in
            (key: key, values: key.parts.map(\.value), tallies: tallies)
        }
        let sorted = rows.sorted { a, b in
            let (own, other) = (place(a.values, a.tallies), place(b.values, b.tallies))
            if own != other { return own < other }
            return ResultPlace(a.values.map { ($0, false) }) < ResultPlace(b.values.map { ($0, false) })
        }
        return sorted.map { result($0.values, $0.tallies) }
    }

    private func place(_ values: [JSONValue?], _ tallies: [Tally]) -> ResultPlace {
        ResultPlace(query.order.map { (value(of: $0.by, values, tallies), $0.isDescending) })
    }

    private func value(
        of selected: ConfigQuery.Selected, _ values: [JSONValue?], _ tallies: [Tally]
    ) -> JSONValue? {
        switch selected {
        case .property(let path):
            return query.groups.firstIndex(of: path).flatMap { values.indices.contains($0) ? values[$0] : nil }
        case .aggregate(let function):
            guard let index = functions.firstIndex(of: function), tallies.indices.contains(index) else { return nil }
            let tally = tallies[index]
            switch function.kind {
            case .count: return .integer(tally.count)
            case .max: return tally.greatest
            case .min: return tally.least
            case .sum: return tally.numbers == 0 ? nil : Self.shown(tally.sum)
            case .average: return tally.numbers == 0 ? nil : Self.shown(tally.sum / Double(tally.numbers))
            }
        }
    }

    private func result(_ values: [JSONValue?], _ tallies: [Tally]) -> JSONValue {
        var members: [JSONMember] = []
        for selected in query.selected {
            guard let value = value(of: selected, values, tallies) else { continue }
            switch selected {
            case .aggregate(let function): members.append(JSONMember(key: function.text, value: value))
            case .property(let path): Self.put(value, at: path.names[...], in: &members)
            }
        }
        return .object(members)
    }

    private static func put(_ value: JSONValue, at names: ArraySlice<String>, in members: inout [JSONMember]) {
        guard let name = names.first else { return }
        guard names.count > 1 else {
            members.append(JSONMember(key: name, value: value))
            return
        }
        var inner: [JSONMember] = []
        if let index = members.firstIndex(where: { $0.key == name }) {
            if case .object(let own) = members[index].value { inner = own }
            put(value, at: names.dropFirst(), in: &inner)
            members[index].value = .object(inner)
        } else {
            put(value, at: names.dropFirst(), in: &inner)
            members.append(JSONMember(key: name, value: .object(inner)))
        }
    }

    private static func shown(_ number: Double) -> JSONValue {
        Int(exactly: number).map { .integer($0) } ?? .double(number)
    }
}
