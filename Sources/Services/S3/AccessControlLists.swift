import Platform
import S3API
import Wire

/// Access control lists, which are not built: a request may say of them only what changes nothing.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
enum AccessControlLists {
    private static let grants = ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"]

    /// For a request that makes an object.
    /// - Throws: AccessControlListNotSupported where the bucket's owner owns everything; NotImplemented elsewhere.
    static func check(_ input: Structure, in bucket: Bucket) throws(ServiceError) {
        guard let list = try canned(input), list != "bucket-owner-full-control" else { return }
        guard bucket.ownership != .bucketOwnerEnforced else {
            throw .s3("AccessControlListNotSupported", "The bucket does not allow ACLs")
        }
        guard list == "private" else { throw .notBuilt }
    }

    /// For a request that makes a bucket.
    /// - Throws: InvalidBucketAclWithObjectOwnership where its owner will own everything; NotImplemented elsewhere.
    static func check(_ input: Structure, ofBucketWith ownership: Bucket.Ownership?) throws(ServiceError) {
        guard let list = try canned(input), list != "private" else { return }
        guard ownership != .bucketOwnerEnforced else {
            throw .s3(
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
        }
        throw .notBuilt
    }

    /// The canned list that a request asks for; empty for grants of its own, nil for neither.
    private static func canned(_ input: Structure) throws(ServiceError) -> String? {
        let hasGrants = grants.contains { input[$0] != nil }
        guard case .string(let list) = input["ACL"] else { return hasGrants ? "" : nil }
        guard !hasGrants else {
            throw .invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed")
        }
        return list
    }
}

extension ServiceError {
    fileprivate static var notBuilt: ServiceError {
        .notImplemented("Gatehouse does not build access control lists yet. Allow access by a bucket policy.")
    }
}
