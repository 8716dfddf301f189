import Directory
import Ledger
import OrganizationsAPI
import Platform
import Wire

// Creating and deleting an organization.
// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org.html>

extension Organizations.Organization {
    init(_ organization: Directory.Organization, managementAccountEmail email: String?) {
        self.init()
        id = organization.id
        arn = organization.arn
        featureSet = organization.featureSet.rawValue
        masterAccountArn = organization.arn(account: organization.managementAccountID)
        masterAccountId = organization.managementAccountID
        masterAccountEmail = email
        // Deprecated, and always the same: ListRoots says what is enabled.
        availablePolicyTypes =
            organization.featureSet == .all ? [Organizations.PolicyTypeSummary(enabled: "SERVICE_CONTROL_POLICY")] : []
    }
}

extension Organizations.PolicyTypeSummary {
    init(enabled type: String) {
        self.init()
        self.type = type
        status = "ENABLED"
    }
}

extension Organizations.CreateOrganization: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let create = call.need(on: "*")
        return .required(featureSet(input) == .all ? [create, call.needForOrganizationsRole] : [create])
    }

    private static func featureSet(_ input: Input) -> Directory.Organization.FeatureSet {
        input.featureSet.flatMap { .init(rawValue: $0) } ?? .all
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard var account = try records.get(Account.self, call.accountID) else { throw .internalFailure }
        guard account.managementAccountID == nil else {
            throw .organizations(
                .alreadyInOrganizationException,
                "The provided account is already a member of an organization.")
        }
        let organization = Organization(
            id: OrganizationIDs.organization(), managementAccountID: account.id, rootID: OrganizationIDs.root(),
            createDate: call.time, featureSet: featureSet(input))
        try records.put(organization)
        try records.put(
            OrganizationAccount(
                id: account.id, organizationID: organization.id, parentID: organization.rootID,
                joinedMethod: .invited, joinedDate: call.time))
        if organization.featureSet == .all {
            try records.ensureServiceLinkedRole(of: OrganizationsRole.service, at: call.time)
        }
        account.managementAccountID = account.id
        try records.put(account)
        return Output(organization: Organizations.Organization(organization, managementAccountEmail: account.email))
    }
}

extension Organizations.DescribeOrganization: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .everyMember)
        let management = try own.records.get(Account.self, own.organization.managementAccountID)
        return Output(
            organization: Organizations.Organization(own.organization, managementAccountEmail: management?.email))
    }
}

/// What is in the organization goes with it: units, policies, the requests for accounts.
extension Organizations.DeleteOrganization: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        guard try records.referrerCount(Relation.state, to: AccountRequest.State.inProgress.rawValue) == 0 else {
            throw .organizations(
                .concurrentModificationException,
                "AWS Organizations can't complete your request because it conflicts with another attempt to modify "
                    + "the same entity. Try again later.")
        }
        guard try records.count(OrganizationAccount.self) <= 1 else {
            throw .organizations(
                .organizationNotEmptyException,
                "The organization isn't empty. To delete an organization, you must first remove all accounts except "
                    + "the management account.")
        }
        try own.requireNoTransfers()
        try own.cancelHandshakes()
        try records.deleteAll(AccountRequest.self)
        try records.deleteAll(OrganizationalUnit.self)
        try records.deleteAll(OrganizationAccount.self)
        try records.deleteAll(OrganizationPolicy.self)
        try records.deleteAll(OrganizationResourcePolicy.self)
        try records.delete(own.organization)
        guard var account = try records.get(Account.self, call.accountID) else { throw .internalFailure }
        account.managementAccountID = nil
        try records.put(account)
        return Output()
    }
}

extension MutableRecords {
    fileprivate func deleteAll<R: Record>(_ type: R.Type) throws(ServiceError) {
        for record in try list(type) { try delete(record) }
    }
}
