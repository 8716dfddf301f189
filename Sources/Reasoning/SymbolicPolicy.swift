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
    /// The places of the statements that may speak of a service's actions, by what those begin with (`indexKey`), and of
    /// those that speak of no service in particular.
    private let statementsOfService: [UInt64: [Int]]
    private let unservicedStatements: [Int]

    /// Makes a policy ready.
    ///
    /// - Complexity: linear in the size of its document; some microseconds for each statement.
    public init(_ policy: CompiledPolicy) {
        self.policy = policy
        statements = policy.document.statements.map {
            SymbolicStatement($0, version: policy.document.version, type: policy.source.type)
        }
        keys = statements.reduce(into: []) { $0.formUnion($1.keys) }
        var ofService: [UInt64: [Int]] = [:]
        var unserviced: [Int] = []
        for statement in statements {
            let services = statement.services
            if services.isEmpty { unserviced.append(statement.index) }
            for service in services { ofService[service, default: []].append(statement.index) }
        }
        statementsOfService = ofService
        unservicedStatements = unserviced
    }

    /// The places of the statements that may match one of some actions; nil: any actions.
    private func places(of actions: PatternSet?) -> [Int] {
        guard let actions else { return Array(statements.indices) }
        var places = unservicedStatements
        for pattern in actions.patterns {
            guard let key = pattern.indexKey else { return Array(statements.indices) }
            places += statementsOfService[key] ?? []
        }
        return places.filter { statements[$0].mayMatch(actions) }.sorted()
    }

    var document: PolicyDocument { policy.document }
    var type: PolicyType { policy.source.type }

    /// How far each statement reaches a caller.
    func reaches(_ principal: Principal, hasBoundary: Bool) -> [Reach] {
        statements.indices.map { policy.reach(ofStatement: $0, principal, hasBoundary: hasBoundary) }
    }

    /// What the statements that allow say together, of those that reach the caller so far.
    ///
    /// - Parameter actions: the only actions that it is asked about; nil: all.
    func allowing(
        _ principal: Principal, hasBoundary: Bool, atLeast least: Reach = .account, of actions: PatternSet? = nil
    ) -> [Formula] {
        places(of: actions).compactMap { index in
            let statement = statements[index]
            guard !statement.isDeny, policy.reach(ofStatement: index, principal, hasBoundary: hasBoundary) >= least
            else { return nil }
            return statement.applies
        }
    }

    /// What must be so that no statement denies.
    func notDenying(_ principal: Principal, hasBoundary: Bool, of actions: PatternSet? = nil) -> [Formula] {
        places(of: actions).compactMap { index in
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
    private let actions: PatternSet
    private let isNotAction: Bool

    init(_ statement: Statement, version: PolicyDocument.Version, type: PolicyType) {
        index = statement.index
        isDeny = statement.effect == .deny
        actions = PatternSet(statement.actions.values.map { Pattern.action($0.value) })
        isNotAction = statement.actions.isNegated
        var parts: [Formula] = [.action(actions, !isNotAction)]
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

    /// What the actions begin with, each once; empty where that is not known of all.
    fileprivate var services: [UInt64] {
        if isNotAction { return [] }
        var services: [UInt64] = []
        for pattern in actions.patterns {
            guard let service = pattern.indexKey else { return [] }
            if services.last != service, !services.contains(service) { services.append(service) }
        }
        return services
    }

    /// Whether the statement's actions are matched by one.
    /// - Parameter action: one action, not a pattern of several.
    func matches(_ action: Pattern) -> Bool { actions.contains(near: action) { $0.covers(action) } != isNotAction }

    /// Whether the statement may match one of some actions, as far as a look at the patterns tells.
    fileprivate func mayMatch(_ others: PatternSet) -> Bool {
        others.patterns.contains { other in
            isNotAction
                ? !actions.contains(near: other) { $0.covers(other) }
                : actions.contains(near: other) { !$0.isClearlyApart(from: other) }
        }
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
