import Directory
import Platform
import Policy

/// What the organization's resource-based policy delegates to member accounts.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html>
struct Delegation: Sendable {
    /// The organization's resource-based policy, which decides this call.
    let policy: CompiledPolicy
    /// Whose organization it is.
    let managementAccountID: String

    /// The operations that it can delegate to them.
    static let operations = words(
        """
        AttachPolicy CreatePolicy DeletePolicy DescribeAccount DescribeCreateAccountStatus DescribeEffectivePolicy \
        DescribeHandshake DescribeOrganization DescribeOrganizationalUnit DescribePolicy DescribeResourcePolicy \
        DetachPolicy DisablePolicyType EnablePolicyType ListAccounts ListAccountsForParent \
        ListAccountsWithInvalidEffectivePolicy ListAWSServiceAccessForOrganization ListChildren \
        ListCreateAccountStatus ListDelegatedAdministrators ListDelegatedServicesForAccount \
        ListEffectivePolicyValidationErrors ListHandshakesForAccount ListHandshakesForOrganization \
        ListOrganizationalUnitsForParent ListParents ListPolicies ListPoliciesForTarget ListRoots \
        ListTagsForResource ListTargetsForPolicy TagResource UntagResource UpdatePolicy
        """)

    /// Those of them that every member account may call, so that nothing need be delegated.
    fileprivate static let openToAll = words("DescribeHandshake DescribeOrganization ListHandshakesForAccount")

    private static func words(_ text: String) -> Set<String> {
        Set(text.split(separator: " ").map(String.init))
    }
}

extension Call {
    /// The organization's resource-based policy and the account that it belongs to, where it decides this call: a
    /// member account's call of an operation that can be delegated. What a delegated administrator of an AWS service
    /// may read anyway does not depend on the policy.
    var delegation: Delegation? {
        guard Delegation.operations.contains(operation), !Delegation.openToAll.contains(operation),
            let membership = directory.membership(ofAccount: accountID),
            membership.managementAccountID != accountID, let policy = membership.resourcePolicy
        else { return nil }
        let isReading = operation.hasPrefix("Describe") || operation.hasPrefix("List")
        if isReading, directory.organizationAccount(accountID)?.delegatedServices.isEmpty == false { return nil }
        return Delegation(policy: policy, managementAccountID: membership.managementAccountID)
    }
}
