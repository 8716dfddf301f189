import CloudWatchAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Tags of alarms, dashboards and metric streams.

extension TagRules {
    static let ofCloudWatch = TagRules(
        keys: .exact, most: 50, duplicate: .invalidValue("Tag keys must be unique."),
        reserved: { key in .invalidValue("The tag key \(key) is invalid: keys that begin with aws: are reserved.") },
        tooMany: .invalidValue("A resource can have no more than 50 tags."))

    /// The tags of a request that makes a resource.
    func new(_ tags: [CloudWatch.Tag]?) throws(ServiceError) -> [Directory.Tag] { try merge(tags ?? [], into: []) }
}

/// What can have tags, as its ARN names it.
private enum TaggedResource {
    case alarm(StoredAlarm)
    case dashboard(StoredDashboard)
    case stream(StoredMetricStream)

    /// - Throws: ResourceNotFoundException.
    init(_ text: String, _ call: Call, _ records: some RecordReading) throws(ServiceError) {
        guard let arn = ARN(parsing: text), arn.service == "cloudwatch", arn.account == call.accountID else {
            throw .noSuchResource(text)
        }
        func rest(_ prefix: String) -> String? {
            arn.resource.hasPrefix(prefix) ? String(arn.resource.dropFirst(prefix.count)) : nil
        }
        if let name = rest(CloudWatchARN.dashboards), arn.region.isEmpty,
            let found = try records.of(Scope(account: call.accountID)).get(StoredDashboard.self, name)
        {
            self = .dashboard(found)
        } else if arn.region == call.region, let name = rest(CloudWatchARN.alarms),
            let found = try records.get(StoredAlarm.self, name)
        {
            self = .alarm(found)
        } else if arn.region == call.region, let name = rest(CloudWatchARN.streams),
            let found = try records.get(StoredMetricStream.self, name)
        {
            self = .stream(found)
        } else {
            throw .noSuchResource(text)
        }
    }

    var tags: [Directory.Tag] {
        switch self {
        case .alarm(let alarm): alarm.tags
        case .dashboard(let dashboard): dashboard.tags
        case .stream(let stream): stream.tags
        }
    }

    func put(_ tags: [Directory.Tag], _ records: MutableRecords) throws(ServiceError) {
        switch self {
        case .alarm(var alarm):
            alarm.tags = tags
            try records.put(alarm)
        case .dashboard(var dashboard):
            dashboard.tags = tags
            try records.of(Scope(account: dashboard.accountID)).put(dashboard)
        case .stream(var stream):
            stream.tags = tags
            try records.put(stream)
        }
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html>
extension CloudWatch.TagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.watchAccess(input.resourceARN, requestTags(input.tags)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let resource = try TaggedResource(input.resourceARN, call, records)
        try resource.put(try TagRules.ofCloudWatch.merge(input.tags, into: resource.tags), records)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_UntagResource.html>
extension CloudWatch.UntagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.watchAccess(input.resourceARN, ConditionKeys.tagKeys(input.tagKeys)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let resource = try TaggedResource(input.resourceARN, call, records)
        try resource.put(TagRules.ofCloudWatch.remove(input.tagKeys, from: resource.tags), records)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListTagsForResource.html>
extension CloudWatch.ListTagsForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.watchAccess(input.resourceARN))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try TaggedResource(input.resourceARN, call, records).tags
        return Output { $0.tags = tags.map(CloudWatch.Tag.init) }
    }
}
