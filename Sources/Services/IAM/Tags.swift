import Directory
import IAMAPI
import Ledger
import Platform
import Policy
import Wire

/// The rules of tags in IAM. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules>
extension TagRules {
    /// Of users and roles.
    static let ofIdentities = iam(
        .caseInsensitive, duplicate: "Duplicate tag keys found. Please note that Tag keys are case insensitive.")

    /// Of policies, instance profiles, MFA devices, identity providers and server certificates.
    static let ofResources = iam(.exact, duplicate: "Duplicate tag keys found.")

    private static func iam(_ keys: KeyEquality, duplicate: String) -> TagRules {
        TagRules(
            keys: keys, duplicate: .invalidInput(duplicate),
            reserved: { .invalidInput("Tag keys that begin with aws: are reserved: \($0)") },
            tooMany: .limitExceeded("The number of tags has reached the maximum limit."))
    }
}

/// What has tags, and by which rules.
protocol Tagged: Record {
    static var tagRules: TagRules { get }
    var tags: [Directory.Tag] { get set }
}

extension Tagged {
    static var tagRules: TagRules { .ofResources }
}

extension User: Tagged { static var tagRules: TagRules { .ofIdentities } }
extension Role: Tagged { static var tagRules: TagRules { .ofIdentities } }
extension ManagedPolicy: Tagged {}
extension InstanceProfile: Tagged {}
extension MFADevice: Tagged {}
extension OpenIDConnectProvider: Tagged {}
extension SAMLProvider: Tagged {}
extension ServerCertificate: Tagged {}

/// Gives the target tags.
protocol TagOperation: ChangeOperation where Target: Tagged, InputFields: IAM.WithTags {}

extension TagOperation {
    static func keys(_ input: Input) -> [String: ContextValue] { requestTags(input.tags) }

    static func change(
        _ target: inout Target, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        target.tags = try Target.tagRules.merge(input.tags, into: target.tags)
    }
}

/// Takes tags from the target.
protocol UntagOperation: ChangeOperation where Target: Tagged, InputFields: IAM.WithTagKeys {}

extension UntagOperation {
    static func keys(_ input: Input) -> [String: ContextValue] { ConditionKeys.tagKeys(input.tagKeys) }

    static func change(
        _ target: inout Target, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        target.tags = Target.tagRules.remove(input.tagKeys, from: target.tags)
    }
}

/// Lists the tags of the target.
protocol ListTagsOperation: RecordOperation, ReadOperation
where Target: Tagged, InputFields: PageRequestFields, OutputFields: PageFields, OutputFields.Item == IAM.Tag {
    static func tags(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> [Directory.Tag]
}

extension ListTagsOperation {
    static func tags(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> [Directory.Tag] {
        try target(input, call, records).tags
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = page(try tags(input, call, records), by: \.key, try Paging(input))
        return Output(page, IAM.Tag.init)
    }
}
