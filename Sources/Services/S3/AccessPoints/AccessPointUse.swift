import Platform
import Policy
import Wire

// Requests that come to a bucket by one of its access points: the access point has to allow them, and so does the bucket.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>

enum AccessPointUse {
    /// What access points are good for; other operations are the bucket's own.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-service-api-support.html>
    static let operations: Set<String> = [
        "AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject",
        "DeleteObjectTagging", "DeleteObjects", "GetBucketAcl", "GetBucketCors", "GetBucketLocation",
        "GetBucketNotificationConfiguration", "GetBucketPolicy", "GetObject", "GetObjectAcl", "GetObjectAttributes",
        "GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging", "HeadBucket", "HeadObject",
        "ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2", "ListParts", "PutObject",
        "PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "RestoreObject", "UploadPart",
        "UploadPartCopy",
    ]
}

extension Call {
    /// What a request names in the place of a bucket: a bucket, or one by an access point. nil: nothing of that name.
    /// - Throws: MethodNotAllowed for an operation that is not for access points; AccessDenied for one that is for a VPC's
    ///   clients, of which there are none; NoSuchBucket for one whose bucket is gone.
    func entry(named name: String) throws(ServiceError) -> BucketEntry? {
        if let entry = buckets.bucket(name) { return entry }
        guard let found = accessPoints.point(namedAsBucket: name, region: region) else {
            guard
                name.hasSuffix(AccessPointName.aliasSuffix) || name.hasPrefix(AccessPointName.hostMark)
                    || AccessPointName(arn: name) != nil
            else { return nil }
            throw .noSuchAccessPoint
        }
        guard AccessPointUse.operations.contains(operation) else {
            throw .s3(
                "MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405,
                ["ResourceType": "ACCESSPOINT"])
        }
        guard found.point.vpcID == nil else { throw .accessDenied }
        guard let entry = buckets.bucket(found.point.bucket), entry.bucket.accountID == found.point.bucketAccountID
        else { throw .noSuchBucket(found.point.bucket) }
        return BucketEntry(entry, through: found)
    }

    /// The name of the bucket that permission was asked for, whatever the request calls it.
    /// - Parameter name: what it does call it.
    func bucketName(_ name: String) -> String {
        (learnt(ObjectTarget.self)?.bucket ?? learnt(BucketEntry.self))?.bucket.name ?? name
    }
}

extension RecordReading {
    /// The bucket of a request as it is in this transaction, whether the request names it or an access point.
    /// - Throws: NoSuchBucket.
    func bucket(_ name: String, _ call: Call) throws(ServiceError) -> Bucket { try bucket(call.bucketName(name)) }
}

extension AccessPoint {
    /// What policies may ask of the access point by which a request comes.
    var context: [String: ContextValue] {
        var context: [String: ContextValue] = [
            "s3:dataaccesspointarn": .one(arn), "s3:dataaccesspointaccount": .one(accountID),
            "s3:accesspointnetworkorigin": .one(networkOrigin),
        ]
        for tag in tags { context["s3:accesspointtag/\(ConditionKeys.folded(tag.key))"] = .one(tag.value) }
        return context
    }
}

extension Access {
    /// Asks the access point, too, where the request comes by one.
    /// - Parameter suffix: what follows the access point's ARN: `/object/KEY`.
    mutating func come(by entry: BucketEntry, _ suffix: String, _ caller: Caller) {
        guard let point = entry.accessPoint?.point else { return }
        context.merge(point.context) { own, _ in own }
        var way = Access(action, on: point.arn + suffix, resourceAccount: point.accountID, context: context)
        way.context["s3:resourceaccount"] = .one(point.accountID)
        way.wordDenial(to: caller)
        ways = [way]
    }
}

extension Call {
    /// What is known of an access point, or of an object by it: the access point's policy decides on both. nil: there is none.
    func resource(of name: AccessPointName) -> Resource? {
        guard let entry = accessPoints.point(name.name, name.account, name.region) else { return nil }
        let point = entry.point
        var resource = Resource(owner: point.accountID, tags: point.tags, policy: entry.policy)
        // What comes from a VPC is never public.
        resource.restrictsPublicBuckets =
            point.vpcID == nil && publicAccessBlock(of: point).restrictPublicBuckets
        resource.context = point.context
        return resource
    }

    /// What is blocked of public access to an access point: by itself, its account, or its bucket.
    func publicAccessBlock(of point: AccessPoint) -> PublicAccessBlock {
        let own = point.publicAccessBlock.union(environment.publicAccessBlock(ofAccount: point.accountID))
        guard let bucket = buckets.bucket(point.bucket)?.bucket else { return own }
        return own.union(publicAccessBlock(of: bucket))
    }
}

extension ServiceError {
    static var noSuchAccessPoint: ServiceError {
        .s3("NoSuchAccessPoint", "The specified accesspoint does not exist", status: 404)
    }
}
