import Bodies
import Crypto
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
}

extension OnUpload {
    static var action: String { "PutObject" }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        return .required(call.need(action, onKey: input.key, ObjectTarget(bucket: entry, version: nil)))
    }
}

extension S3.CreateMultipartUpload: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        guard (1...1024).contains(input.key.utf8.count) else {
            throw .s3("KeyTooLongError", "Your key is too long", ["Size": String(input.key.utf8.count)])
        }
        let (actions, keys) = NewObject.needs(input.structure)
        let target = ObjectTarget(bucket: entry, version: nil)
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
        let bucket = try records.bucket(input.bucket)
        let (algorithm, type) = try checksum(input)
        var object = try NewObject(input.structure, in: bucket, at: call.time).version(
            of: input.key, (0, nil), by: call.accountID, at: call.time)
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
        _ received: ObjectUpload.Received, as number: Int, of upload: MultipartUpload, _ records: MutableRecords
    ) throws(ServiceError) -> UploadedPart {
        let part = UploadedPart(
            partition: upload.parts, number: number, modified: time, size: received.size, etag: received.etag,
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
    public static func begin(_ input: Input, _ call: Call) async throws(ServiceError) -> ObjectUpload {
        guard (1...10_000).contains(input.partNumber) else {
            throw .invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                String(input.partNumber))
        }
        let bucket = try call.target().bucket.bucket
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
        let bucket = try records.bucket(input.bucket)
        let upload = try records.upload(input.uploadId, of: input.key, in: bucket.name)
        let part = try call.put(received, as: input.partNumber, of: upload, records)
        var output = Structure(OutputFields.shape)
        output["ETag"] = .string("\"\(part.etag)\"")
        output.show(upload.object.encryption)
        output["Checksum" + part.checksum.algorithm] = .string(part.checksum.value)
        return Output(output)
    }
}

extension S3.CompleteMultipartUpload: WriteOperation, OnUpload {
    /// Bytes of every part but the last.
    private static let leastPart: Int64 = 5 << 20

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (bucket, shared) = (try records.bucket(input.bucket), records.shared)
        guard let upload = try? records.upload(input.uploadId, of: input.key, in: bucket.name) else {
            return try repeated(input, bucket, call, records)
        }
        let parts = try self.parts(input, upload, records)
        let conditions = try WriteConditions(ifMatch: input.ifMatch, ifNoneMatch: input.ifNoneMatch)
        try conditions.check(try records.current(input.key, in: bucket.name), key: input.key)
        let size = parts.reduce(0) { $0 + $1.size }
        if let announced = input.mpuObjectSize, announced != Int(size) {
            throw .invalidRequest(
                "The provided 'x-amz-mp-object-size' header value \(announced) does not match what was computed: \(size)"
            )
        }
        let checksum = try self.checksum(of: parts, upload, input)

        let place = try records.nextVersion(of: input.key, in: bucket, at: call.time)
        var version = ObjectVersion(key: input.key, sequence: place.sequence, versionID: place.id, modified: call.time)
        version.take(upload.object)
        version.size = size
        version.etag = etag(of: parts, upload)
        version.checksum = checksum
        version.parts = parts.map {
            ObjectVersion.Part(number: $0.number, size: $0.size, checksum: $0.checksum.value)
        }
        version.content = try content(of: parts)
        version.uploadID = upload.uploadID
        try records.forget(try records.add(version, to: bucket), at: call.time)

