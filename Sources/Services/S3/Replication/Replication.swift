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
        /// A replica of which something has changed that is on its way back.
        case replicaPending = "REPLICA_PENDING"
        /// A replica of which something has changed that did not get back.
        case replicaFailed = "REPLICA_FAILED"

        /// As answers have it.
        var shown: String {
            switch self {
            case .pending, .replicaPending: "PENDING"
            case .failed, .replicaFailed: "FAILED"
            case .completed, .replica: rawValue
            }
        }
    }

    /// Whether it came from another bucket.
    var isReplica: Bool {
        switch replication {
        case .replica, .replicaPending, .replicaFailed: true
        case .pending, .completed, .failed, nil: false
        }
    }

    /// Whether it differs from another in something that is passed on to replicas when it changes.
    func isSaidOtherwise(than other: ObjectVersion) -> Bool {
        tags != other.tags || retention != other.retention || legalHold != other.legalHold || acl != other.acl
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
        try schedule(ReplicateVersion(bucket: bucket.name, key: version.key, versionID: id, time: time), at: time)
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
        try schedule(ReplicateVersion(bucket: bucket.name, key: key, versionID: id, time: call.time), at: call.time)
    }

    /// Passes on what a request has changed of a version that is elsewhere as well, or came from there.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-for-metadata-changes.html>
    func passOn(
        _ version: inout ObjectVersion, changedFrom before: ObjectVersion, in bucket: Bucket, _ call: Call
    ) throws(ServiceError) {
        guard version.replication != nil, let id = version.versionID, version.isSaidOtherwise(than: before),
            let plan = call.buckets.replication(of: bucket.name)
        else { return }
        let rules = plan.rules(forChangesOf: version) { [buckets = call.buckets] in
            buckets.replication(of: $0)?.includesReplicaChanges(to: bucket.name) == true
        }
        guard !rules.isEmpty else { return }
        var job = ReplicateVersion(bucket: bucket.name, key: version.key, versionID: id, time: call.time)
        if let waiting = try shared.scheduled(ReplicateVersion.self, id: job.name), waiting.isChange != true {
            // The version itself is still on its way, by the rules for the tags that it was made with: the change goes with it.
            job.tags = waiting.tags ?? before.tags
        } else {
            job.isChange = true
        }
        version.replication = version.isReplica ? .replicaPending : .pending
        try schedule(job, at: call.time)
    }

    /// There is one job for each version: what has to be done next takes the place of what had.
    private func schedule(_ job: ReplicateVersion, at time: Double) throws(ServiceError) {
        try shared.schedule(job, id: job.name, at: time)
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
