import Directory
import Ledger
import OrganizationsAPI
import Platform
import Policy
import Wire

extension OrganizationsService.ResponsibilityTransfer {
    /// The only one there is.
    static let type = "BILLING"

    /// A transfer as one or the other of its participants sees it.
    enum Direction: String {
        /// The organization takes on another's bill.
        case inbound
        /// Another organization takes on this one's bill.
        case outbound
    }

    /// Whether the target is bound by it, or has asked to be.
    func countsAsInbound(at time: Double) -> Bool {
        switch status(at: time) {
        case .requested, .accepted: true
        case .withdrawn: time < endDate ?? .infinity
        case .declined, .canceled, .expired: false
        }
    }
}

/// A transfer that an organization takes part in.
struct OwnTransfer {
    var transfer: OrganizationsService.ResponsibilityTransfer
    let direction: OrganizationsService.ResponsibilityTransfer.Direction
    let organization: Organization

    /// Each participant's begins with its own organization.
    var arn: String { organization.arn("transfer", "billing/\(direction.rawValue)/\(transfer.id)") }
}

extension RecordReading {
    func transfer(of handshake: OrganizationsService.Handshake) throws(ServiceError) -> OrganizationsService
        .ResponsibilityTransfer?
    {
        guard let id = handshake.transferID else { return nil }
        return try shared.get(OrganizationsService.ResponsibilityTransfer.self, id)
    }

    /// The transfer of an id, if the organization of the caller's account takes part in it or is asked to.
    func visibleTransfer(_ id: String, _ call: Call) throws(ServiceError) -> OwnTransfer? {
        try organization(of: call.accountID, call)?.transfer(id)
    }
}

extension OwnOrganization {
    func transfer(_ id: String) throws(ServiceError) -> OwnTransfer? {
        guard let transfer = try records.shared.get(OrganizationsService.ResponsibilityTransfer.self, id) else {
            return nil
        }
        return try own(transfer)
    }

    private func own(_ transfer: OrganizationsService.ResponsibilityTransfer) throws(ServiceError) -> OwnTransfer? {
        guard transfer.isKept(at: call.time) else { return nil }
        if transfer.target.organizationID == id {
            return OwnTransfer(transfer: transfer, direction: .inbound, organization: organization)
        }
        let isSource =
            if let source = transfer.source {
                source.organizationID == id
            } else {
                switch transfer.recipient {
                case .account(let id): id == managementAccountID
                case .email(let address): try managementEmail() == address.lowercased()
                case .organization: false
                }
            }
        return isSource ? OwnTransfer(transfer: transfer, direction: .outbound, organization: organization) : nil
    }

    /// In lower case.
    private func managementEmail() throws(ServiceError) -> String? {
        try records.get(Directory.Account.self, managementAccountID)?.email.lowercased()
    }

    func inboundTransfers() throws(ServiceError) -> [OwnTransfer] {
        try own(records.shared.referrers(ResponsibilityTransfer.self, Relation.transferTarget, to: id))
    }

    /// What it has agreed to, and what it is asked.
    func outboundTransfers() throws(ServiceError) -> [OwnTransfer] {
        let shared = records.shared
        var found = try shared.referrers(ResponsibilityTransfer.self, Relation.transferSource, to: id)
        found += try shared.referrers(ResponsibilityTransfer.self, Relation.recipient, to: managementAccountID)
        if let email = try managementEmail() {
            found += try shared.referrers(ResponsibilityTransfer.self, Relation.recipient, to: email)
        }
        return try own(found)
    }

    private func own(_ found: [OrganizationsService.ResponsibilityTransfer]) throws(ServiceError) -> [OwnTransfer] {
        var shown: [OwnTransfer] = []
        for transfer in found {
            if let own = try own(transfer) { shown.append(own) }
        }
        return shown
    }

    /// The transfer that its tags are asked by: they are the target's, who has given them.
    func transfer(tagged id: String) throws(ServiceError) -> OrganizationsService.ResponsibilityTransfer? {
        guard let own = try transfer(id), own.direction == .inbound else { return nil }
        return own.transfer
    }

    func view(_ own: OwnTransfer) throws(ServiceError) -> Organizations.ResponsibilityTransfer {
        let transfer = own.transfer
        var view = Organizations.ResponsibilityTransfer()
        view.arn = own.arn
        view.id = transfer.id
        // The target's own note, which the source doesn't see.
        // <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/orgs_transfer_billing-update-transfer.html>
        if own.direction == .inbound { view.name = transfer.name }
        view.type = ResponsibilityTransfer.type
        view.status = transfer.status(at: call.time).rawValue
        view.startTimestamp = Timestamp(secondsSinceEpoch: transfer.startDate)
        view.endTimestamp = transfer.endDate.map { Timestamp(secondsSinceEpoch: $0) }
        view.activeHandshakeId = transfer.handshakeID
        view.target = try participant(transfer.target)
        view.source = try source(of: transfer)
        return view
    }

    private func participant(
        _ participant: OrganizationsService.ResponsibilityTransfer.Participant
    ) throws(ServiceError) -> Organizations.TransferParticipant {
        let id = participant.managementAccountID
        var view = Organizations.TransferParticipant()
        view.managementAccountId = id
        view.managementAccountEmail = try records.of(account: id).get(Directory.Account.self, id)?.email
        return view
    }

    /// Until the source agrees, no more is shown about it than the invitation said: neither whose address it is, nor an
    /// account's address.
    private func source(
        of transfer: OrganizationsService.ResponsibilityTransfer
    ) throws(ServiceError) -> Organizations.TransferParticipant {
        if let source = transfer.source { return try participant(source) }
        var view = Organizations.TransferParticipant()
        switch transfer.recipient {
        case .account(let id): view.managementAccountId = id
        case .email(let address): view.managementAccountEmail = address
        case .organization: break
        }
        return view
    }
}

// MARK: - Authorisation

/// The condition keys of transfers. AWS documents no values: the type is the API's, as `organizations:PolicyType` has
/// the API's; the direction is named as in the ARN.
func transferContext(_ direction: OrganizationsService.ResponsibilityTransfer.Direction?) -> [String: ContextValue] {
    var context: [String: ContextValue] = ["organizations:transfertype": .one(ResponsibilityTransfer.type)]
    if let direction { context["organizations:transferdirection"] = .one(direction.rawValue) }
    return context
}

extension Call {
    /// The access to a transfer. One that doesn't concern the caller's organization looks like one that doesn't exist.
    func need(transfer id: String, _ context: [String: ContextValue] = [:]) async throws(ServiceError) -> Access {
        let own = try await environment.read(Scope(account: accountID)) { records throws(ServiceError) in
            try records.visibleTransfer(id, self)
        }
        var keys = transferContext(own?.direction).merging(context) { $1 }
        if let own, own.direction == .inbound {
            keys.merge(ConditionKeys.resourceTags(own.transfer.tags, service: "organizations")) { old, _ in old }
        }
        return need(on: own?.arn ?? "arn:aws:organizations::\(accountID):transfer/o-*/billing/*/\(id)", keys)
    }
}
