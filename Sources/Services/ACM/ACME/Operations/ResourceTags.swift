import CertificateManagerAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Tags of what belongs to ACME; those of certificates have operations of their own.

extension RecordReading {
    /// The tags of a resource, with what puts it back with others.
    /// - Throws: ValidationException, ResourceNotFoundException.
    fileprivate func acmeTags(
        _ arn: String, _ call: Call
    ) throws(ServiceError) -> (tags: [Tag], put: (MutableRecords, [Tag]) throws(ServiceError) -> Void) {
        switch try ACMEName(arn).part?.kind {
        case nil:
            var endpoint = try acmeEndpoint(arn, call)
            return (
                endpoint.tags,
                { (records, tags) throws(ServiceError) in
                    endpoint.tags = tags
                    try records.put(endpoint)
                }
            )
        case .binding:
            var binding = try acmeBinding(arn, call)
            return (
                binding.tags,
                { (records, tags) throws(ServiceError) in
                    binding.tags = tags
                    try records.put(binding)
                }
            )
        case .validation:
            var validation = try acmeValidation(arn, call)
            return (
                validation.tags,
                { (records, tags) throws(ServiceError) in
                    validation.tags = tags
                    try records.put(validation)
                }
            )
        }
    }
}

extension CertificateManager.TagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access(
                "acm:TagResource", on: try ACMEName(input.resourceArn).arn,
                context: ConditionKeys.requestTags([Tag](input.tags))))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let (tags, put) = try records.acmeTags(input.resourceArn, call)
        try put(records, try TagRules.ofACME.merge([Tag](input.tags), into: tags))
        return Output()
    }
}

extension CertificateManager.UntagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access(
                "acm:UntagResource", on: try ACMEName(input.resourceArn).arn,
                context: ConditionKeys.tagKeys(input.tagKeys)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let (tags, put) = try records.acmeTags(input.resourceArn, call)
        try put(records, TagRules.ofACME.remove(input.tagKeys, from: tags))
        return Output()
    }
}

extension CertificateManager.ListTagsForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("acm:ListTagsForResource", on: try ACMEName(input.resourceArn).arn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(tags: try records.acmeTags(input.resourceArn, call).tags.acm ?? [])
    }
}
