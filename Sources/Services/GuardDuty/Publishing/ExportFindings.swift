import Compression
import Ledger
import Platform
import S3API
import Wire

extension MutableRecords {
    /// Has waiting findings written to the account's destinations.
    func scheduleExport(at time: Double) throws(ServiceError) {
        // One that is under way looks for more before it ends.
        guard try scheduledTime(of: ExportFindings.self, id: ExportFindings.id) == nil else { return }
        // What comes at once goes into one file.
        try schedule(ExportFindings(), id: ExportFindings.id, at: time + ExportFindings.pause)
    }
}

/// Writes findings into the bucket that an account has named: a line of JSON for each, compressed and encrypted. File and what waits
/// are one commit, so that each is in one file.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_exportfindings.html>
struct ExportFindings: Job {
    static let kind = "GuardDuty::ExportFindings"
    static let id = "export"
    static let concurrency = 2
    static let share = 1
    /// Seconds.
    static let pause = 1.0
    private static let batch = 500
    /// Seconds after which a destination that refuses is tried again.
    private static let patience = 60.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, now) = (context.environment, context.scope, context.environment.now())
        let waiting = try await environment.read(scope) { (records) throws(ServiceError) in
            try records.list(PendingExport.self, limit: Self.batch)
        }
        let destinations = environment.guardDuty.destinations(scope)
        guard !waiting.isEmpty, let destination = destinations.first else {
            // Nobody wants them any more.
            return try await context.finish { (records) throws(ServiceError) in
                for row in waiting { try records.delete(PendingExport.self, row.key) }
            }
        }
        var files: [PreparedCall<S3.PutObject>] = []
        do throws(ServiceError) {
            for account in Set(waiting.map(\.account)).sorted() {
                let lines = waiting.filter { $0.account == account }.map(\.body).joined(separator: "\n") + "\n"
                let key = destination.key(account, at: now, RequestIDs.make(time: now))
                guard let bytes = Gzip.compress(Array(lines.utf8)) else { throw .internalFailure }
                files.append(
                    try await DestinationWriter(destination: destination, environment: environment)
                        .put(bytes, at: key))
            }
            let made = files
            try await context.finish { (records) throws(ServiceError) in
                for file in made { _ = try file.complete(in: records) }
                for row in waiting { try records.delete(PendingExport.self, row.key) }
                if waiting.count == Self.batch {
                    try records.schedule(ExportFindings(), id: Self.id, at: now)
                } else if try !records.list(
                    PendingExport.self, RowRange(after: waiting.last.map { .key($0.key) }), limit: 1
                ).isEmpty {
                    try records.schedule(ExportFindings(), id: Self.id, at: now + Self.pause)
                }
                try records.note(destination, failing: false, at: now)
            }
        } catch {
            for file in files { await file.discard() }
            guard error.status < 500 else { throw error }
            // What nobody may write is tried again, until the destination is mended or given up.
            try await context.finish { (records) throws(ServiceError) in
                try records.note(destination, failing: true, at: now)
                try records.schedule(ExportFindings(), id: Self.id, at: now + Self.patience)
            }
        }
    }
}

extension MutableRecords {
    fileprivate func note(_ destination: StoredDestination, failing: Bool, at time: Double) throws(ServiceError) {
        guard var present = try get(StoredDestination.self, destination.id),
            (present.status == .failing) != failing || present.status == .pending
        else { return }
        present.status = failing ? .failing : .publishing
        present.failingSince = failing ? RequestIDs.milliseconds(time) : 0
        try put(present)
    }
}

extension StoredDestination {
    /// `AWSLogs/111122223333/GuardDuty/us-east-1/2026/11/30/ID.jsonl.gz`, after the prefix that the destination has.
    fileprivate func key(_ account: String, at time: Double, _ id: String) -> String {
        let day = Timestamp(secondsSinceEpoch: time).iso8601.prefix(10).split(separator: "-").joined(separator: "/")
        return "\(prefix)AWSLogs/\(account)/GuardDuty/\(region)/\(day)/\(id).jsonl.gz"
    }
}

/// How GuardDuty gets at a bucket: in its own name, for its detector, as the policies of the bucket and the key have to allow.
struct DestinationWriter: Sendable {
    let destination: StoredDestination
    let environment: Environment

    private var identity: ServiceIdentity {
        .own(
            GuardDutyName.principal, for: GuardDutyName.detector(destination.detectorID, destination.scope),
            in: destination.accountID)
    }

    /// Puts a file aside, to be completed in the transaction that tells of it.
    func put(_ bytes: [UInt8], at key: String) async throws(ServiceError) -> PreparedCall<S3.PutObject> {
        let input = S3.PutObject.Input {
            $0.bucket = destination.bucket
            $0.key = key
            $0.contentType = "application/json"
            $0.contentEncoding = "gzip"
            $0.serverSideEncryption = "aws:kms"
            $0.ssekmsKeyId = destination.keyARN
            $0.body = BodyStream(bytes)
        }
        return try await inRegionOfBucket { (services) throws(ServiceError) in
            try await services.prepare(S3.PutObject.self, input, as: identity)
        }
    }

    /// Asks for what a bucket's policy has to allow besides: where it is.
    func check() async throws(ServiceError) {
        let input = S3.GetBucketLocation.Input { $0.bucket = destination.bucket }
        _ = try await environment.services(in: destination.region).call(
            S3.GetBucketLocation.self, input, as: identity)
    }

    /// S3 answers in the bucket's Region alone.
    private func inRegionOfBucket<T: Sendable>(
        _ body: (ServiceCalls) async throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        do throws(ServiceError) {
            return try await body(environment.services(in: destination.region))
        } catch {
            guard error.code == "PermanentRedirect", let region = error.headers["x-amz-bucket-region"] else {
                throw error
            }
            return try await body(environment.services(in: region))
        }
    }
}
