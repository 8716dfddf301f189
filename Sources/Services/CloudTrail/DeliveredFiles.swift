import Platform
import S3API
import Wire

/// Files of a trail that are put aside in its bucket, to be completed in the transaction that tells of them.
struct DeliveredFiles: Sendable {
    private var files: [(place: LogPlace, file: LogSession.File, call: PreparedCall<S3.PutObject>)] = []

    /// The calls that are to be completed.
    var calls: [PreparedCall<S3.PutObject>] { files.map(\.call) }

    /// The keys of the files.
    var keys: [String] { files.map(\.file.key) }

    /// Puts a file aside.
    /// - Throws: why the bucket does not take it.
    mutating func add(
        _ file: LogFile, _ kind: LogKind, of place: LogPlace, _ access: BucketAccess, at now: Double
    ) async throws(ServiceError) {
        let (bytes, hash) = file.finish()
        let trail = access.trail
        let key = trail.logFileKey(kind, place, at: now)
        let kept = LogSession.File(
            bucket: trail.bucket, key: key, hash: hash, newest: Double(file.newest) / 1000,
            oldest: Double(file.oldest) / 1000)
        files.append((place, kept, try await access.put(bytes, at: key, isLog: true)))
    }

    /// Puts the files in place.
    /// - Parameter note: what is to be known of each by the next digest.
    func complete(
        in records: MutableRecords, _ note: (LogSession.File, LogPlace) -> Void
    ) throws(ServiceError) {
        for file in files {
            _ = try file.call.complete(in: records)
            note(file.file, file.place)
        }
    }

    /// Forgets them.
    func discard() async { for file in files { await file.call.discard() } }
}
