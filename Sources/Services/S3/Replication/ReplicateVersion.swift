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

/// Passes one version on to the buckets that its bucket's rules name, or what has changed of it, with the rights of the role that
/// they name and no others: what that may not read or put is not passed on, and the version says so.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>
struct ReplicateVersion: Job {
    static let kind = "S3::ReplicateVersion"

    let bucket: String
    let key: String
    let versionID: String
    /// Whether only what has changed is passed on, to where the version is already; nil: no.
    var isChange: Bool?
    /// The tags that the version was made with, which decide where it goes; nil: those that it has.
    var tags: [Tag]?
    /// When the request was made, in seconds since 1970; nil: an older Gatehouse did not say.
    var time: Double?

    /// What the job is scheduled under.
    var name: String { Array(SHA256.hash(data: Array("\(bucket)/\(versionID)/\(key)".utf8))).hexadecimal }

    /// A bucket that did not get what it should have.
    private struct Failure: Sendable {
        /// nil: there is no rule any more that says where it goes.
        let rule: ReplicationRule?
        let reason: String
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, key, versionID) = (context.environment, key, versionID)
        let index = environment.projection(BucketIndex.self)
        guard let source = index.bucket(bucket) else { return }
        let version = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.version(versionID, of: key, in: source.bucket.name)
        }
        guard let version else { return }
        let failures = try await replicate(version, from: source, index, environment)
        let now = environment.now()
        let cause = EventCause(ownIn: environment, at: now)
        let requested = time ?? now
        try await context.finish { [failures] (records) throws(ServiceError) in
            guard var now = try records.version(versionID, of: key, in: source.bucket.name) else { return }
            guard !now.isSaidOtherwise(than: version) else { return try again(for: version, records) }
            if !now.isDeleteMarker, now.replication != nil {
                switch (now.isReplica, failures.isEmpty) {
                case (true, true): now.replication = .replica
                case (true, false): now.replication = .replicaFailed
                case (false, true): now.replication = .completed
                case (false, false): now.replication = .failed
                }
                try records.replace(now, in: source.bucket)
            }
            for failure in failures {
                try records.tell(
                    .replicationFailed, now, in: source.bucket, cause,
                    details: .replicationFailure(
                        ruleID: failure.rule?.id ?? "",
                        destination: failure.rule.map { "arn:aws:s3:::\($0.destination)" } ?? "",
                        operation: now.isDeleteMarker ? "OBJECT_DELETE" : "OBJECT_PUT", requested: requested,
                        reason: failure.reason))
            }
        }
    }

    /// Begins anew, for a version that was changed meanwhile by something that did not put it on the schedule itself.
    private func again(for version: ObjectVersion, _ records: MutableRecords) throws(ServiceError) {
        var job = self
        if isChange != true { job.tags = tags ?? version.tags }
        try records.shared.schedule(job, id: name, at: time ?? 0)
    }

    /// - Returns: where it did not get, and why.
    /// - Throws: what is Gatehouse's own fault, and passes; what the role may not do stays so.
    private func replicate(
        _ version: ObjectVersion, from source: BucketEntry, _ index: BucketIndex, _ environment: Environment
    ) async throws(ServiceError) -> [Failure] {
        let withoutRule = [Failure(rule: nil, reason: "SrcBucketReplicationConfigMissing")]
        guard let plan = index.replication(of: source.bucket.name) else { return withoutRule }
        let isChange = isChange ?? false
        let rules =
            isChange
            ? plan.rules(forChangesOf: version) {
                index.replication(of: $0)?.includesReplicaChanges(to: source.bucket.name) == true
            } : plan.rules(for: version, madeWith: tags)
        guard !rules.isEmpty else { return withoutRule }
        let role: Role
        do throws(ServiceError) {
            role = try await assume(plan.roleARN, for: source.bucket, environment)
        } catch {
            guard error.status < 500 else { throw error }
            return rules.map { Failure(rule: $0, reason: "AssumeRoleNotPermitted") }
        }
        var (failures, absent): ([Failure], [Failure]) = ([], [])
        for rule in rules {
            do throws(ServiceError) {
                guard let target = index.bucket(rule.destination) else { throw .failure("DstBucketNotFound") }
                let call = try call(of: role, in: target.bucket.region, environment)
                let there = try await call.read { (records) throws(ServiceError) in
                    try records.version(version.shownVersionID, of: version.key, in: target.bucket.name)
                }
                if let there, !version.isDeleteMarker {
                    try await update(there, to: version, from: source, in: target, by: rule, call)
                } else if isChange {
                    absent.append(Failure(rule: rule, reason: "DstVersionNotFound"))
                } else {
                    try allow(version, from: source, to: target, by: rule, call)
                    try await copy(version, of: source.bucket, to: target.bucket, by: rule, call)
                }
            } catch {
                guard error.status < 500 else { throw error }
                failures.append(Failure(rule: rule, reason: error.replicationFailure))
            }
        }
        // A rule that goes by tags need never have taken it to its bucket.
        return absent.count == rules.count ? absent : failures
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

    private func copy(
        _ version: ObjectVersion, of source: Bucket, to bucket: Bucket, by rule: ReplicationRule, _ call: Call
    ) async throws(ServiceError) {
        var replica = version
        replica.replication = .replica
        let owner = source.owner(of: version)
        let isBucketOwners = rule.changesOwner || bucket.enforcesOwner || owner == bucket.accountID
        replica.owner = isBucketOwners ? nil : owner
        if rule.changesOwner || bucket.enforcesOwner { replica.acl = nil }
        if replica.retention == nil, !version.isDeleteMarker, let usual = bucket.defaultRetention {
            replica.retention = ObjectVersion.Retention(
                mode: usual.mode, until: call.time + Double(usual.days) * 86_400)
        }
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
        let (sourceName, name, cause) = (source.name, bucket.name, EventCause(call))
        try await call.environment.write(Scope(account: ""), requestID: call.requestID) {
            [replica] (records) throws(ServiceError) in
            let bucket = try records.bucket(name)
            guard bucket.versioning == .enabled else {
                throw .failure("DstBucketUnversioned")
            }
            guard try records.isStillSaid(of: version, in: sourceName) else { return }
            // It may have been brought before: then this time's bytes are swept up.
            guard try records.insert(replica, in: bucket) else { return }
            try records.keep(replica.content)
            try records.tell(replica.isDeleteMarker ? .deleteMarkerCreated : .put, replica, in: bucket, cause)
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
