import Policy

/// Access under some conditions, as it is put together.
struct ConditionalAccess {
    var name: Outsiders.Name
    var conditions: [Cell]
    var actions: Set<String>
    var isPublic = false
    var witness: Witness

    /// What must be so of a request, by the names of condition keys.
    var conditionValues: [String: String] {
        Dictionary(conditions.map { ($0.name, $0.value) }) { "\($0), \($1)" }
    }
}

extension [ConditionalAccess] {
    /// Adds to the access of the same name under the same conditions.
    mutating func add(_ new: ConditionalAccess) {
        guard let index = firstIndex(where: { $0.name == new.name && $0.conditions == new.conditions }) else {
            append(new)
            return
        }
        self[index].actions.formUnion(new.actions)
        self[index].isPublic = self[index].isPublic || new.isPublic
    }

    /// The access without what something wider of the same name contains.
    var widest: [ConditionalAccess] {
        enumerated().filter { index, one in
            !enumerated().contains { other in
                guard other.offset != index, other.element.name == one.name,
                    one.actions.isSubset(of: other.element.actions),
                    other.element.conditions.allSatisfy({ cell in one.conditions.contains { $0 == cell } })
                else { return false }
                // Of two that say the same, the first stays.
                return other.element.conditions.count < one.conditions.count
                    || other.element.actions.count > one.actions.count || other.offset < index
            }
        }.map(\.element)
    }
}

/// The search for the conditions under which there is access.
enum ConditionSearch {
    /// Values that are enough for there to be access.
    struct Leaf {
        /// By their names.
        var cells: [Cell]
        /// What is so of condition keys here: that they have these values, and none of the others.
        var facts: KeyFacts
        var witness: Witness
    }

    /// More combinations than this are not told apart.
    private static let most = 128

    /// The combinations of conditions' values under which there is access; of those that contain others, none.
    ///
    /// - Parameters:
    ///   - cells: of each key, the values that are told apart.
    ///   - solve: finds a request that is let in, of which some things are so.
    static func leaves(_ cells: [[Cell]], _ solve: (KeyFacts) -> Witness?) -> [Leaf] {
        var none = KeyFacts()
        for cell in cells.joined() { none.add(cell.test, false) }
        // Where no value is needed, nothing else need be told.
        if let witness = solve(none) { return [Leaf(cells: [], facts: none, witness: witness)] }
        if cells.isEmpty { return [] }
        var count = 0
        func go(_ rest: ArraySlice<[Cell]>, _ chosen: [Cell], _ facts: KeyFacts, _ witness: Witness?) -> [Leaf] {
            // Beyond that the rest is not told apart.
            guard let group = rest.first, count < most else {
                count += 1
                guard let witness = witness ?? solve(facts) else { return [] }
                return [Leaf(cells: chosen.sorted { $0.name < $1.name }, facts: facts, witness: witness)]
            }
            var others = facts
            for cell in group { others.add(cell.test, false) }
            var result: [Leaf] = []
            if let witness = solve(others) {
                result += go(rest.dropFirst(), chosen, others, rest.count == 1 ? witness : nil)
            }
            for cell in group {
                var facts = facts
                facts.add(cell.test, true)
                guard let witness = solve(facts) else { continue }
                result += go(rest.dropFirst(), chosen + [cell], facts, rest.count == 1 ? witness : nil)
            }
            return result
        }
        let all = go(cells[...], [], KeyFacts(), nil)
        return all.filter { leaf in
            !all.contains { other in
                other.cells.count < leaf.cells.count
                    && other.cells.allSatisfy { cell in leaf.cells.contains { $0 == cell } }
            }
        }
    }
}

extension KeyFacts {
    /// Takes in what is so of all requests that bring some values, and lack some keys.
    /// - Parameter keys: those that anybody asks about.
    mutating func add(_ context: [String: ContextValue], absent: Set<String>, of keys: Set<String>) {
        for key in keys {
            if absent.contains(key) { add(KeyTest(present: key), false) }
            switch context[key] {
            case .one(let text): add(KeyTest(key: key, isOneOf: [.text(text)]), true)
            case .many(let texts): add(KeyTest(key: key, hasOneOf: texts.map { .text($0) }), !texts.isEmpty)
            case nil: break
            }
        }
    }
}
