import Platform

/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
extension Quota {
    static let accountsPerOrganization = Quota("AccountsPerOrganization", 10)
    static let organizationalUnits = Quota("OrganizationalUnits", 2000)
    /// How old an account that Organizations created has to be before it may leave.
    static let daysBeforeLeaving = Quota("DaysBeforeLeaving", 4)
    // <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/orgs_transfer_billing-quotas.html>
    /// For how many organizations one may pay the bills; on AWS one has to ask for that first.
    static let inboundBillingTransfers = Quota("InboundBillingTransfers", 0)
    static let billTransferChainLength = Quota("BillTransferChainLength", 1)

    static let ofOrganizations = [
        accountsPerOrganization, organizationalUnits, daysBeforeLeaving, inboundBillingTransfers,
        billTransferChainLength,
    ]
}
