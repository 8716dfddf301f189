import Directory
import Platform
import Policy
import SNSAPI
import Wire

extension TagRules {
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html>
    static let ofTopics = TagRules(
        keys: .exact, duplicate: .invalidParameter("Duplicated keys are not allowed."),
        reserved: { _ in .invalidParameter("System tags cannot be added/updated by requester.") },
        tooMany: .sns(.tagLimitExceeded, "Could not complete request: tag quota of per resource exceeded"))
}

/// An operation on the tags of the topic that `ResourceArn` names.
protocol OnTopicTags: Platform.Operation where InputFields: SNS.WithResourceArn {
    /// The condition keys that the request brings.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnTopicTags {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.access(on: try TopicName(input.resourceArn, parameter: "ResourceArn"), nil, keys(input)))
    }
}

extension RecordReading {
    /// - Throws: ResourceNotFound.
    fileprivate func tagged(_ arn: String, _ call: Call) throws(ServiceError) -> (topic: Topic, own: Self) {
        let name = try TopicName(arn, parameter: "ResourceArn")
        try call.checkRegion(of: name, "ResourceArn")
        let own = of(name.scope)
        guard let topic = try own.get(Topic.self, name.name) else {
            throw .sns(.resourceNotFound, "Resource does not exist")
        }
        return (topic, own)
    }
}

extension SNS.TagResource: WriteOperation, OnTopicTags {
    static func keys(_ input: Input) -> [String: ContextValue] { requestTags(input.tags) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var (topic, own) = try records.tagged(input.resourceArn, call)
        topic.tags = try TagRules.ofTopics.merge(input.tags, into: topic.tags)
        try own.put(topic)
        return Output()
    }
}

extension SNS.UntagResource: WriteOperation, OnTopicTags {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.tagKeys(input.tagKeys) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var (topic, own) = try records.tagged(input.resourceArn, call)
        topic.tags = TagRules.ofTopics.remove(input.tagKeys, from: topic.tags)
        try own.put(topic)
        return Output()
    }
}

extension SNS.ListTagsForResource: ReadOperation, OnTopicTags {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try records.tagged(input.resourceArn, call).topic.tags
        return Output { $0.tags = tags.map { SNS.Tag($0) } }
    }
}
