import Policy

// Conditions on a resource's tags, with actions of services that do not provide them.

extension Checker {
    mutating func checkTagConditions(of statement: LooseStatement) {
        guard let actions = statement.actions, let effect = statement.effect else { return }
        for condition in statement.conditions where condition.isAbout("aws:ResourceTag/") {
            guard let operation = condition.operation, operation.family != .null, !operation.isNegated,
                !operation.ifExists
            else { continue }
            if actions.isNegated {
                let code: FindingCode =
                    effect == .allow
                    ? .allowNotactionWithUnsupportedTagConditionKeyForService
                    : .denyNotactionWithUnsupportedTagConditionKeyForService
                report(
                    code, condition.key.place,
                    "Name the actions instead of NotAction: many services do not tell aws:ResourceTag, and for those "
                        + "the statement does nothing.")
                continue
            }
            let silent = servicesWithoutTags(of: actions)
            guard !silent.isEmpty else { continue }
            let code: FindingCode =
                effect == .allow
                ? .allowWithUnsupportedTagConditionKeyForService : .denyWithUnsupportedTagConditionKeyForService
            report(
                code, condition.key.place,
                "Put the actions of \(silent.joined(separator: ", ")) into a statement without aws:ResourceTag: no "
                    + "resource there tells its tags, so this \(effect == .allow ? "allows" : "denies") none of them.")
        }
    }

    /// The services none of whose resources know `aws:ResourceTag`, of those that the actions name.
    private func servicesWithoutTags(of actions: LooseStatement.Patterns) -> [String] {
        let prefixes = Set(actions.values.map { $0.value.prefix { $0 != ":" }.lowercased() })
        return prefixes.sorted().filter { prefix in
            guard catalogue.hasService(prefix), let service = catalogue.service(prefix) else { return false }
            return service.conditionKey("aws:ResourceTag/") == nil
        }
    }
}
