import CloudTrailAPI
import Directory
import Platform
import Policy
import Wire

// Tags of trails, event data stores, channels and dashboards.

extension Directory.Tag {
    /// CloudTrail's tags need no value.
    init(_ tag: CloudTrail.Tag) { self.init(key: tag.key, value: tag.value ?? "") }
}

extension CloudTrail.Tag {
    init(_ tag: Directory.Tag) {
        self.init()
        key = tag.key
        value = tag.value
    }
}

extension TagRules {
    static let ofTrails = TagRules(
        keys: .exact, most: 50,
        duplicate: CloudTrail.Failure.invalidTagParameterException("Duplicate tag keys are not allowed."),
        reserved: { key in
            CloudTrail.Failure.invalidTagParameterException("Tag keys cannot begin with aws:, as \(key) does.")
        },
        tooMany: CloudTrail.Failure.tagsLimitExceededException("A resource can have no more than 50 tags."))
}

/// What can have tags, as its ARN names it.
private enum TaggedResource {
    case trail(TrailName)
    case eventDataStore(EventDataStoreName)
    case channel(ChannelName)
    case dashboard(DashboardName)

    /// - Throws: CloudTrailARNInvalidException; ResourceTypeNotSupportedException for what has no tags.
    init(_ text: String, _ call: Call) throws(ServiceError) {
        let resource = ARN(parsing: text)?.resource ?? ""
        if resource.hasPrefix(EventDataStoreName.prefix) {
            self = .eventDataStore(try EventDataStoreName(text, call))
        } else if resource.hasPrefix(ChannelName.prefix) {
            self = .channel(try ChannelName(text, call))
        } else if resource.hasPrefix(DashboardName.prefix) {
            self = .dashboard(try DashboardName(text, call))
        } else {
            self = .trail(try TrailName(arn: text))
        }
    }

    func need(_ call: Call, _ keys: [String: ContextValue] = [:]) -> Access {
        switch self {
        case .trail(let name): call.need(on: name, keys)
        case .eventDataStore(let name): call.need(on: name, keys)
        case .channel(let name): call.needOfOwner(on: name.arn, keys)
        case .dashboard(let name): call.needOfOwner(on: name.arn, keys)
        }
    }

    /// Its tags, and its ARN.
    func tags(_ call: Call) throws(ServiceError) -> (arn: String, tags: [Directory.Tag]) {
        switch self {
        case .trail(let name):
            let trail = try call.seen(name)
            return (trail.arn, trail.tags)
        case .eventDataStore(let name):
            let store = try call.seenStore(name.arn)
            return (store.arn, store.tags)
        case .channel(let name):
            let channel = try call.channel(name, orElse: .resourceNotFound(name.arn))
            return (channel.arn, channel.tags)
        case .dashboard(let name):
            let dashboard = try call.dashboard(name)
            return (dashboard.arn, dashboard.tags)
        }
    }

    func change(
        _ call: Call, _ records: MutableRecords, _ body: ([Directory.Tag]) throws(ServiceError) -> [Directory.Tag]
    ) throws(ServiceError) {
        switch self {
        case .trail(let name):
            let name = try call.administered(name)
            let own = records.of(name.scope)
            guard var trail = try own.get(Trail.self, name.name) else { throw .unknownTrail(name, call) }
            trail.tags = try body(trail.tags)
            try own.put(trail)
        case .eventDataStore(let name):
            var (store, own) = try records.administeredStore(name.arn, call)
            guard store.status != .pendingDeletion else { throw .inactiveStore }
            store.tags = try body(store.tags)
            try own.put(store)
        case .channel(let name):
            var channel = try records.channel(name, call, orElse: .resourceNotFound(name.arn))
            channel.tags = try body(channel.tags)
            try records.put(channel)
        case .dashboard(let name):
            var dashboard = try records.dashboard(name, call)
            dashboard.tags = try body(dashboard.tags)
            try records.put(dashboard)
        }
    }
}

extension CloudTrail.AddTags: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags(input.tagsList.map { Directory.Tag($0) })
        return .required(try TaggedResource(input.resourceId, call).need(call, tags))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try TaggedResource(input.resourceId, call).change(call, records) { (tags) throws(ServiceError) in
            try TagRules.ofTrails.merge(input.tagsList.map { Directory.Tag($0) }, into: tags)
        }
        return Output()
    }
}

extension CloudTrail.RemoveTags: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let keys = ConditionKeys.tagKeys(input.tagsList.map(\.key))
        return .required(try TaggedResource(input.resourceId, call).need(call, keys))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try TaggedResource(input.resourceId, call).change(call, records) { tags in
            TagRules.ofTrails.remove(input.tagsList.map(\.key), from: tags)
        }
        return Output()
    }
}

extension CloudTrail.ListTags: ComputeOperation {
    private static let most = 20

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard !input.resourceIdList.isEmpty, input.resourceIdList.count <= most else {
            throw CloudTrail.Failure.invalidParameterCombinationException(
                "ResourceIdList has 1 to \(most) ARNs, not \(input.resourceIdList.count).")
        }
        return .required(
            try input.resourceIdList.map { text throws(ServiceError) in try TaggedResource(text, call).need(call) })
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let listed = try input.resourceIdList.map { text throws(ServiceError) in
            let (arn, tags) = try TaggedResource(text, call).tags(call)
            return CloudTrail.ResourceTag {
                $0.resourceId = arn
                $0.tagsList = tags.map(CloudTrail.Tag.init)
            }
        }
        return Output { $0.resourceTagList = listed }
    }
}
