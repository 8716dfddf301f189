import Bodies
import FoundationEssentials
import Ledger
import Platform
import Policy
import S3API
import Wire

// Uploads in parts. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>

extension ServiceError {
    static func noSuchUpload(_ id: String) -> ServiceError {
        .s3(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
            status: 404, ["UploadId": id])
    }
}

extension RecordReading {
    /// An upload that is under way.
    /// - Throws: NoSuchUpload.
    func upload(_ id: String, of key: String, in bucket: String) throws(ServiceError) -> MultipartUpload {
        guard let upload = try shared.get(MultipartUpload.self, MultipartUpload.key(key, id), of: bucket) else {
            throw .noSuchUpload(id)
        }
        return upload
    }
}

/// An operation on an upload that is under way: S3 asks for the permission to put the object.
protocol OnUpload: Operation where InputFields: S3.WithBucket, InputFields: S3.WithKey, InputFields: S3.WithUploadId {
    static var action: String { get }
    /// Its condition keys, in lower case.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnUpload {
    static var action: String { "PutObject" }
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        return .required(
            call.need(action, onKey: input.key, ObjectTarget(bucket: entry, version: nil), keys(input)))
    }
}

extension S3.CreateMultipartUpload: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        let (actions, keys) = NewObject.needs(input.structure, creates: false, call)
        let target = try await call.target(ofNew: input.key, in: entry)
        return .required((["PutObject"] + actions).map { call.need($0, onKey: input.key, target, keys) })
    }

    /// - Returns: how the parts will be encrypted.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> UploadEncryption {
        let bucket = try call.target().bucket.bucket
        return UploadEncryption(
            encryption: try await call.bodyKey(input.structure, of: input.key, in: bucket).encryption)
    }

    /// What was asked for, or the type that an algorithm has by itself.
    private static func checksum(_ input: Input) throws(ServiceError) -> (algorithm: ChecksumAlgorithm?, type: String) {
        guard let name = input.checksumAlgorithm else {
            guard input.checksumType == nil else {
                throw .invalidRequest(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
            }
            return (nil, "FULL_OBJECT")
        }
        guard let algorithm = ChecksumAlgorithm(rawValue: name) else { throw .unsupportedChecksum }
        let type = input.checksumType ?? (algorithm == .crc64NVME ? "FULL_OBJECT" : "COMPOSITE")
        guard type != "FULL_OBJECT" || algorithm.isLinear, type != "COMPOSITE" || algorithm != .crc64NVME else {
            throw .invalidRequest(
                "The \(type) checksum type cannot be used with the \(name.lowercased()) checksum algorithm.")
        }
        return (algorithm, type)
    }

    public static func handle(
        _ input: Input, _ prepared: UploadEncryption, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        let (algorithm, type) = try checksum(input)
        var object = try NewObject(input.structure, in: bucket, call).version(of: input.key, (0, nil), call)
        object.encryption = prepared.encryption
        let upload = MultipartUpload(
            bucket: bucket.name, objectKey: input.key, uploadID: VersionID.make(Int64(call.time * 1_000_000)),
            initiated: call.time, initiator: call.accountID, object: object, checksumAlgorithm: algorithm,
            checksumType: type)
        try records.shared.put(upload)
        var output = Structure(OutputFields.shape)
        output["Bucket"] = .string(bucket.name)
        output["Key"] = .string(input.key)
        output["UploadId"] = .string(upload.uploadID)
        output.show(object.encryption)
        if let algorithm {
            output["ChecksumAlgorithm"] = .string(algorithm.rawValue)
            output["ChecksumType"] = .string(type)
        }
        return Output(output)
    }
}

/// How the parts of an upload are encrypted.
public struct UploadEncryption: Sendable {
    let encryption: ObjectVersion.Encryption
}

extension Call {
    /// The key for a part: that of its upload.
    func bodyKey(ofPartOf upload: MultipartUpload, _ input: Structure) async throws(ServiceError) -> BodyKey {
        if case .customer = upload.object.encryption, input["SSECustomerAlgorithm"] == nil {
            throw .invalidRequest(
                "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters."
            )
        }
        if case .customer(let md5) = upload.object.encryption, let given = try CustomerKey.read(input), given.md5 != md5
        {
            throw .invalidRequest("The provided encryption parameters did not match the ones used originally.")
        }
        return BodyKey(
            secret: try await secret(of: upload.object, input), encryption: upload.object.encryption)
    }

