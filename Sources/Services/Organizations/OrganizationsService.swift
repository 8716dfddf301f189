import OrganizationsAPI
public import Platform

extension Service {
    /// AWS Organizations: the operations that are built.
    public static let organizations = Service(
        Organizations.service, eventSource: "organizations.amazonaws.com", operations: coreOperations + policyOperations
    )

    private static let coreOperations: [any Platform.Operation.Type] = [
        Organizations.CreateOrganization.self, Organizations.DescribeOrganization.self, Organizations.ListRoots.self,
    ]

    private static let policyOperations: [any Platform.Operation.Type] = [
        Organizations.CreatePolicy.self, Organizations.UpdatePolicy.self, Organizations.DeletePolicy.self,
        Organizations.DescribePolicy.self, Organizations.ListPolicies.self,
        Organizations.AttachPolicy.self, Organizations.DetachPolicy.self, Organizations.ListPoliciesForTarget.self,
        Organizations.ListTargetsForPolicy.self, Organizations.EnablePolicyType.self,
        Organizations.DisablePolicyType.self,
        Organizations.PutResourcePolicy.self, Organizations.DescribeResourcePolicy.self,
        Organizations.DeleteResourcePolicy.self,
    ]
}
