public import Policy

/// An account's membership in an organization. Immutable, and shared by all accounts of a unit whose own policies are
/// the same.
public final class OrganizationMembership: Sendable {
    /// `o-…`
    public let organizationID: String
    /// The account that owns the organization. No control policy binds it.
    public let managementAccountID: String
    /// `o-…/r-…/ou-…/`, as the condition keys `aws:PrincipalOrgPaths` and `aws:ResourceOrgPaths` have it.
    public let path: String
    /// The service control policies of the root, of each unit below, and of the account, in this order. nil where they
    /// don't bind: the type is not enabled, or it is the management account.
    public let serviceControl: [PolicySet]?
    /// The resource control policies, as `serviceControl`.
    public let resourceControl: [PolicySet]?
    /// The organization's own resource-based policy; nil if it has none.
    public let resourcePolicy: CompiledPolicy?

    init(
        organization: Organization, path: String, serviceControl: [PolicySet]?, resourceControl: [PolicySet]?,
        resourcePolicy: CompiledPolicy?
    ) {
        organizationID = organization.id
        managementAccountID = organization.managementAccountID
        self.path = path
        self.serviceControl = serviceControl
        self.resourceControl = resourceControl
        self.resourcePolicy = resourcePolicy
    }
}
