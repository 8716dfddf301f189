import Wire

/// A statement of AWS Config's advanced queries: the documented subset of SQL's SELECT, over configuration items as JSON.
///
/// ```swift
/// let query = try ConfigQuery("SELECT resourceId WHERE resourceType = 'AWS::S3::Bucket'")
/// if query.matches(item) { print(query.projection(of: item)) }
/// ```
///
/// A property that leads through arrays has the values of all elements, and a condition holds where it holds for one of them. What
/// is not there has no value: no comparison with it holds, and so NOT of each does.
/// <https://docs.aws.amazon.com/config/latest/developerguide/querying-AWS-resources.html>
public struct ConfigQuery: Sendable, Equatable {
    /// What is selected of an item; empty: its scalar properties (`*`).
    var selected: [Selected]
    /// nil: all items.
    var condition: Condition?
    var groups: [PropertyPath]
    var order: [Order]
    /// How many results at most; nil: all.
    public internal(set) var limit: Int?

    enum Selected: Sendable, Equatable {
        case property(PropertyPath)
        case aggregate(AggregateFunction)
    }

    struct Order: Sendable, Equatable {
        var by: Selected
        var isDescending: Bool
    }

    indirect enum Condition: Sendable, Equatable {
        case and([Condition])
        case or([Condition])
        case not(Condition)
        case comparison(PropertyPath, Comparison)
    }

    enum Comparison: Sendable, Equatable {
        case equal(Literal)
        case less(Literal)
        case lessOrEqual(Literal)
        case greater(Literal)
        case greaterOrEqual(Literal)
        case between(Literal, Literal)
        case among([Literal])
        /// With what a text begins, and how many characters may follow; nil: any.
        case like(prefix: String, more: Int?)
        case isNull
    }

    enum Literal: Sendable, Equatable {
        case text(String)
        case number(Double)
        case boolean(Bool)
    }

    /// Whether its results are numbers of many items, and not items.
    public var isAggregation: Bool {
        !groups.isEmpty
            || selected.contains {
                if case .aggregate = $0 { true } else { false }
            }
    }

    /// Whether results come in an order of their own.
    public var isOrdered: Bool { !order.isEmpty }

    /// The values that a top-level property must have one of, as far as the condition says so: by which items can be found
    /// without looking at all. nil: it may have any.
    public func values(of property: String) -> Set<String>? {
        condition?.values(of: PropertyPath([property]))
    }
}

/// `configuration.state.name`
struct PropertyPath: Sendable, Hashable {
    var names: [String]

    init(_ names: [String]) { self.names = names }

    var text: String { names.joined(separator: ".") }

    /// What is there, of all elements of the arrays on the way and at the end. Neither null nor what is missing counts.
    func values(in item: JSONValue) -> [JSONValue] {
        var found: [JSONValue] = []
        Self.collect(item, names[...], &found)
        return found
    }

    private static func collect(_ value: JSONValue, _ rest: ArraySlice<String>, _ found: inout [JSONValue]) {
        switch value {
        case .null: return
        case .array(let elements): for element in elements { collect(element, rest, &found) }
        case .object(let members):
            guard let name = rest.first else { return found.append(value) }
            for member in members where member.key == name { collect(member.value, rest.dropFirst(), &found) }
        default: if rest.isEmpty { found.append(value) }
        }
    }
}

extension ConfigQuery.Condition {
    fileprivate func values(of property: PropertyPath) -> Set<String>? {
        switch self {
        case .comparison(property, .equal(.text(let text))): return [text]
        case .comparison(property, .among(let literals)):
            var texts: Set<String> = []
            for literal in literals {
                guard case .text(let text) = literal else { return nil }
                texts.insert(text)
            }
            return texts
        case .and(let parts):
            let known = parts.compactMap { $0.values(of: property) }
            guard let first = known.first else { return nil }
            return known.dropFirst().reduce(first) { $0.intersection($1) }
        case .or(let parts):
            var all: Set<String> = []
            for part in parts {
                guard let some = part.values(of: property) else { return nil }
                all.formUnion(some)
            }
            return all
        default: return nil
        }
    }
}
