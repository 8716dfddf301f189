import CloudWatchLogsAPI
import Directory
import EventBridgeAPI
import Ledger
import Platform
import SNSAPI
import SQSAPI
import STSAPI
import Wire

/// One try to deliver an event to a target.
struct DeliveryAttempt: Sendable {
    let environment: Environment
    let scope: Scope
    let rule: StoredRule
    let target: EventBridge.Target
    let delivery: EventDelivery

    /// In seconds, and tries after the first: what holds if a target says nothing.
    private static let usualAge = 86_400
    private static let usualRetries = 185
    /// Between two tries, in seconds: about 185 of them in a day.
    private static let longestPause = 480.0
    /// How long a dead-letter queue is waited for after an event was accepted, in seconds: twice what events may live.
    private static let longestPatience = 172_800.0

    /// Delivers the event. Within Gatehouse, that is one transaction with the end of the delivery: it happens once.
    func run() async throws(DeliveryFailure) {
        guard let kind = TargetKind(target.arn, for: rule.accountID, environment) else {
            throw DeliveryFailure("RESOURCE_NOT_FOUND", "There is no \(target.arn).", isPassing: false)
        }
        do throws(ServiceError) {
            let text = try text()
            switch kind {
            case .queue(let account, let region, let name):
                let call = try await environment.services(in: region).prepare(
                    SQS.SendMessage.self,
                    SQS.SendMessage.Input {
                        $0.queueUrl = DeadLetters.url(account, region, name)
                        $0.messageBody = text
                        if let group = target.sqsParameters?.messageGroupId {
                            $0.messageGroupId = group
                            $0.messageDeduplicationId = delivery.id
                        }
                    }, as: try await identity())
                try await complete { (records) throws(ServiceError) in _ = try call.complete(in: records) }
            case .topic(let region):
                let isFIFO = target.arn.hasSuffix(".fifo")
                let call = try await environment.services(in: region).prepare(
                    SNS.Publish.self,
                    SNS.Publish.Input {
                        $0.topicArn = target.arn
                        $0.message = text
                        if isFIFO {
                            $0.messageGroupId = target.sqsParameters?.messageGroupId ?? rule.name
                            $0.messageDeduplicationId = delivery.id
                        }
                    }, as: try await identity())
                try await complete { (records) throws(ServiceError) in _ = try call.complete(in: records) }
            case .logGroup(let region, let name): try await log(text, to: name, in: region)
            case .bus(let bus): try await forward(to: bus)
            case .apiDestination: try await invokeDestination()
            case .server: try await askServer()
            }
        } catch {
            throw DeliveryFailure(error)
        }
    }

    /// What the target gets.
    func text() throws(ServiceError) -> String { try TargetInput(target).text(of: delivery.event, rule) }

