import Ledger
import Platform
import Wire

// Which versions of a key there are, and how they take each other's place. All of a bucket's objects are in the partition of
// its name.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html>

extension RecordReading {
    /// The version that is read when no other is asked for; nil where there is none.
    func current(_ key: String, in bucket: String) throws(ServiceError) -> ObjectVersion? {
        try shared.get(CurrentObject.self, CurrentObject.key(key), of: bucket)?.version
    }

    /// The latest version of a key, which may be a delete marker.
    func latest(_ key: String, in bucket: String) throws(ServiceError) -> ObjectVersion? {
        if let current = try current(key, in: bucket) { return current }
        return try shared.list(OtherVersion.self, of: bucket, RowRange(RowPrefix(.text(key))), limit: 1).first?.version
    }

    /// The version of an id, `null` for the one without.
    func version(_ id: String, of key: String, in bucket: String) throws(ServiceError) -> ObjectVersion? {
        if let current = try current(key, in: bucket), current.shownVersionID == id { return current }
        guard id != "null" else {
            let range = RowIndexRange(RowPrefix(.text(key)))
            return try shared.list(OtherVersion.self, by: OtherVersion.withoutID, of: bucket, range, limit: 1)
                .first?.version
        }
        guard let sequence = VersionID.sequence(of: id),
            let found = try shared.get(OtherVersion.self, OtherVersion.key(key, sequence), of: bucket)?.version,
            found.versionID == id
        else { return nil }
        return found
    }

    /// Whether anything is in a bucket, versions that nobody lists included.
    func hasObjects(_ bucket: Bucket) throws(ServiceError) -> Bool {
        guard try shared.count(CurrentObject.self, of: bucket.name) == 0 else { return true }
        return try shared.count(OtherVersion.self, of: bucket.name) > 0
    }
}

extension MutableRecords {
    /// The place and the id of a version that is about to be made.
    func nextVersion(of key: String, in bucket: Bucket, at time: Double) throws(ServiceError) -> (
        sequence: Int64, id: String?
    ) {
        let now = Int64(exactly: (time * 1_000_000).rounded()) ?? 0
        let last =
            try (bucket.versioning == .never ? current(key, in: bucket.name) : latest(key, in: bucket.name))?.sequence
            ?? 0
        let sequence = max(now, last + 1)
        return (sequence, bucket.versioning == .enabled ? VersionID.make(sequence) : nil)
    }

    /// Makes a version the current one, or the mark that there is none.
    ///
    /// What was current stays as another version if it has an id. One without is replaced by a new one without, wherever it
    /// is: a key has one at most.
    /// - Returns: the version that is gone; its bytes are nobody's any more.
    func add(_ version: ObjectVersion, to bucket: Bucket) throws(ServiceError) -> ObjectVersion? {
        let (shared, name) = (self.shared, bucket.name)
        var gone: ObjectVersion?
        if bucket.versioning == .never, !version.isDeleteMarker {
            // A bucket that never had versioning has one version of each key.
            gone = try current(version.key, in: name)
            try shared.put(CurrentObject(bucket: name, version: version))
            return gone
        }
        if version.versionID == nil {
            gone = try self.version("null", of: version.key, in: name)
            if let gone { try remove(gone, from: bucket) }
        }
        if let before = try current(version.key, in: name) {
            try shared.delete(CurrentObject.self, CurrentObject.key(version.key), of: name)
            try shared.put(OtherVersion(bucket: name, version: before))
        }
        if version.isDeleteMarker {
            try shared.put(OtherVersion(bucket: name, version: version))
        } else {
            try shared.put(CurrentObject(bucket: name, version: version))
        }
        return gone
    }

    /// Stores a version in the place of itself, changed.
    func replace(_ version: ObjectVersion, in bucket: Bucket) throws(ServiceError) {
        if try current(version.key, in: bucket.name)?.sequence == version.sequence {
            try shared.put(CurrentObject(bucket: bucket.name, version: version))
        } else {
            try shared.put(OtherVersion(bucket: bucket.name, version: version))
        }
    }

    /// Takes one version away. The latest of those that are left becomes current, unless it is a delete marker.
    func remove(_ version: ObjectVersion, from bucket: Bucket) throws(ServiceError) {
        let (shared, name) = (self.shared, bucket.name)
        let wasCurrent = try current(version.key, in: name)?.sequence == version.sequence
        if wasCurrent {
            try shared.delete(CurrentObject.self, CurrentObject.key(version.key), of: name)
        } else {
            try shared.delete(OtherVersion.self, OtherVersion.key(version.key, version.sequence), of: name)
            guard try current(version.key, in: name) == nil else { return }
        }
        guard let next = try latest(version.key, in: name), !next.isDeleteMarker else { return }
        try shared.delete(OtherVersion.self, OtherVersion.key(next.key, next.sequence), of: name)
        try shared.put(CurrentObject(bucket: name, version: next))
    }
}
