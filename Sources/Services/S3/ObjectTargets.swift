import Directory
import Platform
import Policy
import S3API
import Wire

// Operations on objects: which of them, and what policies are asked.

/// An object as it was when permission was asked; in one place, for a version is much to copy.
final class ObjectTarget: KnowsObject {
    let bucket: BucketEntry
    let version: ObjectVersion?
    let overwritten: ObjectVersion?

    init(bucket: BucketEntry, version: ObjectVersion?, overwritten: ObjectVersion? = nil) {
        self.bucket = bucket
        self.version = version
        self.overwritten = overwritten
    }
}

/// An operation on an object that may be there.
protocol OnObject: Operation where InputFields: S3.WithBucket, InputFields: S3.WithKey {
    /// The action that policies are asked for where no version is named.
    static var action: String { get }
    /// The action for a version that is named; the same as ``action`` by default.
    static var versionAction: String { get }
    /// The operation's condition keys, in lower case.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnObject {
    static var action: String { shape.name }
    static var versionAction: String { action }
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required([try await need(input, call)])
    }

    /// What the operation needs on its object. The object is looked for, since conditions may be about its tags.
    static func need(_ input: Input, _ call: Call) async throws(ServiceError) -> Access {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        let (key, id) = (input.key, input.versionID)
        let target: ObjectTarget
        if let id {
            let version = try await call.read { (records) throws(ServiceError) in
                try records.version(id, of: key, in: entry.bucket.name)
            }
            target = ObjectTarget(bucket: entry, version: version)
        } else {
            let current = try await call.environment.sharedRow(
                CurrentObject.self, CurrentObject.key(key), of: entry.bucket.name)
            target = ObjectTarget(bucket: entry, version: current?.version)
        }
        return call.need(
            id == nil ? action : versionAction, onKey: key, version: id, target, keys(input))
    }
}

extension View where Members: S3.WithKey {
    /// The version that the request names, with the operations that have this member.
    var versionID: String? {
        guard case .string(let id) = structure["VersionId"] else { return nil }
        return id
    }
}

extension Call {
    /// What a request needs for an action on an object.
    func need(
        _ action: String, onKey key: String, version id: String? = nil, _ target: ObjectTarget,
        _ keys: [String: ContextValue] = [:]
    ) -> Access {
        let bucket = target.bucket.bucket
        guard bucket.zone == nil else {
            var access = S3Express.need(action, on: target.bucket, keys, self)
            access.learnt = target
            return access
        }
        var access = Access(
            "s3:\(action)", on: "\(bucket.arn)/\(key)", resourceAccount: bucket.accountID, context: keys)
        access.context["s3:resourceaccount"] = .one(bucket.accountID)
        access.context["s3:versionid"] = id.map { .one($0) }
        for tag in target.version?.tags ?? [] {
            access.context["s3:existingobjecttag/\(ConditionKeys.folded(tag.key))"] = .one(tag.value)
        }
        access.learnt = target
        access.come(by: target.bucket, "/object/\(key)", caller)
        access.wordDenial(to: caller)
        return access
    }

    /// What a request that makes an object is about. Where a list lets others write, what it would overwrite counts.
    func target(ofNew key: String, in entry: BucketEntry) async throws(ServiceError) -> ObjectTarget {
        guard (1...1024).contains(key.utf8.count) else {
            throw .s3("KeyTooLongError", "Your key is too long", ["Size": String(key.utf8.count)])
        }
        let bucket = entry.bucket
        guard bucket.acl != nil, !bucket.enforcesOwner, bucket.versioning != .enabled else {
            return ObjectTarget(bucket: entry, version: nil)
        }
        let there = try await read { (records) throws(ServiceError) in try records.current(key, in: bucket.name) }
        return ObjectTarget(bucket: entry, version: nil, overwritten: there)
    }

    /// The object of the request, as it was when permission was asked.
    func target() throws(ServiceError) -> ObjectTarget {
        guard let target = learnt(ObjectTarget.self) else { throw .internalFailure }
        return target
    }
}

extension ServiceError {
    static func noSuchKey(_ key: String) -> ServiceError {
        .s3("NoSuchKey", "The specified key does not exist.", status: 404, ["Key": key])
    }

    static func noSuchVersion(_ key: String, _ id: String) -> ServiceError {
        .s3(
            "NoSuchVersion", "The specified version does not exist.", status: 404, ["Key": key, "VersionId": id])
    }

    static func invalidVersionID(_ id: String) -> ServiceError {
        .invalidArgument("Invalid version id specified", "versionId", id)
    }

    /// For a request of a delete marker by its id.
    static var isDeleteMarker: ServiceError {
        var error = ServiceError.s3(
            "MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405,
            ["Method": "GET", "ResourceType": "DeleteMarker"])
        error.headers = ["x-amz-delete-marker": "true"]
        return error
    }
}

extension RecordReading {
    /// The version that a request is about.
    /// - Throws: NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker.
    func version(_ id: String?, of key: String, in bucket: Bucket) throws(ServiceError) -> ObjectVersion {
        guard let id else {
            if let current = try current(key, in: bucket.name) { return current }
            var error = ServiceError.noSuchKey(key)
            if let marker = try latest(key, in: bucket.name) {
                error.headers = ["x-amz-delete-marker": "true", "x-amz-version-id": marker.shownVersionID]
            }
            throw error
        }
        guard let version = try version(id, of: key, in: bucket.name) else {
            guard id == "null" || VersionID.sequence(of: id) != nil else { throw .invalidVersionID(id) }
            throw .noSuchVersion(key, id)
        }
        guard !version.isDeleteMarker else { throw .isDeleteMarker }
        return version
    }
}

/// An answer from one version of an object.
protocol ObjectRead: ReadOperation, OnObject {
    static func answer(
        _ version: ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output
}

extension ObjectRead {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        return try answer(try records.version(input.versionID, of: input.key, in: bucket), of: bucket, input, call)
    }
}

/// A change of what is said about one version of an object.
protocol ObjectChange: WriteOperation, OnObject {
    static func change(
        _ version: inout ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output
    /// What others hear of it; nil: nothing.
    static func event(_ before: ObjectVersion, _ after: ObjectVersion) -> ObjectEvent?
}

extension ObjectChange {
    static func event(_ before: ObjectVersion, _ after: ObjectVersion) -> ObjectEvent? { nil }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        let before = try records.version(input.versionID, of: input.key, in: bucket)
        var version = before
        let output = try change(&version, of: bucket, input, call)
        try records.passOn(&version, changedFrom: before, in: bucket, call)
        try records.replace(version, in: bucket)
        if version.restoration != before.restoration { try records.followRestoration(of: version, in: bucket) }
        if let event = event(before, version) { try records.tell(event, version, in: bucket, EventCause(call)) }
        return output
    }
}
