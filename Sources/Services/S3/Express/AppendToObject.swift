import Bodies
import FoundationEssentials
import Platform
import S3API
import Wire

// Data that is put at the end of an object.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-append.html>

extension Call {
    /// The object that a request appends to, as it is before the body comes; nil: the request makes a new one.
    /// - Throws: InvalidWriteOffset where something else is there than the client thinks; TooManyParts.
    func appended(
        _ input: S3.PutObject.Input, in bucket: Bucket
    ) async throws(ServiceError) -> ObjectVersion? {
        guard let offset = input.writeOffsetBytes else { return nil }
        guard bucket.zone != nil else { throw .notImplemented(header: "x-amz-write-offset-bytes") }
        let current = try await read { (records) throws(ServiceError) in
            try records.current(input.key, in: bucket.name)
        }
        guard Int64(offset) == current?.size ?? 0 else { throw .invalidWriteOffset }
        guard (current?.parts.count ?? 0) < 10_000 else {
            throw .s3(
                "TooManyParts",
                "You have attempted to add more parts than the maximum of 10000 that are allowed for this object. You can use"
                    + " the CopyObject operation to copy this object to another and then add more data to the newly copied"
                    + " object.")
        }
        if let current, !isEncryptedAsUsual(current, in: bucket) {
            throw .s3(
                "EncryptionTypeMismatch",
                "The existing object was created with a different encryption type. Subsequent write requests must include the"
                    + " appropriate encryption parameters in the request or while creating the session.")
        }
        return current
    }

    /// Whether a new object would be encrypted as this one is.
    private func isEncryptedAsUsual(_ version: ObjectVersion, in bucket: Bucket) -> Bool {
        let usual = buckets.encryption(of: bucket.name)
        switch version.encryption {
        case .s3: return usual?.algorithm ?? "AES256" == "AES256"
        case .kms: return usual?.algorithm == "aws:kms"
        case .customer: return false
        }
    }

    /// How bytes are put aside that are to follow those of an object: sealed as they are.
    func upload(_ input: S3.PutObject.Input, after base: ObjectVersion) async throws(ServiceError) -> ObjectUpload {
        let store = try bodies()
        let key = BodyKey(secret: try await secret(of: base, input.structure), encryption: base.encryption)
        // What is in the row can't stay there, with more behind it.
        var rest: [UInt8] = []
        if let last = base.content?.rest {
            do throws(BodyError) { rest = try last.open(nil, store, key.secret) } catch { throw ServiceError(error) }
        }
        let usual = base.checksum.flatMap { ChecksumAlgorithm(rawValue: $0.algorithm) } ?? .crc64NVME
        var upload = try ObjectUpload(input.structure, store, key, usual: usual)
        upload.append(to: base, rest)
        return upload
    }
}

extension ObjectVersion {
    /// The object with what was received behind it.
    /// - Parameter sequence: its new place.
    func extended(
        by received: ObjectUpload.Received, at sequence: Int64, in bucket: Bucket, _ time: Double
    ) throws(ServiceError) -> ObjectVersion {
        var version = moved(to: key, sequence, modified: time)
        let addition = received.checksum
        if let checksum, checksum.type == "FULL_OBJECT", checksum.algorithm == addition.algorithm,
            let algorithm = ChecksumAlgorithm(rawValue: checksum.algorithm),
            let whole = CRC.combined([(checksum, size), (addition, received.size)], algorithm)
        {
            version.checksum = Checksum(algorithm: checksum.algorithm, value: whole, type: "FULL_OBJECT")
        } else {
            // There is none of the whole without reading all of it.
            version.checksum = nil
        }
        if parts.isEmpty, size > 0 { version.parts = [Part(number: 1, size: size)] }
        version.parts.append(Part(number: version.parts.count + 1, size: received.size))
        version.size = size + received.size
        version.etag = received.etag(in: bucket)
        version.content?.bodies = (content?.bodies ?? []) + received.content.bodies
        version.content?.rest = received.content.rest
        version.uploadID = nil
        return version
    }

    /// The same object at another place: everything but its key and its date stays.
    func moved(to key: String, _ sequence: Int64, modified: Double) -> ObjectVersion {
        var version = ObjectVersion(key: key, sequence: sequence, versionID: nil, modified: modified)
        version.size = size
        version.etag = etag
        version.storageClass = storageClass
        version.headers = headers
        version.metadata = metadata
        version.checksum = checksum
        version.parts = parts
        version.writer = writer
        version.encryption = encryption
        version.content = content
        return version
    }
}

extension ServiceError {
    static var invalidWriteOffset: ServiceError {
        .s3(
            "InvalidWriteOffset", "The write offset value that you specified does not match the current object size.")
    }
}
