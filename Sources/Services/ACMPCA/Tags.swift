import ACMPCAAPI
import Directory
import Platform
import Policy
import Wire

extension TagRules {
    /// <https://docs.aws.amazon.com/privateca/latest/userguide/PcaCaTagging.html>
    static let ofAuthorities = TagRules(
        keys: .exact, duplicate: .pca(.invalidTagException, "Tag keys must be unique."),
        reserved: { _ in .pca(.invalidTagException, "Tag keys must not begin with aws:.") },
        tooMany: .pca(.tooManyTagsException, "You can associate up to 50 tags with a private CA."))
}

extension ACMPCA.TagCertificateAuthority: AuthorityChange {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.requestTags([Tag](input.tags)) }

    static func change(
        _ authority: inout CertificateAuthority, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try authority.checkHasTags()
        authority.tags = try TagRules.ofAuthorities.merge([Tag](input.tags), into: authority.tags)
    }
}

extension ACMPCA.UntagCertificateAuthority: AuthorityChange {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.requestTags([Tag](input.tags)) }

    /// A tag with a value is taken away only if it has that value.
    static func change(
        _ authority: inout CertificateAuthority, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try authority.checkHasTags()
        authority.tags.removeAll { tag in
            input.tags.contains { $0.key == tag.key && ($0.value == nil || $0.value == tag.value) }
        }
    }
}

extension ACMPCA.ListTags: AuthorityRead {
    static func answer(
        _ authority: CertificateAuthority, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output {
        try authority.checkHasTags()
        return Output(page(authority.tags, by: \.key, try Paging(pca: input))) { tag in
            ACMPCA.Tag {
                $0.key = tag.key
                $0.value = tag.value
            }
        }
    }
}

extension CertificateAuthority {
    fileprivate func checkHasTags() throws(ServiceError) {
        guard state != .deleted else { throw .wrongState(arn, to: "have tags") }
    }
}

extension [Tag] {
    /// The tags of a request; those without a value have an empty one.
    init(_ tags: [ACMPCA.Tag]?) {
        self = (tags ?? []).map { Tag(key: $0.key, value: $0.value ?? "") }
    }
}
