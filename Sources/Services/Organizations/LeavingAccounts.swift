import Directory
import OrganizationsAPI
import Platform
import Wire

// How accounts leave an organization, and how they end.
// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_remove.html>

extension OwnOrganization<MutableRecords> {
    /// Turns a member into a standalone account: no policy of the organization binds it any more, and its tags are
    /// gone.
    fileprivate func remove(_ id: String) throws(ServiceError) {
        guard id != managementAccountID else {
            throw .organizations(
                .masterCannotLeaveOrganizationException,
                "You can't remove the management account from an organization: delete the organization instead.")
        }
        var (account, place) = try member(id)
        guard place.delegatedServices.isEmpty else {
            throw .constraintViolation(
                "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
                "You can't remove an account that is registered as a delegated administrator for a service "
                    + "integrated with your organization. Deregister it first.")
        }
        guard account.isActive else {
            throw .constraintViolation(
                "ACCOUNT_CANNOT_LEAVE_ORGANIZATION", "You can't remove an account that is suspended or closed.")
        }
        let wait = Double(call.quotas[.daysBeforeLeaving]) * 24 * 3600
        guard place.joinedMethod == .invited || call.time >= account.createDate + wait else {
            throw .constraintViolation(
                "WAIT_PERIOD_ACTIVE",
                "This operation requires a wait period: an account that Organizations created can leave "
                    + "\(call.quotas[.daysBeforeLeaving]) days after its creation.")
        }
        account.managementAccountID = nil
        try records.of(account: id).put(account)
        try records.delete(place)
        try memberHasLeft(id)
    }
}

extension Organizations.RemoveAccountFromOrganization: WriteOperation, OnAccount {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.organization(call, for: .managementAccount).remove(input.accountId)
        return Output()
    }
}

extension Organizations.LeaveOrganization: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.organization(call, for: .everyMember).remove(call.accountID)
        return Output()
    }
}

/// Closing goes on in the background: see `CloseAccount` in Jobs.swift.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html>
extension Organizations.CloseAccount: WriteOperation, OnAccount {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        guard input.accountId != own.managementAccountID else {
            throw .constraintViolation(
                "CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You attempted to close the management account.")
        }
        var account = try own.member(input.accountId).account
        guard own.organization.featureSet == .all else { throw .notAllFeatures }
        switch account.state {
        case .active, .pendingActivation: break
        case .pendingClosure, .closed, .suspended:
            throw .organizations(
                .accountAlreadyClosedException, "You attempted to close an account that is already closed.")
        }
        try checkQuota(own, call)
        account.state = .pendingClosure
        account.closeDate = call.time
        let member = own.records.of(account: account.id)
        try member.put(account)
        try member.schedule(CloseAccount(), id: account.id, at: call.time)
        return Output()
    }

    private static let mostAtOnce = 3

    /// Within 30 days 250 accounts or a fifth of all, whichever is greater, may be closed, but no more than 1,000.
    private static func checkQuota(
        _ own: OwnOrganization<MutableRecords>, _ call: Call
    ) throws(ServiceError) {
        let accounts = call.directory.accounts(managedBy: own.managementAccountID)
        guard accounts.count(where: { $0.state == .pendingClosure }) < mostAtOnce else {
            throw .constraintViolation(
                "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
                "You attempted to exceed the number of accounts that you can close at a time.")
        }
        let month = call.time - 30 * 24 * 3600
        let closed = accounts.count { $0.closeDate.map { $0 > month } ?? false }
        guard closed < min(max(250, accounts.count / 5), 1000) else {
            throw .constraintViolation(
                "CLOSE_ACCOUNT_QUOTA_EXCEEDED", "You have exceeded close account quota for the past 30 days.")
        }
    }
}
