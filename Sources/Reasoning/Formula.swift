/// A set of requests, said by what is true of them.
///
/// Negation is pushed inward as formulas are made, so that a formula is built of "all" and "any" over statements about
/// the action, the resource and the condition keys. The principal is known before a formula is made.
indirect enum Formula: Sendable {
    /// All requests, or none.
    case always(Bool)
    /// Whether the action matches one of the patterns.
    case action(PatternSet, Bool)
    /// Whether the resource does.
    case resource(PatternSet, Bool)
    /// Whether a condition holds.
    case key(KeyTest, Bool)
    case all([Formula])
    /// - Parameter isSource: whether these are statements that allow, to be looked at one by one before anything else:
    ///   they say what a request is about.
    case any([Formula], isSource: Bool)

    /// What a statement's formula and its negation have in common; see `isNegation`.
    private var literalHash: Int? {
        switch self {
        case .action(let set, let value): set.hash &* 3 &+ (value ? 1 : 2)
        case .resource(let set, let value): set.hash &* 5 &+ (value ? 3 : 4)
        case .key(let test, let value): test.hash &* 7 &+ (value ? 5 : 6)
        case .always, .all, .any: nil
        }
    }

    /// A number that is the same for "all of these" and for the clause "none of these together"; nil for formulas that
    /// are not made of plain statements about a request.
    ///
    /// - Parameter isNegated: whether the parts are those of the clause.
    static func hash(_ parts: [Formula], isNegated: Bool) -> Int? {
        var sum = parts.count
        for part in parts {
            guard let hash = (isNegated ? part.negated : part).literalHash else { return nil }
            sum = sum &+ hash
        }
        return sum
    }

    /// Whether a clause says that not all of these parts are true.
    static func isNegation(_ clause: [Formula], of parts: [Formula]) -> Bool {
        clause.count == parts.count && clause.allSatisfy { one in parts.contains { one.isOpposite(of: $0) } }
    }

    private func isOpposite(of other: Formula) -> Bool {
        switch (self, other) {
        case (.action(let one, let isTrue), .action(let two, let isOtherTrue)):
            isTrue != isOtherTrue && one.isSame(as: two)
        case (.resource(let one, let isTrue), .resource(let two, let isOtherTrue)):
            isTrue != isOtherTrue && one.isSame(as: two)
        case (.key(let one, let isTrue), .key(let two, let isOtherTrue)): isTrue != isOtherTrue && one.isSame(as: two)
        default: false
        }
    }

    /// "Any of", without parts that say nothing.
    static func either(_ parts: [Formula], isSource: Bool = false) -> Formula {
        var kept: [Formula] = []
        for part in parts {
            switch part {
            case .always(true): return part
            case .always(false): break
            case .any(let inner, _) where inner.isEmpty: break
            default: kept.append(part)
            }
        }
        if kept.isEmpty { return .always(false) }
        return kept.count == 1 ? kept[0] : .any(kept, isSource: isSource)
    }

    /// "All of", without parts that say nothing.
    static func both(_ parts: [Formula]) -> Formula {
        var kept: [Formula] = []
        for part in parts {
            switch part {
            case .always(false): return part
            case .always(true): break
            case .any(let inner, _) where inner.isEmpty: return .always(false)
            case .all(let inner): kept += inner
            default: kept.append(part)
            }
        }
        if kept.isEmpty { return .always(true) }
        return kept.count == 1 ? kept[0] : .all(kept)
    }

    static func any(_ parts: [Formula]) -> Formula { any(parts, isSource: false) }

    /// Whether no request is in it, at a look.
    var isNever: Bool {
        switch self {
        case .always(let value): !value
        case .any(let parts, _): parts.isEmpty
        case .action, .resource, .key, .all: false
        }
    }

    var negated: Formula {
        switch self {
        case .always(let value): .always(!value)
        case .action(let set, let value): .action(set, !value)
        case .resource(let set, let value): .resource(set, !value)
        case .key(let test, let value): .key(test, !value)
        case .all(let parts): .any(parts.map(\.negated))
        case .any(let parts, _): .all(parts.map(\.negated))
        }
    }
}
