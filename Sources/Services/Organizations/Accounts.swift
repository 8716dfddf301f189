import Directory
import OrganizationsAPI
import Platform
import Wire

// The accounts of an organization. <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts.html>

extension Directory.Account.State {
    /// The value of `Status`, which is older and coarser than `State`.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html>
    var status: String {
        switch self {
        case .active, .pendingActivation: "ACTIVE"
        case .pendingClosure: "PENDING_CLOSURE"
        case .suspended, .closed: "SUSPENDED"
        }
    }
}

extension Organizations.Account {
    init<R>(_ member: OwnOrganization<R>.Member, in own: OwnOrganization<R>) throws(ServiceError) {
        self.init()
        let (account, place) = member
        id = account.id
        arn = own.organization.arn(account: account.id)
        email = account.email
        name = account.name
        status = account.state.status
        state = account.state.rawValue
        paths = [try own.path(account.id, below: place.parentID)]
        joinedMethod = place.joinedMethod.rawValue
        joinedTimestamp = Timestamp(secondsSinceEpoch: place.joinedDate)
    }
}

extension OwnOrganization {
    /// A page of accounts as lists show them.
    func accounts(_ page: Page<OrganizationAccount>) throws(ServiceError) -> Page<Organizations.Account> {
        try page.map { place throws(ServiceError) in
            try Organizations.Account(member(place.id), in: self)
        }
    }
}

extension Organizations.DescribeAccount: ReadOperation, OnAccount {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        return Output(account: try Organizations.Account(own.member(input.accountId), in: own))
    }
}

extension Organizations.ListAccounts: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        let page = try own.records.page(
            OrganizationAccount.self, Paging(organizations: input))
        return Output(try own.accounts(page))
    }
}

extension Organizations.ListAccountsForParent: ReadOperation, OnParent {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        try own.requireParent(input.parentId)
        let page = try own.records.page(
            OrganizationAccount.self, Relation.parent, to: input.parentId,
            Paging(organizations: input))
        return Output(try own.accounts(page))
    }
}

extension Organizations.MoveAccount: WriteOperation {
    /// On the account, and on both its old and its new parent.
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required([
            call.need(target: input.accountId), call.need(target: input.sourceParentId),
            call.need(target: input.destinationParentId),
        ])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        guard try own.hasContainer(input.sourceParentId) else {
            throw .organizations(.sourceParentNotFoundException, "You specified a source parent that doesn't exist.")
        }
        guard try own.hasContainer(input.destinationParentId) else {
            throw .organizations(
                .destinationParentNotFoundException, "You specified a destination parent that doesn't exist.")
        }
        var place = try own.member(input.accountId).place
        guard place.parentID != input.destinationParentId else {
            throw .organizations(
                .duplicateAccountException, "That account is already present in the specified destination.")
        }
        guard place.parentID == input.sourceParentId else { throw .accountNotFound }
        place.parentID = input.destinationParentId
        try own.records.put(place)
        return Output()
    }
}
