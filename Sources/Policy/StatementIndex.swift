/// The statements of many policies by what they are about: first by action, then by resource.
///
/// A statement is filed under what its actions' and resources' patterns begin with, up to the first wildcard or
/// variable, so that a request meets only statements that agree with it thus far. An index is a value that shares
/// nearly everything with the one that it was made from.
struct StatementIndex: Sendable {
    /// A statement with its place among all. The policies, which keep it alive, are with whoever has the index.
    struct Entry: BitwiseCopyable {
        let place: UInt64
        let statement: UnsafePointer<CompiledStatement>
    }

    /// Entries in their order.
    final class List: @unchecked Sendable {
        let entries: UnsafeBufferPointer<Entry>

        init(_ entries: [Entry]) {
            let copy = UnsafeMutableBufferPointer<Entry>.allocate(capacity: entries.count)
            _ = copy.initialize(fromContentsOf: entries)
            self.entries = UnsafeBufferPointer(copy)
        }

        deinit { entries.deallocate() }
    }

    typealias Resources = PrefixTree<List>
    typealias Actions = PrefixTree<Resources>

    private var actions = Actions()

    static let empty = StatementIndex()

    /// Costs as much as the policy is large, not as the index.
    mutating func insert(_ policy: CompiledPolicy, order: UInt32) {
        for statement in policy.statementPointers {
            let entry = Entry(place: Self.place(order, statement.pointee), statement: statement)
            update(statement.pointee) { entries in
                // Entries come in their order but for rare insertions.
                let end = entries.lastIndex { $0.place < entry.place }.map { $0 + 1 } ?? 0
                entries.insert(entry, at: end)
            }
        }
    }

    mutating func remove(_ policy: CompiledPolicy, order: UInt32) {
        for statement in policy.statements {
            let place = Self.place(order, statement)
            update(statement) { entries in entries.removeAll { $0.place == place } }
        }
    }

    /// Calls `body` with every statement that could match, some of them more than once, in no order.
    @inline(__always)
    func forEachCandidate(_ query: Query, _ body: (Entry) -> Void) {
        actions.forEachMatch(of: query.action.span, ignoringCase: true) { resources in
            resources.forEachMatch(of: query.resource.span, ignoringCase: false) { list in
                for entry in list.entries { body(entry) }
            }
        }
    }

    private mutating func update(_ statement: CompiledStatement, _ change: (inout [Entry]) -> Void) {
        let keys = statement.keys
        for action in keys.actions {
            actions = actions.updating(action) { resources in
                var tree = resources ?? Resources()
                for resource in keys.resources {
                    tree = tree.updating(resource) { entries in
                        var entries = entries.map { Array($0.entries) } ?? []
                        change(&entries)
                        return entries.isEmpty ? nil : List(entries)
                    }
                }
                return tree.isEmpty ? nil : tree
            }
        }
    }

    private static func place(_ order: UInt32, _ statement: CompiledStatement) -> UInt64 {
        UInt64(order) << 32 | UInt64(truncatingIfNeeded: statement.index & 0xFFFF_FFFF)
    }
}

extension CompiledStatement {
    /// What an index files the statement under.
    fileprivate var keys: (actions: Set<StatementIndex.Actions.Key>, resources: Set<StatementIndex.Resources.Key>) {
        let actions = Set(actions.prefixes.map { StatementIndex.Actions.Key($0.bytes, isWhole: $0.isWhole) })
        let resources = Set(
            (resources?.prefixes ?? [.all]).map { StatementIndex.Resources.Key($0.bytes, isWhole: $0.isWhole) })
        // A statement with many of both is filed by action alone, so that its memory stays linear in its size.
        guard actions.count * resources.count <= 64 || resources.count == 1 else {
            return (actions, [StatementIndex.Resources.Key([], isWhole: false)])
        }
        return (actions, resources)
    }
}

/// What every text that a pattern matches begins with.
struct PatternPrefix {
    var bytes: Bytes
    /// The pattern matches that text only.
    var isWhole: Bool

    static var all: PatternPrefix { PatternPrefix(bytes: Bytes(start: nil, count: 0), isWhole: false) }
}

extension ActionMatcher {
    var prefixes: [PatternPrefix] { isNegated ? [.all] : patterns.map(\.prefix) }
}

extension ResourceMatcher {
    var prefixes: [PatternPrefix] { isNegated ? [.all] : patterns.map(\.prefix) }
}

extension Glob {
    fileprivate var prefix: PatternPrefix {
        PatternPrefix(bytes: bytes.withoutWildcards, isWhole: shape == .literal)
    }
}

extension TextPattern {
    fileprivate var prefix: PatternPrefix {
        switch self {
        case .fixed(let glob): return glob.prefix
        case .template(let template):
            guard let first = template.parts.first else { return .all }
            return PatternPrefix(bytes: first.bytes.withoutWildcards, isWhole: false)
        }
    }
}

extension Bytes {
    /// What stands before the first wildcard.
    fileprivate var withoutWildcards: Bytes { Bytes(rebasing: prefix { !Wildcard.isWildcard($0) }) }
}
