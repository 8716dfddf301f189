import Policy

/// What a caller may do already, made ready to be told from what another may do.
///
/// ```swift
/// let before = HeldAccess(alice, in: checks.domain)
/// let answer = checks.access(of: administrator, beyond: [before])
/// ```
///
/// Two callers ask in their own names. What policies say of the caller, `aws:PrincipalArn`, `aws:username`, tags, is
/// therefore settled here by what is known of this one, so that the same request can be asked of the other.
public struct HeldAccess: Sendable {
    /// The caller.
    public let caller: BoundCaller
    /// What must be so that the caller may not; nil where its policies mix what is known of it with what is not.
    fileprivate let denied: Formula?
    /// The condition keys that the caller has, and those that it can't have.
    fileprivate let known: [String: ContextValue?]

    /// Makes what a caller may do ready.
    public init(_ caller: BoundCaller, in domain: Domain) {
        self.caller = caller
        let meter = Meter(domain.budget)
        var known: [String: ContextValue?] = [:]
        for key in caller.policies.keys {
            let state = caller.keys.state(of: key)
            guard !state.tests.isEmpty, case .found(let value) = state.value(domain.kind(key), meter) else { continue }
            known[key] = .some(value)
        }
        self.known = known
        denied = caller.policies.allowed(caller.principal, resourceAccount: nil).flatMap { $0.settled(known)?.negated }
    }

    /// Whether the caller may do what somebody else may, by the engine.
    fileprivate func allows(_ request: AuthorizationRequest, _ context: [String: ContextValue]) -> Bool {
        var context = context
        for (key, value) in known { context[key] = value }
        var request = request
        request.principal = caller.principal
        return PolicyEvaluator.allows(request, caller.policies.inputs, DictionaryContext(context))
    }
}

extension Checks {
    /// Whether a caller may do something that none of some others may.
    ///
    /// The others ask in their own names, and in the same circumstances: what is not the caller's, such as the address
    /// that a request comes from or whether there was a second factor, is the same for all.
    ///
    /// - Parameters:
    ///   - caller: who may do more.
    ///   - others: who may not.
    ///   - target: what it has to be about.
    public func access(
        of caller: BoundCaller, beyond others: [HeldAccess], to target: AccessTarget = AccessTarget([], on: [])
    ) -> Answer {
        // It can't be denied (rule 17).
        var formulas: [Formula] = [.action(PatternSet([.action("sts:GetCallerIdentity")]), false)]
        for other in others {
            guard let denied = other.denied else { return .unknown(.variables(Array(other.known.keys).sorted())) }
            formulas.append(denied)
        }
        let answer = answer(caller, target, beside: formulas)
        guard let witness = answer.witness else { return answer }
        guard !others.contains(where: { $0.allows(witness.request, witness.context) }) else {
            return .unknown(.disagreement)
        }
        return answer
    }
}

extension SymbolicInputs {
    /// The condition keys that the policies speak of, in lower case.
    public var conditionKeys: Set<String> { keys }
}

extension Formula {
    /// The formula once some keys are known; nil where a text is made of what is known and what is not.
    fileprivate func settled(_ known: [String: ContextValue?]) -> Formula? {
        let bindings = known.mapValues { value in
            switch value {
            case .one(let text): VariableValue.text(text)
            case .many: VariableValue.many
            case nil: VariableValue.absent
            }
        }
        return settled(known, bindings)
    }

    private func settled(_ known: [String: ContextValue?], _ bindings: Bindings) -> Formula? {
        switch self {
        case .always, .action: return self
        case .resource(let set, let wanted):
            guard set.hasVariables else { return self }
            var patterns: [Pattern] = []
            for pattern in set.patterns {
                let settled = pattern.variables.filter { known[$0.key] != nil }
                if settled.isEmpty {
                    patterns.append(pattern)
                } else if settled.count == pattern.variables.count {
                    // An undefined variable matches nothing (rule 53).
                    if let bound = pattern.bound(bindings) { patterns.append(bound) }
                } else {
                    return nil
                }
            }
            return .resource(PatternSet(patterns, matchesNone: set.matchesNone), wanted)
        case .key(let test, let wanted):
            let variables = test.test.patterns.flatMap(\.variables)
            let settled = variables.filter { known[$0.key] != nil }
            if let value = known[test.key] {
                guard settled.count == variables.count else { return nil }
                return .always(test.accepts(value, bindings) == wanted)
            }
            if settled.isEmpty { return self }
            guard settled.count == variables.count else { return nil }
            return .key(test.bound(bindings), wanted)
        case .all(let parts):
            var kept: [Formula] = []
            for part in parts {
                guard let part = part.settled(known, bindings) else { return nil }
                kept.append(part)
            }
            return .both(kept)
        case .any(let parts, let isSource):
            var kept: [Formula] = []
            for part in parts {
                guard let part = part.settled(known, bindings) else { return nil }
                kept.append(part)
            }
            return .either(kept, isSource: isSource)
        }
    }
}
