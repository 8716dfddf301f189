import AccountAPI
import Directory
import Platform
import Policy
import Wire

/// The account that a request is about, and the caller's relation to it.
struct Target {
    let accountID: String
    let arn: String
    /// Condition keys that come with an account of an organization.
    let context: [String: ContextValue]
}

/// An operation on the account that its input names, or the caller's own, which asks for its own action on it.
protocol OnAccount: Operation where InputFields: AccountManagement.MayHaveAccountId {
    /// The condition keys that the request brings.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnAccount {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access(on: input.accountId, keys(input))
    }
}

extension Call {
    /// The operation's own action on the account that a request names, or the caller's own.
    func access(
        on accountID: String?, _ context: [String: ContextValue] = [:]
    ) throws(ServiceError) -> Authorization {
        let target = try target(accountID)
        // A member's ARN has the management account's number, but there is no resource-based policy: a delegated
        // administrator is allowed by its own policies.
        return .required(
            Access(
                "account:\(operation)", on: target.arn, resourceAccount: self.accountID,
                context: target.context.merging(context) { $1 }))
    }

    /// Another account than the caller's own may be named by the management account of its organization, and by the
    /// delegated administrator for Account Management, while the organization has all features and gives the service
    /// trusted access. The management account itself is only ever managed from within, without naming it.
    /// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-api-trusted-access.html>
    /// - Throws: AccessDenied; AWS gives the reason in one case alone.
    func target(_ accountID: String?) throws(ServiceError) -> Target {
        guard let accountID else {
            return Target(accountID: self.accountID, arn: "arn:aws:account::\(self.accountID):account", context: [:])
        }
        guard let organization = directory.organization(ofAccount: self.accountID), isAdministrator(organization) else {
            throw refused()
        }
        guard accountID != organization.managementAccountID else {
            throw refused(
                " (The management account can only be managed using the standalone context from the management account.)"
            )
        }
        guard let member = directory.organizationAccount(accountID), member.organizationID == organization.id,
            let membership = directory.membership(ofAccount: accountID)
        else { throw refused() }
        var context: [String: ContextValue] = ["account:accountresourceorgpaths": .many([membership.path])]
        for tag in member.tags {
            context["account:accountresourceorgtags/\(ConditionKeys.folded(tag.key))"] = .one(tag.value)
        }
        return Target(
            accountID: accountID,
            arn: "arn:aws:account::\(organization.managementAccountID):account/\(organization.id)/\(accountID)",
            context: context)
    }

    private func isAdministrator(_ organization: Organization) -> Bool {
        let service = "account.amazonaws.com"
        guard organization.featureSet == .all, organization.trustedServices[service] != nil else { return false }
        if accountID == organization.managementAccountID { return true }
        return directory.organizationAccount(accountID)?.delegatedServices[service] != nil
    }

    private func refused(_ reason: String = "") -> ServiceError {
        .accessDenied("User: \(caller.arn) is not authorized to perform: account:\(operation)\(reason)")
    }
}
