import Directory
import OrganizationsAPI
import Platform
import Wire

/// The tags that a policy is made with.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html>
enum PolicyTags {
    static let most = 50

    /// - Throws: InvalidInputException for duplicate or reserved keys, ConstraintViolationException for too many.
    static func new(_ tags: [Organizations.Tag]?) throws(ServiceError) -> [Directory.Tag] {
        var result: [Directory.Tag] = []
        for tag in tags ?? [] {
            guard !result.contains(where: { $0.key == tag.key }) else {
                throw .invalidInput("DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags of a resource.")
            }
            guard !tag.key.lowercased().hasPrefix("aws:") else {
                throw .invalidInput("INVALID_SYSTEM_TAGS_PARAMETER", "You can't add, edit, or delete system tags.")
            }
            result.append(Directory.Tag(key: tag.key, value: tag.value))
        }
        guard result.count <= most else {
            throw .constraintViolation(
                "MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource.")
        }
        return result
    }
}
