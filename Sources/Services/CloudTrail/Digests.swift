import Compression
import Crypto
import FoundationEssentials
import KeyMaterial
import Ledger
import Platform
import S3API
import Wire

/// The digests of a trail: what was delivered, signed, each with the signature of the one before.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>
struct Digests: Sendable {
    static let hour = 3600.0

    let environment: Environment
    let trail: Trail
    let sessionID: String
    /// Whether nothing follows.
    var isLast = false

    /// Delivers the digests of the time until `end`, after all that is recorded.
    /// - Parameter then: what else is done in the same transaction.
    /// - Throws: why the bucket does not take them.
    func deliver(
        until end: Double, _ context: JobContext,
        then: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        try await Delivery(environment: environment, trail: trail, sessionID: sessionID).run()
        if isLast {
            try await AggregationDelivery(environment: environment, trail: trail, sessionID: sessionID).run(
                through: nil)
        }
        let session = try await environment.read(trail.scope) { [sessionID] (records) throws(ServiceError) in
            try records.get(LogSession.self, sessionID)
        }
        guard let session, let since = session.digestsSince else { return try await context.finish(then) }
        // Digests are named by the second.
        let end = max(end.rounded(.down), since + 1)
        var made: [Made] = []
        do throws(ServiceError) {
            for (name, chain) in session.chains.sorted(by: { $0.key < $1.key }) {
                made.append(try await make(name, chain, until: end))
            }
        } catch {
            for digest in made { await digest.call.discard() }
            try await environment.noteStatus(of: trail) { $0.digestError = error.code }
            throw error
        }
        try await commit(made, until: end, context, then)
    }

    /// A digest that is ready to be put.
    private struct Made: Sendable {
        let chain: String
        /// How many files it has: others may have come since.
        let files: Int
        let digest: LogSession.Digest
        let call: PreparedCall<S3.PutObject>
    }

    private func commit(
        _ made: [Made], until end: Double, _ context: JobContext,
        _ then: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        let (outcome, sessionID, trailID, now) = (Outcome(), sessionID, trail.uniqueID, environment.now())
        do throws(ServiceError) {
            try await context.finish { (records) throws(ServiceError) in
                outcome.isRefused = true
                guard var session = try records.get(LogSession.self, sessionID) else { throw .internalFailure }
                for digest in made {
                    guard var chain = session.chains[digest.chain], chain.files.count >= digest.files else {
                        throw .internalFailure
                    }
                    _ = try digest.call.complete(in: records)
                    chain.previous = digest.digest
                    chain.start = end
                    chain.files.removeFirst(digest.files)
                    session.chains[digest.chain] = chain
                }
                session.digestsSince = end
                try records.put(session)
                var status = try records.get(TrailStatus.self, trailID) ?? TrailStatus(id: trailID)
                (status.digestDelivered, status.digestError) = (now, nil)
                try records.put(status)
                try then(records)
                outcome.isRefused = false
            }
        } catch {
            if outcome.isRefused { for digest in made { await digest.call.discard() } }
            throw error
        }
        // The job was somebody else's meanwhile.
        if outcome.isRefused { for digest in made { await digest.call.discard() } }
    }

    private func make(_ name: String, _ chain: LogSession.Chain, until end: Double) async throws(ServiceError) -> Made {
        guard let place = LogPlace(chain: name) else { throw .internalFailure }
        let key = try await DigestKeys.current(in: place.region, at: end, environment)
        let objectKey = trail.digestKey(place, at: end)
        let json = json(chain, place, objectKey, key.record, until: end)
        let hash = SHA256.hash(data: json).hexadecimal
        let signed =
            "\(Self.text(end))\n\(trail.bucket)/\(objectKey)\n\(hash)\n\(chain.previous?.signature ?? "null")"
        let signature: String
        do {
            signature = try key.material.sign(
                Array(SHA256.hash(data: Array(signed.utf8))), .digest, .rsassaPKCS1SHA256
            ).hexadecimal
        } catch {
            throw .internalFailure
        }
        guard let compressed = Gzip.compress(json) else { throw .internalFailure }
        let call = try await BucketAccess(environment: environment, trail: trail).put(
            compressed, at: objectKey,
            metadata: ["signature": signature, "signature-algorithm": "SHA256withRSA"], isLog: false)
        return Made(
            chain: name, files: chain.files.count,
            digest: LogSession.Digest(bucket: trail.bucket, key: objectKey, hash: hash, signature: signature),
            call: call)
    }