        // Parts that were uploaded and are not in the list are nobody's.
        let used = Set(parts.map(\.number))
        var unused: [ObjectVersion.Content] = []
        for part in try records.allParts(of: upload) {
            if !used.contains(part.number) { unused.append(part.content) }
            try shared.delete(UploadedPart.self, part.key, of: part.partition)
        }
        try records.forget(unused, at: call.time)
        try shared.delete(MultipartUpload.self, upload.key, of: bucket.name)
        return answer(version, bucket, call)
    }

    /// Completing what is complete gives the same answer once more.
    private static func repeated(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let current = try records.current(input.key, in: bucket.name), current.uploadID == input.uploadId else {
            throw .noSuchUpload(input.uploadId)
        }
        return answer(current, bucket, call)
    }

    private static func answer(_ version: ObjectVersion, _ bucket: Bucket, _ call: Call) -> Output {
        var output = Structure(OutputFields.shape)
        output["Expiration"] = call.buckets.lifecycle(of: bucket.name).expiration(of: version).map { .string($0) }
        output["Location"] = .string("http://\(bucket.name).s3.amazonaws.com/\(URLEncoding.encode(version.key))")
        output["Bucket"] = .string(bucket.name)
        output["Key"] = .string(version.key)
        output["ETag"] = .string("\"\(version.etag)\"")
        output["VersionId"] = version.versionID.map { .string($0) }
        output.show(version.encryption)
        if let checksum = version.checksum {
            output["Checksum" + checksum.algorithm] = .string(checksum.value)
            output["ChecksumType"] = .string(checksum.type)
        }
        return Output(output)
    }

    /// The parts that the request lists, as they were uploaded.
    private static func parts(
        _ input: Input, _ upload: MultipartUpload, _ records: MutableRecords
    ) throws(ServiceError) -> [UploadedPart] {
        let listed = input.multipartUpload?.parts ?? []
        guard !listed.isEmpty else { throw .invalidRequest("You must specify at least one part") }
        guard zip(listed, listed.dropFirst()).allSatisfy({ ($0.partNumber ?? 0) < ($1.partNumber ?? 0) }) else {
            throw .s3(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part number.",
                ["UploadId": upload.uploadID])
        }
        var parts: [UploadedPart] = []
        for (index, wanted) in listed.enumerated() {
            let number = wanted.partNumber ?? 0
            let etag = (wanted.eTag ?? "").filter { $0 != "\"" }
            let row = try records.shared.get(UploadedPart.self, RowKey(.number(Int64(number))), of: upload.parts)
            guard let part = row, part.etag == etag else {
                throw .s3(
                    "InvalidPart",
                    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
                    ["ETag": etag, "PartNumber": String(number), "UploadId": upload.uploadID])
            }
            try check(wanted.structure, part, upload)
            guard part.size >= leastPart || index == listed.count - 1 else {
                throw .s3(
                    "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
                    [
                        "ETag": etag, "MinSizeAllowed": String(leastPart), "PartNumber": String(number),
                        "ProposedSize": String(part.size),
                    ])
            }
            parts.append(part)
        }
        return parts
    }

    /// What the list says of a part's checksum. With composite ones it has to say it.
    private static func check(
        _ wanted: Structure, _ part: UploadedPart, _ upload: MultipartUpload
    ) throws(ServiceError) {
        guard let algorithm = upload.checksumAlgorithm else { return }
        guard case .string(let value) = wanted[algorithm.member] else {
            guard upload.checksumType == "FULL_OBJECT" else {
                throw .invalidRequest(
                    "The upload was created using a \(algorithm.rawValue.lowercased()) checksum. The complete request must include the checksum for each part. It was missing for part \(part.number) in the request."
                )
            }
            return
        }
        guard value == part.checksum.value else {
            throw .s3(
                "BadDigest",
                "The \(algorithm.rawValue.lowercased()) you specified for part \(part.number) did not match what we received."
            )
        }
    }

    private static func etag(of parts: [UploadedPart], _ upload: MultipartUpload) -> String {
        guard case .s3 = upload.object.encryption else {
            return "\(Identifiers.randomBytes(16).hexadecimal)-\(parts.count)"
        }
        var md5 = Insecure.MD5()
        for part in parts { md5.update(data: part.etag.hexadecimalBytes) }
        return "\(Array(md5.finalize()).hexadecimal)-\(parts.count)"
    }

    /// The checksum of the whole: of the parts' ones, or of all bytes, which their checks tell without the bytes.
    private static func checksum(
        of parts: [UploadedPart], _ upload: MultipartUpload, _ input: Input
    ) throws(ServiceError) -> ObjectVersion.Checksum? {
        if let type = input.checksumType, type != upload.checksumType {
            throw .invalidRequest(
                "The upload was created using the \(upload.checksumType) checksum mode. The complete request must use the same checksum mode."
            )
        }
        let algorithm = upload.checksumAlgorithm ?? .crc64NVME
        let checksum: ObjectVersion.Checksum
        if upload.checksumType == "COMPOSITE" {
            var whole = RunningChecksum(algorithm)
            for part in parts { whole.update(Array(Data(base64Encoded: part.checksum.value) ?? Data())) }
            checksum = ObjectVersion.Checksum(
                algorithm: algorithm.rawValue, value: "\(whole.value)-\(parts.count)", type: "COMPOSITE")
        } else {
            guard let whole = CRC.combined(parts.map { ($0.checksum, $0.size) }, algorithm) else { return nil }
            checksum = ObjectVersion.Checksum(
                algorithm: algorithm.rawValue, value: whole, type: "FULL_OBJECT")
        }
        if case .string(let announced) = input.structure[algorithm.member], announced != checksum.value {
            throw .badDigest(algorithm)
        }
        return checksum
    }

    /// The parts' bodies one after the other. Small ones, which a record holds, are few: only the last may be.
    private static func content(of parts: [UploadedPart]) throws(ServiceError) -> ObjectVersion.Content {
        if parts.count == 1 { return parts[0].content }
        var bodies: [StoredBody] = []
        var last: (StoredBody, Data)?
        for part in parts {
            switch part.content {
            case .bodies(let some): bodies += some
            case .beside(let body, let sealed): last = (body, sealed)
            // No part is several.
            case .bodiesAnd: throw .internalFailure
            }
        }
        return last.map { .bodiesAnd(bodies, $0.0, sealed: $0.1) } ?? .bodies(bodies)
    }
}

