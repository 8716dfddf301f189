import Bodies
import Crypto
import Directory
import FoundationEssentials
import KMSAPI
import Ledger
import Platform
import S3API
import STSAPI
import Wire

/// Passes one version on to the buckets that its bucket's rules name, with the rights of the role that they name and no others:
/// what that may not read or put is not passed on, and the version says so.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>
struct ReplicateVersion: Job {
    static let kind = "S3::ReplicateVersion"

    let bucket: String
    let key: String
    let versionID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, key, versionID) = (context.environment, key, versionID)
        let index = environment.projection(BucketIndex.self)
        guard let source = index.bucket(bucket) else { return }
        let version = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.version(versionID, of: key, in: source.bucket.name)
        }
        guard let version else { return }
        var isComplete = false
        do throws(ServiceError) {
            try await replicate(version, from: source, index, environment)
            isComplete = true
        } catch {
            // What is Gatehouse's own fault passes; what the role may not do stays so.
            guard error.status < 500 else { throw error }
        }
        let cause = EventCause(lifecycleIn: environment, at: environment.now())
        try await context.finish { [isComplete] (records) throws(ServiceError) in
            guard var version = try records.version(versionID, of: key, in: source.bucket.name) else { return }
            if !version.isDeleteMarker {
                version.replication = isComplete ? .completed : .failed
                try records.replace(version, in: source.bucket)
            }
            if !isComplete { try records.tell(.replicationFailed, version, in: source.bucket, cause) }
        }
    }

    private func replicate(
        _ version: ObjectVersion, from source: BucketEntry, _ index: BucketIndex, _ environment: Environment
    ) async throws(ServiceError) {
        guard let plan = index.replication(of: source.bucket.name) else { throw .accessDenied }
        let rules = plan.rules(for: version)
        guard !rules.isEmpty else { throw .accessDenied }
        let role = try await assume(plan.roleARN, for: source.bucket, environment)
        for rule in rules {
            guard let target = index.bucket(rule.destination) else { throw .noSuchBucket(rule.destination) }
            let call = try call(of: role, in: target.bucket.region, environment)
            try allow(version, from: source, to: target, by: rule, call)
            try await copy(version, to: target.bucket, by: rule, call)
        }
    }

    /// The role, once its trust policy lets S3 have it.
    private func assume(
        _ arn: String, for bucket: Bucket, _ environment: Environment
    ) async throws(ServiceError) -> Role {
        _ = try await environment.services(in: bucket.region).call(
            STS.AssumeRole.self,
            STS.AssumeRole.Input {
                $0.roleArn = arn
                $0.roleSessionName = Self.sessionName
            }, as: .own("s3.amazonaws.com", for: bucket.arn, in: bucket.accountID))
        guard let name = ARN(parsing: arn)?.resource.split(separator: "/").last,
            let role = environment.directory.role(named: String(name), in: bucket.accountID)
        else { throw .accessDenied }
        return role
    }

    private static let sessionName = "s3-replication"

    /// A call of the role's, made by S3.
    private func call(of role: Role, in region: String, _ environment: Environment) throws(ServiceError) -> Call {
        guard let module = environment.modules.first(where: { $0.shape === S3.service }) else { throw .internalFailure }
        let now = environment.now()
        return Call(
            environment: environment, requestID: RequestIDs.make(time: now), time: now,
            caller: Caller(accountID: role.accountID, identity: .roleSession(role, name: Self.sessionName)),
            module: module, operation: "ReplicateObject", region: region,
            source: Call.Source(service: "s3.amazonaws.com", calledVia: []))
    }

    /// Asks the policies for all that the role needs, on both sides.
    /// - Throws: AccessDenied.
    private func allow(
        _ version: ObjectVersion, from source: BucketEntry, to target: BucketEntry, by rule: ReplicationRule,
        _ call: Call
    ) throws(ServiceError) {
        guard rule.account == nil || rule.account == target.bucket.accountID else { throw .accessDenied }
        let read = ObjectTarget(bucket: source, version: version)
        let put = ObjectTarget(bucket: target, version: nil)
        var needs = [
            call.need("GetReplicationConfiguration", on: source), call.need("ListBucket", on: source),
        ]
        if version.isDeleteMarker {
            needs.append(call.need("ReplicateDelete", onKey: version.key, put))
        } else {
            for action in ["GetObjectVersionForReplication", "GetObjectVersionAcl"] {
                needs.append(call.need(action, onKey: version.key, version: version.versionID, read))
            }
            needs.append(call.need("ReplicateObject", onKey: version.key, put))
            if !version.tags.isEmpty {
                needs.append(
                    call.need("GetObjectVersionTagging", onKey: version.key, version: version.versionID, read))
                needs.append(call.need("ReplicateTags", onKey: version.key, put, requestObjectTags(version.tags)))
            }
        }
        for need in needs {
            guard try call.decision(need).isAllowed else { throw .accessDenied }
        }
    }

    private func copy(
        _ version: ObjectVersion, to bucket: Bucket, by rule: ReplicationRule, _ call: Call
    ) async throws(ServiceError) {
        var replica = version
        replica.replication = .replica
        var received: ObjectUpload.Received?
        if !version.isDeleteMarker {
            let stream = try await call.body(of: version, range: nil, Structure(S3.GetObjectRequest.shape))
            let key = try await bodyKey(version, in: bucket, by: rule, call)
            let usual = version.checksum.flatMap { ChecksumAlgorithm(rawValue: $0.algorithm) } ?? .crc64NVME
            var upload = try ObjectUpload(
                Structure(S3.PutObjectRequest.shape), call.bodies(), key, usual: usual)
            let bytes = try await upload.receive(all: stream)
            replica.content = bytes.content
            replica.encryption = bytes.encryption
            replica.storageClass = rule.storageClass ?? version.storageClass
            received = bytes
        }
        let name = bucket.name
        try await call.environment.write(Scope(account: ""), requestID: call.requestID) {
            [replica] (records) throws(ServiceError) in
            let bucket = try records.bucket(name)
            guard bucket.versioning == .enabled else {
                throw .invalidRequest("Destination bucket must have versioning enabled.")
            }
            // It may have been brought before: then this time's bytes are swept up.
            guard try records.insert(replica, in: bucket) else { return }
            try records.keep(replica.content)
        }
        // The bytes were nobody's until now.
        withExtendedLifetime(received) {}
    }

    /// The key for the replica: the rule's for what KMS encrypts, else the destination's default.
    private func bodyKey(
        _ version: ObjectVersion, in bucket: Bucket, by rule: ReplicationRule, _ call: Call
    ) async throws(ServiceError) -> BodyKey {
        guard case .kms(_, _, _, let hasBucketKey, let isDual) = version.encryption, let keyID = rule.keyID else {
            return try await call.bodyKey(Structure(S3.PutObjectRequest.shape), of: version.key, in: bucket)
        }
        // The role needs kms:Encrypt here, where a request to put an object would need kms:GenerateDataKey.
        let secret = Identifiers.randomBytes(32)
        let context = ["aws:s3:arn": hasBucketKey ? bucket.arn : "\(bucket.arn)/\(version.key)"]
        let sealed = try await call.services.call(
            KMS.Encrypt.self,
            KMS.Encrypt.Input {
                $0.keyId = keyID
                $0.plaintext = Blob(secret)
                $0.encryptionContext = context
            }, as: "s3.amazonaws.com")
        guard let ciphertext = sealed.ciphertextBlob, let arn = sealed.keyId else { throw .internalFailure }
        return BodyKey(
            secret: SymmetricKey(data: secret),
            encryption: .kms(
                keyARN: arn, sealedKey: Data(ciphertext.bytes), context: context, hasBucketKey: hasBucketKey,
                isDual: isDual))
    }
}
