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
    /// Of which services its statements speak; see ``PatternSet/services``.
    private let allowedServices: UInt64
    private let deniedServices: UInt64

    /// Makes a policy ready.
    ///
    /// - Complexity: linear in the size of its document; some microseconds for each statement.
    public init(_ policy: CompiledPolicy) {
        self.policy = policy
        statements = policy.document.statements.map {
            SymbolicStatement($0, version: policy.document.version, type: policy.source.type)
        }
        keys = statements.reduce(into: []) { $0.formUnion($1.keys) }
        allowedServices = statements.reduce(0) { $1.isDeny ? $0 : $0 | $1.services }
        deniedServices = statements.reduce(0) { $1.isDeny ? $0 | $1.services : $0 }
    }

    /// The places of the statements of an effect that may match one of some actions on one of some resources; nil: any.
    func places(ofDenies isDeny: Bool, _ target: Relevance) -> [Int] {
        guard target.services & (isDeny ? deniedServices : allowedServices) != 0 else { return [] }
        return statements.indices.filter { index in
            let statement = statements[index]
            return statement.isDeny == isDeny && statement.mayMatch(target)
        }
    }

    var document: PolicyDocument { policy.document }
    var type: PolicyType { policy.source.type }

    /// How far each statement reaches a caller.
    func reaches(_ principal: Principal, hasBoundary: Bool) -> [Reach] {
        statements.indices.map { policy.reach(ofStatement: $0, principal, hasBoundary: hasBoundary) }
    }

    /// What the statements that allow say together, of those that reach the caller so far.
    ///
    /// - Parameters:
    ///   - target: what it is asked about; nil: anything.
    ///   - known: the values of condition keys that can have no other: they may leave statements out.
    func allowing(
        _ principal: Principal, hasBoundary: Bool, atLeast least: Reach = .account, of target: Relevance? = nil,
        knowing known: Bindings = [:]
    ) -> [Formula] {
        let places = target?.places(in: self, ofDenies: false) ?? statements.indices.filter { !statements[$0].isDeny }
        var formulas: [Formula] = []
        for index in places where policy.reach(ofStatement: index, principal, hasBoundary: hasBoundary) >= least {
            let statement = statements[index]
            if let resources = target?.resources, !statement.mayMatch(resources, known) { continue }
            formulas.append(statement.applies)
        }
        return formulas
    }

    /// What must be so that no statement denies.
    func notDenying(_ principal: Principal, hasBoundary: Bool, of target: Relevance? = nil) -> [Formula] {
        let places = target?.places(in: self, ofDenies: true) ?? statements.indices.filter { statements[$0].isDeny }
        return places.compactMap { index in
            policy.reach(ofStatement: index, principal, hasBoundary: hasBoundary) != .none
                ? statements[index].appliesNot : nil
        }
    }
}

/// A statement without its principals, as a formula.
final class SymbolicStatement: Sendable {
    let index: Int
    let isDeny: Bool
    /// Whether a request matches all elements but the principal.
    let applies: Formula
    let appliesNot: Formula
    let keys: Set<String>
    private let actions: PatternSet
    private let isNotAction: Bool
    /// Of which services it speaks; see ``PatternSet/services``.
    fileprivate let services: UInt64
    private let resources: PatternSet?
    private let isNotResource: Bool

    init(_ statement: Statement, version: PolicyDocument.Version, type: PolicyType) {
        index = statement.index
        isDeny = statement.effect == .deny
        actions = PatternSet(statement.actions.values.map { Pattern.action($0.value) })
        isNotAction = statement.actions.isNegated
        services = isNotAction ? .max : actions.services
        var parts: [Formula] = [.action(actions, !isNotAction)]
        var keys: Set<String> = []
        isNotResource = statement.resources?.isNegated ?? false
        if let resources = statement.resources {
            let (set, variables) = Self.resources(resources, version, type)
            self.resources = set
            parts.append(.resource(set, !resources.isNegated))
            // With an undefined variable NotResource matches nothing (rule 53).
            if resources.isNegated { parts += variables.map { .key(KeyTest(defined: $0), true) } }
            keys.formUnion(variables.map(\.key))
        } else {
            resources = nil
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

    /// Whether the statement may match a target, as far as a look at the patterns tells.
    fileprivate func mayMatch(_ target: Relevance) -> Bool {
        if let others = target.actions {
            guard services & target.services != 0 else { return false }
            guard isNotAction ? !others.isWithin(actions) : others.mayMeet(actions) else { return false }
        }
        guard let resources, let others = target.resources else { return true }
        return isNotResource ? !others.isWithin(resources) : others.mayMeet(resources)
    }

    /// Whether the statement's actions are matched by one.
    /// - Parameter action: one action, not a pattern of several.
    func matches(_ action: Pattern) -> Bool { actions.contains(near: action) { $0.covers(action) } != isNotAction }

    /// Whether the statement may match one of some resources, once the variables are replaced whose keys have one value.
    fileprivate func mayMatch(_ others: PatternSet, _ known: Bindings) -> Bool {
        guard let resources, resources.hasVariables, !isNotResource else { return true }
        if resources.matchesNone, others.matchesNone { return true }
        return resources.patterns.contains { pattern in
            guard pattern.variables.allSatisfy({ known[$0.key] != nil }) else { return true }
            guard let bound = pattern.bound(known) else { return false }
            return others.patterns.contains { !$0.isClearlyApart(from: bound) }
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
