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
                guard let arn = call.bus else { return [] }
                if let policy = call.text("Policy") { return [KeptEdit(arn: arn) { $0.setPolicy(policy) }] }
                let bus = arn.description
                guard let sid = call.text("StatementId"),
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
                return [KeptEdit(arn: arn) { [statement] in $0.permit(statement, orIn: KeptPolicyText()) }]
            },
            KeptLesson(service: "events", operation: "RemovePermission") { call in
                guard let arn = call.bus else { return [] }
                if call.input["RemoveAllPermissions"] == .boolean(true) {
                    return [KeptEdit(arn: arn) { $0.setPolicy(nil) }]
                }
                guard let sid = call.text("StatementId") else { return [] }
                return [KeptEdit(arn: arn) { $0.revoke(sid) }]
            },
            KeptLesson(service: "events", operation: "DescribeEventBus", readsAnswer: true, isRead: true) { call in
                let policy = call.output.text("Policy")
                return call.edit { $0.setPolicy(policy) }
            },
        ]
}

extension KeptCall {
    /// The bus whose permissions are changed. AWS knows of no resource of that action: it is one of the caller's own, by name.
    fileprivate var bus: ARN? {
        let name = text("EventBusName") ?? "default"
        guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"*?:/".utf8.contains($0) }) else {
            return nil
        }
        let own = arn("events", "event-bus/\(name)")
        guard resources.isEmpty || resources == [own] else { return nil }
        return own
    }
}
