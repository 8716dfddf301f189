import Directory
import EC2API
import Platform
import Wire

/// The tags that requests bring.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>
enum TagSpecifications {
    /// What a resource can have of tags.
    static let rules = TagRules(
        keys: .exact, duplicate: .invalidValue("Duplicate tag key specified."),
        reserved: { _ in .invalidValue("Tag keys starting with 'aws:' are reserved for internal use") },
        tooMany: .ec2("TagLimitExceeded", "The maximum number of Tags for a resource has been reached."))

    /// Those for a type of resource that the request makes.
    /// - Parameter others: types that the request makes as well.
    /// - Throws: InvalidParameterValue for a type that it does not make, and for tags that can't be.
    static func tags(
        of type: String, _ specifications: [EC2.TagSpecification]?, others: [String] = []
    ) throws(ServiceError) -> [Tag] {
        var all: [Tag] = []
        for specification in specifications ?? [] {
            guard let named = specification.resourceType else {
                throw .invalidValue("Tag specification resource type must have a value")
            }
            guard named == type || others.contains(named) else {
                throw .invalidValue("'\(named)' is not a valid taggable resource type for this operation.")
            }
            guard named == type else { continue }
            guard let tags = specification.tags, !tags.isEmpty else {
                throw .invalidValue("Tag specification must have at least one tag")
            }
            all += try Self.tags(tags)
        }
        return try rules.merge(all, into: [])
    }

    /// Tags as they are kept.
    /// - Throws: InvalidParameterValue for what is too long.
    static func tags(_ tags: [EC2.Tag]) throws(ServiceError) -> [Tag] {
        var result: [Tag] = []
        for tag in tags {
            let (key, value) = (tag.key ?? "", tag.value ?? "")
            guard !key.isEmpty else { throw .invalidValue("Tag keys cannot be empty.") }
            guard key.unicodeScalars.count <= 128 else {
                throw .invalidValue("Tag key exceeds the maximum length of 128 characters")
            }
            guard value.unicodeScalars.count <= 256 else {
                throw .invalidValue("Tag value exceeds the maximum length of 256 characters")
            }
            result.append(Tag(key: key, value: value))
        }
        return result
    }
}
