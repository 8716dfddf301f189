import Directory
import OrganizationsAPI
import Platform
import Wire

/// The account that is to pay asks; the one whose bill it is answers the handshake.
/// <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/orgs_transfer_billing-send-invitation.html>
extension Organizations.InviteOrganizationToTransferResponsibility: WriteOperation {
    /// The account is another organization's, whose id is not told; its ARN is what the inviting one would call it.
    /// AWS's reference names no key of the tags here, so that they are asked for as by TagResource.
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let organization = call.directory.organization(ofAccount: call.accountID)
        let invited = input.target.type == "ACCOUNT" ? input.target.id : "*"
        let context = transferContext(.inbound)
        let invite = call.need(on: organization?.arn(account: invited) ?? "*", context)
        guard !(input.tags ?? []).isEmpty else { return .required(invite) }
        var tag = call.need(
            on: organization?.arn("transfer", "billing/inbound/*") ?? "*",
            requestTags(input.tags).merging(context) { $1 })
        tag.action = "organizations:TagResource"
        return .required([invite, tag])
    }

    /// As for an invitation to join an organization; AWS only says that it must be answered a day before the start.
    private static let days = 15.0
    private static let day = 24.0 * 3600
    /// How many months ahead the start may lie; AWS doesn't say where its START_DATE_TOO_LATE begins.
    private static let mostMonthsAhead = 12

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        let start = try startDate(input.startTimestamp, call)
        let (recipient, account) = try input.target.recipient(call)
        if let account { try own.requireForeignManagementAccount(account.id) }
        let open = try own.handshakes().contains { other in
            other.action == .transferResponsibility && other.state(at: call.time) == .requested
                && (other.recipient == recipient || account.map { other.isFor($0) } ?? false)
        }
        guard !open else {
            throw .organizations(
                .duplicateHandshakeException, "A handshake with the same action and target already exists.")
        }
        let inbound = try own.inboundTransfers().filter { $0.transfer.countsAsInbound(at: call.time) }
        let isAgreed = { (id: String) in
            inbound.contains { $0.transfer.source?.managementAccountID == id && $0.transfer.overlaps(start) }
        }
        if let account, isAgreed(account.id) { throw .transferExists }
        guard inbound.count < call.quotas[.inboundBillingTransfers] else {
            throw .constraintViolation(
                "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION", "You have exceeded your inbound transfers limit."
            )
        }
        var handshake = OrganizationsService.Handshake(
            id: OrganizationIDs.handshake(), action: .transferResponsibility, of: own.organization, to: recipient,
            at: call.time, days: days, noLaterThan: start - day)
        handshake.notes = input.notes
        var transfer = OrganizationsService.ResponsibilityTransfer(
            id: OrganizationIDs.responsibilityTransfer(), name: input.sourceName, target: own.organization,
            by: handshake, startDate: start)
        transfer.tags = try TagRules.ofOrganizations.new(input.tags)
        handshake.transferID = transfer.id
        try records.shared.put(handshake)
        try records.shared.put(transfer)
        try records.send(mail(handshake, account, call))
        return Output(handshake: try records.view(handshake, call))
    }

    /// The first moment of a month, which leaves time to answer until a day before.
    private static func startDate(_ start: Timestamp, _ call: Call) throws(ServiceError) -> Double {
        let seconds = start.secondsSinceEpoch
        guard seconds.truncatingRemainder(dividingBy: day) == 0 else {
            throw .invalidInput(
                "START_DATE_NOT_BEGINNING_OF_DAY", "The start date must be the beginning of the day (00:00:00.000 UTC)."
            )
        }
        guard start == start.monthStart() else {
            throw .invalidInput(
                "START_DATE_NOT_BEGINNING_OF_MONTH", "The start date must be the first day of the month.")
        }
        guard seconds - day > call.time else {
            throw .invalidInput("START_DATE_TOO_EARLY", "The start date is too early.")
        }
        guard let latest = call.timestamp.monthStart(adding: mostMonthsAhead), start <= latest else {
            throw .invalidInput("START_DATE_TOO_LATE", "The start date is too late.")
        }
        return seconds
    }

    private static func mail(
        _ handshake: OrganizationsService.Handshake, _ account: Directory.Account?, _ call: Call
    ) -> Mail {
        Mail(
            call, about: account?.id ?? call.accountID, to: handshake.address(account),
            subject: "Account \(call.accountID) asks to pay your organization's bill",
            text: "To transfer your bill to account \(call.accountID), accept the handshake \(handshake.id) before "
                + "\(Timestamp(secondsSinceEpoch: handshake.expirationDate).iso8601)."
                + (handshake.notes.map { "\n\n" + $0 } ?? ""))
    }
}

extension ServiceError {
    fileprivate static var transferExists: ServiceError {
        .handshakeConstraintViolation(
            "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS", "There is already a transfer for the organization at that time.")
    }

