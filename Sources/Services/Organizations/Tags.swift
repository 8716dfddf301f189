import Platform
import Wire

extension TagRules {
    /// The rules of tags in Organizations. Unlike those of IAM's users, their keys are case-sensitive.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html>
    static let ofOrganizations = TagRules(
        keys: .exact,
        duplicate: .invalidInput(
            "DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags attached to the same entity."),
        reserved: { _ in
            .invalidInput(
                "INVALID_SYSTEM_TAGS_PARAMETER",
                "You specified a tag key that is a system tag: keys that begin with aws: are reserved.")
        },
        tooMany: .constraintViolation(
            "MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource."))
}
