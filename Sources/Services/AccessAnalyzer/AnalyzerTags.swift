import AccessAnalyzerAPI
import Directory
import Platform
import Policy
import Wire

// Tags of analyzers, the only resources of Access Analyzer that have any.

extension ResourceType {
    /// An analyzer: policies may ask for its tags.
    static let analyzer = ResourceType(
        "access-analyzer", AnalyzerName.prefix, hasOwnTagKey: false
    ) { _, arn, call in
        call.environment.projection(AnalyzerIndex.self).analyzer(ofResource: arn).map {
            Resource(owner: $0.accountID, tags: $0.tags)
        }
    }
}

extension TagRules {
    static let ofAnalyzers = TagRules(
        keys: .exact, most: 50, duplicate: .invalidField("tags", "Duplicate tag keys are not allowed."),
        reserved: { .invalidField("tags", "Tag keys can't begin with aws:, as \($0) does.") },
        tooMany: .invalidField("tags", "A resource can have at most 50 tags."))

    /// - Throws: ValidationException.
    func merge(_ added: [String: String], into tags: [Tag]) throws(ServiceError) -> [Tag] {
        for (key, value) in added {
            guard (1...128).contains(key.count), value.count <= 256 else {
                throw .invalidField("tags", "A tag's key has 1 to 128 characters, its value at most 256.")
            }
        }
        return try merge(added.sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) }, into: tags)
    }
}

extension AccessAnalyzer.TagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let tags = input.tags.map { Tag(key: $0.key, value: $0.value) }
        return call.access(on: try AnalyzerName(arn: input.resourceArn), ConditionKeys.requestTags(tags))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var analyzer = try records.analyzer(AnalyzerName(arn: input.resourceArn), call)
        analyzer.tags = try TagRules.ofAnalyzers.merge(input.tags, into: analyzer.tags)
        try records.put(analyzer)
        return Output()
    }
}

extension AccessAnalyzer.UntagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.access(on: try AnalyzerName(arn: input.resourceArn), ConditionKeys.tagKeys(input.tagKeys))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var analyzer = try records.analyzer(AnalyzerName(arn: input.resourceArn), call)
        analyzer.tags = TagRules.ofAnalyzers.remove(input.tagKeys, from: analyzer.tags)
        try records.put(analyzer)
        return Output()
    }
}

extension AccessAnalyzer.ListTagsForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.access(on: try AnalyzerName(arn: input.resourceArn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(AnalyzerName(arn: input.resourceArn), call)
        return Output(tags: Dictionary(analyzer.tags.map { ($0.key, $0.value) }) { $1 })
    }
}
