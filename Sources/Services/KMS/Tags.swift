import Directory
import KMSAPI
import Platform
import Policy
import Wire

extension TagRules {
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html>
    static let ofKeys = TagRules(
        keys: .exact, duplicate: .kms(.tagException, "Duplicate tag keys"),
        reserved: { _ in .kms(.tagException, "Tags beginning with aws: are reserved") },
        tooMany: .kms(.tagException, "Too many tags"))
}

extension KMS.TagResource: KeyChange {
    static var refused: RefusedStates { .pendingDeletion }
    static func keys(_ input: Input) -> [String: ContextValue] { requestTags(input.tags) }

    static func change(
        _ key: inout Key, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        key.tags = try TagRules.ofKeys.merge(input.tags, into: key.tags)
    }
}

extension KMS.UntagResource: KeyChange {
    static var refused: RefusedStates { .pendingDeletion }
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.tagKeys(input.tagKeys) }

    static func change(_ key: inout Key, _ input: Input, _ call: Call, _ records: MutableRecords) {
        key.tags = TagRules.ofKeys.remove(input.tagKeys, from: key.tags)
    }
}

extension KMS.ListResourceTags: KeyRead {
    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let page = page(target.key.tags, by: \.key, try Paging(kms: input))
        return Output(page) { KMS.Tag($0) }
    }
}
