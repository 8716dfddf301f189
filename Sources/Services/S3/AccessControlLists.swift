import Ledger
import Platform
import Policy
import S3API
import Wire

// Access control lists: of new objects and buckets, and by the operations about them.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acls.html>

enum AccessControlLists {
    /// Who is to own an object, and its list: nil for the bucket's owner, and for the owner's list.
    /// - Throws: AccessControlListNotSupported where the bucket's owner owns everything, for any list but the one that says
    ///   just that; AccessDenied for one that lets the public in, where that is blocked.
    static func ofNewObject(
        _ input: Structure, in bucket: Bucket, _ call: Call
    ) throws(ServiceError) -> (owner: String?, acl: AccessControlList?) {
        let isForBucketOwner = AccessControlList.cannedName(in: input) == "bucket-owner-full-control"
        // What AWS's services deliver belongs to whom they deliver it to.
        let isBucketOwners =
            bucket.enforcesOwner || call.accountID == bucket.accountID || call.caller.servicePrincipal != nil
            || bucket.ownership == .bucketOwnerPreferred && isForBucketOwner
        let owner = isBucketOwners ? bucket.accountID : call.accountID
        let list = try AccessControlList(
            headersOf: input, owner: owner, bucketOwner: bucket.accountID, call.directory)
        guard !bucket.enforcesOwner else {
            guard list == nil || isForBucketOwner || list == .ofOwner(bucket.accountID) && input["ACL"] == nil else {
                throw .listsNotSupported
            }
            return (nil, nil)
        }
        try check(list, of: bucket, "s3:PutObjectAcl", call)
        return (isBucketOwners ? nil : owner, list == .ofOwner(owner) ? nil : list)
    }

    /// The list of a bucket that is about to be made; nil: its owner's.
    /// - Throws: InvalidBucketAclWithObjectOwnership where its owner will own everything, and
    ///   InvalidBucketAclWithBlockPublicAccessError for one that lets the public in, which new buckets block.
    static func ofNewBucket(
        _ input: Structure, with ownership: Bucket.Ownership?, _ call: Call
    ) throws(ServiceError) -> AccessControlList? {
        let list = try AccessControlList(
            headersOf: input, owner: call.accountID, bucketOwner: nil, call.directory)
        guard let list, list != .ofOwner(call.accountID) else { return nil }
        guard ownership != .bucketOwnerEnforced else { throw .bucketHasList }
        guard !list.isPublic else {
            throw .s3(
                "InvalidBucketAclWithBlockPublicAccessError",
                "Bucket cannot have public ACLs set with BlockPublicAccess enabled")
        }
        return list
    }

    /// The list of a request that puts one, in headers or as a document.
    /// - Throws: AccessControlListNotSupported, MissingSecurityHeader, UnexpectedContent, MalformedACLError, AccessDenied.
    fileprivate static func put(
        _ input: Structure, _ document: S3.AccessControlPolicy?, owner: String, isOfObject: Bool, in bucket: Bucket,
        _ call: Call
    ) throws(ServiceError) -> AccessControlList {
        let headers = try AccessControlList(
            headersOf: input, owner: owner, bucketOwner: isOfObject ? bucket.accountID : nil, call.directory)
        let list: AccessControlList
        switch (headers, document) {
        case (let headers?, nil): list = headers
        case (nil, let document?): list = try AccessControlList(document, owner: owner, call.directory)
        case (_?, _?): throw .s3("UnexpectedContent", "This request does not support content")
        case (nil, nil):
            throw .s3(
                "MissingSecurityHeader", "Your request was missing a required header",
                ["MissingHeaderName": "x-amz-acl"])
        }
        guard !bucket.enforcesOwner else {
            let isForBucketOwner = AccessControlList.cannedName(in: input) == "bucket-owner-full-control"
            guard isOfObject, isForBucketOwner || document != nil && list == .ofOwner(owner) else {
                throw .listsNotSupported
            }
            return list
        }
        try check(list, of: bucket, "s3:\(call.operation)", call)
        return list
    }

    private static func check(
        _ list: AccessControlList?, of bucket: Bucket, _ action: String, _ call: Call
    ) throws(ServiceError) {
        guard list?.isPublic == true, call.publicAccessBlock(of: bucket).blockPublicAcls else { return }
        guard !call.caller.isAnonymous else { throw .accessDenied }
        throw .s3(
            "AccessDenied",
            "User: \(call.caller.arn) is not authorized to perform: \(action) on resource: \"\(bucket.arn)\" because"
                + " public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public"
                + " Access.", status: 403)
    }

    /// The condition keys of a request that says a list in its headers.
    static func keys(_ input: Structure) -> [String: ContextValue] {
        let named = [
            "s3:x-amz-acl": "ACL", "s3:x-amz-grant-full-control": "GrantFullControl",
            "s3:x-amz-grant-read": "GrantRead", "s3:x-amz-grant-read-acp": "GrantReadACP",
            "s3:x-amz-grant-write": "GrantWrite", "s3:x-amz-grant-write-acp": "GrantWriteACP",
        ]
        return named.compactMapValues { member in
            guard case .string(let text) = input[member] else { return nil }
            return .one(text)
        }
    }
}

extension S3.PutBucketAcl: WriteOperation, OnBucket {
    static func keys(_ input: Input) -> [String: ContextValue] { AccessControlLists.keys(input.structure) }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var bucket = try records.bucket(input.bucket)
        let list = try AccessControlLists.put(
            input.structure, input.accessControlPolicy, owner: bucket.accountID, isOfObject: false, in: bucket, call)
        bucket.acl = list == .ofOwner(bucket.accountID) ? nil : list
        try records.shared.put(bucket)
        return Output()
    }
}

extension S3.GetBucketAcl: BucketRead {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        Output {
            $0.owner = S3.Owner(ofAccount: bucket.accountID)
            $0.grants = bucket.list.shown
        }
    }
}

extension S3.PutObjectAcl: ObjectChange {
    static var versionAction: String { "PutObjectVersionAcl" }

    /// Only of a list that has become another.
    static func event(_ before: ObjectVersion, _ after: ObjectVersion) -> ObjectEvent? {
        before.acl == after.acl ? nil : .aclPut
    }

    static func keys(_ input: Input) -> [String: ContextValue] { AccessControlLists.keys(input.structure) }

    static func change(
        _ version: inout ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        let owner = bucket.owner(of: version)
        let list = try AccessControlLists.put(
            input.structure, input.accessControlPolicy, owner: owner, isOfObject: true, in: bucket, call)
        // Where lists mean nothing, the one that says just that is taken, and not kept.
        if !bucket.enforcesOwner { version.acl = list == .ofOwner(owner) ? nil : list }
        return Output()
    }
}

extension S3.GetObjectAcl: ObjectRead {
    static var versionAction: String { "GetObjectVersionAcl" }

    static func answer(
        _ version: ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        Output {
            $0.owner = S3.Owner(ofAccount: bucket.owner(of: version))
            $0.grants = bucket.list(of: version).shown
        }
    }
}

extension ServiceError {
    fileprivate static var listsNotSupported: ServiceError {
        .s3("AccessControlListNotSupported", "The bucket does not allow ACLs")
    }

    static var bucketHasList: ServiceError {
        .s3(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
    }
}
