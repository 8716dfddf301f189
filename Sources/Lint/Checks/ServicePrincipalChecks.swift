import Policy

// AWS's own services as principals: the policy must say on whose behalf they may act.
// AWS: "The confused deputy problem", `confused-deputy.html`.

extension Checker {
    mutating func checkServicePrincipals(of statement: LooseStatement) {
        guard statement.effect == .allow, type == .resource || type == .roleTrust,
            let principals = statement.principals, !principals.isNegated
        else { return }
        let services = principals.entries.filter { $0.kind == "Service" }
        guard let first = services.first else { return }
        if services.count == principals.entries.count { checkKeys(of: statement) }
        guard !statement.hasCondition("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
        else { return }
        if type == .resource {
            report(
                .restrictAccessToServicePrincipal, first.value.place,
                "Anyone's \(first.value.value) could be made to call this: add a condition on aws:SourceArn or "
                    + "aws:SourceAccount.")
        } else if first.value.value != "ec2.amazonaws.com" {
            // EC2 hands a role to an instance and sends no source.
            report(
                .recommendedConditionKeyForServicePrincipal, first.value.place,
                "Add a condition on aws:SourceArn or aws:SourceAccount, where the service sends it, so that it acts for "
                    + "your resources only.")
        }
    }

    /// A service has no account, organization, name or tags of its own.
    private mutating func checkKeys(of statement: LooseStatement) {
        let absent = [
            "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalAccount", "aws:PrincipalArn",
            "aws:PrincipalTag/", "aws:username", "aws:userid",
        ]
        for condition in statement.conditions {
            guard condition.operation?.isNegated == false, condition.operation?.ifExists == false,
                condition.operation?.family != .null, absent.contains(where: { condition.isAbout($0) })
            else { continue }
            report(
                .unsupportedConditionKeyForServicePrincipal, condition.key.place,
                "A service's request never carries \(condition.key.value): use aws:SourceArn, aws:SourceAccount or "
                    + "aws:SourceOrgID.")
        }
    }
}
