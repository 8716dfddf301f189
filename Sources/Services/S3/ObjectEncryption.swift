import Bodies
import Crypto
import FoundationEssentials
import KMSAPI
import Platform
import S3API
import Wire

// With which key the bytes of an object are sealed.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>

extension Call {
    /// - Throws: NotImplemented where there is no place for bytes.
    func bodies() throws(ServiceError) -> BodyStore { try environment.bodyStore() }

    /// The key for a new object or part: as the request says, or else the bucket's default.
    /// - Parameter input: of PutObject, CreateMultipartUpload or CopyObject.
    func bodyKey(_ input: Structure, of key: String, in bucket: Bucket) async throws(ServiceError) -> BodyKey {
        if let (secret, md5) = try CustomerKey.read(input) {
            guard input["ServerSideEncryption"] == nil else {
                throw .invalidArgument(
                    "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
                    "x-amz-server-side-encryption")
            }
            return BodyKey(secret: secret, encryption: .customer(keyMD5: md5))
        }
        var wanted = try wantedEncryption(input, bucket)
        if bucket.zone != nil { try checkZonal(&wanted, input, bucket) }
        switch wanted.algorithm {
        case "AES256": return BodyKey()
        case "aws:kms", "aws:kms:dsse":
            return try await dataKey(wanted, of: key, in: bucket)
        default:
            throw .s3(
                "InvalidEncryptionAlgorithmError",
                "The Encryption request you specified is not valid. Supported value: AES256.",
                ["ArgumentName": "x-amz-server-side-encryption", "ArgumentValue": wanted.algorithm])
        }
    }

    private struct Wanted {
        var algorithm: String
        var keyID: String?
        var context: [String: String] = [:]
        var hasBucketKey = false
    }

    private func wantedEncryption(_ input: Structure, _ bucket: Bucket) throws(ServiceError) -> Wanted {
        if case .string(let algorithm) = input["ServerSideEncryption"] {
            var wanted = Wanted(algorithm: algorithm)
            if case .string(let id) = input["SSEKMSKeyId"] { wanted.keyID = id }
            if case .string(let text) = input["SSEKMSEncryptionContext"] {
                guard let json = Data(base64Encoded: text),
                    let context = try? JSONDecoder().decode([String: String].self, from: json)
                else {
                    throw .invalidArgument(
                        "The header 'x-amz-server-side-encryption-context' is not valid Base64 of a JSON object.",
                        "x-amz-server-side-encryption-context", text)
                }
                wanted.context = context
            }
            wanted.hasBucketKey = input["BucketKeyEnabled"] == .boolean(true)
            return wanted
        }
        guard let usual = buckets.encryption(of: bucket.name) else { return Wanted(algorithm: "AES256") }
        return Wanted(algorithm: usual.algorithm, keyID: usual.keyID, hasBucketKey: usual.hasBucketKey)
    }

    /// Directory buckets encrypt everything as they are told to, by one key and always with bucket keys.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-UsingKMSEncryption.html>
    private func checkZonal(_ wanted: inout Wanted, _ input: Structure, _ bucket: Bucket) throws(ServiceError) {
        guard wanted.algorithm != "AES256" || buckets.encryption(of: bucket.name) != nil else { return }
        let usual = buckets.encryption(of: bucket.name)
        guard wanted.algorithm == usual?.algorithm ?? "AES256",
            wanted.keyID == nil || wanted.keyID.map(S3Express.keyName) == bucket.directoryKey.map(S3Express.keyName),
            wanted.context.allSatisfy({ $0 == "aws:s3:arn" && $1 == bucket.arn })
        else {
            throw .invalidRequest(
                "The encryption that the request asks for is not that of the directory bucket.")
        }
        guard wanted.algorithm != "AES256" else { return }
        wanted.keyID = usual?.keyID
        wanted.hasBucketKey = true
    }

    /// How a session encrypts: as its bucket does.
    /// - Parameter input: of CreateSession.
    /// - Throws: InvalidRequest where it asks for anything else.
    func zonalEncryption(
        _ input: Structure, in bucket: Bucket
    ) throws(ServiceError) -> (algorithm: String, keyARN: String?) {
        var wanted = try wantedEncryption(input, bucket)
        try checkZonal(&wanted, input, bucket)
        guard wanted.algorithm != "AES256", let key = wanted.keyID else { return (wanted.algorithm, nil) }
        return (
            wanted.algorithm,
            key.hasPrefix("arn:") ? key : "arn:aws:kms:\(bucket.region):\(bucket.accountID):key/\(key)"
        )
    }

    /// A data key of KMS's, which the caller has to be allowed to have made.
    private func dataKey(_ wanted: Wanted, of key: String, in bucket: Bucket) async throws(ServiceError) -> BodyKey {
        var context = wanted.context
        context["aws:s3:arn"] = wanted.hasBucketKey ? bucket.arn : "\(bucket.arn)/\(key)"
        return try await dataKey(
            wanted.keyID ?? "alias/aws/s3", context, hasBucketKey: wanted.hasBucketKey,
            isDual: wanted.algorithm == "aws:kms:dsse")
    }

