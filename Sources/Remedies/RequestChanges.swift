import Policy

// What the caller can do about conditions: sign in with a second factor, use TLS, call from elsewhere, send a tag.

extension Steps {
    /// The most statements of one type of policy whose conditions are looked at.
    private static let mostStatements = 4

    /// Statements of a silent type of policy that would allow the request if its conditions were met.
    mutating func meetConditions(of type: PolicyType) {
        var looked = 0
        for policy in policies(of: type) {
            let statements = PolicyEvaluator.explain(
                request, PolicyInputs(identity: [policy]), DictionaryContext(asked.context)
            ).policies.first?.statements
            for (statement, written) in zip(statements ?? [], policy.document.statements)
            where statement.effect == "Allow" && statement.actionMatched && statement.resourceMatched
                && statement.principalMatched && !statement.applies
            {
                guard looked < Self.mostStatements else { return }
                looked += 1
                meet(written, of: policy)
            }
        }
    }

    private func policies(of type: PolicyType) -> [CompiledPolicy] {
        let inputs = asked.inputs
        return switch type {
        case .identity: inputs.identity
        case .resource: [inputs.resource].compactMap { $0 }
        case .roleTrust: [inputs.roleTrust].compactMap { $0 }
        case .permissionsBoundary: inputs.boundaries ?? []
        case .session: inputs.session ?? []
        case .serviceControl: Array((inputs.serviceControl ?? []).joined())
        case .resourceControl: Array((inputs.resourceControl ?? []).joined())
        case .endpoint: inputs.endpoint ?? []
        }
    }

    /// Changes the request until every condition of a statement holds.
    private mutating func meet(_ statement: Statement, of policy: CompiledPolicy) {
        var context = asked.context
        var chosen: [RequestValues] = []
        for index in statement.conditions.indices {
            let look = Look(self, policy, statement.index)
            guard let condition = look.condition(index, context) else { return }
            if condition.matched { continue }
            let tried = RequestValues.candidates(for: condition, of: asked)
                .first { look.condition(index, $0.in(context))?.matched == true }
            guard let tried else { return }
            context = tried.in(context)
            chosen.append(tried)
        }
        guard !chosen.isEmpty, Look(self, policy, statement.index).holds(context) else { return }
        add(chosen, because: statement, of: policy, "allows it then")
    }

    /// Changes the request until one condition of a statement that denies fails.
    mutating func avoid(_ statement: Statement, of policy: CompiledPolicy) {
        let look = Look(self, policy, statement.index)
        for index in statement.conditions.indices {
            guard let condition = look.condition(index, asked.context) else { continue }
            let tried = RequestValues.candidates(for: condition, of: asked)
                .first { look.condition(index, $0.in(asked.context))?.matched == false }
            guard let tried else { continue }
            add([tried], because: statement, of: policy, "does not deny it then")
        }
    }

    /// Looks at the conditions of one statement.
    private struct Look {
        let request: AuthorizationRequest
        let policy: CompiledPolicy
        let index: Int

        init(_ steps: Steps, _ policy: CompiledPolicy, _ index: Int) {
            request = steps.request
            self.policy = policy
            self.index = index
        }

        private func statement(_ context: [String: ContextValue]) -> Trace.Statement? {
            PolicyEvaluator.explain(request, PolicyInputs(identity: [policy]), DictionaryContext(context))
                .policies.first?.statements[safe: index]
        }

        func condition(_ number: Int, _ context: [String: ContextValue]) -> Trace.Condition? {
            statement(context)?.conditions[safe: number]
        }

        func holds(_ context: [String: ContextValue]) -> Bool {
            statement(context)?.conditions.allSatisfy(\.matched) ?? false
        }
    }

    // MARK: The change

    /// Several new values of one request are one change.
    private mutating func add(
        _ tried: [RequestValues], because statement: Statement, of policy: CompiledPolicy, _ effect: String
    ) {
        let words = tried.map { RequestWords($0, of: asked) }
        guard let first = words.first else { return }
        let name = "statement \(statement.index + 1)" + (statement.sid.map { " \"\($0.value)\"" } ?? "")
        let reason = "\(name) of \(policy.source.summary) \(effect)"
        let change = Change(
            first.kind, holder: first.holder, madeBy: first.madeBy,
            title: words.map(\.title).joined(separator: ", and ") + ": \(reason)",
            diff: tried.flatMap { $0.diff(from: asked.context) }, commands: words.flatMap(\.commands),
            alsoAllows: words.flatMap(\.alsoAllows), risks: words.flatMap(\.risks), cost: words.map(\.cost).reduce(0, +)
        )
        let values = tried.flatMap(\.values)
        found.append(Step(change: change) { for (key, value) in values { $0.context[key] = value } })
    }
}
