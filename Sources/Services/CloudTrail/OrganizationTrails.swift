import CloudTrailAPI
import Directory
import Ledger
import OrganizationsAPI
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
            "Your organization hasn't enabled CloudTrail service access. Call EnableAWSServiceAccess of Organizations"
                + " with cloudtrail.amazonaws.com.")
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

extension Environment {
    /// Gives members that have joined an organization since its trail or event data store was made the role as well.
    func ensureOrganizationRoles() async throws(ServiceError) {
        let stores = lake.stores { $0.organizationID != nil }
        let owners = Set(trails.ofOrganizations.map(\.accountID) + stores.map(\.accountID))
        guard !owners.isEmpty,
            let role = ServiceLinkedRoleCatalog.template(ofService: BucketAccess.service)?.roleName
        else { return }
        for owner in owners.sorted() {
            for account in directory.accounts(managedBy: owner)
            where account.isActive && directory.role(named: role, in: account.id) == nil {
                let now = now()
                try await write(Scope(account: account.id), requestID: "") { (records) throws(ServiceError) in
                    try records.ensureServiceLinkedRole(of: BucketAccess.service, at: now)
                }
            }
        }
    }
}

// MARK: - Delegated administrators

extension ServiceError {
    /// What Organizations says, as CloudTrail says it.
    fileprivate func ofDelegation(_ account: String) -> ServiceError {
        switch code {
        case "AccountNotFoundException":
            CloudTrail.Failure.accountNotFoundException("Account \(account) is not a member of the organization.")
        case "AccountAlreadyRegisteredException":
            CloudTrail.Failure.accountRegisteredException(
                "Account \(account) is already a delegated administrator of CloudTrail.")
        case "AccountNotRegisteredException":
            CloudTrail.Failure.accountNotRegisteredException(
                "Account \(account) is not a delegated administrator of CloudTrail.")
        case "AccessDeniedException", "AccessDenied":
            CloudTrail.Failure.insufficientDependencyServiceAccessPermissionException(message)
        case "ConstraintViolationException": CloudTrail.Failure.conflictException(message)
        default: self
        }
    }
}

extension Call {
    fileprivate func delegationAccess() -> Authorization { .required(Access("cloudtrail:\(operation)", on: "*")) }

    /// What stands in the way of naming an administrator for CloudTrail.
    fileprivate func checkDelegation(of account: String) throws(ServiceError) {
        let organization = try organization()
        guard organization.managementAccountID == accountID else {
            throw CloudTrail.Failure.notOrganizationManagementAccountException(
                "The account is not the management account of its organization.")
        }
        guard organization.trustedServices[BucketAccess.service] != nil else { throw .accessNotEnabled }
        guard account != accountID else {
            throw CloudTrail.Failure.cannotDelegateManagementAccountException(
                "The management account can't be a delegated administrator.")
        }
    }
}

extension CloudTrail.RegisterOrganizationDelegatedAdmin: PreparedWriteOperation {
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-delegated-administrator.html>
    private static let most = 3

    public static func access(_ input: Input, _ call: Call) -> Authorization { call.delegationAccess() }

    /// Whoever calls needs Organizations' permission, too.
    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> PreparedCall<Organizations.RegisterDelegatedAdministrator> {
        try call.checkDelegation(of: input.memberAccountId)
        let others = call.directory.accounts(managedBy: call.accountID).filter {
            $0.id != input.memberAccountId
                && call.directory.organizationAccount($0.id)?.delegatedServices[BucketAccess.service] != nil
        }
        guard others.count < most else {
            throw CloudTrail.Failure.delegatedAdminAccountLimitExceededException(
                "An organization has at most \(most) delegated administrators of CloudTrail.")
        }
        do throws(ServiceError) {
            return try await call.services.prepare(
                Organizations.RegisterDelegatedAdministrator.self,
                Organizations.RegisterDelegatedAdministrator.Input {
                    $0.accountId = input.memberAccountId
                    $0.servicePrincipal = BucketAccess.service
                }, as: .forwarding(BucketAccess.service))
        } catch {
            throw error.ofDelegation(input.memberAccountId)
        }
    }

    public static func handle(
        _ input: Input, _ registration: PreparedCall<Organizations.RegisterDelegatedAdministrator>, _ call: Call,
        _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        do throws(ServiceError) { _ = try registration.complete(in: records) } catch {
            throw error.ofDelegation(input.memberAccountId)
        }
        for service in [BucketAccess.service, Enrichment.service] {
            try records.ensureServiceLinkedRole(of: service, at: call.time)
        }
        return Output()
    }
}

extension CloudTrail.DeregisterOrganizationDelegatedAdmin: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.delegationAccess() }

    public static func prepare(
        _ input: Input, _ call: Call
    ) async throws(ServiceError) -> PreparedCall<Organizations.DeregisterDelegatedAdministrator> {
        try call.checkDelegation(of: input.delegatedAdminAccountId)
        do throws(ServiceError) {
            return try await call.services.prepare(
                Organizations.DeregisterDelegatedAdministrator.self,
                Organizations.DeregisterDelegatedAdministrator.Input {
                    $0.accountId = input.delegatedAdminAccountId
                    $0.servicePrincipal = BucketAccess.service
                }, as: .forwarding(BucketAccess.service))
        } catch {
            throw error.ofDelegation(input.delegatedAdminAccountId)
        }
    }

    public static func handle(
        _ input: Input, _ deregistration: PreparedCall<Organizations.DeregisterDelegatedAdministrator>, _ call: Call,
        _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        do throws(ServiceError) { _ = try deregistration.complete(in: records) } catch {
            throw error.ofDelegation(input.delegatedAdminAccountId)
        }
        return Output()
    }
}
