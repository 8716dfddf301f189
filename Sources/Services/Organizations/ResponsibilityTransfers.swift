import Directory
import OrganizationsAPI
import Platform
import Wire

// What happens to a transfer once it has been requested. Only the two management accounts see it.
// <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/orgs_transfer_billing.html>

extension RecordReading {
    /// - Throws: ResponsibilityTransferNotFoundException, also for one between other organizations.
    fileprivate func transfer(
        _ id: String, _ call: Call
    ) throws(ServiceError) -> (OwnOrganization<Self>, OwnTransfer) {
        let own = try organization(call, for: .managementAccount)
        guard let transfer = try own.transfer(id) else { throw .transferNotFound }
        return (own, transfer)
    }
}

extension Organizations.DescribeResponsibilityTransfer: ReadOperation, OnTransfer {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let (own, found) = try records.transfer(input.id, call)
        return Output(responsibilityTransfer: try own.view(found))
    }
}

/// Only the name can be changed, and only by the target, to whom it belongs.
/// <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/orgs_transfer_billing-update-transfer.html>
extension Organizations.UpdateResponsibilityTransfer: WriteOperation, OnTransfer {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (own, found) = try records.transfer(input.id, call)
        guard found.direction == .inbound else { throw .notYourResource }
        found.transfer.name = input.name
        try records.shared.put(found.transfer)
        return Output(responsibilityTransfer: try own.view(found))
    }
}

/// By either participant; it ends with a month. Where none is named, AWS doesn't say with which: here the present one,
/// so that a transfer that has not begun by then never begins.
/// <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/orgs_transfer_billing-stop-transfer.html>
extension Organizations.TerminateResponsibilityTransfer: WriteOperation, OnTransfer {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (own, found) = try records.transfer(input.id, call)
        let status = found.transfer.status(at: call.time)
        guard status != .withdrawn else {
            throw .organizations(
                .responsibilityTransferAlreadyInStatusException, "The transfer is already in the requested status.")
        }
        guard status == .accepted else {
            throw .organizations(
                .invalidResponsibilityTransferTransitionException,
                "You can't terminate a transfer that is \(status.rawValue).")
        }
        found.transfer.withdraw(endDate: try endDate(input.endTimestamp ?? call.timestamp, input, call), at: call.time)
        try records.shared.put(found.transfer)
        return Output(responsibilityTransfer: try own.view(found))
    }

    /// The last millisecond of the month. SDKs send whole seconds, so its last second is accepted.
    private static func endDate(_ time: Timestamp, _ input: Input, _ call: Call) throws(ServiceError) -> Double {
        guard let next = time.monthStart(adding: 1)?.secondsSinceEpoch,
            input.endTimestamp == nil || time.secondsSinceEpoch.rounded(.down) == next - 1
        else {
            throw .invalidInput(
                "END_DATE_NOT_END_OF_MONTH", "The end date must be the end of the last day of the month, in UTC.")
        }
        guard next > call.time else {
            throw .invalidInput("END_DATE_TOO_EARLY", "It is too early for the transfer to end.")
        }
        return next - 0.001
    }
}

// MARK: - Lists

extension OwnOrganization {
    fileprivate func page<F: PageRequestFields>(
        of transfers: [OwnTransfer], _ input: View<F>
    ) throws(ServiceError) -> Page<Organizations.ResponsibilityTransfer> {
        try Platform.page(transfers, by: \.transfer.id, try Paging(organizations: input))
            .map { own throws(ServiceError) in try view(own) }
    }
}

/// AWS doesn't say what `Id` is for here; it is taken as a filter for the one transfer.
extension Organizations.ListInboundResponsibilityTransfers: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.accessOnAll(transferContext(.inbound))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        var transfers = try own.inboundTransfers()
        if let id = input.id {
            transfers = transfers.filter { $0.transfer.id == id }
            guard !transfers.isEmpty else { throw .transferNotFound }
        }
        return Output(try own.page(of: transfers, input))
    }
}

extension Organizations.ListOutboundResponsibilityTransfers: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.accessOnAll(transferContext(.outbound))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        return Output(try own.page(of: own.outboundTransfers(), input))
    }
}
