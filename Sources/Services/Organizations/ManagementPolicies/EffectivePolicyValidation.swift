import Directory

/// What makes an effective policy invalid, so that its service can't apply it.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/invalid-policy-alerts.html>
///
/// AWS documents the code `ELEMENTS_TOO_MANY` and its text; the others have names of their own here. Only backup
/// policies can turn out invalid: for the other types AWS documents no fault for which a single policy would not
/// already be refused.
struct EffectivePolicyFlaw {
    var code: String
    var message: String
    /// `plans/…/rules/…`
    var path: String
    var policyIDs: [String]

    static func all(in policy: EffectivePolicy, _ type: OrganizationPolicyType) -> [EffectivePolicyFlaw] {
        guard type == .backup, let plans = policy.root.member("plans") else { return [] }
        return plans.members.filter { !$0.isEmpty }.flatMap { plan in
            Plan(node: plan, path: "plans/\(plan.name)").flaws
        }
    }

    fileprivate static func missing(_ name: String, in node: EffectiveNode, _ path: String) -> EffectivePolicyFlaw {
        EffectivePolicyFlaw(
            code: "ELEMENT_MISSING", message: "'\(name)' is required", path: path, policyIDs: node.policyIDs)
    }

    fileprivate static func required(_ names: String, in node: EffectiveNode, _ path: String) -> [EffectivePolicyFlaw] {
        names.split(separator: " ").compactMap { name in
            node.member(String(name)).map { !$0.isEmpty } == true ? nil : missing(String(name), in: node, path)
        }
    }
}

/// A plan of a backup policy.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html>
private struct Plan {
    let node: EffectiveNode
    let path: String

    /// <https://docs.aws.amazon.com/aws-backup/latest/devguide/aws-backup-limits.html>
    private static let mostRules = 10
    private static let shortestStartWindow = 60
    /// Days for which a backup stays in cold storage.
    private static let shortestColdStorage = 90

    var flaws: [EffectivePolicyFlaw] {
        var flaws = EffectivePolicyFlaw.required("regions rules selections", in: node, path)
        if let rules = node.member("rules") {
            if rules.members.count > Self.mostRules {
                flaws.append(
                    EffectivePolicyFlaw(
                        code: "ELEMENTS_TOO_MANY",
                        message: "'rules' exceeds the allowed maximum limit \(Self.mostRules)", path: "\(path)/rules",
                        policyIDs: rules.policyIDs))
            }
            for rule in rules.members where !rule.isEmpty {
                flaws += self.flaws(of: rule, "\(path)/rules/\(rule.name)")
            }
        }
        if let selections = node.member("selections"), !selections.isEmpty {
            flaws += self.flaws(ofSelections: selections, "\(path)/selections")
        }
        return flaws
    }

    private func flaws(of rule: EffectiveNode, _ path: String) -> [EffectivePolicyFlaw] {
        var flaws = EffectivePolicyFlaw.required("schedule_expression target_backup_vault_name", in: rule, path)
        if let window = number("start_backup_window_minutes", of: rule), window < Self.shortestStartWindow {
            flaws.append(
                tooSmall("start_backup_window_minutes", Self.shortestStartWindow, rule, path))
        }
        flaws += self.flaws(ofLifecycle: rule.member("lifecycle"), "\(path)/lifecycle")
        for copy in rule.member("copy_actions")?.members ?? [] {
            flaws += self.flaws(ofLifecycle: copy.member("lifecycle"), "\(path)/copy_actions/\(copy.name)/lifecycle")
        }
        return flaws
    }

    private func flaws(ofLifecycle lifecycle: EffectiveNode?, _ path: String) -> [EffectivePolicyFlaw] {
        guard let lifecycle, let cold = number("move_to_cold_storage_after_days", of: lifecycle),
            let end = number("delete_after_days", of: lifecycle), end >= 0, end < cold + Self.shortestColdStorage
        else { return [] }
        return [tooSmall("delete_after_days", cold + Self.shortestColdStorage, lifecycle, path)]
    }

    private func flaws(ofSelections selections: EffectiveNode, _ path: String) -> [EffectivePolicyFlaw] {
        let tags = selections.member("tags")
        let resources = selections.member("resources")
        if let tags, let resources, !tags.isEmpty, !resources.isEmpty {
            return [
                EffectivePolicyFlaw(
                    code: "ELEMENTS_MUTUALLY_EXCLUSIVE", message: "'tags' and 'resources' exclude each other",
                    path: path, policyIDs: selections.policyIDs)
            ]
        }
        var flaws: [EffectivePolicyFlaw] = []
        for selection in tags?.members ?? [] where !selection.isEmpty {
            flaws += EffectivePolicyFlaw.required(
                "iam_role_arn tag_key tag_value", in: selection, "\(path)/tags/\(selection.name)")
        }
        for selection in resources?.members ?? [] where !selection.isEmpty {
            flaws += EffectivePolicyFlaw.required(
                "iam_role_arn resource_types", in: selection, "\(path)/resources/\(selection.name)")
        }
        return flaws
    }

    /// A whole number of days or minutes, within what a calendar has.
    private func number(_ name: String, of node: EffectiveNode) -> Int? {
        guard case .one(let text) = node.member(name)?.value, let number = Int(text) else { return nil }
        return min(max(number, -1), 1_000_000)
    }

    private func tooSmall(
        _ name: String, _ least: Int, _ node: EffectiveNode, _ path: String
    ) -> EffectivePolicyFlaw {
        EffectivePolicyFlaw(
            code: "VALUE_TOO_SMALL", message: "'\(name)' is less than the allowed minimum \(least)",
            path: "\(path)/\(name)", policyIDs: node.member(name)?.policyIDs ?? node.policyIDs)
    }
}
