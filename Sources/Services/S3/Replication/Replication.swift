import Platform
import S3API
import Wire

// What a bucket passes on is put on the schedule in the transaction that makes it.

extension ObjectVersion {
    /// How far a version is on its way to other buckets; by AWS's names.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html>
    enum Replication: String, Sendable, Codable {
        case pending = "PENDING"
        case completed = "COMPLETED"
        case failed = "FAILED"
        /// It came from another bucket, and goes no further.
        case replica = "REPLICA"
    }

    /// Marks a new version that is to be passed on.
    mutating func awaitReplication(from bucket: Bucket, _ environment: Environment) {
        guard let plan = environment.projection(BucketIndex.self).replication(of: bucket.name), versionID != nil,
            !plan.rules(for: self).isEmpty
        else { return }
        replication = .pending
    }
}

extension MutableRecords {
    /// Passes on what is marked for it.
    func replicate(_ version: ObjectVersion, from bucket: Bucket, at time: Double) throws(ServiceError) {
        guard version.replication == .pending, let id = version.versionID else { return }
        try scheduleReplication(of: version.key, id, from: bucket, at: time)
    }

    /// Passes on a delete marker that a request has made, where a rule wants that.
    func replicate(
        _ deleted: DeletedVersion, of key: String, from bucket: Bucket, _ call: Call
    ) throws(ServiceError) {
        guard deleted.asked == nil, deleted.isMarker, let id = deleted.marker, id != "null",
            let plan = call.buckets.replication(of: bucket.name)
        else { return }
        var marker = ObjectVersion(key: key, sequence: 0, versionID: id, modified: call.time)
        marker.isDeleteMarker = true
        guard !plan.rules(for: marker).isEmpty else { return }
        try scheduleReplication(of: key, id, from: bucket, at: call.time)
    }

    private func scheduleReplication(
        of key: String, _ id: String, from bucket: Bucket, at time: Double
    ) throws(ServiceError) {
        try shared.schedule(
            ReplicateVersion(bucket: bucket.name, key: key, versionID: id),
            id: Identifiers.randomBytes(16).hexadecimal, at: time)
    }

    /// Puts a replica in its place: it may be older than what is there.
    /// - Returns: false if a version is there already that has its place.
    func insert(_ replica: ObjectVersion, in bucket: Bucket) throws(ServiceError) -> Bool {
        let place = OtherVersion.key(replica.key, replica.sequence)
        guard try shared.get(OtherVersion.self, place, of: bucket.name) == nil else { return false }
        let latest = try latest(replica.key, in: bucket.name)
        guard latest?.sequence != replica.sequence else { return false }
        if let latest, latest.sequence > replica.sequence {
            try shared.put(OtherVersion(bucket: bucket.name, version: replica))
        } else {
            _ = try add(replica, to: bucket)
        }
        return true
    }
}
