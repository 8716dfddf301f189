import CertificateManagerAPI
import Directory
import Platform
import Policy
import Wire

extension TagRules {
    /// <https://docs.aws.amazon.com/acm/latest/userguide/tags-restrictions.html>
    static let ofCertificates = TagRules(
        keys: .exact, duplicate: .acm(.invalidTagException, "Tag keys must be unique."),
        reserved: { _ in .acm(.invalidTagException, "Tag keys must not begin with aws:.") },
        tooMany: .acm(.tooManyTagsException, "A certificate can have at most 50 tags."))
}

extension [Tag] {
    /// The tags of a request; those without a value have an empty one.
    init(_ tags: [CertificateManager.Tag]?) {
        self = (tags ?? []).map { Tag(key: $0.key, value: $0.value ?? "") }
    }
}

extension CertificateManager.AddTagsToCertificate: WriteOperation, OnCertificate {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.requestTags([Tag](input.tags)) }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var certificate = try records.certificate(input.certificateArn, call)
        certificate.tags = try TagRules.ofCertificates.merge([Tag](input.tags), into: certificate.tags)
        try records.put(certificate)
        return Output()
    }
}

extension CertificateManager.RemoveTagsFromCertificate: WriteOperation, OnCertificate {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.requestTags([Tag](input.tags)) }

    /// A tag with a value is taken away only if it has that value.
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var certificate = try records.certificate(input.certificateArn, call)
        certificate.tags.removeAll { tag in
            input.tags.contains { $0.key == tag.key && ($0.value == nil || $0.value == tag.value) }
        }
        try records.put(certificate)
        return Output()
    }
}

extension CertificateManager.ListTagsForCertificate: ReadOperation, OnCertificate {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let certificate = try records.certificate(input.certificateArn, call)
        return Output(
            tags: certificate.tags.map { tag in
                CertificateManager.Tag {
                    $0.key = tag.key
                    $0.value = tag.value
                }
            })
    }
}

extension Access {
    /// What is asked for besides where something new is given tags: the permission to tag.
    /// - Parameter new: the ARN of what is new, with `*` for its id.
    static func tagging(_ action: String, _ new: String, _ tags: [Tag]) -> [Access] {
        guard !tags.isEmpty else { return [] }
        var access = Access(action, on: new, context: ConditionKeys.requestTags(tags))
        access.isOfNewResource = true
        return [access]
    }
}
