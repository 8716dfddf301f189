/// Which statements a request's action could match, found in constant time.
///
/// Statements are filed under each whole action that they name, under each service of which they name actions by a
/// pattern, or under neither (`*`, `NotAction`). What is found is a superset of what matches: two actions with the
/// same hash share a list.
struct ActionIndex: Sendable {
    private struct Slot: Sendable {
        var hash: UInt64 = 0
        var start: Int32 = 0
        var count: Int32 = 0
    }

    /// An open-addressed table, its size a power of two; a slot with no count is free.
    private let slots: [Slot]
    /// All lists, one after the other.
    private let statements: [Int32]
    /// What applies to every action without a list of its own.
    private let anyAction: Range<Int>

    /// - Parameter statements: in the order of the document; every list keeps it.
    init(_ statements: [Statement.Patterns]) {
        var exact: [UInt64: (service: UInt64, [Int32])] = [:]
        var services: [UInt64: [Int32]] = [:]
        var any: [Int32] = []
        for (position, actions) in statements.enumerated() {
            let number = Int32(truncatingIfNeeded: position)
            for pattern in actions.values.map({ ActionMatcher.glob($0.value).bytes }) {
                let key = ActionKey(pattern.span)
                let colon = pattern.firstIndex(of: UInt8(ascii: ":"))
                let wildcard = pattern.firstIndex(where: Wildcard.isWildcard)
                if actions.isNegated {
                    any.append(number)
                } else if wildcard == nil {
                    exact[key.action, default: (key.service, [])].1.append(number)
                } else if let colon, let wildcard, colon < wildcard {
                    services[key.service, default: []].append(number)
                } else {
                    any.append(number)
                }
            }
        }
        var builder = Builder(capacity: exact.count &+ services.count)
        anyAction = builder.append(any)
        for (hash, list) in services { builder.insert(hash, list + any) }
        for (hash, (service, list)) in exact { builder.insert(hash, list + services[service, default: []] + any) }
        slots = builder.slots
        self.statements = builder.statements
    }

    /// The places of the statements that could match, in order.
    @inline(__always)
    func candidates(_ key: ActionKey) -> Range<Int> {
        list(key.action) ?? list(key.service) ?? anyAction
    }

    /// The statement at one of the places that `candidates` returned.
    @inline(__always)
    subscript(place: Int) -> Int { Int(statements[place]) }

    @inline(__always)
    private func list(_ hash: UInt64) -> Range<Int>? {
        guard !slots.isEmpty else { return nil }
        let mask = slots.count &- 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index].count > 0 {
            if slots[index].hash == hash {
                let start = Int(slots[index].start)
                return start..<start &+ Int(slots[index].count)
            }
            index = (index &+ 1) & mask
        }
        return nil
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

        mutating func append(_ list: [Int32]) -> Range<Int> {
            let start = statements.count
            for number in list.sorted() where statements.count == start || statements.last != number {
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

/// The hashes (FNV-1a, 64 bits) of an action and of its service, case apart.
struct ActionKey: Sendable, Hashable {
    let action: UInt64
    let service: UInt64

    init(_ text: Span<UInt8>) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var service = hash
        var index = 0
        while index < text.count {
            hash = (hash ^ UInt64(text[index].lowercasedASCII)) &* 0x0100_0000_01B3
            // The service's hash takes in the colon, so that it is never that of an action.
            if text[index] == UInt8(ascii: ":") { service = hash }
            index &+= 1
        }
        action = hash
        self.service = service
    }
}
