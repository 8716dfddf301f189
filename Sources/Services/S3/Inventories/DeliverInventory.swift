import Compression
import Crypto
import Ledger
import Platform
import S3API
import Wire

/// Lists a bucket for one of its inventories, and puts the list into the destination, as `s3.amazonaws.com`: the destination's
/// bucket policy has to let it, and the key's policy where a key of KMS's encrypts it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html>
struct DeliverInventory: Job {
    static let kind = "S3::DeliverInventory"

    let bucket: String
    /// The configuration's id.
    let inventory: String

    /// There is one for each configuration.
    var id: String { Array(SHA256.hash(data: Array("\(bucket)/\(inventory)".utf8))).hexadecimal }

    /// Puts those on the schedule that are not: before version 0.3, configurations were kept, and nothing delivered them.
    static func scheduleAll(_ environment: Environment) async throws(ServiceError) {
        let all = environment.projection(BucketIndex.self).inventories
        guard !all.isEmpty else { return }
        let due = (environment.now() / 86_400).rounded(.up) * 86_400
        try await environment.write(Scope(account: ""), requestID: "") { (records) throws(ServiceError) in
            for job in all where try records.scheduledTime(of: Self.self, id: job.id) == nil {
                try records.schedule(job, id: job.id, at: due)
            }
        }
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, bucket, inventory) = (context.environment, bucket, inventory)
        let kept = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.configuration(of: bucket, .inventory, inventory)
        }
        let plan = kept.flatMap { InventoryPlan($0.json) }
        guard let plan, plan.isEnabled,
            let source = environment.projection(BucketIndex.self).bucket(bucket)?.bucket
        else { return try await context.finish { (_) throws(ServiceError) in } }
        // A clock that was moved to when it is due may be a moment before it.
        let start = max(environment.now(), context.due)
        do throws(ServiceError) {
            try await InventoryDelivery(plan: plan, source: source, start: start, environment: environment).run()
        } catch {
            // What the destination does not take is not delivered, as on AWS.
            guard error.status < 500 else { throw error }
        }
        try await context.finish { [self] (records) throws(ServiceError) in
            try records.shared.schedule(self, id: id, at: plan.next(after: start, isFirst: false))
        }
    }
}

private struct InventoryDelivery: Sendable {
    let plan: InventoryPlan
    let source: Bucket
    /// Seconds since 1970.
    let start: Double
    let environment: Environment

    private struct File: Sendable {
        let key: String
        let size: Int
        let md5: String
    }

    func run() async throws(ServiceError) {
        let place = plan.place(of: source.name)
        let time = Timestamp(secondsSinceEpoch: start.rounded(.down)).iso8601.split { "T:Z".contains($0) }
        guard time.count == 4 else { throw .internalFailure }
        let (date, hour, minute) = (time[0], time[1], time[2])
        let text = InventoryText(plan, source, environment)
        var files: [File] = []
        while try await text.beginFile() {
            let key = "\(place)data/\(RequestIDs.make(time: start)).csv.gz"
            try await put(
                key, "application/x-gzip",
                BodyStream(length: nil) { () async throws(ServiceError) in try await text.next() })
            let (size, md5) = await text.endFile()
            files.append(File(key: key, size: size, md5: md5))
        }
        let symlinks = files.map { "s3://\(plan.destination)/\($0.key)" }.joined(separator: "\n")
        try await put("\(place)hive/dt=\(date)-\(hour)-\(minute)/symlink.txt", "text/plain", Array(symlinks.utf8))
        let manifest = manifest(files)
        let folder = "\(place)\(date)T\(hour)-\(minute)Z/"
        try await put("\(folder)manifest.json", "application/json", manifest)
        // It tells that all of the others are there.
        let checksum = Array(Insecure.MD5.hash(data: manifest)).hexadecimal
        try await put("\(folder)manifest.checksum", "text/plain", Array(checksum.utf8))
    }

