import Directory
import Wire

// Amazon EventBridge: a bus's policy is set as a whole, or statement by statement.
// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html>

extension KeptLesson {
    static let buses: [KeptLesson] =
        new("events", "CreateEventBus", tags: "Tags") + gone("events", "DeleteEventBus") + gone("events", "DeleteRule")
        + [
            KeptLesson(service: "events", operation: "PutRule") { call in
                // Tags of a rule that is there already are left as they are.
                let tags = call.input.tags("Tags")
                guard !tags.isEmpty else { return [] }
                return call.edit { if $0.tags.isEmpty { $0.addTags(tags) } }
            },
            KeptLesson(service: "events", operation: "PutPermission") { call in
                if let policy = call.text("Policy") { return call.edit { $0.setPolicy(policy) } }
                guard let bus = call.resource?.description, let sid = call.text("StatementId"),
                    let action = call.text("Action"), let principal = call.text("Principal")
                else { return [] }
                var statement = KeptStatement(
                    sid: sid, principal: KeptStatement.principal(principal), actions: [action], resource: bus)
                if case .structure(let condition)? = call.input["Condition"] {
                    guard let test = condition.text("Type"), let key = condition.text("Key"),
                        let value = condition.text("Value")
                    else { return [] }
                    statement.conditions = [(test: test, key: key, value: value)]
                }
                return call.edit { [statement] in $0.permit(statement, orIn: KeptPolicyText()) }
            },
            KeptLesson(service: "events", operation: "RemovePermission") { call in
                if call.input["RemoveAllPermissions"] == .boolean(true) { return call.edit { $0.setPolicy(nil) } }
                guard let sid = call.text("StatementId") else { return [] }
                return call.edit { $0.revoke(sid) }
            },
            KeptLesson(service: "events", operation: "DescribeEventBus", readsAnswer: true, isRead: true) { call in
                let policy = call.output.text("Policy")
                return call.edit { $0.setPolicy(policy) }
            },
        ]
}
