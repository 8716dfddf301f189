import Directory
import IAMAPI
import Platform
import Wire

// What the owner of an account does with a request: UNASSIGNED → ASSIGNED → PENDING_APPROVAL → ACCEPTED → FINALIZED, or
// REJECTED on the way.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/temporary-delegation-building-integration.html>

extension IAM.AssociateDelegationRequest: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await call.access(onDelegationRequest: input.delegationRequestId, isForOwners: false, isForUnowned: true)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.change(input.delegationRequestId, from: [.unassigned], to: .assigned, call) { request in
            request.ownerID = call.caller.arn
            request.ownerAccountID = call.accountID
        }
        return Output()
    }
}

extension IAM.UpdateDelegationRequest: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await call.access(onDelegationRequest: input.delegationRequestId, isForOwners: true)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.change(
            input.delegationRequestId, from: [.assigned, .pendingApproval], to: .pendingApproval, call
        ) { request in
            if let notes = input.notes { request.notes = notes }
        }
        return Output()
    }
}

extension IAM.AcceptDelegationRequest: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await call.access(onDelegationRequest: input.delegationRequestId, isForOwners: false)
    }

    /// The longest that a root user may delegate for, in seconds.
    private static let longestOfRoot = 4 * 3600

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let approver = try approver(call)
        try records.change(
            input.delegationRequestId, from: [.assigned, .pendingApproval], to: .accepted, call
        ) { (request) throws(ServiceError) in
            guard approver.kind != "root" || request.sessionDuration <= longestOfRoot else {
                throw .invalidInput("Root users can only approve delegation requests of 4 hours or less.")
            }
            request.approver = approver
        }
        return Output()
    }

    /// The identity that is delegated. The provider's policy becomes the session's own, so there is no room for another.
    private static func approver(_ call: Call) throws(ServiceError) -> DelegationRequest.Approver {
        let (kind, id, name): (String, String, String?)
        switch call.caller.identity {
        case .root: (kind, id, name) = ("root", call.accountID, nil)
        case .user(let user): (kind, id, name) = ("user", user.uniqueID, nil)
        case .roleSession(let role, let session): (kind, id, name) = ("role", role.uniqueID, session)
        case .federatedUser, .webIdentity, .saml, .service, .anonymous:
            throw .invalidInput("A federated user cannot approve delegation requests.")
        }
        let session = call.caller.session
        guard call.caller.sessionPolicies == nil else {
            throw .invalidInput("A session with session policies cannot approve delegation requests.")
        }
        var approver = DelegationRequest.Approver(
            arn: call.caller.arn, kind: kind, uniqueID: id, sessionName: name, tags: session?.tags ?? [],
            sourceIdentity: session?.sourceIdentity, mfaTime: session?.mfaTime)
        approver.transitiveTagKeys = session?.transitiveTagKeys
        approver.federatedProvider = session?.federatedProvider
        approver.context = session?.context
        return approver
    }
}

extension IAM.RejectDelegationRequest: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await call.access(onDelegationRequest: input.delegationRequestId, isForOwners: true)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.change(
            input.delegationRequestId, from: [.assigned, .pendingApproval, .accepted], to: .rejected, call
        ) { request in
            request.rejectionReason = input.notes
        }
        return Output()
    }
}

extension IAM.SendDelegationToken: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await call.access(onDelegationRequest: input.delegationRequestId, isForOwners: true)
    }

    /// The access begins now, whenever the provider exchanges the token.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let request = try records.change(
            input.delegationRequestId, from: [.accepted], to: .finalized, call
        ) { (request) throws(ServiceError) in
            guard !request.isOnlySentByOwner || request.ownerID == call.caller.arn else {
                throw .invalidInput("Only the owner of the delegation request can send its token.")
            }
            request.exchangeToken = "\(request.id).\(Identifiers.secretAccessKey())"
            request.sessionExpires = call.time.rounded(.down) + Double(request.sessionDuration)
        }
        try records.notify(of: request, "ExchangeToken", call)
        return Output()
    }
}

extension MutableRecords {
    /// Takes a request from one of some states to another, and tells the provider.
    /// - Throws: NoSuchEntity; InvalidInput for a request in another state.
    @discardableResult
    fileprivate func change(
        _ id: String, from states: Set<DelegationRequest.State>, to state: DelegationRequest.State, _ call: Call,
        _ change: (inout DelegationRequest) throws(ServiceError) -> Void
    ) throws(ServiceError) -> DelegationRequest {
        var request = try delegationRequest(id, call)
        let current = request.state(at: call.time)
        guard states.contains(current) else {
            throw .invalidInput(
                "The operation is not allowed for a delegation request in the state \(current.rawValue).")
        }
        try change(&request)
        request.enter(state, at: call.time)
        try put(delegationRequest: request)
        try notify(of: request, "StateChange", call)
        return request
    }

    /// The message that AWS publishes to the provider's topic. There is no SNS yet: it goes to the outbox.
    fileprivate func notify(of request: DelegationRequest, _ type: String, _ call: Call) throws(ServiceError) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("RequestorWorkflowId", request.workflowID)
        writer.member("Type", type)
        writer.member("RequestId", request.id)
        writer.member("State", request.state(at: call.time).rawValue)
        writer.member("OwnerAccountId", request.ownerAccountID)
        writer.member("UpdatedAt", call.timestamp.iso8601)
        if type == "ExchangeToken" {
            writer.member("ExchangeToken", request.exchangeToken)
            writer.member("ExpiresAt", request.sessionExpires.map { Timestamp(secondsSinceEpoch: $0).iso8601 })
        }
        writer.endObject()
        try send(
            Mail(
                call, about: request.requestorID, to: request.notificationChannel, subject: type,
                text: String(decoding: writer.bytes, as: UTF8.self)))
    }
}
