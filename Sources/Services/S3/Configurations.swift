import Ledger
import Platform
import Policy
import S3API
import Wire

// What a bucket is told by one operation and tells by another: it is kept as it came. What acts on it reads it from
// here.

extension RecordReading {
    /// All configurations of a bucket, in the order of their ids.
    /// - Complexity: linear in their number.
    func configurations(
        of bucket: String, _ subject: BucketConfiguration.Subject? = nil
    ) throws(ServiceError) -> [BucketConfiguration] {
        let prefix = subject.map { BucketConfiguration.id(bucket, $0) } ?? bucket + "/"
        var found: [BucketConfiguration] = []
        var after = prefix
        while true {
            let some = try shared.list(BucketConfiguration.self, after: after, limit: 100)
            for configuration in some {
                guard configuration.id.utf8.starts(with: prefix.utf8) else { return found }
                found.append(configuration)
                after = configuration.id
            }
            guard some.count == 100 else { return found }
        }
    }

    func configuration(
        of bucket: String, _ subject: BucketConfiguration.Subject, _ name: String = ""
    ) throws(ServiceError) -> BucketConfiguration? {
        try shared.get(BucketConfiguration.self, BucketConfiguration.id(bucket, subject, name))
    }
}

/// An operation on one subject of a bucket's configuration.
protocol OnConfiguration: OnBucket {
    static var subject: BucketConfiguration.Subject { get }
    /// Which of several; empty for a subject of which there is one.
    static func name(_ input: Input) -> String
}

extension OnConfiguration {
    static func name(_ input: Input) -> String { "" }
}

extension OnConfiguration where InputFields: S3.WithId {
    static func name(_ input: Input) -> String { input.id }
}

/// Keeps the request's payload.
protocol PutConfiguration: WriteOperation, OnConfiguration {
    /// Checks what the model doesn't say.
    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError)
    /// What is kept of the payload, with what S3 adds to it.
    static func kept(_ structure: Structure, _ input: Input) -> Structure
    static func answer(_ input: Input) -> Output
}

extension PutConfiguration {
    static func kept(_ structure: Structure, _ input: Input) -> Structure { structure }

    static func answer(_ input: Input) -> Output { Output() }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {}

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket)
        try check(input, bucket, call, records)
        guard let payload = input.structure.shape.payload,
            case .structure(let structure) = input.structure[member: payload]
        else { throw .malformedXML }
        let name = name(input)
        if !name.isEmpty, case .string(let id) = structure["Id"], id != name {
            throw .s3("IdMismatch", "Document ID does not match the specified configuration ID.")
        }
        try records.shared.put(
            BucketConfiguration(bucket: bucket.name, subject: subject, name: name, json: kept(structure, input).json))
        return answer(input)
    }
}

/// Answers what was kept.
protocol GetConfiguration: ReadOperation, OnConfiguration {
    /// The answer where nothing was put.
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output
}

extension GetConfiguration {
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output { throw .noSuchConfiguration }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bucket = try call.bucket()
        guard let kept = try records.configuration(of: bucket.name, subject, name(input)) else {
            return try absent(bucket)
        }
        return Output(try Structure(kept: kept.json, answering: OutputFields.shape))
    }
}

/// Forgets what was kept; nothing happens where nothing was.
protocol DeleteConfiguration: WriteOperation, OnConfiguration {}

extension DeleteConfiguration {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket)
        if let kept = try records.configuration(of: bucket.name, subject, name(input)) {
            try records.shared.delete(kept)
        }
        return Output()
    }
}

/// One with a name: deleting what is not there is an error.
protocol DeleteNamedConfiguration: DeleteConfiguration {}

extension DeleteNamedConfiguration {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket)
        guard let kept = try records.configuration(of: bucket.name, subject, name(input)) else {
            throw .noSuchConfiguration
        }
        try records.shared.delete(kept)
        return Output()
    }
}

/// Lists all of a subject.
protocol ListConfigurations: ReadOperation, OnConfiguration {
    /// The element of the list.
    associatedtype Item: StructureView
    static func answer(_ items: [Item]) -> Output
}

extension ListConfigurations {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let kept = try records.configurations(of: call.bucket().name, subject)
        return answer(
            try kept.map { configuration throws(ServiceError) in
                Item(try Structure(json: configuration.json, of: Item.shape))
            })
    }
}

