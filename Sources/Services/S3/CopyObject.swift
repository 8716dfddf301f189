import Bodies
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import S3API
import Wire

// Copies. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html>

/// What `x-amz-copy-source` names: `bucket/key`, `/bucket/key` or an object's ARN by an access point, percent-encoded, and
/// perhaps a version.
struct CopySource {
    let bucket: String
    let key: String
    let versionID: String?

    /// - Throws: InvalidArgument for a text that names no object.
    init(_ text: String) throws(ServiceError) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var id: String?
        if parts.count == 2, parts[1].hasPrefix("versionId=") { id = String(parts[1].dropFirst("versionId=".count)) }
        guard let path = String(parts[0]).removingPercentEncoding else {
            throw .invalidArgument("Invalid copy source encoding.", "x-amz-copy-source", text)
        }
        versionID = id
        if AccessPointName(arn: path) != nil, let object = path.utf8.firstRange(of: "/object/".utf8) {
            bucket = String(Substring(path.utf8[..<object.lowerBound]))
            key = String(Substring(path.utf8[object.upperBound...]))
            return
        }
        // By bytes: an accent at the beginning of a key would be one letter with the slash.
        let slash = UInt8(ascii: "/")
        let names = (path.utf8.first == slash ? path.utf8.dropFirst() : path.utf8[...]).split(
            separator: slash, maxSplits: 1, omittingEmptySubsequences: false)
        guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else {
            throw .invalidArgument("Invalid copy source object key", "x-amz-copy-source", text)
        }
        bucket = String(Substring(names[0]))
        key = String(Substring(names[1]))
    }
}

/// The source of a copy, as it was when permission was asked.
struct CopyOrigin: KnowsObject {
    let source: CopySource
    let bucket: BucketEntry
    let version: ObjectVersion?
    var overwritten: ObjectVersion? { nil }
}

/// An operation that copies from another object: it needs permission to read that one, too.
protocol Copies: Operation where InputFields: S3.WithBucket, InputFields: S3.WithKey, InputFields: S3.WithCopySource {}

extension Copies {
    /// What is needed to read the source. Its bytes and, where they are copied, its tags.
    static func origin(
        _ input: Input, _ call: Call, copiesTags: Bool
    ) async throws(ServiceError) -> (CopyOrigin, [Access]) {
        // A session is for one bucket: copies are signed with what it was asked for with.
        guard call.caller.zonalSession == nil else { throw .accessDenied }
        let source = try CopySource(input.copySource)
        var owner: String?
        if case .string(let account) = input.structure["ExpectedSourceBucketOwner"] { owner = account }
        // A source may be in another region.
        guard let entry = try call.entry(named: source.bucket) else { throw .noSuchBucket(source.bucket) }
        guard owner == nil || owner == entry.bucket.accountID else { throw .accessDenied }
        let version = try await call.read { (records) throws(ServiceError) in
            if let id = source.versionID {
                try records.version(id, of: source.key, in: entry.bucket.name)
            } else {
                try records.current(source.key, in: entry.bucket.name)
            }
        }
        let origin = CopyOrigin(source: source, bucket: entry, version: version)
        let target = ObjectTarget(bucket: entry, version: version)
        let infix = source.versionID == nil ? "" : "Version"
        var needs = [call.need("GetObject\(infix)", onKey: source.key, version: source.versionID, target)]
        if copiesTags, version?.tags.isEmpty == false {
            needs.append(
                call.need("GetObject\(infix)Tagging", onKey: source.key, version: source.versionID, target))
        }
        // The target of the copy is the one that `handle` asks for.
        for index in needs.indices { needs[index].learnt = origin }
        return (origin, needs)
    }

    /// The source's bytes, once the conditions on it hold.
    /// - Throws: NoSuchKey, PreconditionFailed, and what its key has against it.
    static func bytes(
        _ input: Input, _ range: Range<Int>?, _ call: Call
    ) async throws(ServiceError) -> (version: ObjectVersion, stream: BodyStream) {
        guard let origin = call.learnt(CopyOrigin.self) else { throw .internalFailure }
        guard let version = origin.version else {
            if let id = origin.source.versionID { throw .noSuchVersion(origin.source.key, id) }
            guard try call.decision(call.need("ListBucket", on: origin.bucket)).isAllowed else { throw .accessDenied }
            throw .noSuchKey(origin.source.key)
        }
        guard !version.isDeleteMarker else {
            throw .invalidRequest(
                "The source of a copy request may not specifically refer to a delete marker by version id.")
        }
        try version.checkIsReadable(at: call.time)
        func text(_ name: String) -> String? {
            guard case .string(let text) = input.structure[name] else { return nil }
            return text
        }
        func moment(_ name: String) -> Timestamp? {
            guard case .timestamp(let moment) = input.structure[name] else { return nil }
            return moment
        }
        do throws(ServiceError) {
            try ReadConditions(
                ifMatch: text("CopySourceIfMatch"), ifNoneMatch: text("CopySourceIfNoneMatch"),
                ifModifiedSince: moment("CopySourceIfModifiedSince"),
                ifUnmodifiedSince: moment("CopySourceIfUnmodifiedSince")
            ).check(version)
        } catch {
            // A copy is not modified: it fails.
            throw error.status == 304 ? .preconditionFailed("x-amz-copy-source-If-None-Match") : error
        }
        // The key of the source has members of its own.
        var reading = Structure(S3.GetObjectRequest.shape)
        for name in ["SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5"] {
            reading[name] = input.structure["CopySource" + name]
        }
        return (version, try await call.body(of: version, range: range, reading))
    }
}

