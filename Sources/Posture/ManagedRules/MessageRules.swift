import Platform
import Wire

import struct Policy.PolicyDocument
import enum Policy.PolicyType

/// Rules about queues, topics and event buses, by their configuration items.
package enum MessageRules {
    package static let all: [String: ManagedRule.Evaluation] = [
        "CUSTOM_EVENTBUS_POLICY_ATTACHED": .item(busPolicy),
        "SNS_ENCRYPTED_KMS": .item(topicEncrypted),
        "SNS_TOPIC_MESSAGE_DELIVERY_NOTIFICATION_ENABLED": .item(topicDeliveryStatus),
        "SNS_TOPIC_NO_PUBLIC_ACCESS": .item(noPublicAccess),
        "SQS_QUEUE_DLQ_CHECK": .item(deadLetterQueue),
        "SQS_QUEUE_NO_PUBLIC_ACCESS": .item(noPublicAccess),
        "SQS_QUEUE_POLICY_FULL_ACCESS_CHECK": .item(noFullAccess),
    ]

    private static func policy(_ item: ConfigurationItem) -> String? {
        item.supplementaryConfiguration.first { $0.key == "Policy" }?.value.text
    }

    // MARK: Policies

    /// Public is what S3 calls so: access for everybody that no fixed value limits.
    private static func noPublicAccess(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        guard let text = policy(item) else { return .compliant }
        let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable)
        return .when(document?.isPublic == false, otherwise: "The access policy allows public access.")
    }

    private static func noFullAccess(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let isFull = ReadPolicy(policy(item))?.statements.contains { statement in
            statement.isAllow && statement.actions.contains { $0 == "*" || $0.lowercased() == "sqs:*" }
        }
        return .when(isFull != true, otherwise: "The access policy allows all actions of SQS.")
    }

    private static func busPolicy(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        // The default bus is nobody's own.
        guard item.configuration["Name"]?.text != "default" else { return .notApplicable }
        return .when(
            item.configuration["Policy"]?.members.isEmpty == false, otherwise: "The event bus has no policy.")
    }

    // MARK: Settings

    private static func deadLetterQueue(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        .when(
            item.configuration["RedrivePolicy"]?["deadLetterTargetArn"]?.text != nil,
            otherwise: "The queue has no dead-letter queue.")
    }

    private static func topicEncrypted(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let key = item.configuration["KmsMasterKeyId"]?.text ?? ""
        guard !key.isEmpty else { return .nonCompliant("The topic is not encrypted with a KMS key.") }
        let wanted = parameters.list("kmsKeyIds")
        return .when(wanted.isEmpty || wanted.contains(key), otherwise: "The key is none of those wanted.")
    }

    private static func topicDeliveryStatus(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let isLogged = item.configuration.members.contains { member in
            member.key.hasSuffix("FeedbackRoleArn") && member.value.text?.isEmpty == false
        }
        return .when(isLogged, otherwise: "Delivery status logging is not enabled for any endpoint.")
    }
}
