import Ledger
import Platform
import Wire

/// What has become of a request whose caller is known: the steps that it got through, and the result.
struct Attempt: Sendable {
    let authenticated: Authenticated
    /// nil when the input could not be read.
    var decoded: Decoded?
    /// nil when the token in the input does not prove who calls.
    var identified: Identified?
    /// What the policies said, to each access that they were asked about.
    var decisions: [AccessDecision] = []
    var result: Result<Structure, ServiceError> = .failure(.internalFailure)
    /// Whether the event was committed already, together with the change that it tells of.
    var isRecorded = false

    init(_ authenticated: Authenticated) {
        self.authenticated = authenticated
    }

    /// Who calls, as far as it is known.
    var caller: Caller { identified?.call.caller ?? decoded?.call.caller ?? authenticated.caller }
}

/// A result whose event is recorded, so that it may be sent.
struct Outcome: Sendable {
    let attempt: Attempt
    let result: Result<Structure, ServiceError>

    fileprivate init(_ attempt: Attempt, _ result: Result<Structure, ServiceError>) {
        self.attempt = attempt
        self.result = result
    }
}

extension Pipeline {
    /// Puts the call into the event history, unless that was done together with its change. When it can't be recorded,
    /// the answer is an error, whatever the result was. A call that is in no account's name has no history to stand in.
    func record(_ attempt: Attempt) async -> Outcome {
        guard !attempt.isRecorded, attempt.operationName != nil, !attempt.caller.accountID.isEmpty else {
            return Outcome(attempt, attempt.result)
        }
        let event = attempt.event(attempt.result)
        do throws(LedgerError) {
            if audit == .strict || attempt.identified?.call.isRecordedDurably == true {
                try await environment.ledger.recordDurably(event)
            } else {
                try environment.ledger.record(event)
            }
            return Outcome(attempt, attempt.result)
        } catch {
            log.error("the event of a call could not be recorded", metadata: ["error": "\(error)"])
            return Outcome(attempt, .failure(.internalFailure))
        }
    }
}

extension Attempt {
    /// The operation's name; nil when the request names none that the service has.
    var operationName: String? {
        if let decoded { return decoded.call.operation }
        let service = authenticated.service
        let name = try? service.wireProtocol.operationName(
            of: authenticated.routed.arrival.request, for: service.shape)
        return name.flatMap { $0 }.flatMap { service.shape.operation(named: $0) }?.name
    }

    /// The entry of CloudTrail's event history that tells of a result.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
    func event(_ result: Result<Structure, ServiceError>) -> Event {
        let arrival = authenticated.routed.arrival
        let id = RequestIDs.make(time: arrival.time)
        return Event(
            id: id, requestID: arrival.requestID, account: caller.accountID,
            time: RequestIDs.milliseconds(arrival.time),
            attributes: attributes, body: EventRecord(self, result, eventID: id).json,
            decision: DecisionRecord(self).json)
    }

    /// What the event can be looked up by.
    private var attributes: [EventAttribute] {
        let caller = caller
        var attributes = [
            EventAttribute("EventName", operationName ?? ""),
            EventAttribute("EventSource", authenticated.service.eventSource),
            EventAttribute("ReadOnly", isReadOnly ? "true" : "false"),
            EventAttribute("Username", caller.userName),
        ]
        if !caller.accessKeyID.isEmpty { attributes.append(EventAttribute("AccessKeyId", caller.accessKeyID)) }
        guard let decoded else { return attributes }
        for (member, type) in authenticated.service.eventResources.sorted(by: { $0.key < $1.key }) {
            guard case .string(let name) = decoded.input[member] else { continue }
            attributes.append(EventAttribute("ResourceType", type))
            attributes.append(EventAttribute("ResourceName", name))
        }
        return attributes
    }

    /// CloudTrail's `readOnly`; for an operation that is not built its name tells.
    var isReadOnly: Bool {
        if let decoded { return decoded.operation.isReadOnly }
        guard let name = operationName else { return true }
        if let operation = authenticated.service.operations[name] { return operation.isReadOnly }
        return ["Get", "List", "Describe", "Lookup", "Search"].contains { name.hasPrefix($0) }
    }
}
