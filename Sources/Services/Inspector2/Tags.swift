import Directory
import Inspector2API
import Ledger
import Platform
import Policy
import Wire

// Tags of filters and CIS scan configurations.

extension ResourceType {
    /// Filters and configurations: policies may ask for their tags.
    static let ofInspector = ResourceType("inspector2", "owner/", hasOwnTagKey: false) { access, arn, call in
        guard let name = OwnedName(access.resource), name.owner == name.account else { return nil }
        let scope = Scope(account: name.account, region: name.region)
        let index = call.environment.inspector
        switch name.kind {
        case .filter: return index.filter(name.id, scope).map { Resource(owner: $0.accountID, tags: $0.tags) }
        case .cisConfiguration:
            return index.configuration(name.id, scope).map { Resource(owner: $0.accountID, tags: $0.tags) }
        case .cisScan: return nil
        }
    }
}

extension TagRules {
    static let ofInspector = TagRules(
        keys: .exact, most: 50, duplicate: .invalidField("tags", "Duplicate tag keys are not allowed."),
        reserved: { .invalidField("tags", "Tag keys can't begin with aws:, as \($0) does.") },
        tooMany: Inspector2.Failure.badRequestException("A resource can have at most 50 tags."))

    /// - Throws: ValidationException, BadRequestException.
    func merge(_ added: [String: String], into tags: [Tag]) throws(ServiceError) -> [Tag] {
        try merge(added.sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) }, into: tags)
    }
}

/// What has tags, of the caller's account.
private enum Tagged {
    case filter(FindingFilter)
    case configuration(CISConfiguration)

    var tags: [Tag] {
        get {
            switch self {
            case .filter(let filter): filter.tags
            case .configuration(let configuration): configuration.tags
            }
        }
        set {
            switch self {
            case .filter(var filter):
                filter.tags = newValue
                self = .filter(filter)
            case .configuration(var configuration):
                configuration.tags = newValue
                self = .configuration(configuration)
            }
        }
    }

    func put(_ records: MutableRecords) throws(ServiceError) {
        switch self {
        case .filter(let filter): try records.put(filter)
        case .configuration(let configuration): try records.put(configuration)
        }
    }
}

extension RecordReading {
    fileprivate func tagged(_ arn: String, _ call: Call) throws(ServiceError) -> Tagged {
        switch OwnedName(arn)?.kind {
        case .filter: .filter(try findingFilter(arn, call))
        case .cisConfiguration: .configuration(try cisConfiguration(arn, call))
        default: throw .inspectorNotFound("The resource \(arn) does not exist.")
        }
    }
}

extension Call {
    fileprivate func access(
        toTagsOf arn: String, _ context: [String: ContextValue] = [:]
    ) throws(ServiceError) -> Authorization {
        guard let name = OwnedName(arn), name.kind != .cisScan else {
            throw .invalidField("resourceArn", "The ARN \(arn) is not valid.")
        }
        return .required(inspectorAccess(name.arn, context))
    }
}

extension Inspector2.TagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = input.tags.map { Tag(key: $0.key, value: $0.value) }
        return try call.access(toTagsOf: input.resourceArn, ConditionKeys.requestTags(tags))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var tagged = try records.tagged(input.resourceArn, call)
        tagged.tags = try TagRules.ofInspector.merge(input.tags, into: tagged.tags)
        try tagged.put(records)
        return Output()
    }
}

extension Inspector2.UntagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access(toTagsOf: input.resourceArn, ConditionKeys.tagKeys(input.tagKeys))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var tagged = try records.tagged(input.resourceArn, call)
        tagged.tags = TagRules.ofInspector.remove(input.tagKeys, from: tagged.tags)
        try tagged.put(records)
        return Output()
    }
}

extension Inspector2.ListTagsForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.access(toTagsOf: input.resourceArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tagged = try records.tagged(input.resourceArn, call)
        return Output { $0.tags = Dictionary(tagged.tags.map { ($0.key, $0.value) }) { $1 } }
    }
}
