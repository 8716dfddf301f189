import CloudTrailAPI
import Directory
import Platform
import Wire

// Trails of an organization: its management account has them, and a delegated administrator may act for it.
// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html>

extension Call {
    /// Whether the caller's account may change its organization's trails.
    var isTrailAdministrator: Bool {
        guard let organization = directory.organization(ofAccount: accountID) else { return false }
        return organization.managementAccountID == accountID
            || directory.organizationAccount(accountID)?.delegatedServices[BucketAccess.service] != nil
    }

    /// The account that a new trail is in, and the organization whose trail it is.
    /// - Throws: what stands in the way of a trail for the organization.
    func owner(
        ofOrganizationTrail isOfOrganization: Bool
    ) throws(ServiceError) -> (account: String, organizationID: String?) {
        guard isOfOrganization else { return (accountID, nil) }
        let organization = try organization()
        guard isTrailAdministrator else { throw .notManagementAccount }
        guard organization.trustedServices[BucketAccess.service] != nil else { throw .accessNotEnabled }
        return (organization.managementAccountID, organization.id)
    }

    /// - Throws: OrganizationsNotInUseException, OrganizationNotInAllFeaturesModeException.
    func organization() throws(ServiceError) -> Organization {
        guard let organization = directory.organization(ofAccount: accountID) else {
            throw CloudTrail.Failure.organizationsNotInUseException(
                "The account is not a member of an organization.")
        }
        guard organization.featureSet == .all else {
            throw CloudTrail.Failure.organizationNotInAllFeaturesModeException(
                "All features must be enabled in the organization.")
        }
        return organization
    }
}

extension ServiceError {
    static var accessNotEnabled: ServiceError {
        CloudTrail.Failure.cloudTrailAccessNotEnabledException(
            "Trusted access of CloudTrail is not enabled in the organization. Call EnableAWSServiceAccess of"
                + " Organizations with cloudtrail.amazonaws.com.")
    }
}

extension MutableRecords {
    /// Gives the management account and all members the role by which CloudTrail works with the organization.
    func ensureOrganizationRoles(_ call: Call) throws(ServiceError) {
        for account in call.directory.accounts(managedBy: scope.account) where account.isActive {
            try of(account: account.id).ensureServiceLinkedRole(of: BucketAccess.service, at: call.time)
        }
        try ensureServiceLinkedRole(of: BucketAccess.service, at: call.time)
    }
}
