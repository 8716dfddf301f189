import Platform
import S3API
import Wire

// What directory buckets do not have, or have otherwise.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html>

extension S3Express {
    /// The one that all objects of directory buckets are of.
    static let storageClass = "EXPRESS_ONEZONE"

    /// Members of requests that make an object: there are no access control lists, tags, locks, redirects and keys of clients.
    private static let foreign = [
        "ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP", "Tagging", "TaggingDirective",
        "ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus", "WebsiteRedirectLocation",
        "SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5", "ContentMD5",
    ]

    /// - Throws: NotImplemented for a header that directory buckets have not.
    static func checkNewObject(_ input: Structure) throws(ServiceError) { try refuse(foreign, in: input) }
}
