import Ledger
import Platform
import Policy
import S3API
import Wire

// Deleting objects and versions.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjects.html>

/// What became of a key that was to be deleted.
struct DeletedVersion {
    /// The version that was asked for; nil: none was.
    var asked: String?
    /// The delete marker that was made, or the one that is gone.
    var marker: String?
    /// Whether what is gone, or was made, is a delete marker.
    var isMarker = false
    /// What has no place any more: its bytes go too.
    var gone: ObjectVersion?
}

extension MutableRecords {
    /// Deletes a version if one is named; else puts a delete marker in front of all, or deletes the one object there is.
    /// - Parameter bypass: whether the caller asked to bypass governance mode, and may.
    /// - Throws: AccessDenied for a version that is locked.
    func delete(
        _ key: String, version id: String?, from bucket: Bucket, bypass: Bool, at time: Double
    ) throws(ServiceError) -> DeletedVersion {
        if let id {
            guard let version = try version(id, of: key, in: bucket.name) else {
                // Deleting what is not there succeeds, but an id that can't be one is an error.
                guard id == "null" || VersionID.sequence(of: id) != nil else {
                    throw .invalidArgument("Invalid version id specified", "versionId", id)
                }
                return DeletedVersion(asked: id)
            }
            try version.checkUnlocked(at: time, bypass: bypass)
            try remove(version, from: bucket)
            return DeletedVersion(
                asked: id, marker: version.isDeleteMarker ? id : nil, isMarker: version.isDeleteMarker, gone: version)
        }
        guard bucket.versioning != .never else {
            guard let current = try current(key, in: bucket.name) else { return DeletedVersion() }
            try remove(current, from: bucket)
            return DeletedVersion(gone: current)
        }
        let (sequence, id) = try nextVersion(of: key, in: bucket, at: time)
        var marker = ObjectVersion(key: key, sequence: sequence, versionID: id, modified: time)
        marker.isDeleteMarker = true
        let gone = try add(marker, to: bucket)
        return DeletedVersion(marker: marker.shownVersionID, isMarker: true, gone: gone)
    }
}

/// What has to be at a key that is deleted on condition.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html>
struct DeletionCondition {
    /// An entity tag, or a star for any.
    let etag: String

    /// nil: without condition.
    init?(_ etag: String?) {
        guard let etag else { return nil }
        self.etag = etag
    }

    /// The condition keys of a deletion, in lower case.
    static func keys(_ etag: String?) -> [String: ContextValue] {
        etag.map { ["s3:if-match": .one($0)] } ?? [:]
    }

    /// What one has to be allowed besides: who compares entity tags learns of them.
    static func actions(_ etag: String?) -> [String] { etag == nil || etag == "*" ? [] : ["GetObject"] }

    /// It is about the current version, whichever is to be deleted.
    /// - Throws: PreconditionFailed; NoSuchKey where nothing is.
    func check(_ key: String, in bucket: Bucket, _ records: some RecordReading) throws(ServiceError) {
        guard let current = try records.current(key, in: bucket.name) else {
            let hidden = try records.shared.list(
                OtherVersion.self, of: bucket.name, RowRange(RowPrefix(.text(key))), limit: 1)
            throw hidden.isEmpty ? .noSuchKey(key) : .preconditionFailed("If-Match")
        }
        guard ReadConditions.matches(etag, current.etag) else { throw .preconditionFailed("If-Match") }
    }
}

extension S3.DeleteObject: PreparedWriteOperation, OnObject {
    public static var secretMembers: Set<String> { MFADelete.secretMembers }
    static var versionAction: String { "DeleteObjectVersion" }
    static func keys(_ input: Input) -> [String: ContextValue] { DeletionCondition.keys(input.ifMatch) }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let need = try await need(input, call)
        guard !call.isOfDirectoryBuckets else { return .required(need) }
        let more =
            DeletionCondition.actions(input.ifMatch)
            + (input.bypassGovernanceRetention == true ? ["BypassGovernanceRetention"] : [])
        return .required(
            [need]
                + more.map { action in
                    var access = need
                    access.action = "s3:\(action)"
                    return access
                })
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> MFADelete? {
        guard input.versionId != nil else { return nil }
        return try await MFADelete(of: call.bucket(named: input.bucket).bucket, input.mfa, call)
    }

