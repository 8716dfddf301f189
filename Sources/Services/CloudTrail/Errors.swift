import CloudTrailAPI
import Platform
import Wire

/// The errors of CloudTrail, with the texts that AWS sends.
extension ServiceError {
    static func unknownTrail(_ name: TrailName, _ call: Call) -> ServiceError {
        CloudTrail.Failure.trailNotFoundException("Unknown trail: \(name.arn) for the user: \(call.accountID)")
    }

    static var notManagementAccount: ServiceError {
        CloudTrail.Failure.notOrganizationMasterAccountException(
            "The account is neither the management account of its organization nor a delegated administrator of"
                + " CloudTrail.")
    }

    static func noSuchBucket(_ name: String) -> ServiceError {
        CloudTrail.Failure.s3BucketDoesNotExistException("S3 bucket \(name) does not exist!")
    }

    static func insufficientBucketPolicy(_ bucket: String) -> ServiceError {
        CloudTrail.Failure.insufficientS3BucketPolicyException(
            "Incorrect S3 bucket policy is detected for bucket: \(bucket)")
    }

    static func insufficientKeyPolicy(_ bucket: String, _ key: String) -> ServiceError {
        CloudTrail.Failure.insufficientEncryptionPolicyException(
            "Insufficient permissions to access S3 bucket \(bucket) or KMS key \(key).")
    }

    static func combination(_ message: String) -> ServiceError {
        CloudTrail.Failure.invalidParameterCombinationException(message)
    }

    static func invalidSelectors(_ message: String) -> ServiceError {
        CloudTrail.Failure.invalidEventSelectorsException(message)
    }
}
