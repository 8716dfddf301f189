/// Which statements a request's action could match, found in constant time.
///
/// Statements are filed under each whole action that they name, under each service of which they name actions by a
/// pattern, or under neither (`*`, `NotAction`). What is found is a superset of what matches: two names with the same
/// hash share a list. Memory is linear in the number of actions named.
struct ActionIndex: @unchecked Sendable {
    private struct Slot: BitwiseCopyable {
        var hash: UInt64 = 0
        var start: Int32 = 0
        var count: Int32 = 0
    }

    /// An open-addressed table, its size a power of two; a slot with no count is free.
    private let slots: UnsafeBufferPointer<Slot>
    /// All lists, one after the other, each in the order of the statements.
    private let statements: UnsafeBufferPointer<Int32>
    /// The statements that any action could match.
    private let anyAction: Range<Int>
    /// The services of which actions are named.
    let services: ServiceMask

    /// - Parameters:
    ///   - statements: the actions of each statement.
    ///   - memory: takes the tables, and must outlive the index.
    init(_ statements: [Statement.Patterns], in memory: PolicyMemory) {
        var lists: [UInt64: [Int32]] = [:]
        var any: [Int32] = []
        var services = ServiceMask()
        for (position, actions) in statements.enumerated() {
            let number = Int32(truncatingIfNeeded: position)
            for value in actions.values {
                let pattern = ActionMatcher.pattern(value.value)
                let key = ActionKey(pattern.span)
                let wildcard = pattern.firstIndex(where: Wildcard.isWildcard)
                let colon = pattern.firstIndex(of: UInt8(ascii: ":"))
                if actions.isNegated {
                    any.append(number)
                } else if let wildcard {
                    if let colon, colon < wildcard {
                        lists[key.service, default: []].append(number)
                        services.formUnion(ServiceMask(key))
                    } else {
                        any.append(number)
                    }
                } else {
                    lists[key.action, default: []].append(number)
                    services.formUnion(ServiceMask(key))
                }
            }
        }
        var builder = Builder(capacity: lists.count)
        for (hash, list) in lists { builder.insert(hash, list) }
        anyAction = builder.append(any)
        self.services = any.isEmpty ? services : .all
        slots = memory.table(builder.slots)
        self.statements = memory.table(builder.statements)
    }

    /// The statements that could match, in order, each once.
    @inline(__always)
    func candidates(_ key: ActionKey) -> Candidates {
        Candidates(exact: list(key.action), service: list(key.service), any: anyAction)
    }

    /// Three lists that are walked through together.
    struct Candidates {
        fileprivate var exact: Range<Int>
        fileprivate var service: Range<Int>
        fileprivate var any: Range<Int>
    }

    /// Takes the next statement from `candidates`.
    @inline(__always)
    func next(_ candidates: inout Candidates) -> Int? {
        let exact = first(candidates.exact)
        let service = first(candidates.service)
        let any = first(candidates.any)
        let next = min(exact, service, any)
        guard next != .max else { return nil }
        if exact == next { candidates.exact = candidates.exact.dropFirst() }
        if service == next { candidates.service = candidates.service.dropFirst() }
        if any == next { candidates.any = candidates.any.dropFirst() }
        return Int(next)
    }

    @inline(__always)
    private func first(_ list: Range<Int>) -> Int32 { list.isEmpty ? .max : statements[list.lowerBound] }

    @inline(__always)
    private func list(_ hash: UInt64) -> Range<Int> {
        guard !slots.isEmpty else { return 0..<0 }
        let mask = slots.count &- 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index].count > 0 {
            if slots[index].hash == hash {
                let start = Int(slots[index].start)
                return start..<start &+ Int(slots[index].count)
            }
            index = (index &+ 1) & mask
        }
        return 0..<0
    }

    private struct Builder {
        var slots: [Slot]
        var statements: [Int32] = []

        /// At most half of the table fills, so a search always ends.
        init(capacity: Int) {
            var size = capacity == 0 ? 0 : 2
            while size < capacity &* 2 { size &*= 2 }
            slots = Array(repeating: Slot(), count: size)
        }

        /// - Parameter list: in order; a statement may stand in it several times in a row.
        mutating func append(_ list: [Int32]) -> Range<Int> {
            let start = statements.count
            for number in list where statements.count == start || statements.last != number {
                statements.append(number)
            }
            return start..<statements.count
        }

        mutating func insert(_ hash: UInt64, _ list: [Int32]) {
            let range = append(list)
            let mask = slots.count &- 1
            var index = Int(truncatingIfNeeded: hash) & mask
            while slots[index].count > 0 { index = (index &+ 1) & mask }
            slots[index] = Slot(
                hash: hash, start: Int32(truncatingIfNeeded: range.lowerBound),
                count: Int32(truncatingIfNeeded: range.count))
        }
    }
}

/// The hashes of an action and of its service, case apart. Equal hashes only mean that it is worth looking.
struct ActionKey: Sendable, Hashable {
    let action: UInt64
    let service: UInt64

    init(_ text: Span<UInt8>) {
        // The service's part takes in the colon, so that it is never that of an action.
        let end = text.firstIndex(of: UInt8(ascii: ":")).map { $0 &+ 1 } ?? 0
        service = Self.hash(text, 0..<end, from: 0x9E37_79B9_7F4A_7C15)
        action = Self.hash(text, end..<text.count, from: service)
    }

    /// Eight bytes at a time; each product's high half, which depends on all of them, is folded into the low one.
    static func hash(_ text: Span<UInt8>, _ range: Range<Int>, from seed: UInt64) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let word = text.lowercasedWord(at: index, upTo: range.upperBound)
            let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
            hash = product.high ^ product.low
            index &+= 8
        }
        return hash
    }
}
