import OrganizationsAPI
public import Platform

extension Service {
    /// AWS Organizations: the operations that are built.
    public static let organizations = Service(
        Organizations.service, eventSource: "organizations.amazonaws.com", operations: coreOperations)

    private static let coreOperations: [any Platform.Operation.Type] = [
        Organizations.CreateOrganization.self, Organizations.DescribeOrganization.self, Organizations.ListRoots.self,
    ]
}