/// Copied bytes that wait for their transaction.
public struct CopiedBytes: Sendable {
    let source: ObjectVersion
    let received: ObjectUpload.Received
}

extension ObjectUpload {
    /// Takes all bytes of a stream.
    mutating func receive(all stream: BodyStream) async throws(ServiceError) -> Received {
        defer { stream.stop() }
        do throws(ServiceError) {
            while let bytes = try await stream.next() { try await receive(bytes) }
            return try await finish(trailers: [])
        } catch {
            await discard()
            throw error
        }
    }
}

extension S3.CopyObject: PreparedWriteOperation, Copies {
    /// Bytes that one request copies.
    private static let most: Int64 = 5 << 30

    private static func copiesTags(_ input: Input) -> Bool { input.taggingDirective != "REPLACE" }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        let (origin, sourceNeeds) = try await origin(input, call, copiesTags: copiesTags(input))
        var (actions, keys) = NewObject.needs(input.structure, call)
        keys["s3:x-amz-copy-source"] = .one("/\(origin.source.bucket)/\(origin.source.key)")
        keys["s3:x-amz-metadata-directive"] = input.metadataDirective.map { .one($0) }
        if copiesTags(input), let tags = origin.version?.tags, !tags.isEmpty {
            keys.merge(requestObjectTags(tags)) { own, _ in own }
            if !actions.contains("PutObjectTagging") { actions.append("PutObjectTagging") }
        }
        let target = try await call.target(ofNew: input.key, in: entry)
        return .required(
            sourceNeeds + (["PutObject"] + actions).map { call.need($0, onKey: input.key, target, keys) })
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> CopiedBytes {
        let bucket = try call.target().bucket.bucket
        guard let origin = call.learnt(CopyOrigin.self) else { throw .internalFailure }
        _ = try NewObject(input.structure, in: bucket, call)
        // Objects of directory buckets have no tags, and none are left out without a word.
        if bucket.zone != nil, copiesTags(input), origin.version?.tags.isEmpty == false {
            throw .notImplemented(header: "x-amz-tagging-directive")
        }
        _ = try WriteConditions(ifMatch: input.ifMatch, ifNoneMatch: input.ifNoneMatch)
        if origin.bucket.bucket.name == bucket.name, origin.source.key.utf8.elementsEqual(input.key.utf8),
            origin.source.versionID == nil
        {
            try checkChanges(input)
        }
        guard origin.version.map({ $0.size <= most }) ?? true else {
            throw .invalidRequest(
                "The specified copy source is larger than the maximum allowable size for a copy source: \(most)")
        }
        let (version, stream) = try await bytes(input, nil, call)
        let key = try await call.bodyKey(input.structure, of: input.key, in: bucket)
        let usual = version.checksum.flatMap { ChecksumAlgorithm(rawValue: $0.algorithm) } ?? .crc64NVME
        var upload = try ObjectUpload(input.structure, call.bodies(), key, usual: usual)
        return CopiedBytes(source: version, received: try await upload.receive(all: stream))
    }

    /// An object is copied onto itself to change something about it.
    private static func checkChanges(_ input: Input) throws(ServiceError) {
        guard
            input.metadataDirective == "REPLACE" || input.storageClass != nil || input.serverSideEncryption != nil
                || input.websiteRedirectLocation != nil || input.taggingDirective == "REPLACE"
                || input.sseCustomerAlgorithm != nil || input.checksumAlgorithm != nil
        else {
            throw .invalidRequest(
                "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."
            )
        }
    }