    /// - Parameter keyID: a key's id or ARN, or an alias.
    func dataKey(
        _ keyID: String, _ context: [String: String], hasBucketKey: Bool, isDual: Bool = false
    ) async throws(ServiceError) -> BodyKey {
        let made = try await askKMS(
            KMS.GenerateDataKey.self,
            KMS.GenerateDataKey.Input {
                $0.keyId = keyID
                $0.keySpec = "AES_256"
                $0.encryptionContext = context
            })
        guard let plaintext = made.plaintext, let sealed = made.ciphertextBlob, let arn = made.keyId else {
            throw .internalFailure
        }
        return BodyKey(
            secret: SymmetricKey(data: plaintext.bytes),
            encryption: .kms(
                keyARN: arn, sealedKey: Data(sealed.bytes), context: context, hasBucketKey: hasBucketKey,
                isDual: isDual))
    }

    /// Asks KMS with the caller's permissions, as S3 does.
    /// - Throws: KMS's error, as S3 names it: `KMS.DisabledException`.
    func askKMS<O: OperationModel>(_ operation: O.Type, _ input: O.Input) async throws(ServiceError) -> O.Output {
        do throws(ServiceError) {
            return try await services.call(operation, input, as: "s3.amazonaws.com")
        } catch {
            guard error.code.hasSuffix("Exception"), error.status < 500, error.code != "AccessDeniedException" else {
                throw error
            }
            var error = error
            error.code = "KMS." + error.code
            error.status = 400
            throw error
        }
    }

    /// The key by which a version's bytes are opened; nil: the root key does it.
    /// - Parameter input: of a request that reads, with the customer's key if there is one.
    func secret(of version: ObjectVersion, _ input: Structure) async throws(ServiceError) -> SymmetricKey? {
        let customer = try CustomerKey.read(input)
        switch version.encryption {
        case .s3, .kms:
            guard customer == nil else {
                throw .invalidRequest("The encryption parameters are not applicable to this object.")
            }
        case .customer(let md5):
            guard let customer else {
                throw .invalidRequest(
                    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object."
                )
            }
            guard customer.md5 == md5 else {
                throw .s3(
                    "AccessDenied",
                    "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.",
                    status: 403)
            }
            return customer.secret
        }
        guard case .kms(let arn, let sealed, let context, _, _) = version.encryption else { return nil }
        let opened = try await askKMS(
            KMS.Decrypt.self,
            KMS.Decrypt.Input {
                $0.keyId = arn
                $0.ciphertextBlob = Blob(Array(sealed))
                $0.encryptionContext = context
            })
        guard let plaintext = opened.plaintext else { throw .internalFailure }
        return SymmetricKey(data: plaintext.bytes)
    }
}

/// What a bucket's configuration says of objects whose requests say nothing.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html>
struct DefaultEncryption: Sendable {
    let algorithm: String
    let keyID: String?
    let hasBucketKey: Bool

    /// - Parameter json: the structure of the request. nil for one that names no algorithm.
    init?(_ json: String) {
        guard let structure = try? Structure(json: json, of: S3.ServerSideEncryptionConfiguration.shape),
            let rule = S3.ServerSideEncryptionConfiguration(structure).rules.first,
            let usual = rule.applyServerSideEncryptionByDefault
        else { return nil }
        algorithm = usual.sseAlgorithm
        keyID = usual.kmsMasterKeyID
        hasBucketKey = rule.bucketKeyEnabled ?? false
    }
}

extension Environment {
    /// - Throws: NotImplemented where there is no place for bytes.
    func bodyStore() throws(ServiceError) -> BodyStore {
        guard let bodies else {
            throw .notImplemented("This Gatehouse has no place for the bytes of objects: start it with --bodies.")
        }
        return bodies
    }
}

/// A key that the client brings with each request.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html>
enum CustomerKey {
    /// - Returns: nil where the request has none.
    static func read(_ input: Structure) throws(ServiceError) -> (secret: SymmetricKey, md5: String)? {
        let (algorithm, key, md5) = (
            input["SSECustomerAlgorithm"], input["SSECustomerKey"], input["SSECustomerKeyMD5"]
        )
        guard algorithm != nil || key != nil || md5 != nil else { return nil }
        guard case .string(let name) = algorithm else {
            throw .invalidArgument(
                "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.",
                "x-amz-server-side-encryption")
        }
        guard name == "AES256" else {
            throw .s3(
                "InvalidEncryptionAlgorithmError",
                "The Encryption request you specified is not valid. Supported value: AES256.",
                ["ArgumentName": "x-amz-server-side-encryption", "ArgumentValue": name])
        }
        guard case .string(let text) = key, let bytes = Data(base64Encoded: text) else {
            throw .invalidArgument(
                "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.",
                "x-amz-server-side-encryption")
        }
        guard bytes.count == 32 else {
            throw .invalidArgument(
                "The secret key was invalid for the specified algorithm.", "x-amz-server-side-encryption")
        }
        let hash = Data(Insecure.MD5.hash(data: bytes)).base64EncodedString()
        guard md5 == .string(hash) else {
            throw .invalidArgument(
                "The calculated MD5 hash of the key did not match the hash that was provided.",
                "x-amz-server-side-encryption")
        }
        return (SymmetricKey(data: bytes), hash)
    }
}
