import Bodies
import Crypto
import FoundationEssentials
import Platform
import S3API
import Wire

/// The checksums of bodies that are documents: a bucket's configuration, a list of keys to delete. Trailers count as headers.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>
enum BodyChecks {
    /// The operations whose requests must have one: those that the model marks with `httpChecksumRequired`.
    private static let required: Set<String> = [
        "CreateBucketMetadataConfiguration", "CreateBucketMetadataTableConfiguration", "DeleteObjects", "PutBucketAcl",
        "PutBucketCors", "PutBucketEncryption", "PutBucketLifecycleConfiguration", "PutBucketLogging",
        "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketReplication", "PutBucketRequestPayment",
        "PutBucketTagging", "PutBucketVersioning", "PutBucketWebsite", "PutObjectAcl", "PutObjectLegalHold",
        "PutObjectLockConfiguration", "PutObjectRetention", "PutObjectTagging", "PutPublicAccessBlock",
    ]

    /// - Parameter mayDemand: whether some operations must have one.
    /// - Throws: InvalidDigest for what can be no checksum, BadDigest for one that the body does not have, InvalidRequest for
    ///   none where one is needed, and for several.
    static func prove(
        _ request: WireRequest, _ operation: OperationShape, mayDemand: Bool = true
    ) throws(ServiceError) {
        // That of a stream is checked as it comes.
        guard request.stream == nil else { return }
        let hasDigest = try proveMD5(request)
        var algorithms: [ChecksumAlgorithm] = []
        for algorithm in ChecksumAlgorithm.allCases {
            guard let value = request.header(algorithm.header) else { continue }
            algorithms.append(algorithm)
            // Of CompleteMultipartUpload it is the object's, not the body's.
            guard operation.name != "CompleteMultipartUpload" else { continue }
            var checksum = RunningChecksum(algorithm)
            checksum.update(request.body)
            guard checksum.value == value else { throw .badDigest(algorithm) }
        }
        guard algorithms.count <= 1 else {
            throw .invalidRequest(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
        }
        guard hasDigest || !algorithms.isEmpty || !mayDemand || !required.contains(operation.name) else {
            throw .invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
        }
    }

    /// - Returns: whether the request has a Content-MD5.
    private static func proveMD5(_ request: WireRequest) throws(ServiceError) -> Bool {
        guard let text = request.header("content-md5") else { return false }
        let digest = try ContentMD5(text)
        try digest.check(Array(Insecure.MD5.hash(data: request.body)))
        return true
    }
}

/// What `Content-MD5` says of a body.
struct ContentMD5: Sendable {
    private let bytes: [UInt8]

    /// - Throws: InvalidDigest for a text that is no MD5 in Base64.
    init(_ text: String) throws(ServiceError) {
        guard let bytes = Data(base64Encoded: text), bytes.count == 16 else {
            throw .s3("InvalidDigest", "The Content-MD5 you specified was invalid.", ["Content-MD5": text])
        }
        self.bytes = Array(bytes)
    }

    /// - Throws: BadDigest where the body has another.
    func check(_ digest: [UInt8]) throws(ServiceError) {
        guard digest != bytes else { return }
        throw .s3(
            "BadDigest", "The Content-MD5 you specified did not match what we received.",
            [
                "CalculatedDigest": Data(digest).base64EncodedString(),
                "ExpectedDigest": Data(bytes).base64EncodedString(),
            ])
    }
}
