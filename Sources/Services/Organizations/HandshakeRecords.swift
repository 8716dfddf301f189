import Directory
import OrganizationsAPI
import Platform
import Wire

extension Organizations.Handshake {
    init(
        _ handshake: OrganizationsService.Handshake, _ management: Directory.Account?,
        _ transfer: OrganizationsService.ResponsibilityTransfer?, at time: Double
    ) {
        self.init()
        id = handshake.id
        arn = handshake.arn
        action = handshake.action.rawValue
        state = handshake.state(at: time).rawValue
        requestedTimestamp = Timestamp(secondsSinceEpoch: handshake.requestDate)
        expirationTimestamp = Timestamp(secondsSinceEpoch: handshake.expirationDate)
        var parties = [Organizations.HandshakeParty(handshake.organizationID, "ORGANIZATION")]
        var organization = Organizations.HandshakeResource("ORGANIZATION", handshake.organizationID)
        if handshake.action == .invite, let management {
            organization.resources = [
                Organizations.HandshakeResource("MASTER_EMAIL", management.email),
                Organizations.HandshakeResource("MASTER_NAME", management.name),
                Organizations.HandshakeResource("ORGANIZATION_FEATURE_SET", handshake.featureSet.rawValue),
            ]
        }
        if handshake.action == .transferResponsibility, let management {
            organization.resources = [
                Organizations.HandshakeResource("MANAGEMENT_ACCOUNT", management.id),
                Organizations.HandshakeResource("MANAGEMENT_EMAIL", management.email),
                Organizations.HandshakeResource("MANAGEMENT_NAME", management.name),
            ]
        }
        var resources = [organization]
        if let transfer {
            var asked = Organizations.HandshakeResource("RESPONSIBILITY_TRANSFER", transfer.id)
            asked.resources = [
                Organizations.HandshakeResource("TRANSFER_TYPE", ResponsibilityTransfer.type),
                Organizations.HandshakeResource(
                    "TRANSFER_START_TIMESTAMP", Timestamp(secondsSinceEpoch: transfer.startDate).iso8601),
            ]
            resources.append(asked)
        }
        switch handshake.recipient {
        case .account(let id):
            parties.append(Organizations.HandshakeParty(id, "ACCOUNT"))
            resources.append(Organizations.HandshakeResource("ACCOUNT", id))
        case .email(let address):
            parties.append(Organizations.HandshakeParty(address, "EMAIL"))
            resources.append(Organizations.HandshakeResource("EMAIL", address))
        case .organization: break
        }
        if let notes = handshake.notes { resources.append(Organizations.HandshakeResource("NOTES", notes)) }
        if let parent = handshake.parentID {
            resources.append(Organizations.HandshakeResource("PARENT_HANDSHAKE", parent))
        }
        self.parties = parties
        self.resources = resources
    }
}

extension Organizations.HandshakeParty {
    fileprivate init(_ id: String, _ type: String) {
        self.init()
        self.id = id
        self.type = type
    }
}

extension Organizations.HandshakeResource {
    fileprivate init(_ type: String, _ value: String) {
        self.init()
        self.type = type
        self.value = value
    }
}

extension OrganizationsService.Handshake {
    var arn: String {
        "arn:aws:organizations::\(managementAccountID):handshake/\(organizationID)/\(action.rawValue.lowercased())/\(id)"
    }

    /// Where mail about it goes.
    /// - Parameter account: the recipient, if there is such an account.
    func address(_ account: Directory.Account?) -> String {
        if case .email(let address) = recipient { return address }
        return account?.email ?? ""
    }

    /// Whether it was sent to an account, by its number or its root user's address.
    func isFor(_ account: Directory.Account) -> Bool {
        switch recipient {
        case .account(let id): id == account.id
        case .email(let address): address.lowercased() == account.email.lowercased()
        case .organization: false
        }
    }
}

extension RecordReading {
    /// The handshake of an id, if the caller's account has sent it, may answer it, or is in its organization.
    /// - Throws: HandshakeNotFoundException.
    func handshake(_ id: String, _ call: Call) throws(ServiceError) -> OrganizationsService.Handshake {
        guard let handshake = try visibleHandshake(id, call) else {
            throw .organizations(.handshakeNotFoundException, "You specified a handshake that doesn't exist.")
        }
        return handshake
    }

    func visibleHandshake(_ id: String, _ call: Call) throws(ServiceError) -> OrganizationsService.Handshake? {
        guard let handshake = try shared.get(OrganizationsService.Handshake.self, id), handshake.isKept(at: call.time),
            let account = try of(account: call.accountID).get(Directory.Account.self, call.accountID),
            handshake.isFor(account) || account.managementAccountID == handshake.managementAccountID
        else { return nil }
        return handshake
    }

    /// The handshake as an answer shows it.
    func view(_ handshake: OrganizationsService.Handshake, _ call: Call) throws(ServiceError) -> Organizations.Handshake
    {
        let id = handshake.managementAccountID
        return Organizations.Handshake(
            handshake, try of(account: id).get(Directory.Account.self, id), try transfer(of: handshake), at: call.time)
    }
}

extension MutableRecords {
    /// Sets the state of a handshake that waits for an answer.
    /// - Throws: HandshakeAlreadyInStateException and InvalidHandshakeTransitionException for one that is over.
    func end(
        _ handshake: inout OrganizationsService.Handshake, as state: OrganizationsService.Handshake.State, _ call: Call
    ) throws(ServiceError) {
        let current = handshake.state(at: call.time)
        guard current != state else {
            throw .organizations(
                .handshakeAlreadyInStateException, "The specified handshake is already in the requested state.")
        }
        guard current == .requested || current == .open else {
            throw .organizations(
                .invalidHandshakeTransitionException,
                "You can't perform the operation on a handshake that is \(current.rawValue).")
        }
        handshake.set(state, at: call.time)
        try shared.put(handshake)
        if let status = ResponsibilityTransfer.Status(rawValue: state.rawValue),
            var transfer = try transfer(of: handshake)
        {
            transfer.set(status, at: call.time)
            try shared.put(transfer)
        }
    }
}

extension OwnOrganization<MutableRecords> {
    /// Cancels everything that the organization has asked and that has not been answered.
    func cancelHandshakes() throws(ServiceError) {
        try cancelHandshakes { _ in true }
    }

    func cancelHandshakes(where isMeant: (OrganizationsService.Handshake) -> Bool) throws(ServiceError) {
        for var handshake in try handshakes() where isMeant(handshake) {
            let state = handshake.state(at: call.time)
            guard state == .requested || state == .open else { continue }
            try records.end(&handshake, as: .canceled, call)
        }
    }
}

extension OwnOrganization {
    /// Everything that the organization has asked.
    func handshakes() throws(ServiceError) -> [OrganizationsService.Handshake] {
        try records.shared.referrers(OrganizationsService.Handshake.self, Relation.organization, to: id)
    }
}
