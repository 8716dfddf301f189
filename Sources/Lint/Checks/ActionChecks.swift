import Catalogue
import Policy

// Whether the actions exist, and belong in this type of policy.

extension Checker {
    mutating func checkActions(_ actions: LooseStatement.Patterns) {
        for action in actions.values { checkAction(action) }
    }

    private mutating func checkAction(_ action: Text) {
        let text = action.value
        // The check of variables reports these.
        if text.contains("${") { return }
        if text.isAllWildcard {
            checkPlacement(of: action, service: "*")
            return
        }
        guard let colon = text.firstIndex(of: ":") else {
            report(
                .invalidAction, action.place,
                "\"\(text)\" lacks the prefix of its service: write an action as service:Name.")
            return
        }
        let prefix = String(text[..<colon])
        let name = String(text[text.index(after: colon)...])
        guard !prefix.hasWildcards else {
            report(
                .wildcardInServiceName, action.place,
                "\"\(text)\" takes in every service of such a name, later ones too: name the services one by one.")
            return
        }
        guard catalogue.hasService(prefix), let service = catalogue.service(prefix) else {
            let advice = suggestion { $0.nearestPrefix(to: prefix).map { "\($0):\(name)" } }
            report(.invalidServiceInAction, action.place, "There is no service \"\(prefix)\"\(advice)")
            return
        }
        guard !service.actions(matching: name).isEmpty else {
            let message =
                name.hasWildcards
                ? "No action of \(service.prefix) matches \"\(text)\": correct the pattern or remove it."
                : "There is no action \"\(text)\""
                    + suggestion { _ in service.nearestAction(to: name).map { "\(service.prefix):\($0)" } }
            report(.invalidAction, action.place, message)
            return
        }
        checkPlacement(of: action, service: service.prefix)
    }

    /// Whether a policy of this type, on this resource, can name actions of this service.
    private mutating func checkPlacement(of action: Text, service: String) {
        if type == .roleTrust {
            guard !Self.assumingActions.contains(where: { action.covers($0) }) else { return }
            report(
                .unsupportedActionInPolicy, action.place,
                "\"\(action.value)\" does nothing in a role trust policy: name sts:AssumeRole or one of its kin.")
        } else if type == .resource, let attachedService, service != "*", service != attachedService {
            report(
                .unsupportedActionInPolicy, action.place,
                "\"\(action.value)\" never concerns a resource of \(attachedService): name an action of that service.")
        }
    }

    /// What a role trust policy can allow.
    static let assumingActions = [
        "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity",
        "sts:TagSession", "sts:SetContext",
    ]
}

extension Text {
    /// Whether this pattern of actions takes in `action`.
    func covers(_ action: String) -> Bool { Wildcards(value, ignoringCase: true).matches(action) }
}

extension LooseStatement {
    /// Whether the statement is about `action`.
    func names(_ action: String) -> Bool {
        guard let actions else { return false }
        return actions.values.contains { $0.covers(action) } != actions.isNegated
    }
}
