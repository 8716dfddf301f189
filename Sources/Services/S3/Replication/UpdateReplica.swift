import Directory
import Ledger
import Platform
import S3API
import Wire

extension ReplicateVersion {
    /// Gives a version that is in another bucket the tags, the lock and the list of this one, as far as they differ.
    func update(
        _ there: ObjectVersion, to version: ObjectVersion, from source: BucketEntry, in target: BucketEntry,
        by rule: ReplicationRule, _ call: Call
    ) async throws(ServiceError) {
        let (read, put) = (
            ObjectTarget(bucket: source, version: version), ObjectTarget(bucket: target, version: there)
        )
        func reading(_ action: String) -> Access {
            call.need(action, onKey: version.key, version: version.versionID, read)
        }
        let sharesList =
            !rule.changesOwner && !source.bucket.enforcesOwner && !target.bucket.enforcesOwner
            && there.acl != version.acl
        let changesLock = there.retention != version.retention || there.legalHold != version.legalHold
        let changesTags = there.tags != version.tags
        guard sharesList || changesLock || changesTags else { return }
        try ask(call.need("GetReplicationConfiguration", on: source), "SrcGetObjectNotPermitted", call)
        try ask(call.need("ReplicateObject", onKey: version.key, put), "DstPutObjectNotPermitted", call)
        if changesTags { try allowTags(of: version, reading, put, call) }
        if changesLock { try allowLock(of: version, reading, target.bucket, call) }
        if sharesList { try ask(reading("GetObjectVersionAcl"), "SrcGetAclNotPermitted", call) }
        let (sourceName, name, time) = (source.bucket.name, target.bucket.name, call.time)
        try await call.environment.write(Scope(account: ""), requestID: call.requestID) {
            (records) throws(ServiceError) in
            let bucket = try records.bucket(name)
            guard try records.isStillSaid(of: version, in: sourceName) else { return }
            guard var replica = try records.version(version.shownVersionID, of: version.key, in: name) else {
                throw .failure("DstVersionNotFound")
            }
            replica.tags = version.tags
            if sharesList { replica.acl = version.acl }
            if changesLock {
                replica.legalHold = version.legalHold
                // Compliance mode is never shortened, by nobody.
                if replica.retention?.mode != .compliance || replica.isRetained(noLongerThan: version, at: time) {
                    replica.retention = version.retention
                }
            }
            try records.replace(replica, in: bucket)
        }
    }
}

extension MutableRecords {
    /// Whether a version has the tags, the lock and the list with which it was read. If not, another job is on its way with what it
    /// has now, on another node perhaps, and must not be overtaken by this one.
    func isStillSaid(of version: ObjectVersion, in bucket: String) throws(ServiceError) -> Bool {
        guard let now = try self.version(version.shownVersionID, of: version.key, in: bucket) else { return true }
        return !now.isSaidOtherwise(than: version)
    }
}

extension ObjectVersion {
    /// Whether another's retention keeps at least as much as this one's.
    fileprivate func isRetained(noLongerThan other: ObjectVersion, at time: Double) -> Bool {
        guard let own = retention, own.until > time else { return true }
        return other.retention.map { $0.mode == .compliance && $0.until >= own.until } ?? false
    }
}
