import Directory
import Ledger
import OrganizationsAPI
import Platform
import Wire

// Asking, and answering. <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html>

protocol OnHandshake: Operation where InputFields: Organizations.WithHandshakeId {}

extension OnHandshake {
    /// A handshake that does not concern the caller's account looks like one that does not exist.
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let id = input.handshakeId
        let handshake = try await call.environment.read(Scope(account: call.accountID)) {
            records throws(ServiceError) in
            try records.visibleHandshake(id, call)
        }
        let arn = handshake?.arn ?? "arn:aws:organizations::\(call.accountID):handshake/o-*/*/\(id)"
        var accesses = [call.need(on: arn)]
        if call.operation == "AcceptHandshake", handshake?.mayMakeRole == true {
            accesses.append(call.needForOrganizationsRole)
        }
        return .required(accesses)
    }
}

extension OrganizationsService.Handshake {
    /// Whether accepting it creates Organizations' role in the accepting account.
    fileprivate var mayMakeRole: Bool { action == .invite && featureSet == .all || action == .approveAllFeatures }
}

extension Organizations.DescribeHandshake: ReadOperation, OnHandshake {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        return Output(handshake: try records.view(records.handshake(input.handshakeId, call), call))
    }
}

extension Organizations.CancelHandshake: WriteOperation, OnHandshake {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var handshake = try records.handshake(input.handshakeId, call)
        guard handshake.managementAccountID == call.accountID else { throw .notYourResource }
        try records.end(&handshake, as: .canceled, call)
        let own = try records.organization(call, for: .managementAccount)
        try own.cancelHandshakes { $0.parentID == handshake.id }
        return Output(handshake: try records.view(handshake, call))
    }
}

extension Organizations.DeclineHandshake: WriteOperation, OnHandshake {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var handshake = try records.handshake(input.handshakeId, call)
        guard let account = try records.get(Account.self, call.accountID), handshake.isFor(account) else {
            throw .notYourResource
        }
        try records.end(&handshake, as: .declined, call)
        return Output(handshake: try records.view(handshake, call))
    }
}

extension Organizations.AcceptHandshake: WriteOperation, OnHandshake {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var handshake = try records.handshake(input.handshakeId, call)
        guard let account = try records.get(Account.self, call.accountID) else { throw .internalFailure }
        switch handshake.action {
        case .invite:
            guard handshake.isFor(account) else { throw .notYourResource }
            try records.end(&handshake, as: .accepted, call)
            try records.join(account, by: handshake, call)
        case .approveAllFeatures:
            guard handshake.isFor(account) else { throw .notYourResource }
            try records.end(&handshake, as: .accepted, call)
            try records.organization(call, for: .everyMember).memberHasApproved(account.id)
        case .enableAllFeatures:
            guard handshake.managementAccountID == account.id else { throw .notYourResource }
            try records.organization(call, for: .managementAccount).finishEnablingAllFeatures(handshake)
            try records.end(&handshake, as: .accepted, call)
        case .transferResponsibility:
            guard handshake.isFor(account) else { throw .notYourResource }
            let own = try records.organization(call, for: .managementAccount)
            try records.end(&handshake, as: .accepted, call)
            try own.acceptTransfer(handshake)
        }
        return Output(handshake: try records.view(handshake, call))
    }
}

extension MutableRecords {
    /// Makes an account a member of the organization that has invited it.
    fileprivate func join(
        _ account: Directory.Account, by handshake: OrganizationsService.Handshake, _ call: Call
    ) throws(ServiceError) {
        guard account.managementAccountID == nil else {
            throw .handshakeConstraintViolation(
                "ALREADY_IN_AN_ORGANIZATION", "The account is already a member of an organization.")
        }
        let records = of(account: handshake.managementAccountID)
        guard let organization = try records.get(Organization.self, handshake.organizationID) else {
            throw .organizations(.handshakeNotFoundException, "You specified a handshake that doesn't exist.")
        }
        guard try records.count(OrganizationAccount.self) < call.quotas[.accountsPerOrganization] else {
            throw .handshakeConstraintViolation(
                "ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts.")
        }
        var place = OrganizationAccount(
            id: account.id, organizationID: organization.id, parentID: organization.rootID, joinedMethod: .invited,
            joinedDate: call.time)
        place.tags = handshake.tags
        place.policyIDs = organization.defaultPolicyIDs
        try records.put(place)
        var account = account
        account.managementAccountID = organization.managementAccountID
        try put(account)
        if organization.featureSet == .all { try ensureServiceLinkedRole(of: OrganizationsRole.service, at: call.time) }
    }
}

// MARK: - Lists

extension Organizations.HandshakeFilter {
    /// - Throws: InvalidInputException for a filter by two things.
    fileprivate func check() throws(ServiceError) {
        guard actionType == nil || parentHandshakeId == nil else {
            throw .invalidInput(
                "MAX_LIMIT_EXCEEDED_FILTER", "You can specify only one filter parameter for the operation.")
        }
    }

    fileprivate func includes(_ handshake: OrganizationsService.Handshake) -> Bool {
        if let actionType { return handshake.action.rawValue == actionType }
        if let parentHandshakeId { return handshake.parentID == parentHandshakeId }
        return true
    }
}

extension RecordReading {
    /// A page of those handshakes that pass a request's filter.
    fileprivate func page<F: Organizations.MayHaveFilter & PageRequestFields>(
        of handshakes: [OrganizationsService.Handshake], _ input: View<F>, _ call: Call
    ) throws(ServiceError) -> Page<Organizations.Handshake> {
        let filter = input.filter ?? Organizations.HandshakeFilter()
        try filter.check()
        let shown = handshakes.filter { $0.isKept(at: call.time) && filter.includes($0) }
        return try Platform.page(shown, by: \.id, try Paging(organizations: input))
            .map { handshake throws(ServiceError) in try view(handshake, call) }
    }
}

extension Organizations.ListHandshakesForAccount: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let account = try records.get(Account.self, call.accountID) else { throw .internalFailure }
        let received =
            try records.shared.referrers(OrganizationsService.Handshake.self, Relation.recipient, to: account.id)
            + records.shared.referrers(
                OrganizationsService.Handshake.self, Relation.recipient, to: account.email.lowercased())
        return Output(try records.page(of: received, input, call))
    }
}

extension Organizations.ListHandshakesForOrganization: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        return Output(try records.page(of: own.handshakes(), input, call))
    }
}
