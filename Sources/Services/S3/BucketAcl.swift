import Platform
import S3API
import Wire

/// Since no access control list can be put yet, each bucket has the one that it was made with: its owner may do everything.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html>
extension S3.GetBucketAcl: BucketRead {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) -> Output {
        let owner = S3.Owner(ofAccount: bucket.accountID)
        return Output {
            $0.owner = owner
            $0.grants = [
                S3.Grant {
                    $0.grantee = S3.Grantee {
                        $0.id = owner.id
                        $0.type = "CanonicalUser"
                    }
                    $0.permission = "FULL_CONTROL"
                }
            ]
        }
    }
}