    fileprivate static var sourceIsTarget: ServiceError {
        .handshakeConstraintViolation(
            "SOURCE_AND_TARGET_CANNOT_MATCH",
            "An organization can't be both the sender and the recipient of a transfer invitation.")
    }
}

extension OrganizationsService.ResponsibilityTransfer {
    /// Whether it is still running when another begins.
    fileprivate func overlaps(_ start: Double) -> Bool {
        setStatus == .accepted || setStatus == .withdrawn && start < endDate ?? .infinity && startDate < endDate ?? 0
    }
}

extension OwnOrganization<MutableRecords> {
    /// Only management accounts can be asked, and only another organization's.
    fileprivate func requireForeignManagementAccount(_ accountID: String) throws(ServiceError) {
        guard accountID != managementAccountID else { throw .sourceIsTarget }
        let account = try records.of(account: accountID).get(Directory.Account.self, accountID)
        guard account?.managementAccountID == accountID else {
            throw .invalidInput(
                "TARGET_NOT_SUPPORTED", "You can only invite the management account of an organization.")
        }
    }

    /// Makes this organization the source of the transfer that a handshake has asked it for.
    func acceptTransfer(_ handshake: OrganizationsService.Handshake) throws(ServiceError) {
        guard var transfer = try records.transfer(of: handshake) else { throw .transferNotFound }
        guard transfer.target.organizationID != id else { throw .sourceIsTarget }
        let outbound = try outboundTransfers().map(\.transfer).filter { $0.source?.organizationID == id }
        // One that is withdrawn doesn't count, but has its bills until its end.
        let hasOther = outbound.contains {
            $0.setStatus == .accepted && $0.target.organizationID != transfer.target.organizationID
        }
        guard !hasOther else {
            throw .constraintViolation(
                "RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION",
                "You have exceeded your outbound transfers limit.")
        }
        guard !outbound.contains(where: { $0.overlaps(transfer.startDate) }) else { throw .transferExists }
        try TransferChains(records: records.shared, quotas: call.quotas).require(from: id, to: transfer.target)
        transfer.accept(for: organization, at: call.time)
        try records.shared.put(transfer)
    }

    /// What the organization has agreed to, or asks for, counts. What it is asked does not: otherwise anybody could
    /// block it.
    func requireNoTransfers() throws(ServiceError) {
        let inbound = try inboundTransfers().contains { $0.transfer.countsAsInbound(at: call.time) }
        let outbound = try outboundTransfers().contains {
            $0.transfer.source != nil && $0.transfer.countsAsInbound(at: call.time)
        }
        guard !inbound, !outbound else {
            throw .constraintViolation(
                "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS",
                "You can't delete the organization while it takes part in a responsibility transfer, or asks for one.")
        }
    }
}

/// How transfers may be chained: the source of one can be the target of others.
/// <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/orgs_transfer_billing-quotas.html>
private struct TransferChains {
    let records: MutableRecords
    let quotas: Quotas

    /// The longest that AWS grants.
    private static let longest = 2
    /// Inbound transfers in all of the chains that end at one target.
    private static let mostInbound = 1000

    /// - Throws: ConstraintViolationException when a transfer would make a chain too long (a ring is), or too broad.
    func require(
        from source: String, to target: OrganizationsService.ResponsibilityTransfer.Participant
    ) throws(ServiceError) {
        let most = min(quotas[.billTransferChainLength], Self.longest)
        var last = target.organizationID
        var length = 1
        while length <= most, let next = try transfers(Relation.transferSource, last).first {
            length += 1
            last = next.target.organizationID
        }
        var sources = [source]
        var inbound = 1
        while length <= most {
            var next: [String] = []
            for id in sources {
                next += try transfers(Relation.transferTarget, id).compactMap { $0.source?.organizationID }
            }
            if next.isEmpty { break }
            length += 1
            inbound += next.count
            sources = next
        }
        guard length <= most else {
            throw .constraintViolation(
                "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION", "You have exceeded the length of your transfer chain.")
        }
        guard try inbound + count(below: last) <= Self.mostInbound else {
            throw .constraintViolation(
                "RESPONSIBILITY_TRANSFER_MAX_TRANSFERS_QUOTA_VIOLATION",
                "You have exceeded the number of inbound transfers of a transfer chain.")
        }
    }

    /// The inbound transfers of an organization and of those that it pays for.
    private func count(below target: String) throws(ServiceError) -> Int {
        let direct = try transfers(Relation.transferTarget, target)
        var count = direct.count
        for source in direct.compactMap(\.source) {
            count += try transfers(Relation.transferTarget, source.organizationID).count
        }
        return count
    }

    private func transfers(
        _ relation: String, _ organizationID: String
    ) throws(ServiceError) -> [OrganizationsService.ResponsibilityTransfer] {
        try records.referrers(ResponsibilityTransfer.self, relation, to: organizationID)
            .filter { $0.setStatus == .accepted }
    }
}
