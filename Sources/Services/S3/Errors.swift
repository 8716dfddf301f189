import S3API
import Wire

/// The errors of S3, with the texts that AWS sends.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
extension ServiceError {
    /// An error of S3's. Most of them are not in its model.
    static func s3(
        _ code: String, _ message: String, status: Int = 400, _ members: [String: String] = [:]
    ) -> ServiceError {
        ServiceError(code, message, status: status, members: members.mapValues { .string($0) })
    }

    /// For a header that this kind of bucket has not.
    static func notImplemented(header: String) -> ServiceError {
        .s3(
            "NotImplemented", "A header you provided implies functionality that is not implemented", status: 501,
            ["Header": header])
    }

    static func noSuchBucket(_ name: String) -> ServiceError {
        .s3("NoSuchBucket", "The specified bucket does not exist", status: 404, ["BucketName": name])
    }

    static func invalidBucketName(_ name: String) -> ServiceError {
        .s3("InvalidBucketName", "The specified bucket is not valid.", ["BucketName": name])
    }

    static func bucketAlreadyExists(_ name: String) -> ServiceError {
        .s3(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system."
                + " Please select a different name and try again.", status: 409, ["BucketName": name])
    }

    static func bucketAlreadyOwnedByYou(_ name: String) -> ServiceError {
        .s3(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.", status: 409,
            ["BucketName": name])
    }

    static func bucketNotEmpty(_ name: String, isVersioned: Bool) -> ServiceError {
        .s3(
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty"
                + (isVersioned ? ". You must delete all versions in the bucket." : ""), status: 409,
            ["BucketName": name])
    }

    static func tooManyBuckets(_ limit: Int) -> ServiceError {
        .s3("TooManyBuckets", "You have attempted to create more buckets than allowed (limit \(limit))")
    }

    /// For a request that was signed for another region than the bucket's. Clients sign it anew for the one that it
    /// names, and send it again.
    static func permanentRedirect(_ bucket: Bucket) -> ServiceError {
        var error = ServiceError.s3(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all"
                + " future requests to this endpoint.", status: 301,
            [
                "Bucket": bucket.name, "Endpoint": "\(bucket.name).s3.\(bucket.region).amazonaws.com",
                "Region": bucket.region,
            ])
        error.headers = ["x-amz-bucket-region": bucket.region]
        return error
    }

    static func illegalLocation(_ region: String) -> ServiceError {
        .s3(
            "IllegalLocationConstraintException",
            "The \(region) location constraint is incompatible for the region specific endpoint this request was sent to."
        )
    }

    static func invalidLocation(_ region: String) -> ServiceError {
        .s3(
            "InvalidLocationConstraint", "The specified location-constraint is not valid",
            ["LocationConstraint": region])
    }

    static func invalidArgument(_ message: String, _ name: String, _ value: String? = nil) -> ServiceError {
        var members = ["ArgumentName": name]
        members["ArgumentValue"] = value
        return .s3("InvalidArgument", message, members)
    }

    static func invalidRequest(_ message: String) -> ServiceError { .s3("InvalidRequest", message) }

    static func malformedPolicy(_ message: String) -> ServiceError { .s3("MalformedPolicy", message) }

    static var malformedXML: ServiceError {
        .s3(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema")
    }

    static var accessDenied: ServiceError { .s3("AccessDenied", "Access Denied", status: 403) }

    static func invalidExpectedOwner(_ text: String) -> ServiceError {
        .s3(
            "InvalidBucketOwnerAWSAccountID",
            "The value of the expected bucket owner parameter must be an AWS Account ID... [\(text)]")
    }

    static func invalidBucketState(_ message: String) -> ServiceError {
        .s3("InvalidBucketState", message, status: 409)
    }
}
