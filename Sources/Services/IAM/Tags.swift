import Platform
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
