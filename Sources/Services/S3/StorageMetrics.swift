import Ledger
import Platform
import Wire

/// Has what is in each bucket measured once a day.
struct KeepStorageMetrics: RecurringJob {
    static let kind = "S3::KeepStorageMetrics"
    static let interval = 86_400.0
    static let isByTheClock = true
    /// Buckets that are noted in one transaction.
    private static let atOnce = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let now = environment.now()
        let day = (now / Self.interval).rounded(.down) * Self.interval
        let buckets = environment.projection(BucketIndex.self).all
        for start in stride(from: 0, to: buckets.count, by: Self.atOnce) {
            let some = buckets[start..<min(start + Self.atOnce, buckets.count)].map(\.name)
            try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
                for bucket in some { try records.schedule(MeasureBucket(day: day), id: bucket, at: now) }
            }
        }
    }
}

/// Tells CloudWatch what is in a bucket: how many bytes by storage class, and of how many objects. Each by itself: what goes wrong
/// with one keeps no other from being told of, and none is counted again for it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-cloudwatch-metrics>
struct MeasureBucket: Job {
    static let kind = "S3::MeasureBucket"

    /// The beginning of the day that it is told of, in seconds since 1970.
    let day: Double

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        guard let bucket = environment.projection(BucketIndex.self).bucket(context.id)?.bucket else { return }
        let measure = StorageMeasure(bucket: bucket.name, scope: context.scope, environment: environment)
        let measured: StorageMeasure.Measured
        do throws(ServiceError) { measured = try await measure.run() } catch {
            guard context.hasFailedLong else { throw error }
            return context.report("what is in a bucket could not be measured", ["error": error.logText])
        }
        let day = day
        func data(_ name: String, _ type: String, _ value: Int64, _ unit: String) -> MetricData {
            MetricData(
                name, in: "AWS/S3",
                dimensions: [MetricDimension("BucketName", bucket.name), MetricDimension("StorageType", type)],
                at: day, [.init(Double(value))], unit: unit)
        }
        let all =
            measured.bytes.filter { $0.value > 0 }.map { data("BucketSizeBytes", $0.key, $0.value, "Bytes") }
            + [data("NumberOfObjects", "AllStorageTypes", measured.objects, "Count")]
        try await context.finish { (records) throws(ServiceError) in
            // It may have been deleted meanwhile.
            guard try records.shared.get(Bucket.self, bucket.name) != nil else { return }
            try records.of(Scope(account: bucket.accountID, region: bucket.region)).publish(all, environment)
        }
    }
}

/// Looks at everything that a bucket has: versions, delete markers, and parts of uploads that are under way.
private struct StorageMeasure: Sendable {
    struct Measured: Sendable {
        /// By what CloudWatch calls the storage class.
        var bytes: [String: Int64] = [:]
        var objects: Int64 = 0

        mutating func add(_ size: Int64, _ storageClass: String) {
            objects &+= 1
            bytes[StorageMeasure.types[storageClass] ?? storageClass, default: 0] &+= size
        }
    }

    /// Rows that are read at once.
    private static let page = 1000
    /// `StorageType`, by storage classes.
    private static let types = [
        "STANDARD": "StandardStorage", "STANDARD_IA": "StandardIAStorage", "ONEZONE_IA": "OneZoneIAStorage",
        "REDUCED_REDUNDANCY": "ReducedRedundancyStorage", "INTELLIGENT_TIERING": "IntelligentTieringFAStorage",
        "GLACIER": "GlacierStorage", "GLACIER_IR": "GlacierInstantRetrievalStorage",
        "DEEP_ARCHIVE": "DeepArchiveStorage", "EXPRESS_ONEZONE": "ExpressOneZone",
    ]

    let bucket: String
    let scope: Scope
    let environment: Environment

    /// - Complexity: linear in all of that.
    func run() async throws(ServiceError) -> Measured {
        var measured = Measured()
        try await each(ListedObject.self, of: bucket) { measured.add($0.version.size, $0.version.storageClass) }
        try await each(OtherVersion.self, of: bucket) { measured.add($0.version.size, $0.version.storageClass) }
        var uploads: [(parts: String, storageClass: String)] = []
        try await each(MultipartUpload.self, of: bucket) { uploads.append(($0.parts, $0.object.storageClass)) }
        for upload in uploads {
            try await each(UploadedPart.self, of: upload.parts) { measured.add($0.size, upload.storageClass) }
        }
        return measured
    }

    private func each<Row: TableRow>(
        _ type: Row.Type, of partition: String, _ take: (Row) -> Void
    ) async throws(ServiceError) {
        var range = RowRange()
        while true {
            let rows = try await environment.read(scope) { [range] (records) throws(ServiceError) in
                try records.shared.list(type, of: partition, range, limit: Self.page)
            }
            for row in rows { take(row) }
            guard rows.count == Self.page, let last = rows.last else { return }
            range.after = .key(last.key)
        }
    }
}
