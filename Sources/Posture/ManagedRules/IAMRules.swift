import Platform
import Wire

/// Rules about users, groups, roles and policies, by their configuration items.
/// <https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html>
package enum IAMRules {
    package static let all: [String: ManagedRule.Evaluation] = [
        "IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS": .item(customerPolicyBlockedKMSActions),
        "IAM_GROUP_HAS_USERS_CHECK": .item(groupHasUsers),
        "IAM_INLINE_POLICY_BLOCKED_KMS_ACTIONS": .item(inlinePolicyBlockedKMSActions),
        "IAM_NO_INLINE_POLICY_CHECK": .item(noInlinePolicy),
        "IAM_POLICY_BLACKLISTED_CHECK": .item(policyBlacklisted),
        "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS": .item(noAdminAccess),
        "IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS": .item(noFullAccess),
        "IAM_ROLE_MANAGED_POLICY_CHECK": .item(roleManagedPolicy),
        "IAM_USER_GROUP_MEMBERSHIP_CHECK": .item(userGroupMembership),
        "IAM_USER_NO_POLICIES_CHECK": .item(userNoPolicies),
    ]

    // MARK: What items say

    private static func attached(_ item: ConfigurationItem) -> [String] {
        (item.configuration["attachedManagedPolicies"]?.elements ?? []).compactMap { $0["policyArn"]?.text }
    }

    private static func inline(_ item: ConfigurationItem) -> [JSONValue] {
        ["userPolicyList", "groupPolicyList", "rolePolicyList"].flatMap { item.configuration[$0]?.elements ?? [] }
    }

    private static func isBoundary(_ item: ConfigurationItem) -> Bool {
        (item.configuration["permissionsBoundaryUsageCount"]?.number ?? 0) > 0
    }

    /// The version that counts.
    private static func document(_ item: ConfigurationItem) -> ReadPolicy? {
        let versions = item.configuration["policyVersionList"]?.elements ?? []
        return ReadPolicy(versions.first { $0["isDefaultVersion"]?.isTrue == true }?["document"]?.text)
    }

    // MARK: Policies

    private static func noAdminAccess(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        if parameters.flag("excludePermissionBoundaryPolicy") == true, isBoundary(item) { return .notApplicable }
        let isAdmin = document(item)?.statements.contains { statement in
            statement.isAllow && statement.resources.contains("*")
                && statement.actions.contains { $0 == "*" || $0 == "*:*" }
        }
        return .when(isAdmin != true, otherwise: "The policy allows all actions on all resources.")
    }

    private static func noFullAccess(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        if parameters.flag("excludePermissionBoundaryPolicy") == true, isBoundary(item) { return .notApplicable }
        let action = document(item)?.statements.filter(\.isAllow).flatMap(\.actions).first { action in
            action == "*" || action.hasSuffix(":*")
        }
        return .when(action == nil, otherwise: action.map { "The policy allows all actions of a service: \($0)." })
    }

    /// A key of an account and a Region that there are not: what is about it is about all keys.
    private static let anyKey = "arn:aws:kms:xx-nowhere-0:000000000000:key/00000000-0000-0000-0000-000000000000"

    private static func blocked(_ policy: ReadPolicy?, _ patterns: [String]) -> String? {
        for statement in policy?.statements ?? [] where statement.isAllow {
            let isOfAllKeys =
                statement.resources.contains { RulePattern.matches($0, anyKey) }
                || !statement.notResources.isEmpty
                    && !statement.notResources.contains { RulePattern.matches($0, anyKey) }
            guard isOfAllKeys else { continue }
            for pattern in patterns {
                if statement.actions.contains(where: { RulePattern.overlap($0, pattern) }) { return pattern }
                if !statement.notActions.isEmpty,
                    !statement.notActions.contains(where: { RulePattern.matches($0, pattern) })
                {
                    return pattern
                }
            }
        }
        return nil
    }

    private static func customerPolicyBlockedKMSActions(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        if parameters.flag("excludePermissionBoundaryPolicy") == true, isBoundary(item) { return .notApplicable }
        let found = blocked(document(item), parameters.list("blockedActionsPatterns"))
        return .when(found == nil, otherwise: found.map { "The policy allows \($0) on all keys." })
    }

    private static func inlinePolicyBlockedKMSActions(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        if parameters.flag("excludeRoleByManagementAccount") == true, item.resourceType == "AWS::IAM::Role",
            let trust = ReadPolicy(item.configuration["assumeRolePolicyDocument"]?.text),
            trust.statements.contains(where: { $0.principal?["Service"] == nil && $0.isOfEverybody })
        {
            return .notApplicable
        }
        let patterns = parameters.list("blockedActionsPatterns")
        let policies = inline(item)
        guard !policies.isEmpty else { return .notApplicable }
        for policy in policies {
            if let found = blocked(ReadPolicy(policy["policyDocument"]?.text), patterns) {
                return .nonCompliant(
                    "The inline policy \(policy["policyName"]?.text ?? "") allows \(found) on all keys.")
            }
        }
        return .compliant
    }

    // MARK: Identities

    private static func groupHasUsers(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        .when(item.relationships.contains { $0.resourceType == "AWS::IAM::User" }, otherwise: "The group has no users.")
    }

    private static func noInlinePolicy(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        .when(inline(item).isEmpty, otherwise: "There are inline policies.")
    }

    private static func userNoPolicies(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        .when(inline(item).isEmpty && attached(item).isEmpty, otherwise: "The user has policies of its own.")
    }

    private static func userGroupMembership(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let groups = (item.configuration["groupList"] ?? .null).texts
        let wanted = parameters.list("groupNames")
        guard !wanted.isEmpty else { return .when(!groups.isEmpty, otherwise: "The user is in no group.") }
        let missing = wanted.first { !groups.contains($0) }
        return .when(missing == nil, otherwise: missing.map { "The user is not in the group \($0)." })
    }

    private static func roleManagedPolicy(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let attached = attached(item)
        let missing = parameters.list("managedPolicyArns").first { !attached.contains($0) }
        return .when(missing == nil, otherwise: missing.map { "The policy \($0) is not attached." })
    }

    private static func policyBlacklisted(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let kind = item.resourceType.split(separator: ":").last.map { $0.lowercased() + "s" } ?? ""
        if exceptions(parameters["exceptionList"], kind).contains(item.resourceName ?? "") { return .notApplicable }
        let blacklisted = parameters.list("policyArns")
        let found = attached(item).first { blacklisted.contains($0) }
        return .when(found == nil, otherwise: found.map { "The policy \($0) is attached." })
    }

    /// `users:[user1;user2], groups:[group1], roles:[role1]`
    private static func exceptions(_ text: String?, _ kind: String) -> [String] {
        for part in (text ?? "").split(separator: ",") {
            let halves = part.split(separator: ":", maxSplits: 1)
            guard halves.count == 2, halves[0].filter({ $0 != " " }).lowercased() == kind else { continue }
            return halves[1].split { "[]; ".contains($0) }.map { String($0) }
        }
        return []
    }
}
