import Directory
import Wire

// Amazon SNS: a topic has a policy from its beginning.
// <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>

extension KeptLesson {
    static let topics: [KeptLesson] =
        [
            // Who makes a topic that is there already gets that one: what is known of it stays.
            KeptLesson(service: "sns", operation: "CreateTopic") { call in
                guard let topic = call.resource else { return [] }
                let policy = call.input.text("Attributes", "Policy")
                let tags = call.input.tags("Tags")
                return call.edit { kept in
                    if let policy {
                        kept.setPolicy(policy)
                    } else if kept.policy == nil {
                        kept.setPolicy(defaultPolicy(topic).text)
                    }
                    kept.addTags(tags)
                }
            },
            KeptLesson(service: "sns", operation: "SetTopicAttributes") { call in
                guard call.text("AttributeName") == "Policy" else { return [] }
                let policy = call.text("AttributeValue")
                return call.edit { $0.setPolicy(policy) }
            },
            KeptLesson(service: "sns", operation: "GetTopicAttributes", readsAnswer: true, isRead: true) { call in
                let policy = call.output.text("Attributes", "Policy")
                return call.edit { $0.setPolicy(policy) }
            },
            KeptLesson(service: "sns", operation: "AddPermission") { call in
                guard let topic = call.resource, let label = call.text("Label") else { return [] }
                let statement = KeptStatement(
                    sid: label, principal: KeptStatement.accounts(call.input.texts("AWSAccountId")),
                    actions: call.input.texts("ActionName").map { "SNS:\($0)" }, resource: topic.description)
                return call.edit { $0.permit(statement, orIn: defaultPolicy(topic)) }
            },
            KeptLesson(service: "sns", operation: "RemovePermission") { call in
                guard let label = call.text("Label") else { return [] }
                return call.edit { $0.revoke(label) }
            },
        ] + gone("sns", "DeleteTopic")

    /// The policy that AWS gives every topic for which there is no other. `AWS:SourceOwner` is a key that only requests of AWS's
    /// services have, so that it allows nobody else anything.
    private static func defaultPolicy(_ topic: ARN) -> KeptPolicyText {
        var policy = KeptPolicyText(version: "2008-10-17", id: "__default_policy_ID")
        policy.add(
            KeptStatement(
                sid: "__default_statement_ID",
                principal: .object([JSONMember(key: "AWS", value: .string("*"))]),
                actions: [
                    "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
                    "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish",
                ], resource: topic.description,
                conditions: [(test: "StringEquals", key: "AWS:SourceOwner", value: topic.account)]))
        return policy
    }
}
