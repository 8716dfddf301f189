import Directory
import Platform
import Policy
import S3API
import Wire

// Who may do what with a directory bucket: policies are asked when a session is created, and of what manages the bucket. All
// else is a matter of the session's mode.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-create-session.html>

extension S3Express {
    /// Those actions on a bucket that are asked for one by one.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3express.html>
    private static let regional: Set<String> = [
        "CreateBucket", "DeleteBucket", "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy",
        "GetEncryptionConfiguration", "PutEncryptionConfiguration", "GetLifecycleConfiguration",
        "PutLifecycleConfiguration", "ListTagsForResource", "TagResource", "UntagResource",
    ]

    /// Those for which a session that only reads will do.
    private static let reading: Set<String> = [
        "GetObject", "GetObjectVersion", "ListBucket", "ListBucketMultipartUploads", "ListMultipartUploadParts",
    ]

    /// What a request needs for an action on a directory bucket or what is in it.
    /// - Parameters:
    ///   - action: S3's name of it, as for other buckets.
    ///   - keys: its condition keys there.
    static func need(
        _ action: String, on entry: BucketEntry, _ keys: [String: ContextValue], _ call: Call
    ) -> Access {
        let bucket = entry.bucket
        let isRegional = regional.contains(action)
        let mode: ZonalSession.Mode = reading.contains(action) ? .readOnly : .readWrite
        var access = Access(
            isRegional ? "s3express:\(action)" : "s3express:CreateSession", on: bucket.arn,
            resourceAccount: bucket.accountID)
        access.context = keys.filter { $0.key.hasPrefix("aws:") }
        if !isRegional { access.context.merge(sessionKeys(mode, bucket)) { own, _ in own } }
        access.context["s3express:resourceaccount"] = .one(bucket.accountID)
        access.learnt = entry
        access.wordDenial(to: call.caller)
        guard let session = call.caller.zonalSession else { return access }
        let suffices = isRegional ? manages(session, call) : session.mode == .readWrite || mode == .readOnly
        if session.bucket != bucket.name || !suffices {
            access.verdict = .refused(.accessDenied)
        } else if !isRegional, session.bucketCreation == bucket.creationDate {
            access.verdict = .allowed
        }
        return access
    }

    /// Whether a session is good for managing its bucket. On AWS none is; but clients sign everything with their session where they
    /// were told of one endpoint for all. They say nothing of the session that they ask for, sign in headers, and have no session
    /// where S3 Control answers. A key that is not good any more manages nothing.
    static func manages(_ session: ZonalSession, _ call: Call) -> Bool {
        guard session.mayManage, session.mode == .readWrite, call.module.shape === S3.service,
            call.source.signature?.form == .header
        else { return false }
        return !session.isOfLongTermKey || call.directory.accessKey(session.owner.accessKeyID)?.isActive == true
    }

    /// The condition keys of a session that is asked for, in lower case.
    static func sessionKeys(_ mode: ZonalSession.Mode, _ bucket: Bucket) -> [String: ContextValue] {
        ["s3express:sessionmode": .one(mode.rawValue), "s3express:resourceaccount": .one(bucket.accountID)]
    }
}

extension Call {
    /// Whether the request is for directory buckets, by the service that it was signed for.
    var isOfDirectoryBuckets: Bool { module.signingName == S3Express.signingName }
}

extension ResourceType {
    /// A directory bucket: its policy decides, and the public never gets in.
    static let directoryBucket = ResourceType("s3express", "bucket/", hasOwnTagKey: false) { access, arn, call in
        let entry =
            (access.learnt as? any KnowsObject)?.bucket ?? access.learnt as? BucketEntry
            ?? call.buckets.bucket(String(arn.resource.dropFirst("bucket/".count)))
        guard let entry, entry.bucket.zone != nil else { return nil }
        var resource = Resource(owner: entry.bucket.accountID, tags: entry.bucket.tags, policy: entry.policy)
        for tag in entry.bucket.tags {
            resource.context["s3express:buckettag/\(ConditionKeys.folded(tag.key))"] = .one(tag.value)
        }
        resource.restrictsPublicBuckets = true
        return resource
    }
}
