import Ledger
import Platform
import S3API
import Wire

/// Does what lifecycle rules say: ends objects, versions, delete markers and uploads whose time has come, and moves objects to
/// other storage classes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html>
struct ExpireObjects: RecurringJob {
    static let kind = "S3::ExpireObjects"
    static let interval = 6.0 * 3600

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let index = environment.projection(BucketIndex.self)
        for (name, rules) in index.lifecycles {
            if let entry = index.bucket(name), entry.bucket.zone != nil, try !S3Express.letsIn(entry, environment) {
                continue
            }
            for rule in rules {
                let expiry = Expiry(environment: environment, scope: context.scope, bucket: name, rule: rule)
                if rule.actsOnCurrent { try await expiry.endCurrent() }
                if rule.actsOnOthers { try await expiry.endOthers() }
                // What ends is not moved before.
                if rule.movesCurrent { try await expiry.moveCurrent() }
                if rule.movesOthers { try await expiry.moveOthers() }
                if rule.actsOnUploads { try await expiry.endUploads() }
            }
        }
        try await context.finish { (_) throws(ServiceError) in }
    }
}

/// One rule, acting on one bucket. What is to be ended is looked for by reading, and looked at again in the transaction that
/// ends it, which is small: requests wait for no more.
private struct Expiry: Sendable {
    /// Rows that are read, or ended, at once.
    private static let page = 500

    let environment: Environment
    let scope: Scope
    let bucket: String
    let rule: LifecycleRule

    private var range: RowRange { RowRange(RowPrefix(beginning: rule.prefix)) }

