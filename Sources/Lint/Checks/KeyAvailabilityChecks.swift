import Catalogue
import Policy

// Global keys that requests do not have where the policy relies on them.

extension Checker {
    mutating func checkKeyAvailability(of statement: LooseStatement) {
        for condition in statement.conditions {
            checkRelevance(of: condition)
            checkServices(for: condition, statement)
        }
    }

    /// Requests carry these only when a service makes them for somebody, and neither the policies of identities nor
    /// service control policies govern services (`reference_policies_condition-keys.html`, "Availability").
    private mutating func checkRelevance(of condition: LooseStatement.Condition) {
        guard type == .identity || type == .permissionsBoundary || type == .session || type == .serviceControl,
            let key = Self.keysOfServices.first(where: { condition.isAbout($0) })
        else { return }
        report(
            .irrelevantConditionKeyInPolicy, condition.key.place,
            "Remove \(key), or put the statement into the resource's policy: only requests of AWS services carry it, "
                + "and this type of policy does not govern those.")
    }

    private static let keysOfServices = [
        "aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
    ]

    /// Of these keys AWS says which services send them. A statement about all services reaches the others, too.
    private mutating func checkServices(for condition: LooseStatement.Condition, _ statement: LooseStatement) {
        guard let key = Self.keysOfFewServices.first(where: { condition.isAbout($0) }), let actions = statement.actions,
            actions.isNegated || actions.values.contains(where: { $0.value.isAllWildcard || $0.value == "*:*" })
        else { return }
        report(
            .useConditionKeyOnlyWithSupportedServices, condition.key.place,
            "Name the actions of services that send \(key): most do not, and for those the key is always missing.")
    }

    private static let keysOfFewServices = [
        "aws:SourceVpcArn", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths",
    ]
}
