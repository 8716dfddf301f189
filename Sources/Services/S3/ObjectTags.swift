import Directory
import Platform
import Policy
import S3API
import Wire

// Tags of objects. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>

extension TagRules {
    static let ofObjects = TagRules(
        keys: .exact, most: 10, duplicate: .s3("InvalidTag", "Cannot provide multiple Tags with the same key"),
        reserved: { .s3("InvalidTag", "Your TagKey cannot be prefixed with aws:", ["TagKey": $0]) },
        tooMany: .s3("BadRequest", "Object tags cannot be greater than 10"))
}

/// The condition keys of tags that a request brings to an object.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html>
func requestObjectTags(_ tags: [Tag]) -> [String: ContextValue] {
    var keys: [String: ContextValue] = ["s3:requestobjecttagkeys": .many(tags.map(\.key))]
    for tag in tags { keys["s3:requestobjecttag/\(ConditionKeys.folded(tag.key))"] = .one(tag.value) }
    return keys
}

extension S3.PutObjectTagging: ObjectChange {
    static var versionAction: String { "PutObjectVersionTagging" }
    static func event(_ before: ObjectVersion, _ after: ObjectVersion) -> ObjectEvent? { .taggingPut }

    static func keys(_ input: Input) -> [String: ContextValue] {
        requestObjectTags(input.tagging.tagSet.map(Tag.init))
    }

    static func change(
        _ version: inout ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        version.tags = try TagRules.ofObjects.new(input.tagging.tagSet)
        let id = version.versionID
        return Output { $0.versionId = id }
    }
}

extension S3.GetObjectTagging: ObjectRead {
    static var versionAction: String { "GetObjectVersionTagging" }

    static func answer(
        _ version: ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        Output {
            $0.versionId = version.versionID
            $0.tagSet = version.tags.map(S3.Tag.init)
        }
    }
}

extension S3.DeleteObjectTagging: ObjectChange {
    static var versionAction: String { "DeleteObjectVersionTagging" }
    static func event(_ before: ObjectVersion, _ after: ObjectVersion) -> ObjectEvent? { .taggingDelete }

    static func change(
        _ version: inout ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        version.tags = []
        let id = version.versionID
        return Output { $0.versionId = id }
    }
}
