import Bodies
import Crypto
import FoundationEssentials
import Ledger
import Platform
import Policy
import S3API
import Wire

extension Quota {
    /// How many bytes every part of an upload but the last has at least. AWS changes it for nobody; who tries out uploads
    /// of many parts may, down to what still is no small body: those are kept beside their record, which has place for one.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
    static let uploadPartSize = Quota("UploadPartSize", 5 << 20)
}

extension S3.CompleteMultipartUpload: WriteOperation, OnUpload {
    static func keys(_ input: Input) -> [String: ContextValue] {
        var keys = [ObjectCreation.key: ObjectCreation.value(true)]
        keys["s3:if-match"] = input.ifMatch.map { .one($0) }
        keys["s3:if-none-match"] = input.ifNoneMatch.map { .one($0) }
        return keys
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (bucket, shared) = (try records.bucket(input.bucket, call), records.shared)
        guard let upload = try? records.upload(input.uploadId, of: input.key, in: bucket.name) else {
            return try repeated(input, bucket, call, records)
        }
        let leastPart = Int64(max(call.quotas[.uploadPartSize], BodyStore.inlineLimit + 1))
        let parts = try self.parts(input, upload, of: leastPart, records)
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
        version.etag = etag(of: parts, upload, bucket)
        version.checksum = checksum
        version.parts = parts.map {
            ObjectVersion.Part(number: $0.number, size: $0.size, checksum: $0.checksum.value)
        }
        version.content = try content(of: parts)
        version.uploadID = upload.uploadID
        version.awaitReplication(from: bucket, call.environment)
        try records.forget(try records.add(version, to: bucket), at: call.time)
        try records.replicate(version, from: bucket, at: call.time)
        try records.tell(.completeMultipartUpload, version, in: bucket, EventCause(call))

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
        let host =
            bucket.zone.map { "https://\(bucket.name).s3express-\($0).\(bucket.region).amazonaws.com" }
            ?? "http://\(bucket.name).s3.amazonaws.com"
        output["Location"] = .string("\(host)/\(URLEncoding.encode(version.key))")
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
    /// - Parameter leastPart: bytes of every part but the last.
    private static func parts(
        _ input: Input, _ upload: MultipartUpload, of leastPart: Int64, _ records: MutableRecords
    ) throws(ServiceError) -> [UploadedPart] {
        let listed = input.multipartUpload?.parts ?? []
        guard !listed.isEmpty else { throw .invalidRequest("You must specify at least one part") }
        guard zip(listed, listed.dropFirst()).allSatisfy({ ($0.partNumber ?? 0) < ($1.partNumber ?? 0) }) else {
            throw .s3(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part number.",
                ["UploadId": upload.uploadID])
        }
        if upload.object.storageClass == S3Express.storageClass,
            !zip(listed, 1...).allSatisfy({ $0.partNumber == $1 })
        {
            throw .s3(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part number, and consecutive.",
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

    private static func etag(of parts: [UploadedPart], _ upload: MultipartUpload, _ bucket: Bucket) -> String {
        guard bucket.zone == nil else { return Identifiers.randomBytes(16).hexadecimal }
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

    /// The parts' bodies one after the other. Only the last part may be so small that it is in its row.
    private static func content(of parts: [UploadedPart]) throws(ServiceError) -> ObjectVersion.Content {
        var content = ObjectVersion.Content()
        for part in parts {
            guard content.rest == nil else { throw .internalFailure }
            content.bodies += part.content.bodies
            content.rest = part.content.rest
        }
        return content
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
        owner = object.owner
        acl = object.acl
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
    static func combined(
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
