import Directory
import OrganizationsAPI
import Platform
import Policy
import Wire

/// The rules of tags in Organizations. Unlike IAM's, their keys differ by case.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html>
enum TagRules {
    static let most = 50

    static func new(_ tags: [Organizations.Tag]?) throws(ServiceError) -> [Directory.Tag] {
        try merge(tags ?? [], into: [])
    }

    /// What a resource's tags become when some are added; a key that is there already takes the new value.
    /// - Throws: InvalidInputException for duplicate or reserved keys, ConstraintViolationException beyond 50 tags.
    static func merge(
        _ added: [Organizations.Tag], into tags: [Directory.Tag]
    ) throws(ServiceError) -> [Directory.Tag] {
        var result = tags
        var seen: Set<String> = []
        for tag in added {
            guard seen.insert(tag.key).inserted else {
                throw .invalidInput(
                    "DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags attached to the same entity.")
            }
            guard !tag.key.lowercased().hasPrefix("aws:") else {
                throw .invalidInput(
                    "INVALID_SYSTEM_TAGS_PARAMETER",
                    "You specified a tag key that is a system tag: keys that begin with aws: are reserved.")
            }
            let new = Directory.Tag(key: tag.key, value: tag.value)
            if let index = result.firstIndex(where: { $0.key == tag.key }) {
                result[index] = new
            } else {
                result.append(new)
            }
        }
        guard result.count <= most else {
            throw .constraintViolation(
                "MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource.")
        }
        return result
    }
}

func requestTags(_ tags: [Organizations.Tag]?) -> [String: ContextValue] {
    ConditionKeys.requestTags((tags ?? []).map { Directory.Tag(key: $0.key, value: $0.value) })
}

extension Organizations.Tag {
    init(_ tag: Directory.Tag) {
        self.init()
        key = tag.key
        value = tag.value
    }
}
