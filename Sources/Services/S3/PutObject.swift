import Bodies
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import S3API
import Wire

// Putting objects. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>

/// What requests that make an object say of it.
struct NewObject {
    /// Members that are kept and answered as they are.
    static let headers = [
        "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires",
        "WebsiteRedirectLocation",
    ]
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html>
    private static let storageClasses: Set<String> = [
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
        "DEEP_ARCHIVE", "GLACIER_IR",
    ]
    /// Bytes of names and values. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>
    private static let mostMetadata = 2048

    var headers: [String: String] = [:]
    var metadata: [String: String] = [:]
    var storageClass = "STANDARD"
    var tags: [Tag] = []
    var retention: ObjectVersion.Retention?
    var legalHold: Bool?
    var owner: String?
    var acl: AccessControlList?

    /// Reads a request's members, those of PutObject, CreateMultipartUpload or CopyObject.
    init(_ input: Structure, in bucket: Bucket, _ call: Call) throws(ServiceError) {
        if bucket.zone != nil {
            try S3Express.checkNewObject(input)
            storageClass = S3Express.storageClass
        }
        (owner, acl) = try AccessControlLists.ofNewObject(input, in: bucket, call)
        for name in Self.headers {
            if case .string(let text) = input[name] { headers[name] = text }
            if case .timestamp(let moment) = input[name] { headers[name] = moment.iso8601 }
        }
        // Only signed chunks and their trailers have this encoding, which ends when they are read.
        if let encoding = headers["ContentEncoding"] {
            let kept = encoding.split(separator: ",").map { String($0.filter { $0 != " " }) }.filter {
                $0 != "aws-chunked"
            }
            headers["ContentEncoding"] = kept.isEmpty ? nil : kept.joined(separator: ",")
        }
        if headers["ContentType"] == nil { headers["ContentType"] = "binary/octet-stream" }
        if case .map(let entries) = input["Metadata"] {
            for entry in entries { if case .string(let text) = entry.value { metadata[entry.key] = text } }
            let size = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
            guard size <= Self.mostMetadata else {
                throw .s3(
                    "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
                    ["Size": String(size), "MaxSizeAllowed": String(Self.mostMetadata)])
            }
        }
        if case .string(let name) = input["StorageClass"] {
            guard bucket.zone == nil ? Self.storageClasses.contains(name) : name == storageClass else {
                throw .s3(
                    "InvalidStorageClass", "The storage class you specified is not valid",
                    ["StorageClassRequested": name])
            }
            storageClass = name
        }
        if case .string(let text) = input["Tagging"] { tags = try Self.tags(text) }
        try readLock(input, bucket, call.time)
    }

    /// Tags in a header, `key=value&…`, percent-encoded.
    static func tags(_ text: String) throws(ServiceError) -> [Tag] {
        var tags: [Tag] = []
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = Self.decoded(parts[0]), let value = Self.decoded(parts.count > 1 ? parts[1] : ""),
                !tags.contains(where: { $0.key == key })
            else {
                throw .invalidArgument(
                    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
                    "x-amz-tagging", text)
            }
            tags.append(Tag(key: key, value: value))
        }
        return try TagRules.ofObjects.new(tags.map(S3.Tag.init))
    }

    private static func decoded(_ text: Substring) -> String? {
        String(text.map { $0 == "+" ? " " : $0 }).removingPercentEncoding
    }

    private mutating func readLock(_ input: Structure, _ bucket: Bucket, _ time: Double) throws(ServiceError) {
        let (mode, until, hold) = (
            input["ObjectLockMode"], input["ObjectLockRetainUntilDate"], input["ObjectLockLegalHoldStatus"]
        )
        if mode == nil, until == nil, let usual = bucket.defaultRetention {
            retention = ObjectVersion.Retention(mode: usual.mode, until: time + Double(usual.days) * 86_400)
        }
        guard mode != nil || until != nil || hold != nil else { return }
        guard bucket.hasObjectLock else { throw .noLock }
        guard (mode == nil) == (until == nil) else {
            throw .invalidArgument(
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
                "x-amz-object-lock-mode")
        }
        if case .string(let name) = mode, case .timestamp(let until) = until {
            guard let mode = ObjectVersion.Retention.Mode(rawValue: name) else {
                throw .invalidArgument("Unknown wormMode directive.", "x-amz-object-lock-mode", name)
            }
            guard until.secondsSinceEpoch > time else {
                throw .invalidArgument(
                    "The retain until date must be in the future!", "x-amz-object-lock-retain-until-date",
                    until.iso8601)
            }
            retention = ObjectVersion.Retention(mode: mode, until: until.secondsSinceEpoch)
        }
        if case .string(let status) = hold { legalHold = status == "ON" }
    }

    /// The members of requests that are condition keys as they are, by the keys.
    private static let membersOfKeys = [
        "s3:x-amz-storage-class": "StorageClass",
        "s3:x-amz-server-side-encryption": "ServerSideEncryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
        "s3:x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
        "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
        "s3:object-lock-mode": "ObjectLockMode", "s3:object-lock-legal-hold": "ObjectLockLegalHoldStatus",
        "s3:if-match": "IfMatch", "s3:if-none-match": "IfNoneMatch",
    ]

    /// What the request needs besides `PutObject`, and the condition keys of them all.
    /// - Parameter creates: whether the object is there afterwards, rather than an upload.
    static func needs(_ input: Structure, creates: Bool = true, _ call: Call) -> (
        actions: [String], keys: [String: ContextValue]
    ) {
        var (actions, keys): ([String], [String: ContextValue]) = ([], AccessControlLists.keys(input))
        func text(_ member: String) -> String? {
            guard case .string(let text) = input[member] else { return nil }
            return text
        }
        for (key, member) in Self.membersOfKeys { keys[key] = text(member).map { .one($0) } }
        keys[ObjectCreation.key] = ObjectCreation.value(creates)
        if case .timestamp(let until) = input["ObjectLockRetainUntilDate"] {
            keys["s3:object-lock-retain-until-date"] = .one(until.iso8601)
            keys[RetentionDays.key] = RetentionDays.value(until: until, call)
        }
        if let tags = text("Tagging").flatMap({ try? Self.tags($0) }) {
            keys.merge(requestObjectTags(tags)) { own, _ in own }
            actions.append("PutObjectTagging")
        }
        // AWS's services, which give the bucket's owner what they deliver, are allowed no more than to put it.
        if AccessControlList.isSaid(in: input),
            call.caller.servicePrincipal == nil || text("ACL") != "bucket-owner-full-control"
        {
            actions.append("PutObjectAcl")
        }
        if text("ObjectLockMode") != nil { actions.append("PutObjectRetention") }
        if text("ObjectLockLegalHoldStatus") != nil { actions.append("PutObjectLegalHold") }
        return (actions, keys)
    }

    /// The version that comes of it.
    func version(
        of key: String, _ place: (sequence: Int64, id: String?), _ call: Call
    ) -> ObjectVersion {
        var version = ObjectVersion(key: key, sequence: place.sequence, versionID: place.id, modified: call.time)
        version.headers = headers
        version.metadata = metadata
        version.storageClass = storageClass
        version.tags = tags
        version.retention = retention
        version.legalHold = legalHold
        version.writer = call.accountID
        version.owner = owner
        version.acl = acl
        return version
    }
}