    public static func handle(
        _ input: Input, _ copied: CopiedBytes, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        let conditions = try WriteConditions(ifMatch: input.ifMatch, ifNoneMatch: input.ifNoneMatch)
        try conditions.check(try records.current(input.key, in: bucket.name), key: input.key)
        var object = try NewObject(input.structure, in: bucket, call)
        if input.metadataDirective != "REPLACE" {
            let redirect = object.headers["WebsiteRedirectLocation"]
            object.headers = copied.source.headers
            object.headers["WebsiteRedirectLocation"] = redirect
            object.metadata = copied.source.metadata
        }
        if copiesTags(input) { object.tags = copied.source.tags }
        var version = object.version(
            of: input.key, try records.nextVersion(of: input.key, in: bucket, at: call.time), call)
        version.size = copied.received.size
        version.etag = copied.received.etag(in: bucket)
        version.checksum = copied.received.checksum
        version.encryption = copied.received.encryption
        version.content = copied.received.content
        try records.keep(version.content)
        version.awaitReplication(from: bucket, call.environment)
        try records.forget(try records.add(version, to: bucket), at: call.time)
        try records.replicate(version, from: bucket, at: call.time)
        try records.tell(.copy, version, in: bucket, EventCause(call))

        var result = Structure(S3.CopyObjectResult.shape)
        result["ETag"] = .string("\"\(version.etag)\"")
        result["LastModified"] = .timestamp(Timestamp(secondsSinceEpoch: version.modified))
        result["ChecksumType"] = .string(copied.received.checksum.type)
        result["Checksum" + copied.received.checksum.algorithm] = .string(copied.received.checksum.value)
        var output = Structure(OutputFields.shape)
        output["CopyObjectResult"] = .structure(result)
        output["Expiration"] = call.buckets.lifecycle(of: bucket.name).expiration(of: version).map { .string($0) }
        output["CopySourceVersionId"] = copied.source.versionID.map { .string($0) }
        output["VersionId"] = version.versionID.map { .string($0) }
        output.show(version.encryption)
        return Output(output)
    }
}

extension S3.UploadPartCopy: PreparedWriteOperation, Copies {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        let (origin, sourceNeeds) = try await origin(input, call, copiesTags: false)
        let keys: [String: ContextValue] = [
            "s3:x-amz-copy-source": .one("/\(origin.source.bucket)/\(origin.source.key)"),
            ObjectCreation.key: ObjectCreation.value(false),
        ]
        let target = ObjectTarget(bucket: entry, version: nil)
        return .required(sourceNeeds + [call.need("PutObject", onKey: input.key, target, keys)])
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> CopiedBytes {
        guard (1...10_000).contains(input.partNumber) else {
            throw .invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                String(input.partNumber))
        }
        let bucket = try call.target().bucket.bucket
        let upload = try await call.read { (records) throws(ServiceError) in
            try records.upload(input.uploadId, of: input.key, in: bucket.name)
        }
        let size = call.learnt(CopyOrigin.self)?.version?.size ?? 0
        let range = try input.copySourceRange.map { text throws(ServiceError) in try Self.range(text, size) }
        let (version, stream) = try await bytes(input, range, call)
        let key = try await call.bodyKey(ofPartOf: upload, input.structure)
        var part = try ObjectUpload(
            Structure(S3.UploadPartRequest.shape), call.bodies(), key, usual: upload.checksumAlgorithm ?? .crc64NVME)
        return CopiedBytes(source: version, received: try await part.receive(all: stream))
    }

    /// `bytes=first-last`, both within the source.
    private static func range(_ text: String, _ size: Int64) throws(ServiceError) -> Range<Int> {
        let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard text.hasPrefix("bytes="), parts.count == 2, let first = Int(parts[0]), let last = Int(parts[1]),
            first >= 0, last >= first, last < .max
        else {
            throw .invalidArgument(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
                "x-amz-copy-source-range", text)
        }
        guard Int64(last) < size else {
            throw .invalidArgument(
                "Range specified is not valid for source object of size: \(size)", "x-amz-copy-source-range", text)
        }
        return first..<last + 1
    }

    public static func handle(
        _ input: Input, _ copied: CopiedBytes, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        let upload = try records.upload(input.uploadId, of: input.key, in: bucket.name)
        let part = try call.put(copied.received, as: input.partNumber, of: upload, in: bucket, records)
        var result = Structure(S3.CopyPartResult.shape)
        result["ETag"] = .string("\"\(part.etag)\"")
        result["LastModified"] = .timestamp(Timestamp(secondsSinceEpoch: part.modified))
        result["Checksum" + part.checksum.algorithm] = .string(part.checksum.value)
        var output = Structure(OutputFields.shape)
        output["CopyPartResult"] = .structure(result)
        output["CopySourceVersionId"] = copied.source.versionID.map { .string($0) }
        output.show(upload.object.encryption)
        return Output(output)
    }
}
