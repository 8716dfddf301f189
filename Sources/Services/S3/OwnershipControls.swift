import Platform
import Policy
import S3API
import Wire

// Object ownership. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>

extension S3.PutBucketOwnershipControls: ChangeBucket {
    static func keys(_ input: Input) -> [String: ContextValue] {
        guard let rule = input.ownershipControls.rules.first else { return [:] }
        return ["s3:x-amz-object-ownership": .one(rule.objectOwnership)]
    }

    static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError) {
        guard input.ownershipControls.rules.count == 1,
            let ownership = Bucket.Ownership(rawValue: input.ownershipControls.rules[0].objectOwnership)
        else { throw .malformedXML }
        guard ownership != .bucketOwnerEnforced || bucket.acl == nil else { throw .bucketHasList }
        bucket.ownership = ownership
    }
}

extension S3.GetBucketOwnershipControls: BucketRead {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let ownership = bucket.ownership else {
            throw .s3(
                "OwnershipControlsNotFoundError", "The bucket ownership controls were not found", status: 404,
                ["BucketName": bucket.name])
        }
        return Output {
            $0.ownershipControls = S3.OwnershipControls {
                $0.rules = [S3.OwnershipControlsRule { $0.objectOwnership = ownership.rawValue }]
            }
        }
    }
}

extension S3.DeleteBucketOwnershipControls: ChangeBucket {
    static var action: String { "PutBucketOwnershipControls" }

    static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError) {
        bucket.ownership = nil
    }
}
