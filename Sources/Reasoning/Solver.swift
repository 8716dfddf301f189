import Policy

/// Looks for a request of which a formula is true.
///
/// The walk is that of a SAT solver with theories: what must be so is taken into the regions of action, resource and
/// keys; of a choice between several only what the regions still allow is followed. When no choice is left, each
/// dimension has a value, and together they are a request.
struct Solver {
    /// A request that was found; the principal was known before.
    struct Assignment {
        var action: String
        var resource: String
        var context: [String: ContextValue]
        /// The keys that must be missing.
        var absent: [String]
    }

    enum Outcome {
        case found(Assignment)
        case none
        /// Nothing was found, and the meter's doubt says why nothing certain can be said.
        case unknown
    }

    let domain: Domain
    let meter: Meter
    /// What is so of condition keys whoever asks about them.
    let facts: KeyFacts

    /// What is known of a request on the way.
    struct State {
        var actions = TextRegion(.anyAction)
        var resources: TextRegion
        var keys: [KeyState] = []
        /// The sets that have been taken in whole, by which the same set is known again.
        var keptActions: [PatternSet] = []
        var keptResources: [PatternSet] = []
    }

    private typealias Clause = [Formula]

    func solve(_ formulas: [Formula]) -> Outcome {
        var state = State(resources: domain.namesRealResources ? .realResources : .anyResource)
        var sources: [Clause] = []
        var clauses: [Clause] = []
        for formula in formulas {
            if case .emptied = take(formula, into: &state, &sources, &clauses) { return .none }
        }
        // Most of a changed policy has not changed: what one side allows, the other says it does not, in the same words.
        var known: [Int: [Int]] = [:]
        for (index, clause) in clauses.enumerated() {
            if let hash = Formula.hash(clause, isNegated: true) { known[hash, default: []].append(index) }
        }
        if !known.isEmpty {
            sources = sources.map { source in
                source.filter { part in
                    guard case .all(let parts) = part, let hash = Formula.hash(parts, isNegated: false) else {
                        return true
                    }
                    return !(known[hash] ?? []).contains { Formula.isNegation(clauses[$0], of: parts) }
                }
            }
            if sources.contains(where: \.isEmpty) { return .none }
        }
        return search(state, sources, clauses)
    }

    /// Takes a formula in; what it leaves open is added to the clauses.
    private func take(
        _ formula: Formula, into state: inout State, _ sources: inout [Clause], _ clauses: inout [Clause]
    ) -> TextRegion.Change {
        switch formula {
        case .always(let value): return value ? .none : .emptied
        case .action(let set, true):
            if state.keptActions.contains(where: { $0.isSame(as: set) }) { return .none }
            state.keptActions.append(set)
            return state.actions.keep(set, meter)
        case .action(let set, false):
            if state.keptActions.contains(where: { $0.isSame(as: set) }) { return .emptied }
            return state.actions.remove(set, meter)
        case .resource(let set, true):
            if state.keptResources.contains(where: { $0.isSame(as: set) }) { return .none }
            state.keptResources.append(set)
            return state.resources.keep(set, meter)
        case .resource(let set, false):
            if state.keptResources.contains(where: { $0.isSame(as: set) }) { return .emptied }
            return state.resources.remove(set, meter)
        case .key(let test, let isTrue): return take(test, isTrue, into: &state)
        case .all(let parts):
            var change = TextRegion.Change.none
            for part in parts {
                switch take(part, into: &state, &sources, &clauses) {
                case .none: break
                case .narrowed: change = .narrowed
                case .emptied: return .emptied
                }
            }
            return change
        case .any(let parts, let isSource):
            if parts.isEmpty { return .emptied }
            if parts.count == 1 { return take(parts[0], into: &state, &sources, &clauses) }
            if isSource { sources.append(parts) } else { clauses.append(parts) }
            return .narrowed
        }
    }

    private func take(_ test: KeyTest, _ isTrue: Bool, into state: inout State) -> TextRegion.Change {
        // The state is copied, and its keys with it.
        meter.spend(2 + state.keys.count >> 3)
        let index = state.keys.firstIndex { $0.key == test.key } ?? state.keys.count
        if index == state.keys.count { state.keys.append(facts.state(of: test.key)) }
        for known in state.keys[index].tests where known.test.isSame(as: test) {
            return known.isTrue == isTrue ? .none : .emptied
        }
        state.keys[index].tests.append((test, isTrue))
        if case .none = state.keys[index].value(domain.kind(test.key), meter) { return .emptied }
        return .narrowed
    }

    private func search(_ state: State, _ sources: [Clause], _ clauses: [Clause]) -> Outcome {
        meter.spend(10)
        if meter.isExhausted { return .unknown }
        if let index = sources.indices.min(by: { sources[$0].count < sources[$1].count }) {
            var rest = sources
            let source = rest.remove(at: index)
            return branch(source, state, rest, clauses)
        }
        var state = state
        var open = clauses
        var isChanged = true
        while isChanged {
            isChanged = false
            var next: [Clause] = []
            var following: [Clause] = open
            open = []
            while let clause = following.popLast() {
                var viable: Clause = []
                var isSatisfied = false
                var only: (state: State, sources: [Clause], clauses: [Clause])?
                for part in clause {
                    var narrowed = state
                    var newSources: [Clause] = []
                    var newClauses: [Clause] = []
                    switch take(part, into: &narrowed, &newSources, &newClauses) {
                    case .none: isSatisfied = newSources.isEmpty && newClauses.isEmpty
                    case .narrowed: break
                    case .emptied: continue
                    }
                    if isSatisfied { break }
                    if viable.isEmpty { only = (narrowed, newSources, newClauses) }
                    viable.append(part)
                }
                if meter.isExhausted { return .unknown }
                if isSatisfied { continue }
                guard let only else { return .none }
                if viable.count > 1 {
                    next.append(viable)
                    continue
                }
                state = only.state
                following += only.clauses
                isChanged = true
                if !only.sources.isEmpty { return search(state, only.sources, next + following) }
            }
            open = next
        }
        guard let index = open.indices.min(by: { open[$0].count < open[$1].count }) else { return finish(state) }
        let clause = open.remove(at: index)
        return branch(clause, state, [], open)
    }

    private func branch(_ clause: Clause, _ state: State, _ sources: [Clause], _ clauses: [Clause]) -> Outcome {
        var isUnknown = false
        for part in clause {
            var narrowed = state
            var sources = sources
            var clauses = clauses
            if case .emptied = take(part, into: &narrowed, &sources, &clauses) { continue }
            switch search(narrowed, sources, clauses) {
            case .found(let assignment): return .found(assignment)
            case .none: break
            case .unknown: isUnknown = true
            }
            if meter.isExhausted { return .unknown }
        }
        return isUnknown ? .unknown : .none
    }
}
