public import Policy

/// A policy made ready for questions about all requests at once.
///
/// ```swift
/// let policy = SymbolicPolicy(compiled)
/// let answer = Checks().newAccess(from: old, to: policy)
/// ```
///
/// Immutable; make it once and ask many questions.
public final class SymbolicPolicy: Sendable {
    /// The policy itself, by which every witness is checked.
    public let policy: CompiledPolicy
    let statements: [SymbolicStatement]
    /// The condition keys that the policy speaks of, variables included, in lower case.
    let keys: Set<String>

    /// Makes a policy ready.
    ///
    /// - Complexity: linear in the size of its document; some microseconds for each statement.
    public init(_ policy: CompiledPolicy) {
        self.policy = policy
        statements = policy.document.statements.map {
            SymbolicStatement($0, version: policy.document.version, type: policy.source.type)
        }
        keys = statements.reduce(into: []) { $0.formUnion($1.keys) }
    }

    var document: PolicyDocument { policy.document }
    var type: PolicyType { policy.source.type }

    /// How far each statement reaches a caller.
    func reaches(_ principal: Principal, hasBoundary: Bool) -> [Reach] {
        statements.indices.map { policy.reach(ofStatement: $0, principal, hasBoundary: hasBoundary) }
    }

    /// What the statements that allow say together, of those that reach the caller so far.
    func allowing(_ principal: Principal, hasBoundary: Bool, atLeast least: Reach = .account) -> [Formula] {
        statements.indices.compactMap { index in
            let statement = statements[index]
            guard !statement.isDeny, policy.reach(ofStatement: index, principal, hasBoundary: hasBoundary) >= least
            else { return nil }
            return statement.applies
        }
    }

    /// What must be so that no statement denies.
    func notDenying(_ principal: Principal, hasBoundary: Bool) -> [Formula] {
        statements.indices.compactMap { index in
            let statement = statements[index]
            guard statement.isDeny, policy.reach(ofStatement: index, principal, hasBoundary: hasBoundary) != .none
            else { return nil }
            return statement.appliesNot
        }
    }
}

/// A statement without its principals, as a formula.
struct SymbolicStatement: Sendable {
    let index: Int
    let isDeny: Bool
    /// Whether a request matches all elements but the principal.
    let applies: Formula
    let appliesNot: Formula
    let keys: Set<String>

    init(_ statement: Statement, version: PolicyDocument.Version, type: PolicyType) {
        index = statement.index
        isDeny = statement.effect == .deny
        var parts: [Formula] = [Self.actions(statement.actions)]
        var keys: Set<String> = []
        if let resources = statement.resources {
            let (set, variables) = Self.resources(resources, version, type)
            parts.append(.resource(set, !resources.isNegated))
            // With an undefined variable NotResource matches nothing (rule 53).
            if resources.isNegated { parts += variables.map { .key(KeyTest(defined: $0), true) } }
            keys.formUnion(variables.map(\.key))
        }
        for condition in statement.conditions {
            let test = KeyTest(condition, version: version)
            parts.append(.key(test, true))
            keys.insert(test.key)
            for pattern in test.test.patterns { keys.formUnion(pattern.variables.map(\.key)) }
        }
        applies = .all(parts)
        appliesNot = applies.negated
        self.keys = keys
    }

    private static func actions(_ actions: Statement.Patterns) -> Formula {
        .action(PatternSet(actions.values.map { Pattern.action($0.value) }), !actions.isNegated)
    }

    private static func resources(
        _ resources: Statement.Patterns, _ version: PolicyDocument.Version, _ type: PolicyType
    ) -> (PatternSet, [Variable]) {
        let patterns = resources.values
            .flatMap { PatternPlace.resource(type).tokens(of: $0.value, version: version) }
            .compactMap { Pattern.reading($0, as: .plain) }
        var variables: [Variable] = []
        for variable in patterns.flatMap(\.variables) where !variables.contains(variable) { variables.append(variable) }
        return (PatternSet(patterns, matchesNone: patterns.contains(where: \.isAnything)), variables)
    }
}

extension Pattern {
    /// An action's pattern; case does not matter (rule 47).
    static func action(_ text: String) -> Pattern {
        var symbols: [Symbol] = []
        for scalar in text.lowercasedASCII.unicodeScalars {
            switch scalar {
            case "*": if symbols.last != .many { symbols.append(.many) }
            case "?": symbols.append(.one)
            default: symbols.append(scalar.value)
            }
        }
        return Pattern(actionSymbols(symbols))
    }
}
