import Directory
import Platform
import Policy
import SQSAPI
import Wire

// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html>

enum QueueTags {
    /// A queue's tags with those of a request.
    /// - Throws: InvalidParameterValue.
    static func merge(_ added: [String: String]?, into tags: [Tag]) throws(ServiceError) -> [Tag] {
        for (key, value) in added ?? [:] {
            guard (1...128).contains(key.unicodeScalars.count), value.unicodeScalars.count <= 256 else {
                throw .invalidParameter(
                    "Tag keys must be between 1 and 128 characters in length, and tag values up to 256.")
            }
        }
        return try rules.merge(Tag.all(added), into: tags)
    }

    static let rules = TagRules(
        keys: .exact, duplicate: .invalidParameter("Duplicate tag keys found."),
        reserved: { .invalidParameter("Tag key \($0) must not begin with the reserved prefix aws:.") },
        tooMany: .invalidParameter("Too many tags added for queue."))
}

extension Tag {
    /// The tags of a request, in the order of their keys.
    static func all(_ tags: [String: String]?) -> [Tag] {
        (tags ?? [:]).sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) }
    }
}

extension SQS.TagQueue: WriteOperation, OnOwnQueue {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.requestTags(Tag.all(input.tags)) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard !input.tags.isEmpty else { throw .missingParameter("Tags") }
        var queue = try records.queue(try call.queue(input.queueUrl))
        queue.tags = try QueueTags.merge(input.tags, into: queue.tags)
        try records.put(queue)
        return Output()
    }
}

extension SQS.UntagQueue: WriteOperation, OnOwnQueue {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.tagKeys(input.tagKeys) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard !input.tagKeys.isEmpty else { throw .missingParameter("TagKeys") }
        var queue = try records.queue(try call.queue(input.queueUrl))
        queue.tags = QueueTags.rules.remove(input.tagKeys, from: queue.tags)
        try records.put(queue)
        return Output()
    }
}

extension SQS.ListQueueTags: ReadOperation, OnOwnQueue {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try records.queue(try call.queue(input.queueUrl)).tags
        guard !tags.isEmpty else { return Output() }
        return Output(tags: Dictionary(tags.map { ($0.key, $0.value) }) { first, _ in first })
    }
}
