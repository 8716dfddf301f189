import Directory
import Platform
import WellArchitectedAPI
import Wire

// Tags of workloads, custom lenses, profiles and review templates: what AWS calls the workload's ARN is any of them.
// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_TagResource.html>

extension TagRules {
    static let ofReviews = TagRules(
        keys: .exact, most: 50, duplicate: .reviewField("Tags", "Duplicate tag keys are not allowed."),
        reserved: { .reviewField("Tags", "Tag keys can't begin with aws:, as \($0) does.") },
        tooMany: .reviewField("Tags", "A resource can have at most 50 tags."))

    /// - Throws: ValidationException.
    func merge(_ added: [String: String], into tags: [Tag]) throws(ServiceError) -> [Tag] {
        try merge(added.sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) }, into: tags)
    }
}

extension [Tag] {
    /// As answers have them; nil: there are none.
    var reviewTags: [String: String]? { isEmpty ? nil : Dictionary(map { ($0.key, $0.value) }) { $1 } }
}

/// An operation on the tags of the thing whose ARN its request has.
protocol OnTaggedReview: Platform.Operation where InputFields: WellArchitected.WithWorkloadArn {}

extension OnTaggedReview {
    fileprivate static func name(_ input: Input, _ call: Call) throws(ServiceError) -> ReviewName {
        guard let name = ReviewName(input.workloadArn) else { throw .reviewNotFound("RESOURCE", input.workloadArn) }
        return name
    }

    fileprivate static func change(
        _ input: Input, _ call: Call, _ records: MutableRecords, _ body: ([Tag]) throws(ServiceError) -> [Tag]
    ) throws(ServiceError) {
        let name = try name(input, call)
        switch name.kind {
        case .workload:
            var workload = try records.ownWorkload(name)
            workload.tags = try body(workload.tags)
            try records.put(workload)
        case .lens:
            var lens = try records.ownLens(name)
            lens.tags = try body(lens.tags)
            try records.put(lens)
        case .profile:
            var profile = try records.ownProfile(name)
            profile.tags = try body(profile.tags)
            try records.put(profile)
        case .template:
            var template = try records.ownTemplate(name)
            template.tags = try body(template.tags)
            try records.put(template)
        }
    }
}

extension RecordReading {
    /// Whether what is named is the account's own whose records these are, in their Region.
    func isOwn(_ name: ReviewName) -> Bool { name.account == scope.account && name.region == scope.region }

    func ownWorkload(_ name: ReviewName) throws(ServiceError) -> StoredWorkload {
        guard isOwn(name), name.kind == .workload, let workload = try get(StoredWorkload.self, name.id) else {
            throw .reviewNotFound("WORKLOAD", name.arn)
        }
        return workload
    }

    func ownLens(_ name: ReviewName) throws(ServiceError) -> StoredLens {
        guard isOwn(name), name.kind == .lens, let lens = try get(StoredLens.self, name.id), !lens.isDeleted else {
            throw .reviewNotFound("LENS", name.arn)
        }
        return lens
    }

    func ownProfile(_ name: ReviewName) throws(ServiceError) -> StoredProfile {
        guard isOwn(name), name.kind == .profile, let profile = try get(StoredProfile.self, name.id),
            !profile.isDeleted
        else { throw .reviewNotFound("PROFILE", name.arn) }
        return profile
    }

    func ownTemplate(_ name: ReviewName) throws(ServiceError) -> StoredTemplate {
        guard isOwn(name), name.kind == .template, let template = try get(StoredTemplate.self, name.id) else {
            throw .reviewNotFound("TEMPLATE", name.arn)
        }
        return template
    }
}

extension WellArchitected.TagResource: WriteOperation, OnTaggedReview {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = input.tags.map { Tag(key: $0.key, value: $0.value) }
        return .required(call.reviewAccess(try name(input, call).arn, ConditionKeys.requestTags(tags)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try change(input, call, records) { (tags) throws(ServiceError) in
            try TagRules.ofReviews.merge(input.tags, into: tags)
        }
        return Output()
    }
}

extension WellArchitected.UntagResource: WriteOperation, OnTaggedReview {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.reviewAccess(try name(input, call).arn, ConditionKeys.tagKeys(input.tagKeys)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try change(input, call, records) { TagRules.ofReviews.remove(input.tagKeys, from: $0) }
        return Output()
    }
}

extension WellArchitected.ListTagsForResource: ReadOperation, OnTaggedReview {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.reviewAccess(try name(input, call).arn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let name = try name(input, call)
        let tags =
            switch name.kind {
            case .workload: try records.ownWorkload(name).tags
            case .lens: try records.ownLens(name).tags
            case .profile: try records.ownProfile(name).tags
            case .template: try records.ownTemplate(name).tags
            }
        return Output { $0.tags = Dictionary(tags.map { ($0.key, $0.value) }) { $1 } }
    }
}