    private func manifest(_ files: [File]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("sourceBucket", source.name)
        writer.member("destinationBucket", "arn:aws:s3:::\(plan.destination)")
        writer.member("version", "2016-11-30")
        writer.member("creationTimestamp", String(Int64(exactly: (start * 1000).rounded(.down)) ?? 0))
        writer.member("fileFormat", "CSV")
        writer.member("fileSchema", plan.columns.joined(separator: ", "))
        writer.key("files")
        writer.beginArray()
        for file in files {
            writer.beginObject()
            writer.member("key", file.key)
            writer.key("size")
            writer.integer(file.size)
            writer.member("MD5checksum", file.md5)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private func put(_ key: String, _ type: String, _ bytes: [UInt8]) async throws(ServiceError) {
        try await put(key, type, BodyStream(bytes))
    }

    private func put(_ key: String, _ type: String, _ body: BodyStream) async throws(ServiceError) {
        defer { body.stop() }
        var input = Structure(S3.PutObjectRequest.shape)
        input["Bucket"] = .string(plan.destination)
        input["Key"] = .string(key)
        input["ACL"] = .string("bucket-owner-full-control")
        input["ContentType"] = .string(type)
        input["ExpectedBucketOwner"] = plan.account.map { .string($0) }
        plan.encrypt(&input)
        input["Body"] = .stream(body)
        _ = try await environment.services(in: source.region).call(
            S3.PutObject.self, S3.PutObject.Input(input),
            as: .own("s3.amazonaws.com", for: source.arn, in: source.accountID))
    }
}

/// An inventory as compressed CSV that is made while it is read, in files of a million objects at most.
private actor InventoryText {
    private static let mostRows = 1_000_000

    private let plan: InventoryPlan
    private let bucket: Bucket
    private let rules: [LifecycleRule]
    private var rows: InventoryRows
    /// What is read and not written.
    private var page: [InventoryRows.Row] = []
    private var gzip: Gzip?
    private var md5 = Insecure.MD5()
    private var size = 0
    private var count = 0

    init(_ plan: InventoryPlan, _ bucket: Bucket, _ environment: Environment) {
        self.plan = plan
        self.bucket = bucket
        rules = environment.projection(BucketIndex.self).lifecycle(of: bucket.name)
        rows = InventoryRows(plan, of: bucket.name, environment)
    }

    /// Makes room for another file.
    /// - Returns: false where nothing is left to list.
    func beginFile() async throws(ServiceError) -> Bool {
        try await read()
        guard !page.isEmpty else { return false }
        guard let gzip = Gzip() else { throw .internalFailure }
        (self.gzip, md5, size, count) = (gzip, Insecure.MD5(), 0, 0)
        return true
    }

    /// Some of the file; nil at its end.
    func next() async throws(ServiceError) -> [UInt8]? {
        guard let gzip else { return nil }
        while count < Self.mostRows {
            try await read()
            guard !page.isEmpty else { break }
            for row in page { gzip.append(line(row)) }
            count += page.count
            page = []
            let bytes = gzip.take()
            if !bytes.isEmpty { return written(bytes) }
        }
        self.gzip = nil
        return written(gzip.finish())
    }

    /// The file's size in bytes, and its MD5.
    func endFile() -> (size: Int, md5: String) { (size, Array(md5.finalize()).hexadecimal) }

    private func written(_ bytes: [UInt8]) -> [UInt8] {
        md5.update(data: bytes)
        size += bytes.count
        return bytes
    }

    private func read() async throws(ServiceError) {
        guard page.isEmpty else { return }
        var rows = rows
        page = try await rows.next()
        self.rows = rows
    }

    private func line(_ row: InventoryRows.Row) -> [UInt8] {
        let version = row.version
        var values = [bucket.name, URLEncoding.encode(version.key)]
        if plan.includesVersions {
            values += [version.versionID ?? "", String(row.isLatest), String(version.isDeleteMarker)]
        }
        values += plan.fields.map { $0.value(of: version, in: bucket, rules, isCurrent: row.isLatest) }
        let quoted = values.map { "\"\($0.replacing("\"", with: "\"\""))\"" }
        return Array((quoted.joined(separator: ",") + "\n").utf8)
    }
}
