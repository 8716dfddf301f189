import Bodies
import Crypto
import Directory
import FoundationEssentials
import KMSAPI
import Platform
import Policy
import S3API
import Wire

// Another key for an object that is there. Its bytes stay as they are, but for the few that are in its row: the key that they
// are sealed with is sealed anew.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/update-sse-encryption.html>

extension S3.UpdateObjectEncryption: PreparedWriteOperation, OnObject {
    /// The version as it was, and as it is to be.
    public struct Preparation: Sendable {
        fileprivate let before: ObjectVersion
        fileprivate let after: ObjectVersion
    }

    static func keys(_ input: Input) -> [String: ContextValue] {
        var keys: [String: ContextValue] = [:]
        if let wanted = input.objectEncryption.ssekms {
            keys["s3:x-amz-server-side-encryption"] = .one("aws:kms")
            keys["s3:x-amz-server-side-encryption-aws-kms-key-id"] = .one(wanted.kmsKeyArn)
        }
        return keys
    }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let need = try await need(input, call)
        var put = need
        put.action = "s3:PutObject"
        return .required([need, put])
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        guard !call.caller.isAnonymous else {
            throw .invalidRequest(
                "Requests that modify an object encryption configuration require Amazon Web Services Signature Version 4. Modify the request to use Amazon Web Services Signature Version 4, and then try again."
            )
        }
        let bucket = try call.target().bucket.bucket
        let wanted = try wanted(input, bucket)
        let version = try await call.read { (records) throws(ServiceError) in
            try records.version(input.versionId, of: input.key, in: bucket)
        }
        guard version.isUnlocked(at: call.time) else { throw .lockedEncryption }
        var after = version
        let hasBucketKey = wanted.bucketKeyEnabled == true
        let context = ["aws:s3:arn": hasBucketKey ? bucket.arn : "\(bucket.arn)/\(version.key)"]
        switch version.encryption {
        case .s3:
            let key = try await call.dataKey(wanted.kmsKeyArn, context, hasBucketKey: hasBucketKey)
            guard let secret = key.secret else { throw .internalFailure }
            let store = try call.bodies()
            after.encryption = key.encryption
            do throws(BodyError) {
                after.content = try version.content?.wrapped(by: secret, store)
            } catch {
                throw ServiceError(error)
            }
        case .kms(let arn, let sealed, let oldContext, _, isDual: false):
            let moved = try await call.askKMS(
                KMS.ReEncrypt.self,
                KMS.ReEncrypt.Input {
                    $0.ciphertextBlob = Blob(Array(sealed))
                    $0.sourceKeyId = arn
                    $0.sourceEncryptionContext = oldContext
                    $0.destinationKeyId = wanted.kmsKeyArn
                    $0.destinationEncryptionContext = context
                })
            guard let ciphertext = moved.ciphertextBlob, let new = moved.keyId else { throw .internalFailure }
            after.encryption = .kms(
                keyARN: new, sealedKey: Data(ciphertext.bytes), context: context, hasBucketKey: hasBucketKey,
                isDual: false)
        case .kms, .customer:
            throw .invalidRequest(
                "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported."
            )
        }
        return Preparation(before: version, after: after)
    }

    private static func wanted(_ input: Input, _ bucket: Bucket) throws(ServiceError) -> S3.SSEKMSEncryption {
        guard let wanted = input.objectEncryption.ssekms else {
            throw .invalidRequest(
                "Requests that modify an object encryption configuration require a valid new encryption type. Valid values are SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type, and then try again."
            )
        }
        guard !wanted.kmsKeyArn.isEmpty else {
            throw .invalidRequest(
                "Requests that modify an object's encryption type to SSE-KMS require an Amazon Web Services KMS key Amazon Resource Name (ARN). Modify the request to specify a KMS key ARN, and then try again."
            )
        }
        guard let arn = ARN(parsing: wanted.kmsKeyArn), arn.service == "kms", arn.typeAndRest?.type == "key" else {
            throw .invalidRequest(
                "Requests that modify an object's encryption type to SSE-KMS require a valid Amazon Web Services KMS key Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again."
            )
        }
        guard arn.account == bucket.accountID else {
            throw .s3(
                "AccessDenied",
                "The Amazon Web Services KMS key in the request must be owned by the same account as the bucket. Modify the request to specify a KMS key from the same account, and then try again.",
                status: 403)
        }
        return wanted
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        var version = try records.version(input.versionId, of: input.key, in: bucket)
        guard version.isUnlocked(at: call.time) else { throw .lockedEncryption }
        // Somebody may have put another object, or have given this one another key.
        guard version.sequence == prepared.before.sequence, version.encryption == prepared.before.encryption else {
            throw .s3(
                "OperationAborted",
                "A conflicting conditional operation is currently in progress against this resource. Please try again.",
                status: 409)
        }
        version.encryption = prepared.after.encryption
        version.content = prepared.after.content
        try records.replace(version, in: bucket)
        return Output()
    }
}

extension ObjectVersion.Content {
    /// The same bytes for readers who give a key.
    fileprivate func wrapped(by key: SymmetricKey, _ store: BodyStore) throws(BodyError) -> Self {
        let bodies = try bodies.map { body throws(BodyError) in try body.wrapped(by: key) }
        switch rest {
        case nil: return Self(bodies: bodies)
        case .plain(let bytes):
            let (body, sealed) = try store.seal(Array(bytes), key: key)
            return Self(bodies: bodies, rest: .sealed(body, Data(sealed)))
        case .sealed(let body, let sealed):
            return Self(bodies: bodies, rest: .sealed(try body.wrapped(by: key), sealed))
        }
    }
}

extension ServiceError {
    fileprivate static var lockedEncryption: ServiceError {
        .s3(
            "AccessDenied",
            "The encryption type for the specified object can’t be updated because that object is protected by S3 Object Lock. If the object has a governance-mode retention period or a legal hold, you must first remove the Object Lock status on the object before you issue your UpdateObjectEncryption request. You can't use the UpdateObjectEncryption operation with objects that have an Object Lock compliance mode retention period applied to them.",
            status: 403)
    }
}
