/// A statement made ready for answering. An object, so that looking at one costs one reference, not one for each part.
final class CompiledStatement: Sendable {
    let isDeny: Bool
    /// What decisions name it by.
    let reference: StatementReference
    let actions: ActionMatcher
    let resources: ResourceMatcher?
    private let principals: PrincipalMatcher?
    private let needsPrincipal: Bool
    private let conditions: ObjectList<CompiledCondition>

    init(_ statement: Statement, version: PolicyDocument.Version, source: PolicySource) {
        isDeny = statement.effect == .deny
        reference = StatementReference(policy: source, index: statement.index, sid: statement.sid?.value)
        actions = ActionMatcher(statement.actions)
        resources = statement.resources.map { ResourceMatcher($0, version: version, type: source.type) }
        principals = statement.principals.map(PrincipalMatcher.init)
        needsPrincipal = source.type.hasPrincipal
        conditions = ObjectList(retaining: statement.conditions.map { CompiledCondition($0, version: version) })
    }

    deinit { conditions.release() }

    /// Counted from 0.
    var index: Int { reference.index }

    /// Takes into `verdict` what the statement says to a request.
    @inline(__always)
    func answer(_ query: Query, _ context: some RequestContext, into verdict: inout Verdict) {
        if isDeny {
            if applies(query, context) != .none { verdict.deny = Unmanaged.passUnretained(self) }
        } else if verdict.reach < .full {
            let reach = applies(query, context)
            if reach > verdict.reach {
                verdict.reach = reach
                verdict.allow = Unmanaged.passUnretained(self)
            }
        }
    }

    /// How far the statement reaches the caller of a request that it applies to; `.none` if it does not apply.
    func applies(_ query: Query, _ context: some RequestContext) -> Reach {
        guard matchesAction(query), matchesResource(query, context) else { return .none }
        let reach = reach(query)
        guard reach != .none else { return .none }
        for number in 0..<conditions.count where !conditions.with(number, { $0.holds(context) }) { return .none }
        return reach
    }

    // The parts of `applies`, which a trace looks at one by one.

    func matchesAction(_ query: Query) -> Bool {
        actions.matches(query.action.span)
    }

    /// A role trust policy has no resources: it is about its role.
    func matchesResource(_ query: Query, _ context: some RequestContext) -> Bool {
        resources?.matches(query.resource.span, isNone: query.hasNoResource, context) ?? true
    }

    /// A statement of a resource-based policy without a principal reaches nobody (rule 30).
    func reach(_ query: Query) -> Reach {
        guard let principals else { return needsPrincipal ? .none : .full }
        return principals.reach(query.request.pointee.principal, isDeny: isDeny, hasBoundary: query.hasBoundary)
    }

    func holds(condition index: Int, _ context: some RequestContext) -> Bool {
        index < conditions.count && conditions.with(index) { $0.holds(context) }
    }
}

/// An `Action` or `NotAction` element. Case does not matter (rule 47).
struct ActionMatcher: Sendable {
    let isNegated: Bool
    let patterns: [Glob]

    init(_ actions: Statement.Patterns) {
        isNegated = actions.isNegated
        patterns = actions.values.map { Self.glob($0.value) }
    }

    /// An action's pattern, in lower case.
    static func glob(_ pattern: String) -> Glob {
        var bytes: [UInt8] = []
        for byte in pattern.utf8 {
            switch byte {
            case UInt8(ascii: "*"): if bytes.last != Wildcard.many { bytes.append(Wildcard.many) }
            case UInt8(ascii: "?"): bytes.append(Wildcard.one)
            default: bytes.append(byte.lowercasedASCII)
            }
        }
        return Glob(bytes)
    }

    func matches(_ action: Span<UInt8>) -> Bool {
        let patterns = patterns.span
        for index in patterns.indices where patterns[index].matchesIgnoringCase(action) { return !isNegated }
        return isNegated
    }
}

/// A `Resource` or `NotResource` element.
struct ResourceMatcher: Sendable {
    let isNegated: Bool
    let patterns: [TextPattern]

    init(_ resources: Statement.Patterns, version: PolicyDocument.Version, type: PolicyType) {
        isNegated = resources.isNegated
        patterns = resources.values.flatMap { value in
            Self.spellings(value.value, type).map {
                TextPattern($0, wildcards: .resource, version: version, variablesAllowed: true)
            }
        }
    }

    /// - Parameter isNone: the action has no resource. Only `*` stands for that (rule 51).
    func matches(_ text: Span<UInt8>, isNone: Bool, _ context: some RequestContext) -> Bool {
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
    private static func spellings(_ pattern: String, _ type: PolicyType) -> [String] {
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
