import Directory
import Ledger
import Logging
import Platform
import Policy
public import Wire

/// What became of a request whose caller is known: the steps that it passed, and the result.
public struct Attempt: Sendable {
    let asked: Asked
    /// nil when the request can't be read, or its token does not prove who calls.
    var identified: Identified?
    /// What the policies said, to each access that they were asked about.
    var decisions: [AccessDecision] = []
    var result: Result<Structure, ServiceError> = .failure(.internalFailure)
    /// The answer of another endpoint, where that was asked.
    var passed: WireResponse?
    /// What the policies deny and the gate lets through all the same, because it only observes; nil: nothing.
    var observed: ServiceError?
    /// Whether the events were committed already, together with the change that they tell of.
    var isRecorded = false

    init(_ asked: Asked) {
        self.asked = asked
    }

    var readable: Asked.Readable? { try? asked.readable.get() }

    /// What never reaches an event. For an operation that is not implemented, nobody has said what is secret: then it
    /// is whatever the service's other operations call secret.
    var secretMembers: Set<String> { readable?.operation.secretMembers ?? call.module.secretMembers }

    /// The call as far as it is known.
    var call: Call { identified?.call ?? asked.call }

    var caller: Caller { call.caller }

    /// Whether there is an account in whose event history the call stands.
    ///
    /// A caller without an account has no history; what he is allowed to do with the data of one stands in that one's: "requests
    /// that are made by anonymous users" are among S3's data events.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html>
    var hasHistory: Bool {
        guard !call.operation.isEmpty else { return false }
        return !caller.accountID.isEmpty
            || caller.isAnonymous && call.module.events.dataEvents.contains(call.operation) && !otherOwners.isEmpty
    }
}

/// A result whose event is recorded, so that it may be sent. Only `record` makes it.
public struct Outcome: Sendable {
    /// The operation's output, or the error that the client is to be told.
    public let result: Result<Structure, ServiceError>
    /// The operation that was asked for; nil when the request could not be read.
    public let operation: OperationShape?
    /// Another endpoint's answer, which goes to the client as it is; nil: the answer is made of the result.
    public let passed: WireResponse?

    fileprivate init(_ result: Result<Structure, ServiceError>, of attempt: borrowing Attempt) {
        self.result = result
        operation = attempt.asked.shape
        passed = attempt.passed
    }
}

extension Gate {
    /// Puts the call into the event history, unless that was done together with its change. When it can't be recorded,
    /// the answer is an error, whatever the result was.
    func record(_ attempt: Attempt) async -> Outcome {
        count(attempt)
        logFault(attempt)
        guard !attempt.isRecorded, attempt.hasHistory else { return Outcome(attempt.result, of: attempt) }
        do throws(LedgerError) {
            for event in attempt.events(attempt.result) {
                if audit == .strict || attempt.call.isRecordedDurably {
                    try await environment.ledger.recordDurably(event)
                } else {
                    try environment.ledger.record(event)
                }
            }
            return Outcome(attempt.result, of: attempt)
        } catch {
            logUnrecorded(error)
            var unanswered = attempt
            unanswered.passed?.stream?.stop()
            unanswered.passed = nil
            return Outcome(.failure(error.kind == .full ? .noRoom : .internalFailure), of: unanswered)
        }
    }

    /// Records a call that failed within the transaction of the service that made it. That transaction is rolled back,
    /// and an event in it would be lost: so the event goes into the queue, whatever the audit mode.
    func recordFailure(_ attempt: Attempt) {
        count(attempt)
        logFault(attempt)
        guard attempt.hasHistory else { return }
        do throws(LedgerError) {
            for event in attempt.events(attempt.result) { try environment.ledger.record(event) }
        } catch {
            logUnrecorded(error)
        }
    }

    func count(_ attempt: Attempt) {
        let call = attempt.call
        environment.metrics.count(
            service: call.module.signingName, operation: call.operation.isEmpty ? "unknown" : call.operation,
            attempt.result)
        environment.metricCounts.count(call)
        if attempt.observed != nil {
            environment.metrics.count(observedDenialOf: call.operation, service: call.module.signingName)
        }
    }

    private func logFault(_ attempt: Attempt) {
        guard case .failure(let error) = attempt.result else { return }
        let call = attempt.call
        logFault(
            error,
            [
                "service": call.module.signingName, "operation": call.operation, "request": call.requestID,
            ])
    }

    /// Logs an error if it is Gatehouse's own fault: the client learns only that there is one.
    /// - Parameter call: which call has failed; nothing secret.
    public func logFault(_ error: ServiceError, _ call: [String: String]) {
        guard error.fault == .receiver else { return }
        var metadata = call.mapValues { Logger.MetadataValue.string($0) }
        metadata["error"] = "\(error.logText)"
        log.error("a call has failed", metadata: metadata)
    }

    private func logUnrecorded(_ error: LedgerError) {
        log.error("the event of a call could not be recorded", metadata: ["error": "\(error)"])
    }
}

/// A resource that an event tells of.
struct RecordedResource {
    /// CloudTrail's name of its kind: `AWS::IAM::Role`.
    let type: String
    /// Its ARN, or a name that the request has.
    let name: String
    /// Its account, where that is known without reading the ARN.
    var account: String?
    /// Whether it stands for all whose ARNs begin so.
    var isPrefix = false
}

