import Catalogue
import Policy

// The rules of Organizations for service and resource control policies.

extension Checker {
    /// AWS: `orgs_manage_policies_scps_syntax.html`. The page of the checks still wants wildcards at the end only.
    mutating func checkServiceControl(_ statement: LooseStatement) {
        for action in statement.actions?.values ?? [] where action.value.dropLast().hasWildcards {
            report(
                .scpSyntaxErrorActionWildcard, action.place,
                "Write * only at the end of \"\(action.value)\"; list the actions if that takes in too many.")
        }
    }

    /// AWS: `orgs_manage_policies_rcps_syntax.html`.
    mutating func checkResourceControl(_ statement: LooseStatement) {
        if statement.effect == .allow {
            report(.rcpSyntaxErrorAllow, statement.place, "Write Deny: an RCP can only deny.")
        }
        if let actions = statement.actions {
            if actions.isNegated {
                report(.rcpSyntaxErrorNotaction, actions.place, "Write Action instead of NotAction: an RCP has none.")
            }
            for action in actions.values where action.value.isAllWildcard {
                report(.rcpSyntaxErrorAction, action.place, "Name the services: an RCP takes s3:*, but not * alone.")
            }
        }
        checkPerimeter(of: statement)
    }

    /// A perimeter that keeps out other organizations must not keep out AWS's own services.
    private mutating func checkPerimeter(of statement: LooseStatement) {
        func negated(_ keys: String...) -> LooseStatement.Condition? {
            statement.conditions.first { condition in
                condition.operation?.isNegated == true && keys.contains { condition.isAbout($0) }
            }
        }
        let asksForService = statement.hasCondition("aws:PrincipalIsAWSService", "aws:PrincipalServiceName")
        if let condition = negated("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalAccount"),
            !asksForService
        {
            report(
                .rcpMissingRelatedPrincipalConditionKey, condition.key.place,
                "Add BoolIfExists aws:PrincipalIsAWSService false: AWS's services have no \(condition.key.value).")
        }
        if let condition = negated("aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceAccount") {
            if !asksForService {
                report(
                    .rcpMissingRelatedServicePrincipalConditionKey, condition.key.place,
                    "Add Bool aws:PrincipalIsAWSService true: only AWS's services have \(condition.key.value).")
            }
            let checksPresence = statement.conditions.contains { $0.operation?.family == .null }
            if !checksPresence {
                report(
                    .rcpMissingServiceConditionKeyNullCheck, condition.key.place,
                    "Add Null aws:SourceAccount false: a service sends \(condition.key.value) for some calls only.")
            }
        }
    }
}
