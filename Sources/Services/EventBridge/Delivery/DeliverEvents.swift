import EventBridgeAPI
import Ledger
import Platform
import Wire

/// Delivers to one target of a rule what is due: at least once, and each event again until it is taken or too old.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>
struct DeliverEvents: Job {
    static let kind = "EventBridge::DeliverEvents"
    /// Targets that hang must not keep the others waiting.
    static let concurrency = 16
    /// Events in one run, and of these at a time.
    private static let most = 128
    private static let atOnce = 8

    let ruleARN: String
    let targetID: String

    private var partition: String { EventDelivery.partition(ruleARN, targetID) }

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, partition) = (context.environment, partition)
        let now = RequestIDs.milliseconds(environment.now())
        let waiting = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.list(EventDelivery.self, of: partition, limit: Self.most)
        }
        // Another node may have made the rule that these are for.
        try await environment.catchUpWithOtherNodes()
        let due = waiting.filter { $0.due <= now + 1 }
        // A message group keeps its order as well as the queue can.
        let atOnce = isOrdered(environment) ? 1 : Self.atOnce
        var rest = due[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(atOnce))
            rest = rest.dropFirst(atOnce)
            await withTaskGroup(of: Void.self) { group in
                for one in part { group.addTask { await deliver(one, context) } }
            }
            if Task.isCancelled { throw .internalFailure }
        }
        try await context.finish { (records) throws(ServiceError) in
            guard let next = try records.list(EventDelivery.self, of: partition, limit: 1).first else { return }
            try records.schedule(self, id: partition, at: Double(next.due) / 1000)
        }
    }

    private func isOrdered(_ environment: Environment) -> Bool {
        guard let rule = environment.projection(BusIndex.self).rule(ruleARN), let target = rule.target(targetID) else {
            return false
        }
        return target.arn.hasSuffix(".fifo")
    }

    /// Tries one delivery, and notes what has become of it. What can't be noted is tried again.
    private func deliver(_ delivery: EventDelivery, _ context: JobContext) async {
        let environment = context.environment
        guard let rule = environment.projection(BusIndex.self).rule(ruleARN), let stored = rule.target(targetID)
        else {
            // There is nobody to deliver to any more, unless what is in memory is behind.
            let id = targetID
            try? await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
                if let rule = StoredRule.id(ofARN: delivery.ruleARN),
                    try records.get(StoredRule.self, rule)?.target(id) != nil
                {
                    return
                }
                _ = try records.delete(delivery)
            }
            return
        }
        guard let target = try? stored.view() else {
            try? await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
                _ = try records.delete(delivery)
            }
            return
        }
        let attempt = DeliveryAttempt(
            environment: environment, scope: context.scope, rule: rule, target: target, delivery: delivery)
        do throws(DeliveryFailure) {
            try await attempt.run()
            attempt.count(["Invocations", "InvocationAttempts", "SuccessfulInvocationAttempts"])
        } catch {
            do throws(ServiceError) { try await attempt.note(error) } catch {
                // The program may be ending. Where this fails too, the ledger is away, and so is this job's end.
                if !Task.isCancelled { try? await attempt.putOff() }
            }
        }
    }
}

/// Why an event was not delivered.
struct DeliveryFailure: Error {
    /// As dead-letter queues are told.
    let code: String
    let message: String
    /// Whether it may be otherwise later.
    let isPassing: Bool

    init(_ code: String, _ message: String, isPassing: Bool) {
        self.code = code
        self.message = message
        self.isPassing = isPassing
    }

    /// What a service answered.
    init(_ error: ServiceError) {
        let throttled = ["ThrottlingException", "Throttling", "RequestThrottled", "LimitExceededException"]
        self.init(
            error.status == 403 || error.code.hasPrefix("AccessDenied") ? "NO_PERMISSIONS" : error.code, error.message,
            isPassing: error.status >= 500 && error.status != 501 || error.status == 429
                || throttled.contains(error.code))
    }
}