extension Attempt {
    /// The entries of CloudTrail's event history for a result: one in the caller's account, and one in each account
    /// whose resource the caller was allowed to use. They share a `sharedEventID`. An account does not learn what
    /// others were denied.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
    func events(_ result: Result<Structure, ServiceError>) -> [Event] {
        let call = call
        let owners = otherOwners
        let accounts = (call.accountID.isEmpty ? [] : [call.accountID]) + owners
        let passage = call.source.endpoint
        let sharedID = accounts.count > 1 || passage != nil ? RequestIDs.make(time: call.time) : nil
        var events = accounts.map { event(result, in: $0, sharedID: accounts.count > 1 ? sharedID : nil) }
        if let passage, let sharedID { events.append(networkEvent(passage, sharedID: sharedID)) }
        return events
    }

    /// What the owner of a VPC endpoint is told of a call that came through it. Who looks for calls does not find it: it is for trails and
    /// event data stores that ask for it, and has a request's id of its own.
    private func networkEvent(_ passage: EndpointPassage, sharedID: String) -> Event {
        let call = call
        let id = RequestIDs.make(time: call.time)
        let record = EventRecord(
            self, result, eventID: id, recipient: passage.vpc.accountID, sharedEventID: sharedID, resources: [])
        let isDenied = decisions.contains { decision in
            !decision.decision.isAllowed && decision.decision.policyType == .endpoint
        }
        return Event(
            id: id, requestID: id, account: passage.vpc.accountID, time: RequestIDs.milliseconds(call.time),
            attributes: [
                EventAttribute("EventName", eventName), EventAttribute("EventSource", call.module.events.source),
                EventAttribute("ReadOnly", isReadOnly ? "true" : "false"),
            ], body: record.networkJSON(passage, isDenied: isDenied), decision: Array("[]".utf8), context: [])
    }

    /// What the policies said. Of an operation that needs nothing as a whole it is what was asked on the way, for each of the
    /// keys that are deleted at once, say.
    private var decisionRecord: DecisionRecord {
        guard decisions.isEmpty else { return DecisionRecord(decisions) }
        return DecisionRecord(call.asked.compactMap { $0 as? AccessDecision })
    }

    /// The accounts besides the caller's that own something that was allowed.
    private var otherOwners: [String] {
        guard !decisions.isEmpty, decisions.allSatisfy(\.decision.isAllowed) else { return [] }
        let call = call
        var owners: [String] = []
        for decision in decisions {
            let owner = decision.resolved.owner(call)
            guard owner != call.accountID, owner.utf8.count == 12, !owners.contains(owner),
                call.directory.account(owner) != nil
            else { continue }
            owners.append(owner)
        }
        return owners
    }

    private func event(_ result: Result<Structure, ServiceError>, in account: String, sharedID: String?) -> Event {
        let call = call
        let id = RequestIDs.make(time: call.time)
        let resources = resources(result)
        let record = EventRecord(
            self, result, eventID: id, recipient: account, sharedEventID: sharedID, resources: resources)
        return Event(
            id: id, requestID: call.requestID, account: account, time: RequestIDs.milliseconds(call.time),
            attributes: attributes(resources, in: account), body: record.json,
            // Only the caller's account may know why it was allowed, because its policies are named.
            decision: account == call.accountID ? decisionRecord.json : Array("[]".utf8),
            context: call.environment.contextKeys(ofAccount: account).map { context(of: $0, in: account) } ?? [])
    }

    /// What the event can be looked up by.
    private func attributes(_ resources: [RecordedResource], in account: String) -> [EventAttribute] {
        let (call, caller) = (call, caller)
        var attributes: [EventAttribute] = []
        attributes.reserveCapacity(5 + 2 * resources.count)
        attributes.append(EventAttribute("EventName", eventName))
        attributes.append(EventAttribute("EventSource", call.module.events.source))
        attributes.append(EventAttribute("ReadOnly", isReadOnly ? "true" : "false"))
        if account == caller.accountID {
            attributes.append(EventAttribute("Username", caller.userName))
            if !caller.accessKeyID.isEmpty { attributes.append(EventAttribute("AccessKeyId", caller.accessKeyID)) }
        }
        // Nobody looks for data events: they are for trails.
        guard !isData else { return attributes }
        for resource in resources {
            attributes.append(EventAttribute("ResourceType", resource.type))
            attributes.append(EventAttribute("ResourceName", resource.name))
        }
        return attributes
    }

    /// The resources that the call was about: those that the request names, and those that were found by it.
    private func resources(_ result: Result<Structure, ServiceError>) -> [RecordedResource] {
        let particulars = call.module.events
        var resources: [RecordedResource] = []
        if let input = asked.input {
            for (member, type) in particulars.resources {
                guard case .string(let name) = input[member] else { continue }
                resources.append(RecordedResource(type: type, name: name))
            }
        }
        guard let found = particulars.found else { return resources }
        for resource in found(call, decisions.map(\.resolved), asked.input, try? result.get()) {
            resources.append(
                RecordedResource(
                    type: resource.type, name: resource.arn, account: resource.account, isPrefix: resource.isPrefix))
        }
        return resources
    }

    /// What CloudTrail calls the operation.
    var eventName: String { call.module.events.eventNames[call.operation] ?? call.operation }

    /// Whether it is a data event, and not one of management.
    var isData: Bool { call.module.events.dataEvents.contains(call.operation) }

    /// CloudTrail's `readOnly`; for an operation that is not implemented, its name tells.
    var isReadOnly: Bool {
        if let readable { return readable.operation.isReadOnly }
        guard !call.operation.isEmpty else { return true }
        if let operation = call.module.operations[call.operation] { return operation.isReadOnly }
        return ["Get", "List", "Describe", "Lookup", "Search"].contains { call.operation.hasPrefix($0) }
    }
}
