import Bodies
import Crypto
import FoundationEssentials
import Platform
import Policy
import S3API
import Synchronization
import Wire

// Getting objects. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>

extension Structure {
    /// What answers say of a version, whichever operation asks.
    mutating func show(_ version: ObjectVersion, checksums: Bool) {
        self["AcceptRanges"] = .string("bytes")
        self["LastModified"] = .timestamp(Timestamp(secondsSinceEpoch: version.modified.rounded(.down)))
        self["ETag"] = .string("\"\(version.etag)\"")
        self["VersionId"] = version.versionID.map { .string($0) }
        for (name, text) in version.headers {
            if name == "Expires", let moment = Timestamp(parsing: text) {
                self[name] = .timestamp(moment)
            } else {
                self[name] = .string(text)
            }
        }
        if !version.metadata.isEmpty {
            self["Metadata"] = version.metadata.wireValue
        }
        // The usual class is not named.
        if version.storageClass != "STANDARD" { self["StorageClass"] = .string(version.storageClass) }
        if !version.tags.isEmpty { self["TagCount"] = .integer(version.tags.count) }
        if let retention = version.retention {
            self["ObjectLockMode"] = .string(retention.mode.rawValue)
            self["ObjectLockRetainUntilDate"] = .timestamp(Timestamp(secondsSinceEpoch: retention.until))
        }
        if let hold = version.legalHold { self["ObjectLockLegalHoldStatus"] = .string(hold ? "ON" : "OFF") }
        self["ReplicationStatus"] = version.replication.map { .string($0.shown) }
        show(version.encryption)
        if checksums, let checksum = version.checksum {
            self["Checksum" + checksum.algorithm] = .string(checksum.value)
            self["ChecksumType"] = .string(checksum.type)
        }
    }

    /// How a version is encrypted, in the members that all answers about one have.
    mutating func show(_ encryption: ObjectVersion.Encryption) {
        switch encryption {
        case .s3: self["ServerSideEncryption"] = .string("AES256")
        case .kms(let arn, _, _, let hasBucketKey, let isDual):
            self["ServerSideEncryption"] = .string(isDual ? "aws:kms:dsse" : "aws:kms")
            self["SSEKMSKeyId"] = .string(arn)
            if hasBucketKey { self["BucketKeyEnabled"] = .boolean(true) }
        case .customer(let md5):
            self["SSECustomerAlgorithm"] = .string("AES256")
            self["SSECustomerKeyMD5"] = .string(md5)
        }
    }
}

/// GetObject and HeadObject: which bytes of which version are asked for, and what the answer says.
struct ObjectAnswer {
    let version: ObjectVersion
    /// The bytes that are asked for; nil: all.
    var range: Range<Int>?
    private let input: Structure
    /// Of the call, in seconds since 1970.
    private let time: Double
    /// When a lifecycle rule ends the object; nil: never, or it is not the current version.
    private let expiration: String?

    /// - Throws: NoSuchKey, or AccessDenied for a caller who may not list; NoSuchVersion; PreconditionFailed, NotModified,
    ///   InvalidRange, InvalidPartNumber.
    init(_ input: Structure, key: String, version id: String?, _ call: Call) async throws(ServiceError) {
        self.input = input
        time = call.time
        let target = try call.target()
        let bucket = target.bucket.bucket
        do throws(ServiceError) {
            if let known = target.version, !known.isDeleteMarker {
                // It is the one that was decided about.
                version = known
            } else {
                version = try await call.read { (records) throws(ServiceError) in
                    try records.version(id, of: key, in: bucket)
                }
            }
        } catch {
            // Whoever may not list learns of nothing that is not there.
            guard error.code == "NoSuchKey" else { throw error }
            guard try call.decision(call.need("ListBucket", on: target.bucket)).isAllowed else { throw .accessDenied }
            throw error
        }
        expiration = id == nil ? call.buckets.lifecycle(of: bucket.name).expiration(of: version) : nil
        func text(_ name: String) -> String? {
            guard case .string(let text) = input[name] else { return nil }
            return text
        }
        func moment(_ name: String) -> Timestamp? {
            guard case .timestamp(let moment) = input[name] else { return nil }
            return moment
        }
        try ReadConditions(
            ifMatch: text("IfMatch"), ifNoneMatch: text("IfNoneMatch"), ifModifiedSince: moment("IfModifiedSince"),
            ifUnmodifiedSince: moment("IfUnmodifiedSince")
        ).check(version)
        if case .integer(let number) = input["PartNumber"] {
            guard text("Range") == nil else {
                throw .invalidRequest("Cannot specify both Range header and partNumber query parameter")
            }
            range = try Self.range(ofPart: number, version)
        } else if let header = text("Range") {
            range = try ByteRange.parse(header, size: version.size)
        }
    }

