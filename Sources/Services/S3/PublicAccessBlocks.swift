import Platform
import S3API
import Wire

// Block Public Access of buckets.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>

extension PublicAccessBlock {
    init(_ view: S3.PublicAccessBlockConfiguration) {
        blockPublicAcls = view.blockPublicAcls ?? false
        ignorePublicAcls = view.ignorePublicAcls ?? false
        blockPublicPolicy = view.blockPublicPolicy ?? false
        restrictPublicBuckets = view.restrictPublicBuckets ?? false
    }

    var view: S3.PublicAccessBlockConfiguration {
        S3.PublicAccessBlockConfiguration {
            $0.blockPublicAcls = blockPublicAcls
            $0.ignorePublicAcls = ignorePublicAcls
            $0.blockPublicPolicy = blockPublicPolicy
            $0.restrictPublicBuckets = restrictPublicBuckets
        }
    }
}

extension S3.PutPublicAccessBlock: ChangeBucket {
    static var action: String { "PutBucketPublicAccessBlock" }

    static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError) {
        bucket.publicAccessBlock = PublicAccessBlock(input.publicAccessBlockConfiguration)
    }
}

extension S3.GetPublicAccessBlock: BucketRead {
    static var action: String { "GetBucketPublicAccessBlock" }

    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let block = bucket.publicAccessBlock else {
            throw .s3(
                "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found",
                status: 404, ["BucketName": bucket.name])
        }
        return Output { $0.publicAccessBlockConfiguration = block.view }
    }
}

extension S3.DeletePublicAccessBlock: ChangeBucket {
    static var action: String { "PutBucketPublicAccessBlock" }

    static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError) {
        bucket.publicAccessBlock = nil
    }
}
