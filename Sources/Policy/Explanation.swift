// Rules are numbered as in Documentation/PolicyRules.md.

extension PolicyEvaluator {
    /// Decides as ``evaluate(_:_:_:)`` does, and writes down every policy, statement and condition that binds the
    /// request.
    ///
    /// This is what `gatehouse why` and `gatehouse simulate` print. The decision in the trace is the one that
    /// `evaluate` makes; the rest is worked out beside it, statement by statement, with no shortcut.
    ///
    /// - Complexity: linear in the size of all policies of `inputs`, and it allocates; not for the path of a request.
    public static func explain(
        _ request: AuthorizationRequest, _ inputs: PolicyInputs, _ context: some RequestContext
    ) -> Trace {
        let decision = evaluate(request, inputs, context)
        return Query.with(request, hasBoundary: inputs.boundaries != nil) { query in
            let bindings = inputs.bindings(of: query)
            var policies: [Trace.Policy] = []
            if !query.needsNoPermission {
                let explainer = Explainer(query: query, context: context)
                if bindings.resourceControlBinds {
                    policies += explainer.levels(inputs.resourceControl, inputs.resourceControlPlaces(request))
                }
                if bindings.serviceControlBinds {
                    policies += explainer.levels(inputs.serviceControl, inputs.serviceControlPlaces(request))
                }
                policies += explainer.policies(
                    [inputs.roleTrust, inputs.resource, inputs.accessControlList].compactMap { $0 })
                policies += explainer.policies(inputs.identity)
                policies += explainer.policies(inputs.boundaries ?? [], as: .permissionsBoundary)
                policies += explainer.policies(inputs.session ?? [], as: .session)
                policies += explainer.policies(inputs.endpoint ?? [])
            }
            let lookUp: Lookup = { context.value(of: $0) }
            var grants = inputs.grants.map { $0.explained(query, lookUp) }
            if grants.isEmpty, decision.policyType == .resource, decision.outcome == .implicitlyDenied, query.isOfKeys {
                grants = ["No grant of the key allows it to the caller."]
            }
            return Trace(
                decision: decision, message: decision.message(for: request), policies: policies,
                missing: missing(decision, inputs, bindings), grants: grants)
        }
    }

    /// The type that lacked an allow, if there is no policy of it at all, or none at one level.
    private static func missing(_ decision: Decision, _ inputs: PolicyInputs, _ bindings: Bindings) -> [PolicyType] {
        guard decision.outcome == .implicitlyDenied, let type = decision.policyType else { return [] }
        let isMissing =
            switch type {
            case .identity: inputs.identitySets.allSatisfy(\.isEmpty)
            case .resource: inputs.resource == nil && inputs.accessControlList == nil
            case .roleTrust: inputs.roleTrust == nil
            case .permissionsBoundary: inputs.boundaries?.isEmpty ?? true
            case .session: inputs.session?.isEmpty ?? true
            case .serviceControl: inputs.serviceControl?.contains(where: \.isEmpty) ?? true
            case .resourceControl: inputs.resourceControl?.contains(where: \.isEmpty) ?? true
            case .endpoint: inputs.endpoint?.isEmpty ?? true
            }
        return isMissing ? [type] : []
    }
}

/// Looks at policies one statement and one condition at a time.
private struct Explainer {
    let query: Query
    let context: any RequestContext

    private func lookUp(_ key: ConditionKey) -> ContextValue? { context.value(of: key) }

    func levels(_ levels: [[CompiledPolicy]]?, _ places: [ControlLevel]) -> [Trace.Policy] {
        var found: [Trace.Policy] = []
        for ((level, policies), place) in zip((levels ?? []).enumerated(), places) {
            for policy in policies { found.append(self.policy(policy, level: level, place: place)) }
        }
        return found
    }

    /// - Parameter type: as what the policies are used, where that is not as what a managed policy is compiled.
    func policies(_ policies: [CompiledPolicy], as type: PolicyType? = nil) -> [Trace.Policy] {
        policies.map { policy($0, level: nil, place: nil, as: type) }
    }

    private func policy(
        _ policy: CompiledPolicy, level: Int?, place: ControlLevel?, as type: PolicyType? = nil
    ) -> Trace.Policy {
        var statements: [Trace.Statement] = []
        for (compiled, written) in zip(policy.statements, policy.document.statements) {
            statements.append(statement(compiled, written, policy.document.version))
        }
        var source = policy.source
        if let type { source.type = type }
        return Trace.Policy(source: source, level: level, place: place, statements: statements)
    }

    private func statement(
        _ compiled: CompiledStatement, _ written: Statement, _ version: PolicyDocument.Version
    ) -> Trace.Statement {
        var conditions: [Trace.Condition] = []
        for (number, condition) in written.conditions.enumerated() {
            conditions.append(
                self.condition(condition, matched: compiled.holds(condition: number, lookUp), version))
        }
        return Trace.Statement(
            index: written.index, sid: written.sid?.value, effect: written.effect.rawValue,
            line: written.position.line, column: written.position.column,
            applies: compiled.applies(query, lookUp) != .none,
            actionMatched: compiled.matchesAction(query),
            resourceMatched: compiled.matchesResource(query, lookUp),
            principalMatched: compiled.reach(query) != .none,
            conditions: conditions)
    }

    private func condition(
        _ written: Statement.Condition, matched: Bool, _ version: PolicyDocument.Version
    ) -> Trace.Condition {
        let found: [String]? =
            switch context.value(of: ConditionKey(written.key.value)) {
            case nil: nil
            case .one(let value): [value]
            case .many(let values): values
            }
        var resolved: [String?] = []
        for value in written.values {
            let hasVariables = ConditionOperator(written.operatorName.value)?.comparison.hasVariables ?? false
            let memory = PolicyMemory()
            let pattern = TextPattern(
                value.value, wildcards: .none, version: version, variablesAllowed: hasVariables, in: memory)
            var text: String?
            withExtendedLifetime(memory) {
                _ = pattern.withBytes(lookUp) { bytes in
                    text = String(decoding: bytes.array, as: UTF8.self)
                    return true
                }
            }
            resolved.append(text)
        }
        return Trace.Condition(
            operatorName: written.operatorName.value, key: written.key.value, wanted: written.values.map(\.value),
            resolved: resolved, found: found, matched: matched)
    }
}

extension ConditionOperator.Comparison {
    /// Whether variables are replaced in the values (rules 44, 46 and 52).
    fileprivate var hasVariables: Bool {
        switch self {
        case .stringEquals, .stringEqualsIgnoreCase, .stringLike, .arnLike, .bool: true
        case .numeric, .date, .binaryEquals, .ipAddress, .null: false
        }
    }
}

extension Span<UInt8> {
    fileprivate var array: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in 0..<count { bytes.append(self[index]) }
        return bytes
    }
}
