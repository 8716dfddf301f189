import CloudTrailAPI
import Directory
import Platform
import Wire

// Tags of trails.

extension Directory.Tag {
    /// CloudTrail's tags need no value.
    init(_ tag: CloudTrail.Tag) { self.init(key: tag.key, value: tag.value ?? "") }
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

extension CloudTrail.AddTags: TrailChange {
    static func name(_ input: Input) -> String { input.resourceId }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = ConditionKeys.requestTags(input.tagsList.map { Directory.Tag($0) })
        return .required(call.need(on: try TrailName(arn: input.resourceId), tags))
    }

    static func change(
        _ trail: Trail, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var trail = trail
        trail.tags = try TagRules.ofTrails.merge(input.tagsList.map { Directory.Tag($0) }, into: trail.tags)
        try records.put(trail)
        return Output()
    }
}

extension CloudTrail.RemoveTags: TrailChange {
    static func name(_ input: Input) -> String { input.resourceId }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let keys = ConditionKeys.tagKeys(input.tagsList.map(\.key))
        return .required(call.need(on: try TrailName(arn: input.resourceId), keys))
    }

    static func change(
        _ trail: Trail, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var trail = trail
        trail.tags = TagRules.ofTrails.remove(input.tagsList.map(\.key), from: trail.tags)
        try records.put(trail)
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
            try input.resourceIdList.map { text throws(ServiceError) in call.need(on: try TrailName(arn: text)) })
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let listed = try input.resourceIdList.map { text throws(ServiceError) in
            let trail = try call.seen(TrailName(arn: text))
            return CloudTrail.ResourceTag {
                $0.resourceId = trail.arn
                $0.tagsList = trail.tags.map { tag in
                    CloudTrail.Tag {
                        $0.key = tag.key
                        $0.value = tag.value
                    }
                }
            }
        }
        return Output { $0.resourceTagList = listed }
    }
}
