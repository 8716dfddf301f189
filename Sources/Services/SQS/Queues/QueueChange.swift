import Directory
import Platform
import Policy
import Wire

/// The attributes of a request, checked, on their way into a queue.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
struct QueueChange {
    let given: [String: String]
    let call: Call

    private static let ofFIFO: Set<String> = [
        "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit",
    ]

    /// Puts the attributes into a queue.
    /// - Parameter queues: finds another queue, as it is in the same transaction.
    /// - Throws: InvalidAttributeName, InvalidAttributeValue, InvalidParameterValue.
    func apply(
        to queue: inout Queue, isNew: Bool, _ queues: (QueueReference) throws(ServiceError) -> Queue?
    ) throws(ServiceError) {
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            if let number = NumberAttribute(rawValue: name) {
                guard let parsed = Int(value), number.range.contains(parsed) else { throw .invalidAttribute(name) }
                queue.attributes[name] = String(parsed)
                continue
            }
            guard !Self.ofFIFO.contains(name) || queue.isFIFO else { throw .unknownAttribute(name) }
            switch name {
            case "FifoQueue":
                guard isNew || queue.isFIFO else { throw .unknownAttribute(name) }
                guard try boolean(name, value) == queue.isFIFO else {
                    throw .invalidAttribute(name, "Modifying queue type is not supported.")
                }
            case "ContentBasedDeduplication": queue.attributes[name] = String(try boolean(name, value))
            case "DeduplicationScope": queue.attributes[name] = try one(of: ["messageGroup", "queue"], name, value)
            case "FifoThroughputLimit":
                queue.attributes[name] = try one(of: ["perQueue", "perMessageGroupId"], name, value)
            case "Policy": queue.policy = value.isEmpty ? nil : try policy(value)
            case "RedrivePolicy":
                queue.attributes[name] = value.isEmpty ? nil : value
                if !value.isEmpty { try check(RedrivePolicy(parsing: value), value, of: queue, queues) }
            case "RedriveAllowPolicy":
                if !value.isEmpty { _ = try RedriveAllowPolicy(parsing: value) }
                queue.attributes[name] = value.isEmpty ? nil : value
            case "KmsMasterKeyId", "SqsManagedSseEnabled": break
            default: throw .unknownAttribute(name)
            }
        }
        try encrypt(&queue)
        let scope = queue.attributes["DeduplicationScope"] ?? "queue"
        if queue.attributes["FifoThroughputLimit"] == "perMessageGroupId", scope != "messageGroup" {
            throw .invalidAttribute(
                "FifoThroughputLimit",
                "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.")
        }
    }

    /// A queue has one kind of encryption at a time.
    private func encrypt(_ queue: inout Queue) throws(ServiceError) {
        let key = given["KmsMasterKeyId"]
        let managed = try given["SqsManagedSseEnabled"].map { (value) throws(ServiceError) in
            try boolean("SqsManagedSseEnabled", value)
        }
        if let key, !key.isEmpty, managed == true {
            throw .invalidAttribute(
                "SqsManagedSseEnabled",
                "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
            )
        }
        if let key {
            guard key.utf8.count <= 2048 else { throw .invalidAttribute("KmsMasterKeyId") }
            queue.attributes["KmsMasterKeyId"] = key.isEmpty ? nil : key
            if !key.isEmpty { queue.attributes["SqsManagedSseEnabled"] = "false" }
        }
        if let managed {
            queue.attributes["SqsManagedSseEnabled"] = String(managed)
            if managed { queue.attributes["KmsMasterKeyId"] = nil }
        }
    }

    private func boolean(_ name: String, _ value: String) throws(ServiceError) -> Bool {
        switch value.lowercased() {
        case "true": true
        case "false": false
        default: throw .invalidAttribute(name)
        }
    }

    private func one(of values: [String], _ name: String, _ value: String) throws(ServiceError) -> String {
        guard values.contains(value) else { throw .invalidAttribute(name) }
        return value
    }

    /// A policy as it is kept.
    private func policy(_ text: String) throws(ServiceError) -> String {
        guard text.utf8.count <= QueuePolicies.longest,
            let document = try? PolicyDocument(parsing: text, as: .resource),
            document.statements.count <= QueuePolicies.mostStatements,
            document.principals.joined().count <= QueuePolicies.mostPrincipals,
            document.principals.joined().allSatisfy({ call.directory.mayExist($0) })
        else { throw .invalidAttribute("Policy") }
        return document.kept(call.directory)
    }

    private func check(
        _ redrive: RedrivePolicy, _ text: String, of queue: Queue,
        _ queues: (QueueReference) throws(ServiceError) -> Queue?
    ) throws(ServiceError) {
        func invalid(_ reason: String) -> ServiceError { .invalidParameter("RedrivePolicy", text, reason) }
        guard let target = QueueReference(arn: redrive.target) else {
            throw invalid("Invalid value for deadLetterTargetArn.")
        }
        guard target.account == queue.account, target.region == queue.region else {
            throw invalid("Dead-letter target owner should be same as the source.")
        }
        guard let found = try queues(target) else { throw invalid("Dead letter target does not exist.") }
        guard target.isFIFO == queue.isFIFO else {
            throw invalid("Dead-letter queue must be same type of queue as the source.")
        }
        guard found.settings.redriveAllow.allows(queue.arn) else {
            throw invalid("Queue \(queue.arn) is not allowed by the redrive allow policy of the dead-letter queue.")
        }
    }
}

/// How large a queue's policy may be.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html>
enum QueuePolicies {
    /// Bytes.
    static let longest = 8192
    static let mostStatements = 20
    static let mostPrincipals = 50
    /// In one statement.
    static let mostActions = 7
}
