import Directory
import Platform
import Policy
import Wire

/// A queue's attributes as GetQueueAttributes shows them.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>
struct ShownAttributes {
    let queue: Queue
    let directory: IdentityDirectory

    static let counts: Set<String> = [
        "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
    ]
    private static let others: Set<String> = [
        "Policy", "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn", "RedrivePolicy", "FifoQueue",
        "ContentBasedDeduplication", "KmsMasterKeyId", "DeduplicationScope", "FifoThroughputLimit",
        "RedriveAllowPolicy", "SqsManagedSseEnabled",
    ]

    /// - Parameter names: of a request.
    /// - Returns: whether an attribute is asked for.
    /// - Throws: InvalidAttributeName.
    static func wanted(_ names: [String]) throws(ServiceError) -> (String) -> Bool {
        let known = NumberAttribute.allCases.map(\.rawValue)
        for name in names where name != "All" && !counts.contains(name) && !others.contains(name) {
            guard known.contains(name) else { throw .unknownAttribute(name) }
        }
        let (asked, asksAll) = (Set(names), names.contains("All"))
        return { asksAll || asked.contains($0) }
    }

    /// All but the counts, which take a look at the messages.
    var all: [String: String] {
        var shown: [String: String] = [
            "QueueArn": queue.arn, "CreatedTimestamp": String(queue.created),
            "LastModifiedTimestamp": String(queue.modified),
            "SqsManagedSseEnabled": queue.attributes["SqsManagedSseEnabled"] ?? "true",
        ]
        for number in NumberAttribute.allCases where number != .keyReuse {
            shown[number.rawValue] = queue.attributes[number.rawValue] ?? String(number.standard)
        }
        for name in ["RedrivePolicy", "RedriveAllowPolicy"] { shown[name] = queue.attributes[name] }
        if let policy = queue.policy { shown["Policy"] = PolicyDocument.shown(policy, as: .resource, directory) }
        if let key = queue.attributes["KmsMasterKeyId"] {
            shown["KmsMasterKeyId"] = key
            shown[NumberAttribute.keyReuse.rawValue] = String(queue.settings.keyReuse)
        }
        if queue.isFIFO {
            shown["FifoQueue"] = "true"
            shown["ContentBasedDeduplication"] = queue.attributes["ContentBasedDeduplication"] ?? "false"
            shown["DeduplicationScope"] = queue.attributes["DeduplicationScope"] ?? "queue"
            shown["FifoThroughputLimit"] = queue.attributes["FifoThroughputLimit"] ?? "perQueue"
        }
        return shown
    }

    /// The first attribute of a request in which the queue is another than the request would have it; nil: there is none.
    func difference(from given: Queue, _ names: some Sequence<String>) -> String? {
        let (own, other) = (all, ShownAttributes(queue: given, directory: directory).all)
        return names.sorted().first { name in
            guard own[name] != other[name] else { return false }
            // The same JSON may be written otherwise.
            guard let own = own[name], let other = other[name],
                let first = try? Wire.JSONValue(parsing: Array(own.utf8)), case .object = first
            else { return true }
            return first != (try? Wire.JSONValue(parsing: Array(other.utf8)))
        }
    }
}