extension ObjectVersion {
    /// Takes over what was said of an object when its upload began.
    fileprivate mutating func take(_ object: ObjectVersion) {
        storageClass = object.storageClass
        headers = object.headers
        metadata = object.metadata
        tags = object.tags
        retention = object.retention
        legalHold = object.legalHold
        writer = object.writer
        encryption = object.encryption
    }
}

extension String {
    /// The bytes of pairs of hexadecimal digits; what is none is left out.
    fileprivate var hexadecimalBytes: [UInt8] {
        let digits = utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

extension CRC {
    /// The check of parts that follow each other, in Base64; nil where one of them has none of the algorithm.
    fileprivate static func combined(
        _ parts: [(checksum: ObjectVersion.Checksum, size: Int64)], _ algorithm: ChecksumAlgorithm
    ) -> String? {
        let kind: Kind
        switch algorithm {
        case .crc32: kind = .crc32
        case .crc32c: kind = .crc32c
        case .crc64NVME: kind = .crc64NVME
        case .sha1, .sha256: return nil
        }
        var whole = CRC(kind)
        for (checksum, size) in parts {
            guard checksum.algorithm == algorithm.rawValue, let bytes = Data(base64Encoded: checksum.value) else {
                return nil
            }
            let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            whole = whole.appending(CRC(kind, value: value, length: size))
        }
        return Data(whole.bytes).base64EncodedString()
    }
}

extension RecordReading {
    /// All parts of an upload: 10,000 at most.
    fileprivate func allParts(of upload: MultipartUpload) throws(ServiceError) -> [UploadedPart] {
        try shared.list(UploadedPart.self, of: upload.parts, limit: 10_000)
    }
}

extension S3.AbortMultipartUpload: WriteOperation, OnUpload {
    static var action: String { "AbortMultipartUpload" }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket)
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
        let isTruncated = parts.count > limit
        if isTruncated { parts.removeLast() }
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
            $0.owner = S3.Owner(ofAccount: bucket.accountID)
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
        let listing = try KeyListing(
            prefix: input.prefix, delimiter: input.delimiter, maxKeys: input.maxUploads, encoding: input.encodingType)
        var range = RowRange(RowPrefix(beginning: listing.prefix))
        if let key = input.keyMarker, !key.isEmpty {
            if let id = input.uploadIdMarker, !id.isEmpty {
                range.after = .key(MultipartUpload.key(key, id))
            } else {
                range.after = .prefix(RowPrefix(.text(key)))
            }
        }
        var found: [RowListing<MultipartUpload>]
        if let delimiter = listing.delimiter {
            found = try records.shared.list(
                MultipartUpload.self, of: bucket.name, range, groupedBy: delimiter, limit: listing.limit + 1)
        } else {
            found = try records.shared.list(
                MultipartUpload.self, of: bucket.name, range, limit: listing.limit + 1
            ).map { .row($0) }
        }
        let isTruncated = found.count > listing.limit
        if isTruncated { found.removeLast() }
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
            if isTruncated, let last = uploads.last {
                $0.nextKeyMarker = listing.shown(last.objectKey)
                $0.nextUploadIdMarker = last.uploadID
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
                        $0.owner = S3.Owner(ofAccount: bucket.accountID)
                        $0.initiator = S3.Initiator { $0.id = CanonicalUser.id(ofAccount: upload.initiator) }
                        $0.checksumAlgorithm = upload.checksumAlgorithm?.rawValue
                        $0.checksumType = upload.checksumAlgorithm == nil ? nil : upload.checksumType
                    }
                }
            $0.commonPrefixes = groups.isEmpty ? nil : groups
            $0.encodingType = input.encodingType
        }
    }
}
