import Directory
import EventBridgeAPI
import Ledger
import Platform
import SQSAPI
import Wire

/// What can't be delivered goes to the target's queue for that; without one it is dropped.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>
struct DeadLetters {
    let attempt: DeliveryAttempt
    let failure: DeliveryFailure
    /// Empty where it was not tried again.
    let condition: String

    /// Whether an ARN is a queue's that may be one for this.
    static func isQueue(_ text: String) -> Bool {
        guard let arn = ARN(parsing: text) else { return false }
        return arn.service == "sqs" && !arn.resource.hasSuffix(".fifo")
    }

    /// The queue that a configuration names.
    /// - Throws: ValidationException for what is none.
    static func queue(_ configuration: EventBridge.DeadLetterConfig?) throws(ServiceError) -> String? {
        guard let arn = configuration?.arn else { return nil }
        guard isQueue(arn) else {
            throw .invalidEvents(
                "Parameter DeadLetterConfig is not valid. Reason: \(arn) is not the ARN of an Amazon SQS queue.")
        }
        return arn
    }

    static func url(_ account: String, _ region: String, _ name: String) -> String {
        "https://sqs.\(region).amazonaws.com/\(account)/\(name)"
    }

    /// Ends the delivery.
    /// - Throws: where the ledger fails, or SQS for the moment; then the delivery is tried once more.
    func deliver() async throws(ServiceError) {
        guard let arn = attempt.target.deadLetterConfig?.arn.flatMap({ ARN(parsing: $0) }) else {
            return try await attempt.complete()
        }
        let (rule, event) = (attempt.rule, attempt.delivery.event)
        func attribute(_ value: String, _ type: String = "String") -> SQS.MessageAttributeValue {
            SQS.MessageAttributeValue {
                $0.stringValue = value
                $0.dataType = type
            }
        }
        var attributes = [
            "RULE_ARN": attribute(rule.arn), "TARGET_ARN": attribute(attempt.target.arn),
            "ERROR_CODE": attribute(failure.code),
            // The model has no empty values.
            "ERROR_MESSAGE": attribute(failure.message.isEmpty ? failure.code : failure.message),
            "RETRY_ATTEMPTS": attribute(String(attempt.delivery.attempts), "Number"),
        ]
        if !condition.isEmpty { attributes["EXHAUSTED_RETRY_CONDITION"] = attribute(condition) }
        let call: PreparedCall<SQS.SendMessage>
        do throws(ServiceError) {
            let sent = attributes
            call = try await attempt.environment.services(in: arn.region).prepare(
                SQS.SendMessage.self,
                SQS.SendMessage.Input {
                    $0.queueUrl = Self.url(arn.account, arn.region, arn.resource)
                    $0.messageBody = event.json
                    $0.messageAttributes = sent
                }, as: .own(eventsPrincipal, for: rule.arn, in: rule.accountID))
        } catch {
            guard error.status >= 500, error.status != 501 else { return try await attempt.complete() }
            throw error
        }
        do throws(ServiceError) {
            try await attempt.complete { (records) throws(ServiceError) in _ = try call.complete(in: records) }
            attempt.count(["InvocationsSentToDlq"])
        } catch {
            guard error.status >= 500 else { return try await attempt.complete() }
            throw error
        }
    }
}

extension Metric {
    /// Events that no target took, and that were given up.
    static let undeliveredEvents = Metric(
        "gatehouse_undelivered_events_total", "Events that could not be delivered to a target of a rule.")
}
