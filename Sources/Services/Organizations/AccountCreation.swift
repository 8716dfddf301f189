import Directory
import OrganizationsAPI
import Platform
import Wire

// Creating accounts: the request is recorded, and the job `MakeAccount` carries it out.
// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_create.html>

extension Organizations.CreateAccountStatus {
    init(_ request: AccountRequest) {
        self.init()
        id = request.id
        accountName = request.accountName
        state = request.state.rawValue
        requestedTimestamp = Timestamp(secondsSinceEpoch: request.requestDate)
        completedTimestamp = request.completionDate.map { Timestamp(secondsSinceEpoch: $0) }
        accountId = request.accountID
        failureReason = request.failureReason
    }
}

extension Organizations.CreateAccount: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let create = call.need(on: "*", requestTags(input.tags))
        guard !(input.tags ?? []).isEmpty, let organization = call.directory.organization(ofAccount: call.accountID)
        else { return .required(create) }
        var tag = call.need(on: organization.arn(account: "*"), requestTags(input.tags))
        tag.action = "organizations:TagResource"
        return .required([create, tag])
    }

    private static let mostAtOnce = 5

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        let role = input.roleName ?? AccountMaker.defaultRoleName
        guard !role.isEmpty, !role.lowercased().hasPrefix("awsservicerolefor") else {
            throw .invalidInput(
                "INVALID_ROLE_NAME",
                "You provided a role name that isn't valid. A role name can't begin with the reserved prefix "
                    + "AWSServiceRoleFor.")
        }
        let waiting = try own.records.referrerCount(Relation.state, to: AccountRequest.State.inProgress.rawValue)
        guard waiting < mostAtOnce else {
            throw .organizations(
                .tooManyRequestsException,
                "You have \(waiting) account creations in progress, which is the most that there may be at a time. "
                    + "Try again when one of them has finished.")
        }
        guard try own.records.count(OrganizationAccount.self) + waiting < call.quotas[.accountsPerOrganization] else {
            throw .accountLimitExceeded
        }
        let request = AccountRequest(
            id: OrganizationIDs.accountRequest(), organizationID: own.id, accountName: input.accountName,
            email: input.email, roleName: role, userAccessToBilling: input.iamUserAccessToBilling ?? "ALLOW",
            tags: try TagRules.ofOrganizations.new(input.tags), requestDate: call.time)
        try own.records.put(request)
        try own.records.schedule(MakeAccount(), id: request.id, at: call.time)
        return Output(createAccountStatus: Organizations.CreateAccountStatus(request))
    }
}

/// No account of Gatehouse is linked to one in AWS GovCloud (US).
extension Organizations.CreateGovCloudAccount: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.accessOnAll(requestTags(input.tags))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        _ = try records.organization(call, for: .managementAccount)
        throw .constraintViolation(
            "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
            "To complete this operation, the management account must have an associated account in the AWS GovCloud "
                + "(US-West) Region; in Gatehouse none has.")
    }
}

extension Organizations.DescribeCreateAccountStatus: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        guard let request = try own.records.get(AccountRequest.self, input.createAccountRequestId) else {
            throw .organizations(
                .createAccountStatusNotFoundException, "You specified a create account request that doesn't exist.")
        }
        return Output(createAccountStatus: Organizations.CreateAccountStatus(request))
    }
}

extension Organizations.ListCreateAccountStatus: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        let states = Set(input.states ?? [])
        let page = try own.records.page(
            AccountRequest.self, Paging(organizations: input)
        ) { states.isEmpty || states.contains($0.state.rawValue) }
        return Output(page) { Organizations.CreateAccountStatus($0) }
    }
}