    /// Ends the delivery in one transaction with something.
    func complete(
        _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void = { _ in }
    ) async throws(ServiceError) {
        let delivery = delivery
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            // Another node may have been faster.
            guard try records.delete(delivery) else { return }
            try body(records)
        }
    }

    /// As whom EventBridge delivers: with the role that the target names, or in its own name.
    func identity() async throws(ServiceError) -> ServiceIdentity {
        guard let text = target.roleArn ?? rule.roleARN else {
            return .own(eventsPrincipal, for: rule.arn, in: rule.accountID)
        }
        // The session's name on AWS; guessed.
        let session = "Events_Invoke_\(target.id)".prefix(64)
        let (sessions, now) = (environment.projection(RoleSessions.self), environment.now())
        if !sessions.has(text, for: rule.arn, at: now) {
            _ = try await environment.services(in: rule.region).call(
                STS.AssumeRole.self,
                STS.AssumeRole.Input {
                    $0.roleArn = text
                    $0.roleSessionName = String(session)
                }, as: .own(eventsPrincipal, for: rule.arn, in: rule.accountID))
            sessions.keep(text, for: rule.arn, at: now)
        }
        guard let id = environment.directory.uniqueID(ofARN: text), let role = environment.directory.role(uniqueID: id)
        else { throw ServiceError("AccessDenied", "The role \(text) is not there.", status: 403) }
        return .assuming(role, session: String(session), eventsPrincipal, for: rule.arn, in: rule.accountID)
    }

    private func forward(to bus: BusReference) async throws(ServiceError) {
        let (event, next) = (delivery.event, ForwardedEvent(delivery.event))
        // Buses that send to each other would never come to an end.
        guard next.hops <= ForwardedEvent.mostHops else {
            throw ServiceError(
                "EVENT_BUS_HOPS", "The event has come from another event bus, and goes to no further one.", status: 400)
        }
        let call = try await environment.services(in: bus.region).prepare(
            EventBridge.PutEvents.self,
            EventBridge.PutEvents.Input {
                $0.entries = [
                    EventBridge.PutEventsRequestEntry {
                        $0.time = Timestamp(secondsSinceEpoch: event.time)
                        $0.source = event.source
                        $0.resources = event.resources
                        $0.detailType = event.detailType
                        $0.detail = event.detail
                        $0.eventBusName = bus.arn
                        $0.traceHeader = next.header
                    }
                ]
            }, as: try await identity())
        try await complete { (records) throws(ServiceError) in
            let answer = try call.complete(in: records)
            guard let failed = answer.entries?.first, let code = failed.errorCode else { return }
            throw ServiceError(code, failed.errorMessage ?? "", status: 400)
        }
    }

    /// Writes to a log group. A transformed input may be an object of a `timestamp` in milliseconds and a `message`.
    private func log(_ text: String, to group: String, in region: String) async throws(ServiceError) {
        var (message, time) = (text, RequestIDs.milliseconds(environment.now()))
        if target.inputTransformer != nil, let json = try? JSONValue(parsing: Array(text.utf8)),
            case .string(let own)? = json["message"]
        {
            message = own
            if case .integer(let milliseconds)? = json["timestamp"] { time = Int64(milliseconds) }
        }
        let (services, identity) = (environment.services(in: region), try await identity())
        // One stream for each rule. On AWS their names say nothing.
        let stream = rule.name
        let entry = CloudWatchLogs.InputLogEvent {
            $0.timestamp = Int(time)
            $0.message = message
        }
        func prepare() async throws(ServiceError) -> PreparedCall<CloudWatchLogs.PutLogEvents> {
            try await services.prepare(
                CloudWatchLogs.PutLogEvents.self,
                CloudWatchLogs.PutLogEvents.Input {
                    $0.logGroupName = group
                    $0.logStreamName = stream
                    $0.logEvents = [entry]
                }, as: identity)
        }
        let call = try await prepare()
        do throws(ServiceError) {
            try await complete { (records) throws(ServiceError) in _ = try call.complete(in: records) }
        } catch {
            guard error.code == "ResourceNotFoundException" else { throw error }
            try await services.ensure(
                CloudWatchLogs.CreateLogStream.self,
                CloudWatchLogs.CreateLogStream.Input {
                    $0.logGroupName = group
                    $0.logStreamName = stream
                }, as: identity)
            let call = try await prepare()
            try await complete { (records) throws(ServiceError) in _ = try call.complete(in: records) }
        }
    }

    // MARK: What has failed

    /// Puts a delivery off, or gives it up.
    func note(_ failure: DeliveryFailure) async throws(ServiceError) {
        let now = environment.now()
        count(["InvocationAttempts"])
        let retries = target.retryPolicy?.maximumRetryAttempts ?? Self.usualRetries
        let age = Double(target.retryPolicy?.maximumEventAgeInSeconds ?? Self.usualAge)
        let pause = min(Self.longestPause, Double(1 << min(delivery.attempts, 20))) * Double.random(in: 0.75...1)
        let exhausted: String? =
            if !failure.isPassing {
                ""
            } else if delivery.attempts >= retries {
                "MaximumRetryAttempts"
            } else if now + pause > delivery.accepted + age {
                "MaximumEventAgeInSeconds"
            } else {
                nil
            }
        guard let exhausted else {
            return try await again(at: now + pause)
        }
        try await DeadLetters(attempt: self, failure: failure, condition: exhausted).deliver()
        count(["Invocations", "FailedInvocations"])
        environment.metrics.add(1, to: .undeliveredEvents)
    }

    /// Puts off a delivery that can't be given up now, since its dead-letter queue can't be reached. That has an end as well.
    func putOff() async throws(ServiceError) {
        let now = environment.now()
        guard now < delivery.accepted + Self.longestPatience else {
            environment.metrics.add(1, to: .undeliveredEvents)
            return try await complete()
        }
        try await again(at: now + Self.longestPause)
    }

    private func again(at time: Double) async throws(ServiceError) {
        let delivery = delivery
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            guard try records.delete(delivery) else { return }
            var next = delivery
            next.attempts += 1
            next.due = RequestIDs.milliseconds(time)
            try records.put(next)
        }
    }

    /// Counts something for the metrics of the rule.
    func count(_ names: [String]) { rule.count(names, at: environment.now(), in: environment.metricCounts) }
}