extension Structure {
    /// The answer with what was kept: as its payload, or with its members among the answer's own.
    fileprivate init(kept json: String, answering shape: StructureShape) throws(ServiceError) {
        self.init(shape)
        if let payload = shape.payload, case .structure(let part) = shape.members[payload].shape {
            self[member: payload] = .structure(try Structure(json: json, of: part))
        } else {
            self = try Structure(json: json, of: shape)
        }
    }
}

extension ServiceError {
    static var noSuchConfiguration: ServiceError {
        .s3("NoSuchConfiguration", "The specified configuration does not exist.", status: 404)
    }
}

// MARK: - Subjects of which there is one

extension S3.PutBucketCors: PutConfiguration {
    static var action: String { "PutBucketCORS" }
    static var subject: BucketConfiguration.Subject { .cors }
    private static let methods: Set<String> = ["DELETE", "GET", "HEAD", "POST", "PUT"]
    private static let most = 100

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        let rules = input.corsConfiguration.corsRules
        guard !rules.isEmpty, rules.count <= most else { throw .malformedXML }
        for rule in rules {
            if let other = rule.allowedMethods.first(where: { !methods.contains($0) }) {
                throw .invalidRequest(
                    "Found unsupported HTTP method in CORS config. Unsupported method is \(other)")
            }
            for (name, patterns) in [
                ("AllowedOrigin", rule.allowedOrigins), ("AllowedHeader", rule.allowedHeaders ?? []),
            ] {
                guard let wrong = patterns.first(where: { $0.count(where: { $0 == "*" }) > 1 }) else { continue }
                throw .invalidRequest("\(name) \"\(wrong)\" can not have more than one wildcard.")
            }
        }
    }
}
extension S3.GetBucketCors: GetConfiguration {
    static var action: String { "GetBucketCORS" }
    static var subject: BucketConfiguration.Subject { .cors }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        throw .s3(
            "NoSuchCORSConfiguration", "The CORS configuration does not exist", status: 404,
            ["BucketName": bucket.name])
    }
}
extension S3.DeleteBucketCors: DeleteConfiguration {
    static var action: String { "PutBucketCORS" }
    static var subject: BucketConfiguration.Subject { .cors }
}

extension S3.PutBucketWebsite: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .website }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try Website.check(input.websiteConfiguration)
    }
}
extension S3.GetBucketWebsite: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .website }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        throw .noWebsite(bucket.name)
    }
}
extension S3.DeleteBucketWebsite: DeleteConfiguration {
    static var subject: BucketConfiguration.Subject { .website }
}

extension S3.PutBucketEncryption: PutConfiguration {
    static var action: String { "PutEncryptionConfiguration" }
    static var subject: BucketConfiguration.Subject { .encryption }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        let rules = input.serverSideEncryptionConfiguration.rules
        guard rules.count == 1, let rule = rules.first else { throw .malformedXML }
        guard let usual = rule.applyServerSideEncryptionByDefault else { return }
        guard ["AES256", "aws:kms", "aws:kms:dsse"].contains(usual.sseAlgorithm) else { throw .malformedXML }
        guard usual.kmsMasterKeyID == nil || usual.sseAlgorithm != "AES256" else {
            throw .invalidArgument(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
                "ApplyServerSideEncryptionByDefault")
        }
    }
}
extension S3.GetBucketEncryption: GetConfiguration {
    static var action: String { "GetEncryptionConfiguration" }
    static var subject: BucketConfiguration.Subject { .encryption }

    /// Every bucket encrypts. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html>
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        Output {
            $0.serverSideEncryptionConfiguration = S3.ServerSideEncryptionConfiguration {
                $0.rules = [
                    S3.ServerSideEncryptionRule {
                        $0.applyServerSideEncryptionByDefault = S3.ServerSideEncryptionByDefault {
                            $0.sseAlgorithm = "AES256"
                        }
                        $0.bucketKeyEnabled = false
                    }
                ]
            }
        }
    }
}
extension S3.DeleteBucketEncryption: DeleteConfiguration {
    static var action: String { "PutEncryptionConfiguration" }
    static var subject: BucketConfiguration.Subject { .encryption }
}

