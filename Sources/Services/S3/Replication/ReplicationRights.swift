import Directory
import Platform
import Policy
import S3API
import Wire

// What the role needs to pass a version on.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>

extension ReplicateVersion {
    /// Asks the policies for something that the role needs.
    /// - Throws: the reason for which the version does not get there.
    func ask(_ need: Access, _ reason: String, _ call: Call) throws(ServiceError) {
        guard try call.decision(need).isAllowed else { throw .failure(reason) }
    }

    /// Asks the policies for all that the role needs to pass a version on, on both sides.
    func allow(
        _ version: ObjectVersion, from source: BucketEntry, to target: BucketEntry, by rule: ReplicationRule,
        _ call: Call
    ) throws(ServiceError) {
        guard rule.account == nil || rule.account == target.bucket.accountID else {
            throw .failure("DstPutObjectNotPermitted")
        }
        guard target.bucket.versioning == .enabled else { throw .failure("DstBucketUnversioned") }
        let read = ObjectTarget(bucket: source, version: version)
        let put = ObjectTarget(bucket: target, version: nil)
        func reading(_ action: String) -> Access {
            call.need(action, onKey: version.key, version: version.versionID, read)
        }
        for action in ["GetReplicationConfiguration", "ListBucket"] {
            try ask(call.need(action, on: source), "SrcGetObjectNotPermitted", call)
        }
        guard !version.isDeleteMarker else {
            return try ask(
                call.need("ReplicateDelete", onKey: version.key, put), "DstPutObjectNotPermitted", call)
        }
        try ask(reading("GetObjectVersionForReplication"), "SrcGetObjectNotPermitted", call)
        try ask(reading("GetObjectVersionAcl"), "SrcGetAclNotPermitted", call)
        try ask(call.need("ReplicateObject", onKey: version.key, put), "DstPutObjectNotPermitted", call)
        if rule.changesOwner {
            try ask(
                call.need("ObjectOwnerOverrideToBucketOwner", onKey: version.key, put), "DstPutAclNotPermitted", call)
        }
        if !version.tags.isEmpty { try allowTags(of: version, reading, put, call) }
        try allowLock(of: version, reading, target.bucket, call)
    }

    func allowTags(
        of version: ObjectVersion, _ reading: (String) -> Access, _ put: ObjectTarget, _ call: Call
    ) throws(ServiceError) {
        try ask(reading("GetObjectVersionTagging"), "SrcGetTaggingNotPermitted", call)
        try ask(
            call.need("ReplicateTags", onKey: version.key, put, requestObjectTags(version.tags)),
            "DstPutTaggingNotPermitted", call)
    }

    func allowLock(
        of version: ObjectVersion, _ reading: (String) -> Access, _ target: Bucket, _ call: Call
    ) throws(ServiceError) {
        guard version.retention != nil || version.legalHold != nil else { return }
        guard target.hasObjectLock else { throw .failure("DstBucketObjectLockConfigMissing") }
        if version.retention != nil { try ask(reading("GetObjectRetention"), "SrcGetObjectNotPermitted", call) }
        if version.legalHold != nil { try ask(reading("GetObjectLegalHold"), "SrcGetObjectNotPermitted", call) }
    }
}

extension ServiceError {
    /// Why a version does not get to another bucket; by AWS's name.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-failure-codes.html>
    static func failure(_ reason: String) -> ServiceError {
        .s3(reason, "The version could not be replicated.", status: 403)
    }

    /// The same of any error. Those without a reason of their own come from KMS, which keeps the source's key or the
    /// destination's from the role.
    var replicationFailure: String {
        switch code {
        case let code where code.hasPrefix("Dst") || code.hasPrefix("Src"): code
        case "KMS.NotFoundException", "NotFoundException": "DstKmsKeyNotFound"
        case "KMS.DisabledException", "DisabledException", "KMS.KMSInvalidStateException", "KMSInvalidStateException":
            "DstKmsKeyInvalidState"
        default: "SrcGetObjectNotPermitted"
        }
    }
}
