import Directory
import GuardDutyAPI
import Ledger
import Platform
import Policy
import Wire

// Tags of detectors and of what is below them.

extension ResourceType {
    /// Policies may ask for their tags.
    static let ofGuardDuty = ResourceType("guardduty", "detector/", hasOwnTagKey: false) { access, arn, call in
        guard let name = OwnedName(access.resource) else { return nil }
        return call.environment.guardDuty.tags(of: name).map { Resource(owner: name.scope.account, tags: $0) }
    }
}

extension GuardDutyIndex {
    /// nil: there is none of that name.
    fileprivate func tags(of name: OwnedName) -> [Tag]? {
        guard let detector = detector(name.scope), detector.id == name.detector else { return nil }
        guard let item = name.item else { return detector.tags }
        switch item.kind {
        case .filter: return filter(item.id, name.scope)?.tags
        case .destination: return destination(item.id, name.scope)?.tags
        default:
            guard let list = list(item.id, name.scope), list.sort == item.kind.rawValue else { return nil }
            return list.tags
        }
    }
}

extension TagRules {
    static let ofGuardDuty = TagRules(
        keys: .exact, most: 50, duplicate: .invalidParameter("tags"),
        reserved: { .invalidParameter("tags", "Keys can't begin with aws:, as \($0) does.") },
        tooMany: .guardDutyLimit("tags", 50))

    /// - Throws: BadRequestException.
    func merge(_ added: [String: String], into tags: [Tag]) throws(ServiceError) -> [Tag] {
        try merge(added.sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) }, into: tags)
    }
}

extension Call {
    fileprivate func access(
        toTagsOf arn: String, _ context: [String: ContextValue] = [:]
    ) throws(ServiceError) -> Authorization {
        guard OwnedName(arn) != nil else { throw .invalidParameter("resourceArn") }
        return .required(guardDutyAccess(arn, context))
    }
}

extension RecordReading {
    /// The tags of what an ARN names.
    fileprivate func tags(of arn: String, _ call: Call) throws(ServiceError) -> [Tag] {
        guard let name = OwnedName(arn), name.scope == call.guardDutyScope,
            let detector = try get(StoredDetector.self, name.detector)
        else { throw .noSuchResource }
        guard let item = name.item else { return detector.tags }
        switch item.kind {
        case .filter: if let filter = try get(StoredFilter.self, item.id) { return filter.tags }
        case .destination: if let destination = try get(StoredDestination.self, item.id) { return destination.tags }
        default:
            if let list = try get(StoredList.self, item.id), list.sort == item.kind.rawValue { return list.tags }
        }
        throw .noSuchResource
    }
}

extension MutableRecords {
    fileprivate func set(_ tags: [Tag], of arn: String) throws(ServiceError) {
        guard let name = OwnedName(arn) else { throw .noSuchResource }
        guard let item = name.item else {
            guard var detector = try get(StoredDetector.self, name.detector) else { throw .noSuchResource }
            detector.tags = tags
            return try put(detector)
        }
        switch item.kind {
        case .filter:
            guard var filter = try get(StoredFilter.self, item.id) else { throw .noSuchResource }
            filter.tags = tags
            try put(filter)
        case .destination:
            guard var destination = try get(StoredDestination.self, item.id) else { throw .noSuchResource }
            destination.tags = tags
            try put(destination)
        default:
            guard var list = try get(StoredList.self, item.id) else { throw .noSuchResource }
            list.tags = tags
            try put(list)
        }
    }
}

extension GuardDuty.TagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = input.tags.map { Tag(key: $0.key, value: $0.value) }
        return try call.access(toTagsOf: input.resourceArn, ConditionKeys.requestTags(tags))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let tags = try TagRules.ofGuardDuty.merge(input.tags, into: try records.tags(of: input.resourceArn, call))
        try records.set(tags, of: input.resourceArn)
        return Output()
    }
}

extension GuardDuty.UntagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access(toTagsOf: input.resourceArn, ConditionKeys.tagKeys(input.tagKeys))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let tags = TagRules.ofGuardDuty.remove(input.tagKeys, from: try records.tags(of: input.resourceArn, call))
        try records.set(tags, of: input.resourceArn)
        return Output()
    }
}

extension GuardDuty.ListTagsForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access(toTagsOf: input.resourceArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags = try records.tags(of: input.resourceArn, call)
        return Output { $0.tags = Dictionary(tags.map { ($0.key, $0.value) }) { $1 } }
    }
}
