import CloudWatchLogsAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Tags of log groups, by the operations for them alone and by those for all resources.
// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html>

extension TagRules {
    static let ofLogGroups = TagRules(
        keys: .exact, most: 50, duplicate: .invalidParameter("Tag keys have to be unique."),
        reserved: { .invalidParameter("The tag key \($0) is reserved: it begins with aws:.") },
        tooMany: CloudWatchLogs.Failure.tooManyTagsException("A resource can have 50 tags at most."))
}

extension Tag {
    /// Tags as requests have them, in the order of their keys.
    static func list(_ tags: [String: String]?) -> [Tag] {
        (tags ?? [:]).sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) }
    }
}

extension LogGroup {
    fileprivate var tagMap: [String: String] {
        Dictionary(tags.map { ($0.key, $0.value) }) { _, last in last }
    }
}

extension MutableRecords {
    fileprivate func changeTags(
        of name: LogGroupName, _ body: ([Tag]) throws(ServiceError) -> [Tag]
    ) throws(ServiceError) {
        var group = try logGroup(name)
        group.tags = try body(group.tags)
        try of(name.scope).put(group)
    }
}

extension CloudWatchLogs.TagLogGroup: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags(Tag.list(input.tags))
        return .required(call.logsAccess(LogGroupName(input.logGroupName, call).policyARN, tags))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.changeTags(of: LogGroupName(input.logGroupName, call)) { (tags) throws(ServiceError) in
            try TagRules.ofLogGroups.merge(Tag.list(input.tags), into: tags)
        }
        return Output()
    }
}

extension CloudWatchLogs.UntagLogGroup: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let keys = ConditionKeys.tagKeys(input.tags)
        return .required(call.logsAccess(LogGroupName(input.logGroupName, call).policyARN, keys))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.changeTags(of: LogGroupName(input.logGroupName, call)) {
            TagRules.ofLogGroups.remove(input.tags, from: $0)
        }
        return Output()
    }
}

extension CloudWatchLogs.ListTagsLogGroup: ReadOperation, OnLogGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try records.logGroup(LogGroupName(input.logGroupName, call)).tagMap
        return Output { $0.tags = tags }
    }
}

extension Call {
    /// The group that a request names by its ARN. It is the only kind of resource here that has tags.
    fileprivate func taggedGroup(_ text: String) throws(ServiceError) -> LogGroupName {
        guard text.hasPrefix("arn:"), let name = LogGroupName(arn: text), !name.name.isEmpty else {
            throw .invalidParameter("The specified resource ARN is not valid: \(text)")
        }
        return name
    }
}

extension CloudWatchLogs.TagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags(Tag.list(input.tags))
        return .required(call.logsAccess(try call.taggedGroup(input.resourceArn).arn, tags))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.changeTags(of: try call.taggedGroup(input.resourceArn)) { (tags) throws(ServiceError) in
            try TagRules.ofLogGroups.merge(Tag.list(input.tags), into: tags)
        }
        return Output()
    }
}

extension CloudWatchLogs.UntagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let keys = ConditionKeys.tagKeys(input.tagKeys)
        return .required(call.logsAccess(try call.taggedGroup(input.resourceArn).arn, keys))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.changeTags(of: try call.taggedGroup(input.resourceArn)) {
            TagRules.ofLogGroups.remove(input.tagKeys, from: $0)
        }
        return Output()
    }
}

extension CloudWatchLogs.ListTagsForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(try call.taggedGroup(input.resourceArn).arn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try records.logGroup(call.taggedGroup(input.resourceArn)).tagMap
        return Output { $0.tags = tags }
    }
}