    /// Puts a part in its place.
    func put(
        _ received: ObjectUpload.Received, as number: Int, of upload: MultipartUpload, in bucket: Bucket,
        _ records: MutableRecords
    ) throws(ServiceError) -> UploadedPart {
        let part = UploadedPart(
            partition: upload.parts, number: number, modified: time, size: received.size,
            etag: received.etag(in: bucket),
            checksum: received.checksum, content: received.content)
        if let old = try records.shared.get(UploadedPart.self, part.key, of: part.partition) {
            try records.forget([old.content], at: time)
        }
        try records.keep(part.content)
        try records.shared.put(part)
        return part
    }
}

extension S3.UploadPart: UploadOperation, OnUpload {
    static func keys(_ input: Input) -> [String: ContextValue] { [ObjectCreation.key: ObjectCreation.value(false)] }

    public static func begin(_ input: Input, _ call: Call) async throws(ServiceError) -> ObjectUpload {
        guard (1...10_000).contains(input.partNumber) else {
            throw .invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                String(input.partNumber))
        }
        let bucket = try call.target().bucket.bucket
        if bucket.zone != nil { try S3Express.checkPart(input.structure) }
        let upload = try await call.read { (records) throws(ServiceError) in
            try records.upload(input.uploadId, of: input.key, in: bucket.name)
        }
        if let wanted = upload.checksumAlgorithm, let announced = try AnnouncedChecksum(input.structure),
            announced.algorithm != wanted
        {
            throw .invalidRequest(
                "Checksum Type mismatch occurred, expected checksum Type: \(wanted.rawValue.lowercased()), actual checksum Type: \(announced.algorithm.rawValue.lowercased())"
            )
        }
        let key = try await call.bodyKey(ofPartOf: upload, input.structure)
        return try ObjectUpload(input.structure, call.bodies(), key, usual: upload.checksumAlgorithm ?? .crc64NVME)
    }

    public static func handle(
        _ input: Input, _ received: ObjectUpload.Received, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        let upload = try records.upload(input.uploadId, of: input.key, in: bucket.name)
        let part = try call.put(received, as: input.partNumber, of: upload, in: bucket, records)
        var output = Structure(OutputFields.shape)
        output["ETag"] = .string("\"\(part.etag)\"")
        output.show(upload.object.encryption)
        output["Checksum" + part.checksum.algorithm] = .string(part.checksum.value)
        return Output(output)
    }
}

extension RecordReading {
    /// All parts of an upload: 10,000 at most.
    func allParts(of upload: MultipartUpload) throws(ServiceError) -> [UploadedPart] {
        try shared.list(UploadedPart.self, of: upload.parts, limit: 10_000)
    }
}

extension S3.AbortMultipartUpload: WriteOperation, OnUpload {
    static var action: String { "AbortMultipartUpload" }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        try records.abort(try records.upload(input.uploadId, of: input.key, in: bucket.name), at: call.time)
        return Output()
    }
}

extension MutableRecords {
    /// Ends an upload that comes to nothing, with all of its parts.
    func abort(_ upload: MultipartUpload, at time: Double) throws(ServiceError) {
        let parts = try allParts(of: upload)
        for part in parts { try shared.delete(UploadedPart.self, part.key, of: part.partition) }
        try forget(parts.map(\.content), at: time)
        try shared.delete(MultipartUpload.self, upload.key, of: upload.bucket)
    }
}

extension S3.ListParts: ReadOperation, OnUpload {
    static var action: String { "ListMultipartUploadParts" }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bucket = try call.target().bucket.bucket
        let upload = try records.upload(input.uploadId, of: input.key, in: bucket.name)
        let limit = min(max(input.maxParts ?? 1000, 0), 1000)
        let after = Int64(input.partNumberMarker ?? 0)
        var parts = try records.shared.list(
            UploadedPart.self, of: upload.parts, RowRange(after: .key(RowKey(.number(after)))), limit: limit + 1)
        let isTruncated = limit > 0 && parts.count > limit
        if parts.count > limit { parts.removeLast() }
        return Output {
            $0.bucket = bucket.name
            $0.key = input.key
            $0.uploadId = upload.uploadID
            $0.partNumberMarker = Int(after)
            $0.nextPartNumberMarker = parts.last?.number ?? 0
            $0.maxParts = limit
            $0.isTruncated = isTruncated
            $0.parts = parts.isEmpty ? nil : parts.map { S3.Part($0, upload) }
            $0.initiator = S3.Initiator { $0.id = CanonicalUser.id(ofAccount: upload.initiator) }
            $0.owner = S3.Owner(ofAccount: bucket.owner(of: upload.object))
            $0.storageClass = upload.object.storageClass
            $0.checksumAlgorithm = upload.checksumAlgorithm?.rawValue
            $0.checksumType = upload.checksumAlgorithm == nil ? nil : upload.checksumType
        }
    }
}