/// Whether a request makes an object, for policies that demand conditions of those alone that can have some.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html>
enum ObjectCreation {
    static let key = "s3:objectcreationoperation"

    static func value(_ creates: Bool) -> ContextValue { .one(creates ? "true" : "false") }
}

extension S3.PutObject: UploadOperation, OnObject {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        let (actions, keys) = NewObject.needs(input.structure, call)
        let target = try await call.target(ofNew: input.key, in: entry)
        return .required((["PutObject"] + actions).map { call.need($0, onKey: input.key, target, keys) })
    }

    public static func begin(_ input: Input, _ call: Call) async throws(ServiceError) -> ObjectUpload {
        let bucket = try call.target().bucket.bucket
        // What can't be right is refused before the body is sent.
        _ = try NewObject(input.structure, in: bucket, call)
        _ = try WriteConditions(ifMatch: input.ifMatch, ifNoneMatch: input.ifNoneMatch)
        if let base = try await call.appended(input, in: bucket) { return try await call.upload(input, after: base) }
        let key = try await call.bodyKey(input.structure, of: input.key, in: bucket)
        return try ObjectUpload(input.structure, call.bodies(), key, usual: .crc64NVME)
    }

    public static func handle(
        _ input: Input, _ received: ObjectUpload.Received, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        let conditions = try WriteConditions(ifMatch: input.ifMatch, ifNoneMatch: input.ifNoneMatch)
        let current = try records.current(input.key, in: bucket.name)
        try conditions.check(current, key: input.key)
        if input.writeOffsetBytes != nil {
            // Whoever was faster has written at the same place.
            guard current?.sequence == received.base?.sequence else { throw .invalidWriteOffset }
            if let current { return try append(received, to: current, in: bucket, call, records) }
        }
        let object = try NewObject(input.structure, in: bucket, call)
        var version = object.version(
            of: input.key, try records.nextVersion(of: input.key, in: bucket, at: call.time), call)
        version.size = received.size
        version.etag = received.etag(in: bucket)
        version.checksum = received.checksum
        version.encryption = received.encryption
        version.content = received.content
        try records.keep(version.content)
        version.awaitReplication(from: bucket, call.environment)
        try records.forget(try records.add(version, to: bucket), at: call.time)
        try records.replicate(version, from: bucket, at: call.time)
        // The only front that puts anything is the one that takes forms.
        try records.tell(call.source.isOfFront ? .post : .put, version, in: bucket, EventCause(call))
        return Output(written(version, of: bucket, call))
    }

    private static func append(
        _ received: ObjectUpload.Received, to current: ObjectVersion, in bucket: Bucket, _ call: Call,
        _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let place = try records.nextVersion(of: current.key, in: bucket, at: call.time)
        let version = try current.extended(by: received, at: place.sequence, in: bucket, call.time)
        try records.keep(received.content)
        // What was there before stays a part of it: its bodies are not forgotten.
        _ = try records.add(version, to: bucket)
        var output = written(version, of: bucket, call)
        output["Size"] = .integer(Int(version.size))
        return Output(output)
    }

    private static func written(_ version: ObjectVersion, of bucket: Bucket, _ call: Call) -> Structure {
        var output = Structure(OutputFields.shape)
        output["Expiration"] = call.buckets.lifecycle(of: bucket.name).expiration(of: version).map { .string($0) }
        output["ETag"] = .string("\"\(version.etag)\"")
        output["VersionId"] = version.versionID.map { .string($0) }
        output.show(version.encryption)
        if let checksum = version.checksum {
            output["Checksum" + checksum.algorithm] = .string(checksum.value)
            output["ChecksumType"] = .string(checksum.type)
        }
        return output
    }
}

extension ObjectUpload.Received {
    /// An MD5 where AWS promises one; otherwise something that is as unlike others.
    func etag(in bucket: Bucket) -> String {
        guard case .s3 = encryption, bucket.zone == nil else { return Identifiers.randomBytes(16).hexadecimal }
        return md5
    }
}
