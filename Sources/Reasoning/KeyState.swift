import Policy

/// What is known of one condition key of a request, and the values that fit.
struct KeyState {
    let key: String
    var tests: [(test: KeyTest, isTrue: Bool)] = []
    /// The value that the key was given for the sake of variables; nil while it has none.
    var fixed: ContextValue??
    /// The shapes that are left to it.
    var shapes = Shapes.all

    /// A value, or one in a set that is too wide where variables are involved.
    enum Outcome {
        case found(ContextValue?)
        case none
        case unknown
    }

    /// In which ways a key can be there.
    struct Shapes: OptionSet {
        let rawValue: Int
        static let absent = Shapes(rawValue: 1)
        static let one = Shapes(rawValue: 2)
        static let many = Shapes(rawValue: 4)
        static let emptySet = Shapes(rawValue: 8)
        static let all: Shapes = [.absent, .one, .many, .emptySet]
    }

    /// The shapes that a kind of key has.
    static func shapes(_ kind: KeyKind) -> Shapes {
        switch kind.count {
        case .one: [.absent, .one]
        case .many: [.absent, .many, .emptySet]
        case .either: .all
        }
    }

    /// A value that fits.
    /// - Parameters:
    ///   - shapes: those to look at.
    ///   - bindings: values of the variables; nil while they are not known.
    func value(
        _ kind: KeyKind, shapes: Shapes = .all, bindings: Bindings? = nil, _ meter: Meter
    ) -> Outcome {
        let possible = Self.shapes(kind).intersection(shapes)
        var isUnknown = false
        // A value says more than its absence.
        if possible.contains(.one) {
            switch oneValue(kind, bindings, meter) {
            case .found(let text): return .found(.one(text))
            case .unknown: isUnknown = true
            case .none: break
            }
        }
        if possible.contains(.many) {
            switch manyValues(kind, bindings, meter) {
            case .found(let texts): return .found(.many(texts))
            case .unknown: isUnknown = true
            case .none: break
            }
        }
        if possible.contains(.absent), tests.allSatisfy({ $0.test.whenNull == $0.isTrue }) { return .found(nil) }
        if possible.contains(.emptySet), tests.allSatisfy({ $0.test.whenEmptySet == $0.isTrue }) {
            return .found(.many([]))
        }
        return isUnknown ? .unknown : .none
    }

    private enum Texts<Value> {
        case found(Value)
        case none
        case unknown
    }

    private typealias Demand = (test: ValueTest, wanted: Bool)

    private func oneValue(_ kind: KeyKind, _ bindings: Bindings?, _ meter: Meter) -> Texts<String> {
        let takesEmpty = KeyTest.takesEmpty(key)
        var demands: [Demand] = []
        for (test, isTrue) in tests {
            switch test.toOne.negated(!isTrue) {
            case .always(true): break
            case .always(false), .all, .any: return .none
            case .value(let wanted): demands.append((bindings.map { test.test.bound($0) } ?? test.test, wanted))
            }
        }
        return text(demands, kind, mayBeEmpty: takesEmpty, meter)
    }

    private func manyValues(_ kind: KeyKind, _ bindings: Bindings?, _ meter: Meter) -> Texts<[String]> {
        var forAll: [Demand] = []
        var forAny: [Demand] = []
        for (test, isTrue) in tests {
            let bound = bindings.map { test.test.bound($0) } ?? test.test
            switch test.toMany.negated(!isTrue) {
            case .always(true): break
            case .always(false), .value: return .none
            case .all(let wanted): forAll.append((bound, wanted))
            case .any(let wanted): forAny.append((bound, wanted))
            }
        }
        var texts: [String] = []
        // Each demand on some value may have a value of its own.
        for demand in forAny where !texts.contains(where: { demand.test.matches($0) == demand.wanted }) {
            switch text(forAll + [demand], kind, mayBeEmpty: false, meter) {
            case .found(let text): texts.append(text)
            case .none:
                // Perhaps the empty text fits, beside another.
                switch text(forAll + [demand], kind, mayBeEmpty: true, meter) {
                case .found(let text): texts.append(text)
                case .none: return .none
                case .unknown: return .unknown
                }
            case .unknown: return .unknown
            }
        }
        if texts.allSatisfy(\.isEmpty) {
            switch text(forAll, kind, mayBeEmpty: false, meter) {
            case .found(let text): texts.append(text)
            case .none: return .none
            case .unknown: return .unknown
            }
        }
        return .found(texts)
    }

