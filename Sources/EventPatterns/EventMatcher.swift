import Synchronization

/// Many patterns as one: finds those that match an event in a time that depends on the event and on what it matches, and
/// hardly on how many patterns there are.
///
/// ```swift
/// let matcher = EventMatcher<String>()
/// matcher.set("keys", try EventPattern(parsing: #"{"source": ["aws.kms"]}"#))
/// let found = matcher.matches(EventDocument(event))
/// ```
///
/// Each pattern is kept where one of its fields leads: that by which the fewest others are found. Where too many come together
/// all the same, they are told apart by their next fields, and so on. What is found so is then looked at as a whole, so that
/// the answer is exact.
///
/// Only patterns whose fields all may be absent are looked at for each event.
public final class EventMatcher<ID: Hashable & Sendable>: Sendable {
    private let state = Mutex(State())

    private struct State {
        let root = MatcherNode()
        var patterns: [ID: Member] = [:]
        var ids: [Int: ID] = [:]
        var last = 0
    }

    private struct Member {
        let number: Int
        let entry: MatcherEntry
    }

    /// A matcher without any pattern.
    public init() {}

    /// How many patterns there are.
    public var count: Int { state.withLock { $0.patterns.count } }

    /// Adds a pattern, or replaces the one of that id.
    /// - Complexity: that of the pattern; not of how many there are.
    public func set(_ id: ID, _ pattern: EventPattern) {
        state.withLock { state in
            Self.remove(id, &state)
            state.last += 1
            let entry = MatcherEntry(number: state.last, pattern: pattern)
            state.patterns[id] = Member(number: state.last, entry: entry)
            state.ids[state.last] = id
            state.root.add(entry, used: [])
        }
    }

    /// Removes the pattern of an id. One that is not there is no error.
    public func remove(_ id: ID) {
        state.withLock { Self.remove(id, &$0) }
    }

    /// Removes all patterns.
    public func removeAll() {
        state.withLock { $0 = State() }
    }

    private static func remove(_ id: ID, _ state: inout State) {
        guard let member = state.patterns.removeValue(forKey: id) else { return }
        state.ids[member.number] = nil
        state.root.remove(member.entry)
    }

    /// The patterns that match an event, in no particular order.
    /// - Complexity: linear in the size of the event and in the number of patterns that match, if patterns are not made to be
    ///   like each other but for what no event has.
    public func matches(_ event: EventDocument) -> [ID] {
        let values = IndexedEvent(event)
        return state.withLock { state in
            var seen: Set<Int> = []
            var found: [ID] = []
            state.root.visit(values) { entry in
                guard seen.insert(entry.number).inserted, entry.pattern.matches(event) else { return }
                if let id = state.ids[entry.number] { found.append(id) }
            }
            return found
        }
    }

    /// How many patterns are looked at for an event: those that match, and what could not be told apart from them.
    func candidates(_ event: EventDocument) -> Int {
        let values = IndexedEvent(event)
        return state.withLock { state in
            var seen: Set<Int> = []
            state.root.visit(values) { seen.insert($0.number) }
            return seen.count
        }
    }
}

/// The values of an event by where they are.
struct IndexedEvent {
    let values: [UInt64: [IndexedValue]]

    init(_ event: EventDocument) {
        var values: [UInt64: [IndexedValue]] = [:]
        for (path, scalars) in event.leaves {
            let mark = path.mark
            values[mark, default: []] += scalars.map { IndexedValue(path: mark, scalar: $0) }
        }
        self.values = values
    }
}

/// A pattern in a matcher, with the ways by which it can be found.
struct MatcherEntry: Sendable {
    let number: Int
    let pattern: EventPattern
    let options: [IndexOption]

    init(number: Int, pattern: EventPattern) {
        self.number = number
        self.pattern = pattern
        options = pattern.root.options
    }
}

/// Patterns that are told apart by one of their fields each. The matcher's lock guards all of them.
private final class MatcherNode: @unchecked Sendable {
    private typealias Lengths = [Int: Int]

    /// What patterns are found by here.
    private var buckets: [IndexKey: Bucket] = [:]
    /// By path and kind, how many keys there are of each length.
    private var lengths: [UInt64: [IndexKey.Kind: Lengths]] = [:]
    /// Which of its options each pattern is kept by here.
    private var chosen: [Int: Int] = [:]
    /// Those that no field is left to tell apart by.
    private var rest: [Int: MatcherEntry] = [:]

