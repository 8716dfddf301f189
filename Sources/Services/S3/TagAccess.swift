import Platform
import Policy
import S3API
import Wire

// Whether policies may go by a bucket's tags: attribute-based access control.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html>

extension S3.PutBucketAbac: ChangeBucket {
    static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError) {
        guard let status = input.abacStatus.status else { throw .malformedXML }
        bucket.decidesByTags = status == "Enabled" ? true : nil
    }
}

extension S3.GetBucketAbac: BucketRead {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        Output {
            $0.abacStatus = S3.AbacStatus { $0.status = bucket.decidesByTags == true ? "Enabled" : "Disabled" }
        }
    }
}

extension Bucket {
    /// Who may change tags that policies go by is asked for another action, in S3 Control.
    func checkTagsAreFree() throws(ServiceError) {
        guard decidesByTags != true else {
            throw .invalidRequest(
                "Attribute-based access control is enabled for this bucket: change its tags with TagResource and UntagResource."
            )
        }
    }
}

extension Resource {
    /// Adds a bucket's tags, if policies may go by them: `aws:ResourceTag/…` and `s3:BucketTag/…`.
    mutating func takeTags(of bucket: Bucket) {
        if !bucket.tags.isEmpty { tagged = (bucket.arn, bucket.tags) }
        guard bucket.decidesByTags == true else { return }
        tags = bucket.tags
        for tag in bucket.tags { context["s3:buckettag/\(ConditionKeys.folded(tag.key))"] = .one(tag.value) }
    }
}
