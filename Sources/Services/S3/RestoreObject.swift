import Crypto
import Platform
import Policy
import S3API
import Wire

// Objects in archives, which have to be restored before they can be read.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html>

/// A copy of an archived object that can be read for a time. When it is there, and until when, follows from when it was asked for:
/// nobody has to do anything in between.
struct Restoration: Sendable, Codable, Equatable {
    /// From when on it is there, in seconds since 1970.
    var ready: Double
    /// Until when, in seconds since 1970: a midnight.
    var expires: Double

    private static let day = 86_400.0

    /// A restoration that is asked for now.
    /// - Parameter wait: seconds until it is there.
    init(at time: Double, wait: Double, days: Int) {
        ready = time + wait
        expires = Self.midnight(days, after: ready)
    }

    /// Days end with the next midnight in UTC.
    static func midnight(_ days: Int, after time: Double) -> Double {
        ((time / day).rounded(.down) + Double(days) + 1) * day
    }

    func isOngoing(at time: Double) -> Bool { time < ready }

    func isThere(at time: Double) -> Bool { time >= ready && time < expires }

    /// `x-amz-restore`; nil: the copy is gone.
    func header(at time: Double) -> String? {
        if isOngoing(at: time) { return #"ongoing-request="true""# }
        guard isThere(at: time) else { return nil }
        let date = Timestamp(secondsSinceEpoch: expires).httpDate
        return #"ongoing-request="false", expiry-date="\#(date)""#
    }

    /// As lists have it, for who asks for it.
    func status(at time: Double) -> S3.RestoreStatus? {
        guard isOngoing(at: time) || isThere(at: time) else { return nil }
        return S3.RestoreStatus {
            $0.isRestoreInProgress = isOngoing(at: time)
            if isThere(at: time) { $0.restoreExpiryDate = Timestamp(secondsSinceEpoch: expires) }
        }
    }
}

extension ObjectVersion {
    /// Whether its bytes are in an archive, from which nothing can be read.
    var isArchived: Bool { storageClass == "GLACIER" || storageClass == "DEEP_ARCHIVE" }

    /// - Throws: InvalidObjectState for an object in an archive that is not restored.
    func checkIsReadable(at time: Double) throws(ServiceError) {
        guard isArchived, restoration?.isThere(at: time) != true else { return }
        throw .invalidObjectState(self)
    }
}

extension ServiceError {
    fileprivate static func invalidObjectState(_ version: ObjectVersion) -> ServiceError {
        .s3(
            "InvalidObjectState", "The operation is not valid for the object's storage class", status: 403,
            ["StorageClass": version.storageClass])
    }
}

/// Tells of an archived object's copy: when it is there, and when it is gone.
struct TellOfRestoration: Job {
    static let kind = "S3::TellOfRestoration"

    let bucket: String
    let key: String
    /// Of the version.
    let sequence: Int64
    let versionID: String
    /// Whether others have heard that it is there.
    var isThere = false

    /// One for each version, so that one that is asked for again takes the place of the one before.
    fileprivate var id: String { Array(SHA256.hash(data: Array("\(bucket)/\(key)/\(sequence)".utf8))).hexadecimal }

    func run(_ context: JobContext) async throws(ServiceError) {
        let now = context.environment.now()
        let cause = EventCause(ownIn: context.environment, at: now)
        try await context.finish { [self] (records) throws(ServiceError) in
            guard let bucket = try records.shared.get(Bucket.self, bucket),
                let version = try records.version(versionID, of: key, in: bucket.name), version.sequence == sequence,
                let restoration = version.restoration, !restoration.isOngoing(at: now)
            else { return }
            guard isThere else {
                try records.tell(
                    .restoreCompleted, version, in: bucket, cause,
                    details: .restoration(expires: restoration.expires, storageClass: version.storageClass))
                var next = self
                next.isThere = true
                return try records.shared.schedule(next, id: id, at: restoration.expires)
            }
            // It may have been asked for for longer meanwhile.
            guard restoration.expires <= now else {
                return try records.shared.schedule(self, id: id, at: restoration.expires)
            }
            try records.tell(.restoreDelete, version, in: bucket, cause)
        }
    }
}

extension MutableRecords {
    /// Has others told of what becomes of a restoration that was asked for.
    func followRestoration(of version: ObjectVersion, in bucket: Bucket) throws(ServiceError) {
        guard let restoration = version.restoration else { return }
        let job = TellOfRestoration(
            bucket: bucket.name, key: version.key, sequence: version.sequence, versionID: version.shownVersionID)
        // Of one that is there, only the end has changed, which the job looks at.
        guard try shared.scheduledTime(of: TellOfRestoration.self, id: job.id).map({ $0 < restoration.ready }) ?? true
        else { return }
        try shared.schedule(job, id: job.id, at: restoration.ready)
    }
}

extension S3.RestoreObject: ObjectChange {
    /// That it has begun; not of one that is there and is kept for longer.
    static func event(_ before: ObjectVersion, _ after: ObjectVersion) -> ObjectEvent? {
        before.restoration?.ready == after.restoration?.ready ? nil : .restorePost
    }

    static func change(
        _ version: inout ObjectVersion, of bucket: Bucket, _ input: Input, _ call: Call
    ) throws(ServiceError) -> Output {
        guard let wanted = input.restoreRequest else { throw .malformedXML }
        guard wanted.type == nil, wanted.selectParameters == nil, wanted.outputLocation == nil else {
            throw .notImplemented("Gatehouse does not build S3 Select, which restores by a query.")
        }
        guard version.isArchived else { throw .invalidObjectState(version) }
        guard let days = wanted.days else { throw .malformedXML }
        guard (1...36_500).contains(days) else {
            throw .invalidArgument("restoration days should be at least 1", "Days", String(days))
        }
        let tier = wanted.glacierJobParameters?.tier ?? wanted.tier ?? "Standard"
        let wait = try wait(version, tier)
        if let restoration = version.restoration, restoration.isOngoing(at: call.time) {
            throw .s3(
                "RestoreAlreadyInProgress", "Object restore is already in progress", status: 409)
        }
        var output = Structure(OutputFields.shape)
        if version.restoration?.isThere(at: call.time) == true {
            version.restoration?.expires = Restoration.midnight(days, after: call.time)
            output["StatusCode"] = .integer(200)
        } else {
            version.restoration = Restoration(at: call.time, wait: wait, days: days)
            output["StatusCode"] = .integer(202)
        }
        return Output(output)
    }

    /// How long it takes, in seconds: as long as AWS says that it takes at most.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html>
    private static func wait(_ version: ObjectVersion, _ tier: String) throws(ServiceError) -> Double {
        let hour = 3600.0
        switch (version.storageClass, tier) {
        case ("GLACIER", "Expedited"): return 300
        case ("GLACIER", "Standard"): return 5 * hour
        case ("GLACIER", "Bulk"): return 12 * hour
        case ("DEEP_ARCHIVE", "Standard"): return 12 * hour
        case ("DEEP_ARCHIVE", "Bulk"): return 48 * hour
        default:
            throw .invalidArgument("Retrieval option is not supported by this storage class", "Tier", tier)
        }
    }
}