    /// A pattern with the options that have led to it.
    private struct Placed {
        let entry: MatcherEntry
        let used: Set<Int>
    }

    /// Patterns that have a key.
    private struct Bucket {
        private var members: [Int: Placed] = [:]
        /// Instead of `members` once there are too many.
        private var node: MatcherNode?
        private(set) var count = 0
        /// How many patterns are looked at one by one.
        private static let most = 8

        mutating func add(_ placed: Placed) {
            // Two of a pattern's keys may be the same.
            guard !has(placed.entry) else { return }
            count += 1
            if let node { return node.add(placed.entry, used: placed.used) }
            members[placed.entry.number] = placed
            guard count > Self.most else { return }
            let node = MatcherNode()
            for member in members.values { node.add(member.entry, used: member.used) }
            self.node = node
            members = [:]
        }

        private func has(_ entry: MatcherEntry) -> Bool {
            members[entry.number] != nil || node?.has(entry) == true
        }

        mutating func remove(_ entry: MatcherEntry) {
            guard has(entry) else { return }
            count -= 1
            members[entry.number] = nil
            node?.remove(entry)
        }

        func visit(_ event: IndexedEvent, _ body: (MatcherEntry) -> Void) {
            for member in members.values { body(member.entry) }
            node?.visit(event, body)
        }
    }

    private func has(_ entry: MatcherEntry) -> Bool { chosen[entry.number] != nil || rest[entry.number] != nil }

    func add(_ entry: MatcherEntry, used: Set<Int>) {
        guard let option = choose(entry, used) else {
            rest[entry.number] = entry
            return
        }
        chosen[entry.number] = option
        let used = used.union([option])
        for item in entry.options[option].entries {
            lengths[item.path, default: [:]][item.kind, default: [:]][item.length, default: 0] += 1
            buckets[item.key, default: Bucket()].add(Placed(entry: entry, used: used))
        }
    }

    /// The option whose keys have the fewest patterns.
    private func choose(_ entry: MatcherEntry, _ used: Set<Int>) -> Int? {
        var best: (option: Int, load: Int)?
        for (index, option) in entry.options.enumerated() where !used.contains(index) {
            var load = 0
            for item in option.entries {
                load += buckets[item.key]?.count ?? 0
                // That something is there tells less than anything else.
                if item.kind == .present { load += 1_000 }
                if let best, load >= best.load { break }
            }
            if best.map({ load < $0.load }) ?? true { best = (index, load) }
        }
        return best?.option
    }

    func remove(_ entry: MatcherEntry) {
        rest[entry.number] = nil
        guard let option = chosen.removeValue(forKey: entry.number), entry.options.indices.contains(option) else {
            return
        }
        for item in entry.options[option].entries {
            forgetLength(of: item)
            buckets[item.key]?.remove(entry)
            if buckets[item.key]?.count == 0 { buckets[item.key] = nil }
        }
    }

    private func forgetLength(of item: IndexOption.Entry) {
        guard let count = lengths[item.path]?[item.kind]?[item.length] else { return }
        lengths[item.path]?[item.kind]?[item.length] = count > 1 ? count - 1 : nil
        if lengths[item.path]?[item.kind]?.isEmpty == true { lengths[item.path]?[item.kind] = nil }
        if lengths[item.path]?.isEmpty == true { lengths[item.path] = nil }
    }

    func visit(_ event: IndexedEvent, _ body: (MatcherEntry) -> Void) {
        for entry in rest.values { body(entry) }
        // The smaller of both is gone through.
        if lengths.count <= event.values.count {
            for (path, kinds) in lengths {
                if let values = event.values[path] { visit(kinds, values, event, body) }
            }
        } else {
            for (path, values) in event.values {
                if let kinds = lengths[path] { visit(kinds, values, event, body) }
            }
        }
    }

    private func visit(
        _ kinds: [IndexKey.Kind: Lengths], _ values: [IndexedValue], _ event: IndexedEvent,
        _ body: (MatcherEntry) -> Void
    ) {
        for value in values {
            for (kind, lengths) in kinds {
                value.keys(kind, lengths: lengths.keys) { key in buckets[key]?.visit(event, body) }
            }
        }
    }
}