    /// A text that meets all demands.
    private func text(_ demands: [Demand], _ kind: KeyKind, mayBeEmpty: Bool, _ meter: Meter) -> Texts<String> {
        meter.spend(2 + demands.count)
        let others = demands.filter { !$0.test.isText }
        func fits(_ text: String) -> Bool {
            (mayBeEmpty || !text.isEmpty) && demands.allSatisfy { $0.test.matches(text) == $0.wanted }
        }
        if others.isEmpty, kind.values == .text { return textAlone(demands, mayBeEmpty, meter) }
        // Each candidate is read anew, and compared with all values in turn.
        let cost = 4 + demands.reduce(0) { $0 + $1.test.count } >> 4
        for candidate in ValueTest.candidates(others.map(\.test), kind.values) {
            meter.spend(cost)
            if meter.isExhausted { return .unknown }
            if fits(candidate) { return .found(candidate) }
        }
        let hasVariables = demands.contains { $0.test.patterns.contains(where: \.hasVariables) }
        if kind.values == .boolean, !hasVariables { return .none }
        let texts = demands.filter(\.test.isText)
        let families = Set(demands.map(\.test.family)).union(kind.values.family.map { [$0] } ?? [])
        if families.count <= 1, !hasVariables { return .none }
        // Compared as text and as something else: what the text alone must be is tried on the others.
        for demand in texts where demand.wanted {
            let literals = demand.test.patterns.compactMap(\.literal)
            guard literals.count == demand.test.patterns.count else { continue }
            if let literal = literals.first(where: fits) { return .found(literal) }
            return .none
        }
        switch textAlone(texts, mayBeEmpty, meter) {
        case .found(let text) where fits(text) && kind.values == .text: return .found(text)
        case .none: return .none
        case .found, .unknown: break
        }
        meter.note(.mixedTypes(key))
        return .unknown
    }

    private func textAlone(_ demands: [Demand], _ mayBeEmpty: Bool, _ meter: Meter) -> Texts<String> {
        let universe = Pattern(mayBeEmpty ? [.many] : [.one, .many])
        var region = TextRegion(universe)
        for demand in demands where demand.wanted {
            guard case .text(let set) = demand.test else { continue }
            if case .emptied = region.keep(set, meter) { return .none }
        }
        for demand in demands where !demand.wanted {
            guard case .text(let set) = demand.test else { continue }
            if case .emptied = region.remove(set, meter) { return .none }
        }
        var isUnknown = meter.isExhausted
        for cell in region.cells {
            switch cell.look(meter) {
            case .found(let symbols): return .found(String(symbols))
            case .unknown: isUnknown = true
            case .none: break
            }
        }
        return isUnknown ? .unknown : .none
    }

    /// The texts that the tests name or, with variables, could name, for keys that variables take their value from.
    var namedTexts: [String] {
        tests.flatMap { $0.test.test.patterns.compactMap(\.literal) }
    }
}

extension ValueTest {
    fileprivate enum Family { case text, number, date, address }

    fileprivate var family: Family {
        switch self {
        case .text: .text
        case .number: .number
        case .date: .date
        case .address: .address
        }
    }
}

extension KeyKind.Values {
    fileprivate var family: ValueTest.Family? {
        switch self {
        case .text, .boolean: nil
        case .number: .number
        case .date: .date
        case .address: .address
        }
    }
}

/// What is certain of condition keys: what a principal says of them, and what is asked of them from the beginning.
///
/// A key's facts are looked at when a policy first asks about the key.
struct KeyFacts: Sendable {
    private var facts: [String: [(test: KeyTest, isTrue: Bool)]] = [:]

    mutating func add(_ test: KeyTest, _ isTrue: Bool) { facts[test.key, default: []].append((test, isTrue)) }

    mutating func add(_ others: KeyFacts) { facts.merge(others.facts) { $0 + $1 } }

    /// The values of the keys that can have only one, for variables.
    var onlyValues: Bindings {
        facts.compactMapValues { tests in tests.lazy.compactMap { $0.test.onlyValue($0.isTrue) }.first }
    }

    /// What is known of a key at first.
    func state(of key: String) -> KeyState {
        var state = KeyState(key: key)
        state.tests = facts[key] ?? []
        return state
    }
}