    private func write(
        _ body: @escaping @Sendable (MutableRecords, Bucket) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        let name = bucket
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            guard let bucket = try records.shared.get(Bucket.self, name) else { return }
            try body(records, bucket)
        }
    }

    /// Current versions: deleted as a client without a version would delete them.
    func endCurrent() async throws(ServiceError) {
        let (bucket, rule, now) = (bucket, rule, environment.now())
        let cause = EventCause(ownIn: environment, at: now)
        @Sendable func isDue(_ version: ObjectVersion) -> Bool {
            rule.applies(to: version) && rule.expiration(of: version).map { $0 <= now } ?? false
        }
        var range = range
        while true {
            let some = try await environment.read(scope) { [range] (records) throws(ServiceError) in
                try records.shared.list(CurrentObject.self, of: bucket, range, limit: Self.page)
            }
            let due = some.map(\.version).filter(isDue)
            if !due.isEmpty {
                try await write { (records, bucket) throws(ServiceError) in
                    for version in due {
                        guard let current = try records.current(version.key, in: bucket.name), isDue(current) else {
                            continue
                        }
                        let deleted = try records.delete(
                            version.key, version: nil, from: bucket, bypass: false, at: now)
                        try records.forget(deleted.gone, at: now)
                        try records.tell(deleted, of: version.key, in: bucket, cause, isByLifecycle: true)
                    }
                }
            }
            guard some.count == Self.page, let last = some.last else { return }
            range.after = .key(last.key)
        }
    }

    /// Noncurrent versions, and delete markers that have nothing behind them.
    func endOthers() async throws(ServiceError) {
        let (bucket, now) = (bucket, environment.now())
        let cause = EventCause(ownIn: environment, at: now)
        var range = range
        var place = PlaceAmongVersions()
        while true {
            let (some, due, next) = try await environment.read(scope) {
                [range, place, self] (records) throws(ServiceError) in
                let some = try records.shared.list(OtherVersion.self, of: bucket, range, limit: Self.page)
                var (place, due) = (place, [ObjectVersion]())
                for row in some where try isDue(row.version, &place, now, records) { due.append(row.version) }
                return (some, due, place)
            }
            place = next
            if !due.isEmpty {
                try await write { (records, bucket) throws(ServiceError) in
                    for version in due {
                        // It may have become current meanwhile, or be locked.
                        guard try records.current(version.key, in: bucket.name)?.sequence != version.sequence,
                            let found = try records.version(version.shownVersionID, of: version.key, in: bucket.name),
                            found.sequence == version.sequence, found.isUnlocked(at: now)
                        else { continue }
                        try records.remove(found, from: bucket)
                        try records.forget(found, at: now)
                        let deleted = DeletedVersion(asked: found.shownVersionID, gone: found)
                        try records.tell(deleted, of: found.key, in: bucket, cause, isByLifecycle: true)
                    }
                }
            }
            guard some.count == Self.page, let last = some.last else { return }
            range.after = .key(last.key)
        }
    }

    /// What was last seen on the way through the versions, of which those of a key come the latest first.
    private struct PlaceAmongVersions: Sendable {
        var key: String?
        /// When the version after the next one was made.
        var successor: Double?
        /// How many noncurrent versions of the key there were.
        var count = 0
    }

    /// Begins anew where another key begins.
    private func step(
        to version: ObjectVersion, _ place: inout PlaceAmongVersions, _ records: Records
    ) throws(ServiceError) {
        // By their bytes: keys that Swift takes for the same may follow each other.
        guard place.key.map({ $0.utf8.elementsEqual(version.key.utf8) }) != true else { return }
        place = PlaceAmongVersions(
            key: version.key, successor: try records.current(version.key, in: bucket)?.modified)
    }

    private func isDue(
        _ version: ObjectVersion, _ place: inout PlaceAmongVersions, _ now: Double, _ records: Records
    ) throws(ServiceError) -> Bool {
        try step(to: version, &place, records)
        defer { place.successor = version.modified }
        guard let successor = place.successor else {
            // The latest of all is a delete marker.
            guard rule.applies(to: version), let time = rule.loneMarkerExpiration(of: version), time <= now else {
                return false
            }
            return try records.shared.list(
                OtherVersion.self, of: bucket, RowRange(RowPrefix(.text(version.key))), limit: 2
            ).count == 1
        }
        guard rule.applies(to: version) else { return false }
        place.count += 1
        guard place.count > rule.newerNoncurrentVersions, let time = rule.noncurrentExpiration(since: successor) else {
            return false
        }
        return time <= now && version.isUnlocked(at: now)
    }

    /// Current versions that are due in another class.
    func moveCurrent() async throws(ServiceError) {
        let (bucket, rule, now) = (bucket, rule, environment.now())
        var range = range
        while true {
            let some = try await environment.read(scope) { [range] (records) throws(ServiceError) in
                try records.shared.list(CurrentObject.self, of: bucket, range, limit: Self.page)
            }
            try await move(
                some.map(\.version).filter { rule.applies(to: $0) && rule.transition(of: $0, at: now) != nil },
                areCurrent: true
            ) { rule.applies(to: $0) ? rule.transition(of: $0, at: now) : nil }
            guard some.count == Self.page, let last = some.last else { return }
            range.after = .key(last.key)
        }
    }

    /// Noncurrent versions that are due in another class.
    func moveOthers() async throws(ServiceError) {
        let (bucket, rule, now) = (bucket, rule, environment.now())
        var range = range
        var place = PlaceAmongVersions()
        while true {
            let (some, due, next) = try await environment.read(scope) {
                [range, place, self] (records) throws(ServiceError) in
                let some = try records.shared.list(OtherVersion.self, of: bucket, range, limit: Self.page)
                var (place, due) = (place, [Int64: String]())
                for version in some.map(\.version) {
                    try step(to: version, &place, records)
                    defer { place.successor = version.modified }
                    guard let successor = place.successor, !version.isDeleteMarker, rule.applies(to: version) else {
                        continue
                    }
                    place.count += 1
                    due[version.sequence] = rule.transition(of: version, since: successor, place: place.count, at: now)
                }
                return (some, due, place)
            }
            place = next
            try await move(some.map(\.version).filter { due[$0.sequence] != nil }, areCurrent: false) {
                due[$0.sequence]
            }
            guard some.count == Self.page, let last = some.last else { return }
            range.after = .key(last.key)
        }
    }

    /// Moves versions that are still there, and still current or not, to other classes.
    private func move(
        _ versions: [ObjectVersion], areCurrent: Bool, to storageClass: @escaping @Sendable (ObjectVersion) -> String?
    ) async throws(ServiceError) {
        guard !versions.isEmpty else { return }
        let cause = EventCause(ownIn: environment, at: environment.now())
        try await write { (records, bucket) throws(ServiceError) in
            for version in versions {
                guard var found = try records.version(version.shownVersionID, of: version.key, in: bucket.name),
                    found.sequence == version.sequence, let target = storageClass(found),
                    (try records.current(version.key, in: bucket.name)?.sequence == version.sequence) == areCurrent
                else { continue }
                found.storageClass = target
                try records.replace(found, in: bucket)
                try records.tell(
                    .lifecycleTransition, found, in: bucket, cause, details: .transition(storageClass: target))
            }
        }
    }

    /// Uploads that nobody has completed.
    func endUploads() async throws(ServiceError) {
        let (bucket, rule, now) = (bucket, rule, environment.now())
        var range = range
        while true {
            let some = try await environment.read(scope) { [range] (records) throws(ServiceError) in
                try records.shared.list(MultipartUpload.self, of: bucket, range, limit: Self.page)
            }
            for upload in some where rule.abortion(of: upload).map({ $0 <= now }) ?? false {
                try await write { (records, bucket) throws(ServiceError) in
                    guard try records.shared.get(MultipartUpload.self, upload.key, of: bucket.name) != nil else {
                        return
                    }
                    try records.abort(upload, at: now)
                }
            }
            guard some.count == Self.page, let last = some.last else { return }
            range.after = .key(last.key)
        }
    }
}
