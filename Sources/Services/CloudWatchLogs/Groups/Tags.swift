import CloudWatchLogsAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Tags of log groups and destinations, by the operations for groups alone and by those for all resources.
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

/// What has tags.
private enum TaggedResource {
    case group(LogGroupName)
    case destination(LogDestinationName)

    /// - Throws: InvalidParameterException for the ARN of anything else, or in another Region.
    init(arn text: String, _ call: Call) throws(ServiceError) {
        if let name = LogDestinationName(arn: text), name.region == call.region {
            self = .destination(name)
        } else if text.hasPrefix("arn:"), let name = LogGroupName(arn: text), !name.name.isEmpty,
            name.region == call.region
        {
            self = .group(name)
        } else {
            throw .invalidParameter("The specified resource ARN is not valid: \(text)")
        }
    }

    var arn: String {
        switch self {
        case .group(let name): name.arn
        case .destination(let name): name.arn
        }
    }
}

extension RecordReading {
    fileprivate func tags(of resource: TaggedResource) throws(ServiceError) -> [String: String] {
        let tags: [Tag]
        switch resource {
        case .group(let name): tags = try logGroup(name).tags
        case .destination(let name): tags = try destination(name).tags
        }
        return Dictionary(tags.map { ($0.key, $0.value) }) { _, last in last }
    }

    fileprivate func destination(_ name: LogDestinationName) throws(ServiceError) -> LogDestination {
        guard let destination = try of(name.scope).get(LogDestination.self, name.name) else {
            throw .noSuchDestination
        }
        return destination
    }
}

extension MutableRecords {
    fileprivate func changeTags(
        of resource: TaggedResource, _ body: ([Tag]) throws(ServiceError) -> [Tag]
    ) throws(ServiceError) {
        switch resource {
        case .group(let name):
            var group = try logGroup(name)
            group.tags = try body(group.tags)
            try of(name.scope).put(group)
        case .destination(let name):
            var destination = try destination(name)
            destination.tags = try body(destination.tags)
            try of(name.scope).put(destination)
        }
    }
}

extension CloudWatchLogs.TagLogGroup: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags(Tag.list(input.tags))
        return .required(call.logsAccess(LogGroupName(input.logGroupName, call).policyARN, tags))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.changeTags(of: .group(LogGroupName(input.logGroupName, call))) { (tags) throws(ServiceError) in
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
        try records.changeTags(of: .group(LogGroupName(input.logGroupName, call))) {
            TagRules.ofLogGroups.remove(input.tags, from: $0)
        }
        return Output()
    }
}

extension CloudWatchLogs.ListTagsLogGroup: ReadOperation, OnLogGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try records.tags(of: .group(LogGroupName(input.logGroupName, call)))
        return Output { $0.tags = tags }
    }
}

extension CloudWatchLogs.TagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags(Tag.list(input.tags))
        return .required(call.logsAccess(try TaggedResource(arn: input.resourceArn, call).arn, tags))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.changeTags(of: try TaggedResource(arn: input.resourceArn, call)) { (tags) throws(ServiceError) in
            try TagRules.ofLogGroups.merge(Tag.list(input.tags), into: tags)
        }
        return Output()
    }
}

extension CloudWatchLogs.UntagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let keys = ConditionKeys.tagKeys(input.tagKeys)
        return .required(call.logsAccess(try TaggedResource(arn: input.resourceArn, call).arn, keys))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.changeTags(of: try TaggedResource(arn: input.resourceArn, call)) {
            TagRules.ofLogGroups.remove(input.tagKeys, from: $0)
        }
        return Output()
    }
}

extension CloudWatchLogs.ListTagsForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(try TaggedResource(arn: input.resourceArn, call).arn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try records.tags(of: TaggedResource(arn: input.resourceArn, call))
        return Output { $0.tags = tags }
    }
}
