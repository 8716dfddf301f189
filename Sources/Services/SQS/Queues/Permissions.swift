import Directory
import Platform
import SQSAPI
import Wire

// Statements of a queue's policy, made and taken away by their labels.
// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html>

extension SQS.AddPermission: WriteOperation, OnOwnQueue {
    /// What can be granted to other accounts; nothing else can.
    private static let grantable: Set<String> = [
        "*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
        "ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage",
    ]

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let label = input.label
        guard (1...80).contains(label.utf8.count), label.utf8.allSatisfy(\.isNameByte) else {
            throw .invalidParameter(
                "Label", label, "Can only include alphanumeric characters, hyphens, or underscores.")
        }
        guard !input.actions.isEmpty else { throw .missingParameter("Actions") }
        guard !input.awsAccountIds.isEmpty else { throw .missingParameter("AWSAccountIds") }
        guard input.actions.count <= QueuePolicies.mostActions else {
            throw SQS.Failure.overLimit(
                "\(input.actions.count) Actions were found, maximum allowed is \(QueuePolicies.mostActions).")
        }
        for action in input.actions where !grantable.contains(action) {
            throw .invalidParameter(
                "ActionName", "SQS:\(action)", "Only the queue owner is allowed to invoke this action.")
        }
        for account in input.awsAccountIds {
            guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .invalidParameter("PrincipalId", "[\(account)]", "Unable to verify.")
            }
        }
        var queue = try records.queue(try call.queue(input.queueUrl))
        var policy = try EditedPolicy(queue)
        guard !policy.labels.contains(label) else { throw .invalidParameter("Label", label, "Already exists.") }
        policy.add(label, input.awsAccountIds, input.actions.map { $0 == "*" ? "SQS:*" : "SQS:\($0)" }, on: queue.arn)
        guard policy.count <= QueuePolicies.mostStatements else {
            throw SQS.Failure.overLimit(
                "\(policy.count) statements were found, maximum allowed is \(QueuePolicies.mostStatements).")
        }
        queue.policy = policy.text
        queue.modified = Int(call.time)
        try records.put(queue)
        return Output()
    }
}

extension SQS.RemovePermission: WriteOperation, OnOwnQueue {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var queue = try records.queue(try call.queue(input.queueUrl))
        var policy = try EditedPolicy(queue)
        guard policy.labels.contains(input.label) else {
            throw .invalidParameter("Label", input.label, "can't find label.")
        }
        policy.remove(input.label)
        queue.policy = policy.count == 0 ? nil : policy.text
        queue.modified = Int(call.time)
        try records.put(queue)
        return Output()
    }
}

/// A queue's policy with its statements apart.
private struct EditedPolicy {
    private var members: [JSONMember]
    private var statements: [JSONValue]

    /// - Throws: InternalFailure for a policy that can't be read.
    init(_ queue: Queue) throws(ServiceError) {
        guard let text = queue.policy else {
            members = [
                JSONMember(key: "Version", value: .string("2012-10-17")),
                JSONMember(key: "Id", value: .string("\(queue.arn)/SQSDefaultPolicy")),
            ]
            statements = []
            return
        }
        guard let json = try? JSONValue(parsing: Array(text.utf8)), case .object(let members) = json else {
            throw .internalFailure
        }
        self.members = members.filter { $0.key != "Statement" }
        statements =
            switch json["Statement"] {
            case .array(let list): list
            case .some(let one): [one]
            case nil: []
            }
    }

    var count: Int { statements.count }
    var labels: [String] { statements.compactMap(Self.label) }

    private static func label(_ statement: JSONValue) -> String? {
        if case .string(let text)? = statement["Sid"] { return text }
        return nil
    }

    mutating func add(_ label: String, _ accounts: [String], _ actions: [String], on arn: String) {
        func list(_ texts: [String]) -> JSONValue {
            texts.count == 1 ? .string(texts[0]) : .array(texts.map { .string($0) })
        }
        statements.append(
            .object([
                JSONMember(key: "Sid", value: .string(label)), JSONMember(key: "Effect", value: .string("Allow")),
                JSONMember(
                    key: "Principal",
                    value: .object([JSONMember(key: "AWS", value: list(accounts.map { "arn:aws:iam::\($0):root" }))])),
                JSONMember(key: "Action", value: list(actions)), JSONMember(key: "Resource", value: .string(arn)),
            ]))
    }

    mutating func remove(_ label: String) { statements.removeAll { Self.label($0) == label } }

    var text: String {
        var writer = JSONWriter()
        writer.json(.object(members + [JSONMember(key: "Statement", value: .array(statements))]))
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
