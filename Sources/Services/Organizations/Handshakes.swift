import Directory
import Ledger
import OrganizationsAPI
import Platform
import Wire

// Asking, and answering. <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html>

extension Call {
    /// The access to a handshake. One that does not concern the caller's account looks like one that does not exist.
    fileprivate func access(onHandshake id: String) async throws(ServiceError) -> [Access] {
        let handshake = try await environment.read(Scope(account: accountID)) { records throws(ServiceError) in
            try records.visibleHandshake(id, self)
        }
        var accesses = [need(on: handshake?.arn ?? "arn:aws:organizations::\(accountID):handshake/o-*/*/\(id)")]
        if operation == "AcceptHandshake", handshake?.mayMakeRole == true { accesses.append(needForOrganizationsRole) }
        return accesses
    }
}

extension OrganizationsService.Handshake {
    /// Whether accepting it makes Organizations' role in the account that accepts.
    fileprivate var mayMakeRole: Bool { action == .invite && featureSet == .all || action == .approveAllFeatures }
}

extension Organizations.DescribeHandshake: ReadOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.access(onHandshake: input.handshakeId))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        return Output(handshake: try records.view(records.handshake(input.handshakeId, call), call))
    }
}

extension Organizations.CancelHandshake: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.access(onHandshake: input.handshakeId))
    }

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

extension Organizations.DeclineHandshake: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.access(onHandshake: input.handshakeId))
    }

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

extension Organizations.AcceptHandshake: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.access(onHandshake: input.handshakeId))
    }

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

extension Organizations.ListHandshakesForAccount: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let account = try records.get(Account.self, call.accountID) else { throw .internalFailure }
        let filter = input.filter ?? Organizations.HandshakeFilter()
        try filter.check()
        let received =
            try records.shared.referrers(OrganizationsService.Handshake.self, Relation.recipient, to: account.id)
            + records.shared.referrers(
                OrganizationsService.Handshake.self, Relation.recipient, to: account.email.lowercased())
        let shown = received.filter { $0.isKept(at: call.time) && filter.includes($0) }
        let page = page(shown, by: \.id, try Paging(organizations: input))
        return Output(
            try page.map { handshake throws(ServiceError) in
                try records.view(handshake, call)
            })
    }
}

extension Organizations.ListHandshakesForOrganization: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        let filter = input.filter ?? Organizations.HandshakeFilter()
        try filter.check()
        let shown = try own.handshakes().filter { $0.isKept(at: call.time) && filter.includes($0) }
        let page = page(shown, by: \.id, try Paging(organizations: input))
        return Output(
            try page.map { handshake throws(ServiceError) in
                try records.view(handshake, call)
            })
    }
}
