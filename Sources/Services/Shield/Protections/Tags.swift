import Directory
import Ledger
import Platform
import Policy
import ShieldAdvancedAPI
import Wire

// Tags of protections and protection groups. <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_TagResource.html>

extension TagRules {
    static let ofShield = TagRules(
        keys: .exact, most: 50, duplicate: .invalidParameter("Tags", "Tag keys must be unique."),
        reserved: { .invalidParameter("Tags", "The tag key \($0) is reserved for AWS.") },
        tooMany: .invalidParameter("Tags", "A resource can have 50 tags at most."))
}

extension View<ShieldAdvanced.TagFields> {
    /// A tag as it is in a request. The model requires neither part.
    var tag: Directory.Tag { Directory.Tag(key: key ?? "", value: value ?? "") }
}

extension TagRules {
    /// What tags become when those of a request are added.
    /// - Throws: InvalidParameterException.
    func merge(_ added: [ShieldAdvanced.Tag]?, into tags: [Tag]) throws(ServiceError) -> [Tag] {
        let added = (added ?? []).map(\.tag)
        guard added.allSatisfy({ !$0.key.isEmpty }) else { throw .invalidParameter("Tags", "A tag must have a key.") }
        return try merge(added, into: tags)
    }
}

/// An operation on the tags of the resource whose ARN its request has.
protocol OnTaggedInShield: Platform.Operation where InputFields: ShieldAdvanced.WithResourceARN {
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnTaggedInShield {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard TaggedInShield(input.resourceARN, call) != nil else { throw .invalidResource(input.resourceARN) }
        return .required(call.shieldAccess(input.resourceARN, keys(input)))
    }

    fileprivate static func change(
        _ input: Input, _ call: Call, _ records: MutableRecords, _ body: ([Tag]) throws(ServiceError) -> [Tag]
    ) throws(ServiceError) {
        switch TaggedInShield(input.resourceARN, call) {
        case .protection(let id):
            var protection = try records.protection(id)
            protection.tags = try body(protection.tags)
            try records.put(protection)
        case .group(let id):
            var group = try records.protectionGroup(id)
            group.tags = try body(group.tags)
            try records.put(group)
        case nil: throw .invalidResource(input.resourceARN)
        }
    }
}

/// What can have tags.
private enum TaggedInShield {
    case protection(String)
    case group(String)

    /// nil: it is no such thing of the caller's account.
    init?(_ text: String, _ call: Call) {
        guard let arn = ARN(parsing: text), arn.service == "shield", arn.account == call.accountID,
            let (type, rest) = arn.typeAndRest, !rest.isEmpty
        else { return nil }
        switch type {
        case "protection": self = .protection(String(rest))
        case "protection-group": self = .group(String(rest))
        default: return nil
        }
    }
}

extension ShieldAdvanced.TagResource: WriteOperation, OnTaggedInShield {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.requestTags(input.tags.map(\.tag)) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try change(input, call, records) { (tags) throws(ServiceError) in
            try TagRules.ofShield.merge(input.tags, into: tags)
        }
        return Output()
    }
}

extension ShieldAdvanced.UntagResource: WriteOperation, OnTaggedInShield {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.tagKeys(input.tagKeys) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try change(input, call, records) { TagRules.ofShield.remove(input.tagKeys, from: $0) }
        return Output()
    }
}

extension ShieldAdvanced.ListTagsForResource: ReadOperation, OnTaggedInShield {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let tags: [Tag]
        switch TaggedInShield(input.resourceARN, call) {
        case .protection(let id): tags = try records.protection(id).tags
        case .group(let id): tags = try records.protectionGroup(id).tags
        case nil: throw .invalidResource(input.resourceARN)
        }
        return Output(
            tags: tags.map { tag in
                ShieldAdvanced.Tag {
                    $0.key = tag.key
                    $0.value = tag.value
                }
            })
    }
}
