import Directory
import Platform
import Policy
import S3API
import Wire

// Tags of buckets. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html>

extension TagRules {
    static let ofBuckets = TagRules(
        keys: .exact, duplicate: .s3("InvalidTag", "Cannot provide multiple Tags with the same key"),
        reserved: { .s3("InvalidTag", "System tags cannot be added/updated by requester", ["TagKey": $0]) },
        tooMany: .s3("BadRequest", "Bucket tag count cannot be greater than 50"))
}

extension S3.PutBucketTagging: ChangeBucket {
    static func keys(_ input: Input) -> [String: ContextValue] { requestTags(input.tagging.tagSet) }

    static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError) {
        try bucket.checkTagsAreFree()
        bucket.tags = try TagRules.ofBuckets.new(input.tagging.tagSet)
    }
}

extension S3.GetBucketTagging: BucketRead {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard !bucket.tags.isEmpty else {
            throw .s3("NoSuchTagSet", "The TagSet does not exist", status: 404, ["BucketName": bucket.name])
        }
        return Output { $0.tagSet = bucket.tags.map(S3.Tag.init) }
    }
}

extension S3.DeleteBucketTagging: ChangeBucket {
    static var action: String { "PutBucketTagging" }

    static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError) {
        try bucket.checkTagsAreFree()
        bucket.tags = []
    }
}
