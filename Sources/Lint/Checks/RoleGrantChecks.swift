import Catalogue
import Policy

// Statements that allow passing any role, or creating service-linked roles for any service.

extension Checker {
    mutating func checkRoleGrants(of statement: LooseStatement) {
        guard statement.effect == .allow, type == .identity || type == .permissionsBoundary || type == .session,
            let actions = statement.actions
        else { return }
        for grant in Self.grants {
            guard statement.names(grant.action) else { continue }
            let naming = actions.values.first { $0.covers(grant.action) }
            let way: Grant.Way =
                actions.isNegated ? .notAction : naming?.value.hasWildcards == true ? .starInAction : .byName
            let place = naming?.place ?? actions.place
            if let resources = statement.resources, resources.isNegated {
                report(
                    grant.withNotResource(way), place,
                    "\(grant.danger) on all but some resources: name the roles in Resource instead of NotResource.")
            } else if statement.resources?.values.contains(where: Self.isEveryRole) == true,
                !statement.hasCondition(grant.limitingKey)
            {
                report(
                    grant.withStar(way), place,
                    "\(grant.danger) on every role: name the roles in Resource, or add a condition on "
                        + "\(grant.limitingKey).")
            }
        }
    }

    private static func isEveryRole(_ resource: Text) -> Bool {
        if resource.value.isAllWildcard { return true }
        let arn = ARNParts(pattern: resource.value)
        let name = arn.resource.hasPrefix("role/") ? arn.resource.dropFirst("role/".count) : arn.resource[...]
        return arn.service == "iam" && name.isAllWildcard
    }

    /// An action by which a caller gives roles to services.
    private struct Grant {
        enum Way { case byName, starInAction, notAction }

        let action: String
        /// The condition key that narrows the action down to a service.
        let limitingKey: String
        let danger: String
        let withNotResource: @Sendable (Way) -> FindingCode
        let withStar: @Sendable (Way) -> FindingCode
    }

    private static let grants: [Grant] = [
        Grant(
            action: "iam:PassRole", limitingKey: "iam:PassedToService", danger: "This allows iam:PassRole",
            withNotResource: { way in
                switch way {
                case .byName: .passRoleWithNotResource
                case .starInAction: .passRoleWithStarInActionAndNotResource
                case .notAction: .passRoleWithNotActionAndNotResource
                }
            },
            withStar: { way in
                switch way {
                case .byName: .passRoleWithStarInResource
                case .starInAction: .passRoleWithStarInActionAndResource
                case .notAction: .passRoleWithStarInResourceAndNotAction
                }
            }),
        Grant(
            action: "iam:CreateServiceLinkedRole", limitingKey: "iam:AWSServiceName",
            danger: "This allows iam:CreateServiceLinkedRole",
            withNotResource: { way in
                switch way {
                case .byName: .createSLRWithNotResource
                case .starInAction: .createSLRWithStarInActionAndNotResource
                case .notAction: .createSLRWithNotActionAndNotResource
                }
            },
            withStar: { way in
                switch way {
                case .byName: .createSLRWithStarInResource
                case .starInAction: .createSLRWithStarInActionAndResource
                case .notAction: .createSLRWithStarInResourceAndNotAction
                }
            }),
    ]
}