extension S3.PutBucketLogging: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .logging }
}
extension S3.GetBucketLogging: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .logging }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output { Output() }
}

extension S3.PutBucketNotificationConfiguration: PutConfiguration {
    static var action: String { "PutBucketNotification" }
    static var subject: BucketConfiguration.Subject { .notification }
}
extension S3.GetBucketNotificationConfiguration: GetConfiguration {
    static var action: String { "GetBucketNotification" }
    static var subject: BucketConfiguration.Subject { .notification }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output { Output() }
}

extension S3.PutBucketRequestPayment: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .requestPayment }
}
extension S3.GetBucketRequestPayment: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .requestPayment }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output { Output { $0.payer = "BucketOwner" } }
}

extension S3.PutBucketAccelerateConfiguration: PutConfiguration {
    static var action: String { "PutAccelerateConfiguration" }
    static var subject: BucketConfiguration.Subject { .accelerate }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard !bucket.name.contains(".") else {
            throw .invalidRequest(
                "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
        }
    }
}
extension S3.GetBucketAccelerateConfiguration: GetConfiguration {
    static var action: String { "GetAccelerateConfiguration" }
    static var subject: BucketConfiguration.Subject { .accelerate }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output { Output() }
}

extension S3.PutBucketReplication: PutConfiguration {
    static var action: String { "PutReplicationConfiguration" }
    static var subject: BucketConfiguration.Subject { .replication }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard bucket.versioning == .enabled else {
            throw .invalidRequest("Versioning must be 'Enabled' on the bucket to apply a replication configuration")
        }
    }
}
extension S3.GetBucketReplication: GetConfiguration {
    static var action: String { "GetReplicationConfiguration" }
    static var subject: BucketConfiguration.Subject { .replication }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        throw .s3(
            "ReplicationConfigurationNotFoundError", "The replication configuration was not found", status: 404,
            ["BucketName": bucket.name])
    }
}
extension S3.DeleteBucketReplication: DeleteConfiguration {
    static var action: String { "PutReplicationConfiguration" }
    static var subject: BucketConfiguration.Subject { .replication }
}

extension S3.PutObjectLockConfiguration: PutConfiguration {
    static var action: String { "PutBucketObjectLockConfiguration" }
    static var subject: BucketConfiguration.Subject { .objectLock }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard bucket.versioning == .enabled else {
            throw .invalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
        }
        guard input.objectLockConfiguration?.objectLockEnabled == "Enabled" else { throw .malformedXML }
        var bucket = bucket
        bucket.hasObjectLock = true
        bucket.defaultRetention = try input.objectLockConfiguration?.rule.map(retention)
        try records.shared.put(bucket)
    }

    /// A default retention has a mode, and days or years.
    private static func retention(_ rule: S3.ObjectLockRule) throws(ServiceError) -> Bucket.DefaultRetention {
        guard let retention = rule.defaultRetention,
            let mode = retention.mode.flatMap(ObjectVersion.Retention.Mode.init(rawValue:)),
            (retention.days == nil) != (retention.years == nil)
        else { throw .malformedXML }
        let days = retention.days ?? min(retention.years ?? 0, mostDays) * 365
        guard (retention.days ?? retention.years ?? 0) > 0 else {
            throw .invalidArgument("Default retention period must be a positive integer value.", "Days", String(days))
        }
        guard (retention.days ?? 0) <= mostDays, (retention.years ?? 0) <= mostDays / 365 else {
            throw .invalidArgument(
                "Default retention period too large. Maximum is \(mostDays) days or \(mostDays / 365) years.", "Days",
                String(days))
        }
        return Bucket.DefaultRetention(mode: mode, days: days)
    }

    private static let mostDays = 36_500
}
extension S3.GetObjectLockConfiguration: GetConfiguration {
    static var action: String { "GetBucketObjectLockConfiguration" }
    static var subject: BucketConfiguration.Subject { .objectLock }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        guard bucket.hasObjectLock else {
            throw .s3(
                "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket",
                status: 404, ["BucketName": bucket.name])
        }
        return Output {
            $0.objectLockConfiguration = S3.ObjectLockConfiguration { $0.objectLockEnabled = "Enabled" }
        }
    }
}

// MARK: - Subjects of which there are several

