import Platform
import Policy
import S3API
import Wire

// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html>

extension S3.GetObjectAttributes: ObjectRead {
    static var action: String { "GetObject" }
    static var versionAction: String { "GetObjectVersion" }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let need = try await need(input, call)
        guard !call.isOfDirectoryBuckets else { return .required(need) }
        var attributes = need
        attributes.action = input.versionId == nil ? "s3:GetObjectAttributes" : "s3:GetObjectVersionAttributes"
        return .required([need, attributes])
    }

    static func answer(
        _ version: ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        let wanted = Set(input.objectAttributes)
        var output = Structure(OutputFields.shape)
        output["LastModified"] = .timestamp(Timestamp(secondsSinceEpoch: version.modified.rounded(.down)))
        output["VersionId"] = version.versionID.map { .string($0) }
        if wanted.contains("ETag") { output["ETag"] = .string(version.etag) }
        if wanted.contains("Checksum"), let checksum = version.checksum {
            var shown = Structure(S3.Checksum.shape)
            shown["Checksum" + checksum.algorithm] = .string(checksum.value)
            shown["ChecksumType"] = .string(checksum.type)
            output["Checksum"] = .structure(shown)
        }
        if wanted.contains("ObjectParts"), !version.parts.isEmpty {
            output["ObjectParts"] = .structure(parts(of: version, input).structure)
        }
        if wanted.contains("StorageClass") { output["StorageClass"] = .string(version.storageClass) }
        if wanted.contains("ObjectSize") { output["ObjectSize"] = .integer(Int(version.size)) }
        return Output(output)
    }

    private static func parts(of version: ObjectVersion, _ input: Input) -> S3.GetObjectAttributesParts {
        let after = input.partNumberMarker ?? 0
        let limit = min(max(input.maxParts ?? 1000, 0), 1000)
        let rest = version.parts.filter { $0.number > after }
        let page = rest.prefix(limit)
        return S3.GetObjectAttributesParts {
            $0.totalPartsCount = version.parts.count
            $0.partNumberMarker = after
            $0.nextPartNumberMarker = page.last?.number ?? 0
            $0.maxParts = limit
            $0.isTruncated = rest.count > page.count
            // Without checksums of their own, AWS lists no parts.
            guard let checksum = version.checksum, checksum.type == "COMPOSITE" else { return }
            $0.parts = page.map { part in
                var shown = Structure(S3.ObjectPart.shape)
                shown["PartNumber"] = .integer(part.number)
                shown["Size"] = .integer(Int(part.size))
                shown["Checksum" + checksum.algorithm] = part.checksum.map { .string($0) }
                return S3.ObjectPart(shown)
            }
        }
    }
}
