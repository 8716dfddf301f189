// Rules are numbered as in Documentation/PolicyRules.md.

/// A statement made ready for answering. It is in its policy's memory, and lives as long as the policy.
struct CompiledStatement: BitwiseCopyable, @unchecked Sendable {
    let isDeny: Bool
    private let needsPrincipal: Bool
    /// Counted from 0.
    let index: Int
    let origin: Unmanaged<PolicyOrigin>
    let actions: ActionMatcher
    let resources: ResourceMatcher?
    private let principals: PrincipalMatcher?
    private let conditions: UnsafeBufferPointer<CompiledCondition>

    init(
        _ statement: Statement, of origin: Unmanaged<PolicyOrigin>, version: PolicyDocument.Version,
        type: PolicyType, in memory: PolicyMemory
    ) {
        isDeny = statement.effect == .deny
        needsPrincipal = type.hasPrincipal
        index = statement.index
        self.origin = origin
        actions = ActionMatcher(statement.actions, in: memory)
        resources = statement.resources.map { ResourceMatcher($0, version: version, type: type, in: memory) }
        principals = statement.principals.map { PrincipalMatcher($0, in: memory) }
        conditions = memory.table(statement.conditions.map { CompiledCondition($0, version: version, in: memory) })
    }

    /// How far the statement reaches the caller of a request that it applies to; `.none` if it does not apply.
    func applies(_ query: Query, _ context: Lookup) -> Reach {
        guard matchesAction(query), matchesResource(query, context) else { return .none }
        let reach = reach(query)
        guard reach != .none else { return .none }
        for condition in conditions where !condition.holds(context) { return .none }
        return reach
    }

    /// What decisions name it by.
    var reference: StatementReference { StatementReference(origin.takeUnretainedValue(), index: index) }

    // The parts of `applies`, which a trace looks at one by one.

    func matchesAction(_ query: Query) -> Bool {
        actions.matches(query.action.span)
    }

    /// A role trust policy has no resources, and a resource's own policy need not: they are about what they are attached to.
    func matchesResource(_ query: Query, _ context: Lookup) -> Bool {
        resources?.matches(query.resource.span, isNone: query.hasNoResource, context) ?? true
    }

    /// A statement of a resource-based policy without a principal reaches nobody (rule 30).
    func reach(_ query: Query) -> Reach { reach(query.request.pointee.principal, hasBoundary: query.hasBoundary) }

    @inline(__always)
    func reach(_ principal: Principal, hasBoundary: Bool) -> Reach {
        guard let principals else { return needsPrincipal ? .none : .full }
        return principals.reach(principal, isDeny: isDeny, hasBoundary: hasBoundary)
    }

    func holds(condition index: Int, _ context: Lookup) -> Bool {
        conditions.indices.contains(index) && conditions[index].holds(context)
    }
}

/// An `Action` or `NotAction` element. Case does not matter (rule 47).
struct ActionMatcher: BitwiseCopyable, @unchecked Sendable {
    let isNegated: Bool
    let patterns: UnsafeBufferPointer<Glob>

    init(_ actions: Statement.Patterns, in memory: PolicyMemory) {
        isNegated = actions.isNegated
        patterns = memory.table(actions.values.map { Glob(Self.pattern($0.value), in: memory) })
    }

    /// An action's pattern, in lower case.
    static func pattern(_ pattern: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in pattern.utf8 {
            switch byte {
            case UInt8(ascii: "*"): if bytes.last != Wildcard.many { bytes.append(Wildcard.many) }
            case UInt8(ascii: "?"): bytes.append(Wildcard.one)
            default: bytes.append(byte.lowercasedASCII)
            }
        }
        return bytes
    }

    func matches(_ action: Span<UInt8>) -> Bool {
        let patterns = patterns.span
        for index in patterns.indices where patterns[index].matchesIgnoringCase(action) { return !isNegated }
        return isNegated
    }
}

/// A `Resource` or `NotResource` element.
struct ResourceMatcher: BitwiseCopyable, @unchecked Sendable {
    let isNegated: Bool
    let patterns: UnsafeBufferPointer<TextPattern>

    init(
        _ resources: Statement.Patterns, version: PolicyDocument.Version, type: PolicyType, in memory: PolicyMemory
    ) {
        isNegated = resources.isNegated
        patterns = memory.table(
            resources.values.flatMap { value in
                Self.spellings(value.value, type).map {
                    TextPattern($0, wildcards: .resource, version: version, in: memory)
                }
            })
    }

    /// - Parameter isNone: the action has no resource. Only `*` matches that (rule 51).
    func matches(_ text: Span<UInt8>, isNone: Bool, _ context: Lookup) -> Bool {
        let patterns = patterns.span
        for index in patterns.indices {
            switch patterns[index] {
            case .fixed(let glob):
                if isNone ? glob.shape == .anything : glob.matches(text) { return !isNegated }
            case .template(let template):
                guard let isMatch = template.withBytes(context, { globMatches($0, text) }) else {
                    // An undefined variable: neither Resource nor NotResource matches (rule 53).
                    if isNegated { return false }
                    continue
                }
                if isMatch, !isNone { return !isNegated }
            }
        }
        return isNegated
    }

    /// The pattern, and if it has fewer than six parts, the same with `*` for the missing ones, where the type of
    /// policy has that (rule 50).
    static func spellings(_ pattern: String, _ type: PolicyType) -> [String] {
        let missing = 5 &- pattern.utf8.reduce(0) { $0 &+ ($1 == UInt8(ascii: ":") ? 1 : 0) }
        guard missing > 0, pattern.hasPrefix("arn:") else { return [pattern] }
        let isPadded =
            switch type {
            case .identity, .permissionsBoundary, .session: true
            case .resource, .endpoint, .roleTrust: pattern.utf8.contains { "*?".utf8.contains($0) }
            case .serviceControl: pattern.hasSuffix("*")
            case .resourceControl: false
            }
        return isPadded ? [pattern, pattern + String(repeating: ":*", count: missing)] : [pattern]
    }
}