extension View<S3.PartFields> {
    fileprivate init(_ part: UploadedPart, _ upload: MultipartUpload) {
        self.init()
        partNumber = part.number
        lastModified = Timestamp(secondsSinceEpoch: part.modified)
        eTag = "\"\(part.etag)\""
        size = Int(part.size)
        if upload.checksumAlgorithm != nil {
            structure["Checksum" + part.checksum.algorithm] = .string(part.checksum.value)
        }
    }
}

extension S3.ListMultipartUploads: ReadOperation, OnBucket {
    static var action: String { "ListBucketMultipartUploads" }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bucket = try call.bucket()
        if bucket.zone != nil { try S3Express.checkListing(input.structure) }
        let listing = try KeyListing(
            prefix: input.prefix, delimiter: input.delimiter, maxKeys: input.maxUploads, encoding: input.encodingType)
        var range = RowRange(RowPrefix(beginning: listing.prefix))
        if bucket.zone != nil {
            range.after = try S3Express.place(after: input.keyMarker, listing)
        } else if let key = input.keyMarker, !key.isEmpty {
            if let id = input.uploadIdMarker, !id.isEmpty {
                range.after = .key(MultipartUpload.key(key, id))
            } else {
                range.after = .prefix(listing.isGroup(key) ? RowPrefix(beginning: key) : RowPrefix(.text(key)))
            }
        }
        let (found, isTruncated) = try entries(of: bucket.name, range, listing, records)
        let uploads = found.compactMap { entry -> MultipartUpload? in
            guard case .row(let upload) = entry else { return nil }
            return upload
        }
        let groups = found.compactMap { entry -> S3.CommonPrefix? in
            guard case .group(let prefix) = entry else { return nil }
            return S3.CommonPrefix { $0.prefix = listing.shown(String(decoding: prefix.beginning, as: UTF8.self)) }
        }
        return Output {
            $0.bucket = bucket.name
            $0.keyMarker = listing.shown(input.keyMarker ?? "")
            $0.uploadIdMarker = input.uploadIdMarker ?? ""
            if bucket.zone != nil {
                $0.uploadIdMarker = nil
                $0.nextKeyMarker = isTruncated ? found.last.map(S3Express.marker) : nil
            } else if isTruncated, let last = found.last {
                switch last {
                case .row(let upload):
                    $0.nextKeyMarker = listing.shown(upload.objectKey)
                    $0.nextUploadIdMarker = upload.uploadID
                case .group(let prefix):
                    $0.nextKeyMarker = listing.shown(String(decoding: prefix.beginning, as: UTF8.self))
                }
            }
            $0.prefix = listing.shown(listing.prefix)
            $0.delimiter = listing.delimiter.map(listing.shown)
            $0.maxUploads = listing.limit
            $0.isTruncated = isTruncated
            $0.uploads =
                uploads.isEmpty
                ? nil
                : uploads.map { upload in
                    S3.MultipartUpload {
                        $0.uploadId = upload.uploadID
                        $0.key = listing.shown(upload.objectKey)
                        $0.initiated = Timestamp(secondsSinceEpoch: upload.initiated)
                        $0.storageClass = upload.object.storageClass
                        $0.owner = S3.Owner(ofAccount: bucket.owner(of: upload.object))
                        $0.initiator = S3.Initiator { $0.id = CanonicalUser.id(ofAccount: upload.initiator) }
                        $0.checksumAlgorithm = upload.checksumAlgorithm?.rawValue
                        $0.checksumType = upload.checksumAlgorithm == nil ? nil : upload.checksumType
                    }
                }
            $0.commonPrefixes = groups.isEmpty ? nil : groups
            $0.encodingType = input.encodingType
        }
    }

    /// The uploads and groups of a page, and whether there are more.
    private static func entries(
        of bucket: String, _ range: RowRange, _ listing: KeyListing, _ records: Records
    ) throws(ServiceError) -> (entries: [RowListing<MultipartUpload>], isTruncated: Bool) {
        guard listing.limit > 0 else { return ([], false) }
        var found: [RowListing<MultipartUpload>]
        if let delimiter = listing.delimiter {
            found = try records.shared.list(
                MultipartUpload.self, of: bucket, range, groupedBy: delimiter, limit: listing.limit + 1)
        } else {
            found = try records.shared.list(MultipartUpload.self, of: bucket, range, limit: listing.limit + 1)
                .map { .row($0) }
        }
        let isTruncated = found.count > listing.limit
        if isTruncated { found.removeLast() }
        return (found, isTruncated)
    }
}