extension S3.PutBucketAnalyticsConfiguration: PutConfiguration {
    static var action: String { "PutAnalyticsConfiguration" }
    static var subject: BucketConfiguration.Subject { .analytics }
}
extension S3.GetBucketAnalyticsConfiguration: GetConfiguration {
    static var action: String { "GetAnalyticsConfiguration" }
    static var subject: BucketConfiguration.Subject { .analytics }
}
extension S3.DeleteBucketAnalyticsConfiguration: DeleteNamedConfiguration {
    static var action: String { "PutAnalyticsConfiguration" }
    static var subject: BucketConfiguration.Subject { .analytics }
}
extension S3.ListBucketAnalyticsConfigurations: ListConfigurations {
    static var action: String { "GetAnalyticsConfiguration" }
    static var subject: BucketConfiguration.Subject { .analytics }
    static func answer(_ items: [S3.AnalyticsConfiguration]) -> Output {
        Output {
            $0.isTruncated = false
            $0.analyticsConfigurationList = items.isEmpty ? nil : items
        }
    }
}

extension S3.PutBucketIntelligentTieringConfiguration: PutConfiguration {
    static var action: String { "PutIntelligentTieringConfiguration" }
    static var subject: BucketConfiguration.Subject { .intelligentTiering }
}
extension S3.GetBucketIntelligentTieringConfiguration: GetConfiguration {
    static var action: String { "GetIntelligentTieringConfiguration" }
    static var subject: BucketConfiguration.Subject { .intelligentTiering }
}
extension S3.DeleteBucketIntelligentTieringConfiguration: DeleteNamedConfiguration {
    static var action: String { "PutIntelligentTieringConfiguration" }
    static var subject: BucketConfiguration.Subject { .intelligentTiering }
}
extension S3.ListBucketIntelligentTieringConfigurations: ListConfigurations {
    static var action: String { "GetIntelligentTieringConfiguration" }
    static var subject: BucketConfiguration.Subject { .intelligentTiering }
    static func answer(_ items: [S3.IntelligentTieringConfiguration]) -> Output {
        Output {
            $0.isTruncated = false
            $0.intelligentTieringConfigurationList = items.isEmpty ? nil : items
        }
    }
}

extension S3.PutBucketInventoryConfiguration: PutConfiguration {
    static var action: String { "PutInventoryConfiguration" }
    static var subject: BucketConfiguration.Subject { .inventory }
}
extension S3.GetBucketInventoryConfiguration: GetConfiguration {
    static var action: String { "GetInventoryConfiguration" }
    static var subject: BucketConfiguration.Subject { .inventory }
}
extension S3.DeleteBucketInventoryConfiguration: DeleteNamedConfiguration {
    static var action: String { "PutInventoryConfiguration" }
    static var subject: BucketConfiguration.Subject { .inventory }
}
extension S3.ListBucketInventoryConfigurations: ListConfigurations {
    static var action: String { "GetInventoryConfiguration" }
    static var subject: BucketConfiguration.Subject { .inventory }
    static func answer(_ items: [S3.InventoryConfiguration]) -> Output {
        Output {
            $0.isTruncated = false
            $0.inventoryConfigurationList = items.isEmpty ? nil : items
        }
    }
}

extension S3.PutBucketMetricsConfiguration: PutConfiguration {
    static var action: String { "PutMetricsConfiguration" }
    static var subject: BucketConfiguration.Subject { .metrics }
}
extension S3.GetBucketMetricsConfiguration: GetConfiguration {
    static var action: String { "GetMetricsConfiguration" }
    static var subject: BucketConfiguration.Subject { .metrics }
}
extension S3.DeleteBucketMetricsConfiguration: DeleteNamedConfiguration {
    static var action: String { "PutMetricsConfiguration" }
    static var subject: BucketConfiguration.Subject { .metrics }
}
extension S3.ListBucketMetricsConfigurations: ListConfigurations {
    static var action: String { "GetMetricsConfiguration" }
    static var subject: BucketConfiguration.Subject { .metrics }
    static func answer(_ items: [S3.MetricsConfiguration]) -> Output {
        Output {
            $0.isTruncated = false
            $0.metricsConfigurationList = items.isEmpty ? nil : items
        }
    }
}
