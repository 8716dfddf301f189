import Directory
import Wire

// Amazon SQS: a queue's policy is one of its attributes.
// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-using-identity-based-policies.html>

extension KeptLesson {
    static let queues: [KeptLesson] =
        [
            // Who makes a queue that is there already, with the same attributes, gets that one: what is known of it stays.
            KeptLesson(service: "sqs", operation: "CreateQueue") { call in
                let policy = call.input.text("Attributes", "Policy")
                let tags = call.input.tags("tags")
                guard policy != nil || !tags.isEmpty else { return [] }
                return call.edit { kept in
                    if let policy { kept.setPolicy(policy) }
                    kept.addTags(tags)
                }
            },
            KeptLesson(service: "sqs", operation: "SetQueueAttributes") { call in
                guard let policy = call.input.text("Attributes", "Policy") else { return [] }
                return call.edit { $0.setPolicy(policy) }
            },
            KeptLesson(service: "sqs", operation: "GetQueueAttributes", readsAnswer: true, isRead: true) { call in
                let asked = call.input.texts("AttributeNames")
                guard asked.contains("All") || asked.contains("Policy") else { return [] }
                let policy = call.output.text("Attributes", "Policy")
                return call.edit { $0.setPolicy(policy) }
            },
            KeptLesson(service: "sqs", operation: "AddPermission") { call in
                guard let queue = call.resource?.description, let label = call.text("Label") else { return [] }
                let statement = KeptStatement(
                    sid: label, principal: KeptStatement.accounts(call.input.texts("AWSAccountIds")),
                    actions: call.input.texts("Actions").map { "SQS:\($0)" }, resource: queue)
                return call.edit {
                    $0.permit(statement, orIn: KeptPolicyText(version: "2008-10-17", id: "\(queue)/SQSDefaultPolicy"))
                }
            },
            KeptLesson(service: "sqs", operation: "RemovePermission") { call in
                guard let label = call.text("Label") else { return [] }
                return call.edit { $0.revoke(label) }
            },
        ] + gone("sqs", "DeleteQueue")
}
