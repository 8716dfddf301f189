/// Values by name, of which those are kept that were used last, as many as a bound allows.
///
/// It is a value: who shares it puts it into a lock. What is dropped lives on where somebody still holds it.
package struct RecentlyUsed<Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        var cost: Int
        /// When it was used last.
        var turn: UInt64
    }

    private var entries: [String: Entry] = [:]
    private var turn: UInt64 = 0
    /// What all entries cost together.
    package private(set) var cost = 0
    private let mostCost: Int

    /// - Parameter mostCost: what all entries may cost together; the newest stays whatever it costs.
    package init(mostCost: Int) {
        self.mostCost = mostCost
    }

    /// How many values there are.
    package var count: Int { entries.count }

    /// The value of a name, which counts as used now; nil: there is none, or it has been dropped.
    package mutating func value(_ name: String) -> Value? {
        guard let entry = entries[name] else { return nil }
        turn += 1
        entries[name]?.turn = turn
        return entry.value
    }

    /// Keeps a value, in the place of one of the same name.
    /// - Complexity: O(1), and linear in the number of entries for each that is dropped.
    package mutating func insert(_ value: Value, _ name: String, cost new: Int) {
        remove(name)
        turn += 1
        entries[name] = Entry(value: value, cost: new, turn: turn)
        cost += new
        drop()
    }

    /// What a value costs has changed.
    package mutating func setCost(_ new: Int, of name: String) {
        guard let old = entries[name]?.cost else { return }
        entries[name]?.cost = new
        cost += new - old
        drop()
    }

    private mutating func remove(_ name: String) {
        if let entry = entries.removeValue(forKey: name) { cost -= entry.cost }
    }

    private mutating func drop() {
        while cost > mostCost, entries.count > 1, let oldest = entries.min(by: { $0.value.turn < $1.value.turn }) {
            remove(oldest.key)
        }
    }
}
