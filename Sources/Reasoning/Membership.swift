import Policy

// Whether one request is in a formula's set: what a formula means, with nothing solved. Tests hold it against the engine.

extension Formula {
    /// Whether the formula is true of a request, but for its principal.
    /// - Parameter keys: at least those that variables name.
    func holds(_ request: AuthorizationRequest, _ context: some RequestContext, keys: Set<String>) -> Bool {
        let action = Pattern.text(request.action.lowercasedASCII)
        var bindings: Bindings = [:]
        for key in keys {
            switch context.value(of: ConditionKey(key)) {
            case .one(let text)?: bindings[key] = .text(text)
            case .many?: bindings[key] = .many
            case nil: bindings[key] = .absent
            }
        }
        return holds(action, request.resource, bindings) { context.value(of: ConditionKey($0)) }
    }

    private func holds(
        _ action: Pattern, _ resource: String, _ bindings: Bindings, _ value: (String) -> ContextValue?
    ) -> Bool {
        switch self {
        case .always(let answer): return answer
        case .action(let set, let wanted): return set.patterns.contains { $0.covers(action) } == wanted
        case .resource(let set, let wanted):
            if resource == "*" { return set.matchesNone == wanted }
            let text = Pattern.text(resource)
            return set.patterns.contains { $0.bound(bindings)?.covers(text) ?? false } == wanted
        case .key(let test, let wanted): return test.accepts(value(test.key), bindings) == wanted
        case .all(let parts): return parts.allSatisfy { $0.holds(action, resource, bindings, value) }
        case .any(let parts, _): return parts.contains { $0.holds(action, resource, bindings, value) }
        }
    }
}
