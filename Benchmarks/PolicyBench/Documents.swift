import Policy

/// Policies and callers for the measurements.
enum Documents {
    static let account = "111122223333"
    static let alice = Principal(
        kind: .user, arn: "arn:aws:iam::111122223333:user/alice", accountID: account, uniqueID: "AIDAALICE")

    static func statement(_ effect: String, _ action: String, _ resource: String, condition: String? = nil) -> String {
        let tail = condition.map { ",\"Condition\":\($0)" } ?? ""
        return "{\"Effect\":\"\(effect)\",\"Action\":\"\(action)\",\"Resource\":\"\(resource)\"\(tail)}"
    }

    static func policy(_ statements: String..., type: PolicyType = .identity) -> CompiledPolicy {
        compile("{\"Version\":\"2012-10-17\",\"Statement\":[\(statements.joined(separator: ","))]}", type)
    }

    static func compile(_ document: String, _ type: PolicyType = .identity) -> CompiledPolicy {
        do {
            return CompiledPolicy(
                try PolicyDocument(parsing: document, as: type), source: PolicySource(type: type, name: "measured"))
        } catch {
            fatalError("a policy of the benchmark is wrong: \(error)")
        }
    }
}