    private func json(
        _ chain: LogSession.Chain, _ place: LogPlace, _ objectKey: String, _ key: DigestKey, until end: Double
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("awsAccountId", place.account)
        writer.member("digestStartTime", Self.text(chain.start))
        writer.member("digestEndTime", Self.text(end))
        writer.member("digestS3Bucket", trail.bucket)
        writer.member("digestS3Object", objectKey)
        writer.member("digestPublicKeyFingerprint", key.id)
        writer.member("digestSignatureAlgorithm", "SHA256withRSA")
        writer.optional("newestEventTime", chain.files.map(\.newest).max().map(Self.text))
        writer.optional("oldestEventTime", chain.files.map(\.oldest).min().map(Self.text))
        writer.optional("previousDigestS3Bucket", chain.previous?.bucket)
        writer.optional("previousDigestS3Object", chain.previous?.key)
        writer.optional("previousDigestHashValue", chain.previous?.hash)
        writer.optional("previousDigestHashAlgorithm", chain.previous.map { _ in "SHA-256" })
        writer.optional("previousDigestSignature", chain.previous?.signature)
        writer.key("logFiles")
        writer.beginArray()
        for file in chain.files {
            writer.beginObject()
            writer.member("s3Bucket", file.bucket)
            writer.member("s3Object", file.key)
            writer.member("hashValue", file.hash)
            writer.member("hashAlgorithm", "SHA-256")
            writer.member("newestEventTime", Self.text(file.newest))
            writer.member("oldestEventTime", Self.text(file.oldest))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func text(_ time: Double) -> String {
        Timestamp(secondsSinceEpoch: time.rounded(.down)).iso8601
    }
}

extension JSONWriter {
    fileprivate mutating func optional(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }
}

/// The digests of an hour.
struct DeliverDigests: Job {
    static let kind = "CloudTrail::DeliverDigests"
    let trail: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        guard let trail = environment.trails.trail(trail, in: context.scope), trail.sessionID == context.id else {
            return
        }
        // After a pause of hours there is one digest of all of them.
        let hours = max(0, ((environment.now() - context.due) / Digests.hour).rounded(.down))
        let end = context.due + hours * Digests.hour
        try await Digests(environment: environment, trail: trail, sessionID: context.id).deliver(until: end, context) {
            [self] (records) throws(ServiceError) in
            try records.schedule(self, id: context.id, at: end + Digests.hour)
        }
    }
}

/// Delivers what is left of a session that has ended, and its last digest.
struct FinishLogging: Job {
    static let kind = "CloudTrail::FinishLogging"
    /// As it was: it may be gone by now.
    let trail: Trail
    /// Seconds since 1970.
    let end: Double

    /// A bucket that takes nothing for so long takes nothing any more.
    private static let mostAttempts = 12

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        @Sendable func forget(_ records: MutableRecords) throws(ServiceError) {
            try records.forgetLogGroup(ofSession: id)
            guard let session = try records.get(LogSession.self, id) else { return }
            try records.delete(session)
        }
        let environment = context.environment
        // What the log group does not take now, it never gets.
        try? await LogGroupDelivery(environment: environment, trail: trail, sessionID: id).run()
        guard context.attempts < Self.mostAttempts else {
            try await AggregationDelivery(environment: environment, trail: trail, sessionID: id).forget()
            return try await context.finish(forget)
        }
        try await Digests(environment: environment, trail: trail, sessionID: id, isLast: true).deliver(
            until: end, context, then: forget)
    }
}