    public static func handle(
        _ input: Input, _ proof: MFADelete?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        if bucket.zone == nil {
            try S3Express.refuse(["IfMatchSize", "IfMatchLastModifiedTime"], in: input.structure)
        } else {
            try S3Express.refuse(["MFA", "BypassGovernanceRetention"], in: input.structure)
        }
        try proof?.check(bucket)
        guard bucket.hasObjectLock || input.bypassGovernanceRetention != true else {
            throw .invalidArgument(
                "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
                "x-amz-bypass-governance-retention")
        }
        if bucket.zone != nil {
            try ZonalDeletionCondition(
                etag: input.ifMatch, size: input.ifMatchSize, modified: input.ifMatchLastModifiedTime
            ).check(try records.current(input.key, in: bucket.name))
        } else {
            try DeletionCondition(input.ifMatch)?.check(input.key, in: bucket, records)
        }
        let deleted = try records.delete(
            input.key, version: input.versionId, from: bucket, bypass: input.bypassGovernanceRetention == true,
            at: call.time)
        try records.forget(deleted.gone, at: call.time)
        try records.tell(deleted, of: input.key, in: bucket, EventCause(call))
        try records.replicate(deleted, of: input.key, from: bucket, call)
        return Output {
            $0.deleteMarker = deleted.isMarker ? true : nil
            $0.versionId = deleted.asked ?? deleted.marker
        }
    }
}

/// Key by key: each is asked for, and refused or deleted, by itself.
extension S3.DeleteObjects: PreparedWriteOperation {
    private static let most = 1000
    public static var secretMembers: Set<String> { MFADelete.secretMembers }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        guard input.delete.objects.count <= most, !input.delete.objects.isEmpty else { throw .malformedXML }
        if call.isOfDirectoryBuckets {
            try S3Express.refuse(["MFA", "BypassGovernanceRetention"], in: input.structure)
            try S3Express.checkDeleted(input.delete.objects.map(\.key))
            // A session is for the bucket, whatever the keys.
            return .required(call.need("DeleteObject", on: entry))
        }
        return .notRequired(
            because: "each key is asked for by itself:"
                + " https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html")
    }

    /// Without a code not even what has no version is deleted, if anything in the request has one; and a wrong code counts
    /// whether it is needed or not.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> MFADelete? {
        guard input.mfa != nil || input.delete.objects.contains(where: { $0.versionId != nil }) else { return nil }
        return try await MFADelete(of: call.bucket(named: input.bucket).bucket, input.mfa, call)
    }

    public static func handle(
        _ input: Input, _ proof: MFADelete?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let asked = try call.bucket(named: input.bucket)
        let bucket = try records.bucket(asked.bucket.name)
        try proof?.check(bucket)
        let entry = BucketEntry(bucket, through: asked.accessPoint)
        let bypass = input.bypassGovernanceRetention == true
        var (done, failed): ([S3.DeletedObject], [S3.Error_]) = ([], [])
        var gone: [ObjectVersion.Content] = []
        for object in input.delete.objects {
            do throws(ServiceError) {
                let version: ObjectVersion?
                if let id = object.versionId {
                    version = try records.version(id, of: object.key, in: bucket.name)
                } else {
                    version = try records.current(object.key, in: bucket.name)
                }
                let target = ObjectTarget(bucket: entry, version: version)
                let actions =
                    [object.versionId == nil ? "DeleteObject" : "DeleteObjectVersion"]
                    + DeletionCondition.actions(object.eTag) + (bypass ? ["BypassGovernanceRetention"] : [])
                for action in actions where bucket.zone == nil {
                    let need = call.need(
                        action, onKey: object.key, version: object.versionId, target,
                        DeletionCondition.keys(object.eTag))
                    guard try call.decision(need).isAllowed else { throw .accessDenied }
                }
                if bucket.zone == nil {
                    guard object.size == nil, object.lastModifiedTime == nil else {
                        throw .notImplemented(header: object.size == nil ? "LastModifiedTime" : "Size")
                    }
                    try DeletionCondition(object.eTag)?.check(object.key, in: bucket, records)
                } else {
                    try ZonalDeletionCondition(
                        etag: object.eTag, size: object.size, modified: object.lastModifiedTime
                    ).check(version)
                }
                let deleted = try records.delete(
                    object.key, version: object.versionId, from: bucket, bypass: bypass, at: call.time)
                try records.tell(deleted, of: object.key, in: bucket, EventCause(call))
                try records.replicate(deleted, of: object.key, from: bucket, call)
                if let content = deleted.gone?.content { gone.append(content) }
                guard input.delete.quiet != true else { continue }
                done.append(
                    S3.DeletedObject {
                        $0.key = object.key
                        $0.versionId = deleted.asked
                        $0.deleteMarker = deleted.isMarker ? true : nil
                        $0.deleteMarkerVersionId = deleted.isMarker ? deleted.marker : nil
                    })
            } catch {
                guard error.status < 500 else { throw error }
                failed.append(
                    S3.Error_ {
                        $0.key = object.key
                        $0.versionId = object.versionId
                        $0.code = error.code
                        $0.message = error.message
                    })
            }
        }
        try records.forget(gone, at: call.time)
        return Output {
            $0.deleted = done.isEmpty ? nil : done
            $0.errors = failed.isEmpty ? nil : failed
        }
    }
}