    private static func range(ofPart number: Int, _ version: ObjectVersion) throws(ServiceError) -> Range<Int>? {
        guard (1...10_000).contains(number) else {
            throw .invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", "partNumber", String(number))
        }
        var start = 0
        for part in version.parts {
            let end = start + Int(part.size)
            if part.number == number { return start..<end }
            start = end
        }
        // What was put in one piece has one part.
        guard version.parts.isEmpty, number == 1 else {
            throw .s3(
                "InvalidPartNumber", "The requested partnumber is not satisfiable", status: 416,
                [
                    "ActualPartCount": String(max(1, version.parts.count)), "PartNumberRequested": String(number),
                ])
        }
        return version.size > 0 ? 0..<Int(version.size) : nil
    }

    /// The members of the answer, but for the body.
    func structure(_ shape: StructureShape) -> Structure {
        var output = Structure(shape)
        let wantsChecksums = input["ChecksumMode"] == .string("ENABLED")
        output.show(version, checksums: wantsChecksums && range == nil)
        output["Expiration"] = expiration.map { .string($0) }
        output["Restore"] = version.restoration?.header(at: time).map { .string($0) }
        output["ContentLength"] = .integer(range?.count ?? Int(version.size))
        if let range {
            output["ContentRange"] = .string("bytes \(range.lowerBound)-\(range.upperBound - 1)/\(version.size)")
        }
        if input["PartNumber"] != nil, !version.parts.isEmpty {
            output["PartsCount"] = .integer(version.parts.count)
        }
        for name in NewObject.headers where input["Response" + name] != nil {
            output[name] = input["Response" + name]
        }
        return output
    }
}

extension S3.GetObject: ComputeOperation, OnObject {
    static var versionAction: String { "GetObjectVersion" }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let answer = try await ObjectAnswer(input.structure, key: input.key, version: input.versionId, call)
        try answer.version.checkIsReadable(at: call.time)
        let body = try await call.body(of: answer.version, range: answer.range, input.structure)
        var output = answer.structure(OutputFields.shape)
        output["Body"] = .stream(body)
        return Output(output)
    }
}

extension S3.HeadObject: ComputeOperation, OnObject {
    static var action: String { "GetObject" }
    static var versionAction: String { "GetObjectVersion" }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let answer = try await ObjectAnswer(input.structure, key: input.key, version: input.versionId, call)
        _ = try await call.secret(of: answer.version, input.structure)
        return Output(answer.structure(OutputFields.shape))
    }
}

extension Call {
    /// The bytes of a version, opened and proved as they are sent.
    /// - Throws: what the key's policy or state has against it; InternalError for bytes that are damaged.
    func body(
        of version: ObjectVersion, range: Range<Int>?, _ input: Structure
    ) async throws(ServiceError) -> BodyStream {
        let secret = try await secret(of: version, input)
        guard let content = version.content else { return BodyStream([]) }
        let store = try bodies()
        do throws(BodyError) {
            guard !content.bodies.isEmpty else {
                return BodyStream(try content.rest?.open(range, store, secret) ?? [])
            }
            return try await stream(store, content, range, secret)
        } catch {
            throw ServiceError(error)
        }
    }

    /// Bodies of the store, and what is in the row after them.
    private func stream(
        _ store: BodyStore, _ content: ObjectVersion.Content, _ range: Range<Int>?, _ secret: SymmetricKey?
    ) async throws(BodyError) -> BodyStream {
        let stored = content.bodies.reduce(0) { $0 + $1.length }
        let range = range ?? 0..<(stored + (content.rest?.length ?? 0))
        let reader = try await store.read(content.bodies, range: range.clamped(to: 0..<stored), key: secret)
        let rest = max(range.lowerBound, stored)..<max(range.upperBound, stored)
        let isLastGiven = Mutex(rest.isEmpty)
        return BodyStream(length: range.count) { () async throws(ServiceError) -> [[UInt8]]? in
            do throws(BodyError) {
                if let pieces = try await reader.nextPieces() { return pieces }
                guard let last = content.rest,
                    isLastGiven.withLock({ isGiven in
                        defer { isGiven = true }
                        return !isGiven
                    })
                else { return nil }
                return [try last.open(rest.lowerBound - stored..<rest.upperBound - stored, store, secret)]
            } catch {
                throw ServiceError(error)
            }
        }
    }
}

extension ObjectVersion.Content.Rest {
    /// - Parameter range: nil: all bytes.
    func open(
        _ range: Range<Int>?, _ store: BodyStore, _ secret: SymmetricKey?
    ) throws(BodyError) -> [UInt8] {
        switch self {
        case .plain(let bytes):
            let range = (range ?? 0..<bytes.count).clamped(to: 0..<bytes.count)
            return Array(bytes.dropFirst(range.lowerBound).prefix(range.count))
        case .sealed(let body, let sealed):
            return try store.open(Array(sealed), of: body, range: range, key: secret)
        }
    }
}
