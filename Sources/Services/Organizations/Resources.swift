import Directory
import OrganizationsAPI
import Platform
import Policy

// The ARNs of Organizations' resources, and which of them a request is about, for its authorisation. All of them belong
// to the management account.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html>

extension Organization {
    var arn: String { "arn:aws:organizations::\(managementAccountID):organization/\(id)" }

    func arn(_ type: String, _ resource: String) -> String {
        "arn:aws:organizations::\(managementAccountID):\(type)/\(id)/\(resource)"
    }

    func arn(account: String) -> String { arn("account", account) }

    /// The ARN of a root, unit or account by its id.
    func arn(target: String) -> String {
        if target.hasPrefix("r-") { return arn("root", target) }
        return arn(target.hasPrefix("ou-") ? "ou" : "account", target)
    }
}

extension Call {
    /// An operation that AWS asks for on every resource.
    func accessOnAll(_ context: [String: ContextValue] = [:]) -> Authorization {
        .required(need(on: "*", context))
    }

    func need(on resource: String, _ context: [String: ContextValue] = [:]) -> Access {
        var access = Access("\(service):\(operation)", on: resource, context: context)
        if let delegation {
            access.learnt = delegation
        } else {
            // Only a delegation makes it a request across accounts. A caller who needs none is checked for its own
            // permission alone; for the rest, `OwnOrganization` says who may.
            access.resourceAccount = accountID
            if let owner = ARN(parsing: resource)?.account, owner != "aws", access.context["aws:resourceaccount"] == nil
            {
                access.context["aws:resourceaccount"] = .one(owner)
            }
        }
        return access
    }

    /// The access to a root, unit or account by its id. Outside an organization there is no such resource.
    func need(target: String, _ context: [String: ContextValue] = [:]) -> Access {
        guard let organization = directory.organization(ofAccount: accountID) else { return need(on: "*", context) }
        let tags: [Tag]? =
            if target == organization.rootID {
                organization.rootTags
            } else if target.hasPrefix("ou-") {
                directory.organizationalUnit(target).flatMap { $0.organizationID == organization.id ? $0.tags : nil }
            } else {
                directory.organizationAccount(target).flatMap { $0.organizationID == organization.id ? $0.tags : nil }
            }
        let keys = ConditionKeys.resourceTags(tags ?? [], service: "organizations")
        return need(on: organization.arn(target: target), keys.merging(context) { $1 })
    }
}

extension ResourceType {
    /// The one resource-based policy of an organization, for everything in it and for operations without a resource.
    static let ofOrganization = ResourceType("organizations", "") { access, _, _ in
        guard let delegation = access.learnt as? Delegation else { return nil }
        return Resource(owner: delegation.managementAccountID, policy: delegation.policy)
    }
}
