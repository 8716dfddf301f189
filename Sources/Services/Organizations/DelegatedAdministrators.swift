import Directory
import OrganizationsAPI
import Platform
import Policy
import Wire

// Member accounts that administer a service for the whole organization.
// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html>

extension Organizations.DelegatedAdministrator {
    fileprivate init<R>(_ member: OwnOrganization<R>.Member, in own: OwnOrganization<R>, since: Double) {
        self.init()
        let (account, place) = member
        id = account.id
        arn = own.organization.arn(account: account.id)
        email = account.email
        name = account.name
        status = account.state.status
        state = account.state.rawValue
        joinedMethod = place.joinedMethod.rawValue
        joinedTimestamp = Timestamp(secondsSinceEpoch: place.joinedDate)
        delegationEnabledDate = Timestamp(secondsSinceEpoch: since)
    }
}

extension Organizations.RegisterDelegatedAdministrator: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(target: input.accountId, servicePrincipal(input.servicePrincipal)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        var (account, place) = try own.member(input.accountId)
        guard account.id != own.managementAccountID else {
            throw .constraintViolation(
                "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
                "You cannot register the management account as a delegated administrator.")
        }
        guard own.organization.featureSet == .all else { throw .notAllFeatures }
        guard account.isActive else {
            throw .constraintViolation(
                "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
                "You cannot register a suspended account as a delegated administrator.")
        }
        guard TrustedServices.delegable.contains(input.servicePrincipal) else {
            throw .unrecognizedServicePrincipal
        }
        guard own.organization.trustedServices[input.servicePrincipal] != nil else {
            throw .constraintViolation(
                "SERVICE_ACCESS_NOT_ENABLED",
                "You attempted to register a delegated administrator before you enabled service access. Call the "
                    + "EnableAWSServiceAccess API first.")
        }
        guard place.delegatedServices[input.servicePrincipal] == nil else {
            throw .organizations(
                .accountAlreadyRegisteredException,
                "The provided account is already a delegated administrator for this service.")
        }
        place.delegatedServices[input.servicePrincipal] = call.time
        try own.records.put(place)
        return Output()
    }
}

extension Organizations.DeregisterDelegatedAdministrator: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(target: input.accountId, servicePrincipal(input.servicePrincipal)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        var place = try own.member(input.accountId).place
        guard TrustedServices.delegable.contains(input.servicePrincipal) else {
            throw .unrecognizedServicePrincipal
        }
        guard place.delegatedServices.removeValue(forKey: input.servicePrincipal) != nil else {
            throw .organizations(
                .accountNotRegisteredException,
                "The provided account is not a registered delegated administrator for this service.")
        }
        try own.records.put(place)
        return Output()
    }
}

extension Organizations.ListDelegatedAdministrators: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.accessOnAll(servicePrincipal(input.servicePrincipal))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        let page = try own.records.page(
            OrganizationAccount.self, Paging(organizations: input)
        ) { since($0, input.servicePrincipal) != nil }
        return Output(
            try page.map { place throws(ServiceError) in
                Organizations.DelegatedAdministrator(
                    try own.member(place.id), in: own, since: since(place, input.servicePrincipal) ?? place.joinedDate)
            })
    }

    /// Since when an account has administered a service, or any service.
    private static func since(_ place: OrganizationAccount, _ principal: String?) -> Double? {
        principal.map { place.delegatedServices[$0] } ?? place.delegatedServices.values.min()
    }
}

extension Organizations.ListDelegatedServicesForAccount: ReadOperation, OnAccount {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        let services = try own.member(input.accountId).place.delegatedServices
        guard !services.isEmpty else {
            throw .organizations(
                .accountNotRegisteredException, "The provided account is not a registered delegated administrator.")
        }
        let page = page(
            Array(services), by: \.key, try Paging(organizations: input))
        return Output(page) { service in
            var shown = Organizations.DelegatedService()
            shown.servicePrincipal = service.key
            shown.delegationEnabledDate = Timestamp(secondsSinceEpoch: service.value)
            return shown
        }
    }
}
