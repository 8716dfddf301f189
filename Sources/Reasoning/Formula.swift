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

    static func any(_ parts: [Formula]) -> Formula { any(parts, isSource: false) }

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
