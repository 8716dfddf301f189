// Which accounts are in which organization, and what binds them there. Each of these costs a few dictionary reads under
// the lock.

extension IdentityDirectory {
    /// The organization that an account is in, whether as a member or as its management account.
    public func organization(ofAccount id: String) -> Organization? {
        withOrganizations { $0.organization(ofAccount: id) }
    }

    /// The place of an account in its organization; nil when it is in none.
    public func organizationAccount(_ id: String) -> OrganizationAccount? {
        withOrganizations { $0.accounts[id] }
    }

    /// The unit of that id, `ou-…`, in whichever organization; nil for a root.
    public func organizationalUnit(_ id: String) -> OrganizationalUnit? {
        withOrganizations { $0.units[id] }
    }

    /// The containers of an account, from its organization's root down to the unit that it is in; empty when it is in
    /// no organization.
    public func containers(ofAccount id: String) -> [String] {
        withOrganizations { $0.containers(ofAccount: id) }
    }

    /// A policy of an organization; without its content unless it is a service or resource control policy, or one for S3.
    public func organizationPolicy(_ id: String) -> OrganizationPolicy? {
        withOrganizations { $0.policies[id] }
    }

    /// The resource-based policy of an organization.
    public func resourcePolicy(ofOrganization id: String) -> OrganizationResourcePolicy? {
        withOrganizations { $0.resourcePolicies[id] }
    }

    /// An account's membership in its organization: where it is, and which policies bind it. nil when it is in none.
    public func membership(ofAccount id: String) -> OrganizationMembership? {
        withOrganizations { $0.membership(ofAccount: id) }
    }

    /// What the S3 policies of an account's organization say of public access to its buckets; nil: nothing, or it is in none.
    public func publicAccess(ofAccount id: String) -> OrganizationPublicAccess? {
        withOrganizations { $0.publicAccess(ofAccount: id) }
    }
}
