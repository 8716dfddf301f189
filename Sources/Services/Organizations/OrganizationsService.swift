import Directory
import OrganizationsAPI
public import Platform
import Wire

extension Metric {
    fileprivate static let accounts = gauge(
        "gatehouse_organizations_accounts", "Accounts, in an organization or not, by state.", label: "state"
    ) { environment in
        environment.directory.accountCounts.map { (label: $0.key.rawValue, value: $0.value) }
    }
}

extension ServiceModule {
    /// AWS Organizations.
    public static let organizations = ServiceModule(
        Organizations.self, isGlobal: true,
        operations: organizationOperations + accountOperations + serviceOperations + policyOperations
            + transferOperations,
        validation: organizationsValidation,
        records: [
            Organization.self, OrganizationalUnit.self, OrganizationAccount.self, OrganizationPolicy.self,
            OrganizationResourcePolicy.self, AccountRequest.self, Handshake.self, ResponsibilityTransfer.self,
        ],
        resourceTypes: [.ofOrganization], configuredResources: [.organizationalUnit],
        auditedResources: [.auditedMembership],
        jobs: [MakeAccount.self, CloseAccount.self, ForgetClosedAccount.self, ForgetHandshakes.self],
        begin: { (environment) async throws(ServiceError) in try await scheduleWhatIsLeft(environment) },
        quotas: Quota.ofOrganizations, samples: organizationsSamples, metrics: [.accounts])

    private static let organizationOperations: [any Platform.Operation.Type] = [
        Organizations.CreateOrganization.self, Organizations.DescribeOrganization.self,
        Organizations.DeleteOrganization.self, Organizations.EnableAllFeatures.self, Organizations.ListRoots.self,
        Organizations.CreateOrganizationalUnit.self, Organizations.DescribeOrganizationalUnit.self,
        Organizations.UpdateOrganizationalUnit.self, Organizations.DeleteOrganizationalUnit.self,
        Organizations.ListOrganizationalUnitsForParent.self, Organizations.ListParents.self,
        Organizations.ListChildren.self, Organizations.TagResource.self, Organizations.UntagResource.self,
        Organizations.ListTagsForResource.self,
    ]

    private static let accountOperations: [any Platform.Operation.Type] = [
        Organizations.CreateAccount.self, Organizations.CreateGovCloudAccount.self,
        Organizations.DescribeCreateAccountStatus.self, Organizations.ListCreateAccountStatus.self,
        Organizations.DescribeAccount.self, Organizations.ListAccounts.self,
        Organizations.ListAccountsForParent.self, Organizations.MoveAccount.self,
        Organizations.RemoveAccountFromOrganization.self, Organizations.LeaveOrganization.self,
        Organizations.CloseAccount.self, Organizations.InviteAccountToOrganization.self,
        Organizations.AcceptHandshake.self, Organizations.DeclineHandshake.self,
        Organizations.CancelHandshake.self, Organizations.DescribeHandshake.self,
        Organizations.ListHandshakesForAccount.self, Organizations.ListHandshakesForOrganization.self,
    ]

    private static let serviceOperations: [any Platform.Operation.Type] = [
        Organizations.EnableAWSServiceAccess.self, Organizations.DisableAWSServiceAccess.self,
        Organizations.ListAWSServiceAccessForOrganization.self, Organizations.RegisterDelegatedAdministrator.self,
        Organizations.DeregisterDelegatedAdministrator.self, Organizations.ListDelegatedAdministrators.self,
        Organizations.ListDelegatedServicesForAccount.self,
    ]

    private static let transferOperations: [any Platform.Operation.Type] = [
        Organizations.InviteOrganizationToTransferResponsibility.self,
        Organizations.DescribeResponsibilityTransfer.self, Organizations.UpdateResponsibilityTransfer.self,
        Organizations.TerminateResponsibilityTransfer.self, Organizations.ListInboundResponsibilityTransfers.self,
        Organizations.ListOutboundResponsibilityTransfers.self,
    ]

    private static let policyOperations: [any Platform.Operation.Type] = [
        Organizations.CreatePolicy.self, Organizations.UpdatePolicy.self, Organizations.DeletePolicy.self,
        Organizations.DescribePolicy.self, Organizations.ListPolicies.self,
        Organizations.AttachPolicy.self, Organizations.DetachPolicy.self, Organizations.ListPoliciesForTarget.self,
        Organizations.ListTargetsForPolicy.self, Organizations.EnablePolicyType.self,
        Organizations.DisablePolicyType.self,
        Organizations.PutResourcePolicy.self, Organizations.DescribeResourcePolicy.self,
        Organizations.DeleteResourcePolicy.self,
        Organizations.DescribeEffectivePolicy.self, Organizations.ListEffectivePolicyValidationErrors.self,
        Organizations.ListAccountsWithInvalidEffectivePolicy.self,
    ]
}
