import Platform
import S3API
import S3ControlAPI
import Wire

/// Documents about buckets.
enum BucketRemedies {
    private static let blocks =
        "BlockPublicAcls=true BlockPublicPolicy=true IgnorePublicAcls=true RestrictPublicBuckets=true"

    static let all = [
        RemediationDocument("AWS-DisableS3BucketPublicReadWrite", "S3BucketName") {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                S3.PutBucketAcl.self,
                S3.PutBucketAcl.Input {
                    $0.bucket = arguments["S3BucketName"]
                    $0.acl = "private"
                })
        },
        RemediationDocument("AWS-EnableS3BucketEncryption", "BucketName SSEAlgorithm=AES256") {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                S3.PutBucketEncryption.self,
                S3.PutBucketEncryption.Input {
                    $0.bucket = arguments["BucketName"]
                    $0.serverSideEncryptionConfiguration = S3.ServerSideEncryptionConfiguration {
                        $0.rules = [
                            S3.ServerSideEncryptionRule {
                                $0.applyServerSideEncryptionByDefault = S3.ServerSideEncryptionByDefault {
                                    $0.sseAlgorithm = arguments["SSEAlgorithm"]
                                }
                            }
                        ]
                    }
                })
        },
        RemediationDocument("AWS-ConfigureS3BucketVersioning", "BucketName VersioningState=Enabled") {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                S3.PutBucketVersioning.self,
                S3.PutBucketVersioning.Input {
                    $0.bucket = arguments["BucketName"]
                    $0.versioningConfiguration = S3.VersioningConfiguration {
                        $0.status = arguments["VersioningState"]
                    }
                })
        },
        RemediationDocument("AWSConfigRemediation-ConfigureS3BucketPublicAccessBlock", "BucketName " + blocks) {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                S3.PutPublicAccessBlock.self,
                S3.PutPublicAccessBlock.Input {
                    $0.bucket = arguments["BucketName"]
                    $0.publicAccessBlockConfiguration = S3.PublicAccessBlockConfiguration {
                        $0.blockPublicAcls = arguments.flag("BlockPublicAcls")
                        $0.blockPublicPolicy = arguments.flag("BlockPublicPolicy")
                        $0.ignorePublicAcls = arguments.flag("IgnorePublicAcls")
                        $0.restrictPublicBuckets = arguments.flag("RestrictPublicBuckets")
                    }
                })
        },
        RemediationDocument("AWSConfigRemediation-ConfigureS3PublicAccessBlock", "AccountId " + blocks) {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                S3Control.PutPublicAccessBlock.self,
                S3Control.PutPublicAccessBlock.Input {
                    $0.accountId = arguments["AccountId"]
                    $0.publicAccessBlockConfiguration = S3Control.PublicAccessBlockConfiguration {
                        $0.blockPublicAcls = arguments.flag("BlockPublicAcls")
                        $0.blockPublicPolicy = arguments.flag("BlockPublicPolicy")
                        $0.ignorePublicAcls = arguments.flag("IgnorePublicAcls")
                        $0.restrictPublicBuckets = arguments.flag("RestrictPublicBuckets")
                    }
                })
        },
    ]
}
