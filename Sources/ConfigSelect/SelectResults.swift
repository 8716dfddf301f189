public import Wire

extension ConfigQuery {
    /// What `*` means: AWS Config gives the scalar properties at the top.
    private static let scalars = [
        "accountId", "awsRegion", "arn", "availabilityZone", "configurationItemCaptureTime", "resourceCreationTime",
        "resourceId", "resourceName", "resourceType", "version",
    ]

    /// What is selected of an item: objects and arrays with nothing else in them.
    public func projection(of item: JSONValue) -> JSONValue {
        guard !selected.isEmpty else {
            return .object(
                Self.scalars.compactMap { name in
                    guard let value = item[name], value != .null else { return nil }
                    return JSONMember(key: name, value: value)
                })
        }
        var tree = SelectionTree()
        for case .property(let path) in selected { tree.add(path.names[...]) }
        return tree.cut(item) ?? .object([])
    }

    /// By what a result is ordered; empty: it has no order.
    public func place(of item: JSONValue) -> ResultPlace {
        ResultPlace(
            order.map { order in
                guard case .property(let path) = order.by else { return (nil, order.isDescending) }
                return (path.values(in: item).first, order.isDescending)
            })
    }
}

/// The properties that are selected.
struct SelectionTree {
    private var children: [(name: String, tree: SelectionTree)] = []
    /// Everything below is wanted.
    private var isWhole = false

    mutating func add(_ names: ArraySlice<String>) {
        guard let name = names.first else {
            isWhole = true
            return
        }
        if let index = children.firstIndex(where: { $0.name == name }) {
            children[index].tree.add(names.dropFirst())
        } else {
            var tree = SelectionTree()
            tree.add(names.dropFirst())
            children.append((name, tree))
        }
    }

    /// nil: nothing of it is wanted.
    func cut(_ value: JSONValue) -> JSONValue? {
        if isWhole { return value }
        switch value {
        case .array(let elements):
            let kept = elements.compactMap { cut($0) }
            return kept.isEmpty && !elements.isEmpty ? nil : .array(kept)
        case .object(let members):
            var kept: [JSONMember] = []
            for (name, tree) in children {
                guard let value = members.first(where: { $0.key == name })?.value, let part = tree.cut(value) else {
                    continue
                }
                kept.append(JSONMember(key: name, value: part))
            }
            return kept.isEmpty ? nil : .object(kept)
        default: return nil
        }
    }
}

/// Where a result stands among others: what is missing comes last, numbers before texts.
public struct ResultPlace: Comparable, Sendable {
    private let parts: [(value: JSONValue?, isDescending: Bool)]

    init(_ parts: [(JSONValue?, Bool)]) { self.parts = parts.map { (value: $0.0, isDescending: $0.1) } }

    public static func == (a: ResultPlace, b: ResultPlace) -> Bool {
        zip(a.parts, b.parts).allSatisfy { order($0.value, $1.value) == 0 }
    }

    public static func < (a: ResultPlace, b: ResultPlace) -> Bool {
        for (own, other) in zip(a.parts, b.parts) {
            let order = order(own.value, other.value)
            if order == 0 { continue }
            // What is missing is last, whichever way it goes.
            if own.value == nil || other.value == nil { return order < 0 }
            return own.isDescending ? order > 0 : order < 0
        }
        return false
    }

    /// Less than 0: `a` comes first.
    static func order(_ a: JSONValue?, _ b: JSONValue?) -> Int {
        guard let a, let b else { return (a == nil ? 1 : 0) - (b == nil ? 1 : 0) }
        let (own, other) = (rank(a), rank(b))
        if own != other { return own < other ? -1 : 1 }
        switch (a, b) {
        case (.string(let a), .string(let b)):
            return a.utf8.elementsEqual(b.utf8) ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
        case (.boolean(let a), .boolean(let b)): return a == b ? 0 : a ? 1 : -1
        default:
            guard let a = number(a), let b = number(b) else { return 0 }
            return a < b ? -1 : a > b ? 1 : 0
        }
    }

    private static func rank(_ value: JSONValue) -> Int {
        switch value {
        case .integer, .double: 0
        case .string: 1
        case .boolean: 2
        default: 3
        }
    }

    static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }
}

extension ConfigQuery {
    /// What results have, by the names that the statement has for it.
    public var fieldNames: [String] {
        guard !selected.isEmpty else { return Self.scalars }
        return selected.map {
            switch $0 {
            case .property(let path): path.text
            case .aggregate(let function): function.text
            }
        }
    }
}
