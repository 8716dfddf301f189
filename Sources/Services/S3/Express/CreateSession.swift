import Platform
import Policy
import S3API
import Wire

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html>
extension S3.CreateSession: ComputeOperation {
    public static var secretMembers: Set<String> { ["SecretAccessKey", "SessionToken"] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard call.isOfDirectoryBuckets else { return try S3Express.accessToOther(input.bucket, call) }
        // Clients that are told of one endpoint for everything ask for a session before they create the bucket.
        guard let entry = try directoryBucket(input.bucket, call) else {
            guard DirectoryBucketName(input.bucket) != nil, isOfClient(input, call) else {
                throw .noSuchBucket(input.bucket)
            }
            return .notRequired(because: "there is no bucket yet: whatever the session is used for is asked for then")
        }
        let asked = mode(input) ?? .readWrite
        // Without a mode it is the most that is allowed.
        if input.sessionMode == nil, try !call.decision(need(asked, entry, input, call)).isAllowed {
            let less = need(.readOnly, entry, input, call)
            if try call.decision(less).isAllowed { return .required(less) }
        }
        return .required(need(asked, entry, input, call))
    }

    private static func directoryBucket(_ name: String, _ call: Call) throws(ServiceError) -> BucketEntry? {
        guard call.buckets.bucket(name) != nil else { return nil }
        return try call.bucket(named: name)
    }

    private static func mode(_ input: Input) -> ZonalSession.Mode? {
        input.sessionMode.flatMap(ZonalSession.Mode.init(rawValue:))
    }

    /// Whether a client may have asked for it by itself, to sign whatever it is told to with: those say nothing of the session.
    private static func isOfClient(_ input: Input, _ call: Call) -> Bool {
        input.sessionMode == nil && input.serverSideEncryption == nil && input.ssekmsKeyId == nil
            && input.ssekmsEncryptionContext == nil && input.bucketKeyEnabled == nil
            && call.source.signature?.form == .header
    }

    private static func need(
        _ mode: ZonalSession.Mode, _ entry: BucketEntry, _ input: Input, _ call: Call
    ) -> Access {
        let bucket = entry.bucket
        var access = Access(
            "s3express:CreateSession", on: bucket.arn, resourceAccount: bucket.accountID,
            context: S3Express.sessionKeys(mode, bucket))
        access.context["s3express:x-amz-server-side-encryption"] = input.serverSideEncryption.map { .one($0) }
        access.context["s3express:x-amz-server-side-encryption-aws-kms-key-id"] = input.ssekmsKeyId.map { .one($0) }
        access.learnt = AskedSession(entry: entry, mode: mode)
        access.wordDenial(to: call.caller)
        // A session does not beget another.
        if call.caller.zonalSession != nil { access.verdict = .refused(.accessDenied) }
        return access
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard call.isOfDirectoryBuckets else { throw .methodNotAllowed("GET", "BUCKET") }
        let asked = call.learnt(AskedSession.self)
        let session = ZonalSession(
            for: call.caller, bucket: input.bucket, created: asked?.entry.bucket.creationDate,
            mode: asked?.mode ?? .readWrite, mayManage: isOfClient(input, call), at: call.time)
        guard let session, call.caller.zonalSession == nil else { throw .accessDenied }
        let encryption = try asked.map { known throws(ServiceError) in
            try call.zonalEncryption(input.structure, in: known.entry.bucket)
        }
        let token = try call.environment.sessionTokens.seal(session)
        return Output {
            $0.serverSideEncryption = encryption?.algorithm
            $0.ssekmsKeyId = encryption?.keyARN
            $0.bucketKeyEnabled = encryption?.keyARN == nil ? nil : true
            $0.credentials = S3.SessionCredentials {
                $0.accessKeyId = session.accessKeyID
                $0.secretAccessKey = session.secretAccessKey
                $0.sessionToken = token
                $0.expiration = Timestamp(secondsSinceEpoch: session.expires.rounded(.down))
            }
        }
    }
}

/// The bucket and the mode of a session that was allowed.
private struct AskedSession: KnowsObject {
    let entry: BucketEntry
    let mode: ZonalSession.Mode

    var bucket: BucketEntry { entry }
    var version: ObjectVersion? { nil }
    var overwritten: ObjectVersion? { nil }
}

extension S3Express {
    /// What asks of a general purpose bucket what only directory buckets have.
    static func accessToOther(_ name: String, _ call: Call) throws(ServiceError) -> Authorization {
        let bucket = try call.bucket(named: name).bucket
        return .required(
            Access(
                "s3express:CreateSession",
                on: "arn:aws:s3express:\(bucket.region):\(bucket.accountID):bucket/\(bucket.name)",
                resourceAccount: bucket.accountID))
    }
}
