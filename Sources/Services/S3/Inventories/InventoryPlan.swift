import Platform
import Policy
import S3API
import Wire

/// What a bucket's inventory lists, how often, and where it goes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html>
struct InventoryPlan: Sendable {
    let id: String
    let isEnabled: Bool
    /// What keys begin with.
    let prefix: String
    /// Whether it lists all versions; else those that are current.
    let includesVersions: Bool
    let isWeekly: Bool
    /// In the order of its columns.
    let fields: [InventoryField]
    /// The bucket's name.
    let destination: String
    /// Whom the destination has to belong to; nil: anybody.
    let account: String?
    /// What the destination's keys begin with; empty: with the bucket's name.
    let destinationPrefix: String
    private let encryption: S3.InventoryEncryption?

    /// - Parameter json: the configuration as it is kept.
    init?(_ json: String) {
        guard let kept = try? Structure(json: json, of: S3.InventoryConfiguration.shape) else { return nil }
        self.init(S3.InventoryConfiguration(kept))
    }

    private init(_ configuration: S3.InventoryConfiguration) {
        let target = configuration.destination.s3BucketDestination
        id = configuration.id
        isEnabled = configuration.isEnabled
        prefix = configuration.filter?.prefix ?? ""
        includesVersions = configuration.includedObjectVersions == "All"
        isWeekly = configuration.schedule.frequency == "Weekly"
        let wanted = configuration.optionalFields ?? []
        fields = InventoryField.allCases.filter { wanted.contains($0.rawValue) }
        destination = BucketARN.name(target.bucket) ?? ""
        account = target.accountId
        destinationPrefix = target.prefix ?? ""
        encryption = target.encryption
    }

    /// The names of the columns.
    var columns: [String] {
        ["Bucket", "Key"] + (includesVersions ? ["VersionId", "IsLatest", "IsDeleteMarker"] : [])
            + fields.map(\.rawValue)
    }

    /// Where everything of it is in the destination.
    func place(of bucket: String) -> String {
        let place = "\(bucket)/\(id)/"
        return destinationPrefix.isEmpty ? place : "\(destinationPrefix)/\(place)"
    }

    /// Puts an object's encryption into a request that puts one; without any, the destination's default counts.
    func encrypt(_ input: inout Structure) {
        if let key = encryption?.ssekms?.keyId {
            input["ServerSideEncryption"] = .string("aws:kms")
            input["SSEKMSKeyId"] = .string(key)
        } else if encryption?.sses3 != nil {
            input["ServerSideEncryption"] = .string("AES256")
        }
    }

    /// When the next one is due: at midnight in UTC, of Sunday if it is weekly. The first one comes with the next midnight.
    func next(after time: Double, isFirst: Bool) -> Double {
        var day = (time / 86_400).rounded(.down) + 1
        // The first of all days was a Thursday.
        if isWeekly, !isFirst {
            day += (10 - day.truncatingRemainder(dividingBy: 7)).truncatingRemainder(dividingBy: 7)
        }
        return day * 86_400
    }
}

extension S3.PutBucketInventoryConfiguration {
    private static let most = 1000
    private static let longestID = 64

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html#example-bucket-policies-s3-inventory-2>
    static func keys(_ input: Input) -> [String: ContextValue] {
        guard let fields = input.inventoryConfiguration.optionalFields, !fields.isEmpty else { return [:] }
        return ["s3:inventoryaccessibleoptionalfields": .many(fields)]
    }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        let configuration = input.inventoryConfiguration
        let isNamed = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [UInt8](".-_".utf8).contains(byte)
        }
        guard (1...longestID).contains(input.id.utf8.count), input.id.utf8.allSatisfy(isNamed) else {
            throw .s3("InvalidConfigurationId", "The specified configuration id is invalid.")
        }
        guard ["All", "Current"].contains(configuration.includedObjectVersions),
            ["Daily", "Weekly"].contains(configuration.schedule.frequency),
            (configuration.optionalFields ?? []).allSatisfy({ InventoryField(rawValue: $0) != nil })
        else { throw .malformedXML }
        try check(configuration.destination.s3BucketDestination, bucket, records)
        let others = try records.configurations(of: bucket.name, .inventory)
        guard others.count < most || others.contains(where: { $0.name == input.id }) else {
            throw .s3(
                "TooManyConfigurations",
                "You are attempting to create a new configuration but have already reached the 1,000-configuration limit."
            )
        }
        guard configuration.isEnabled else { return }
        let plan = InventoryPlan(configuration.structure.json)
        let job = DeliverInventory(bucket: bucket.name, inventory: input.id)
        // One that is on the schedule stays where it is.
        guard let plan, try records.shared.scheduledTime(of: DeliverInventory.self, id: job.id) == nil else { return }
        try records.shared.schedule(job, id: job.id, at: plan.next(after: call.time, isFirst: true))
    }

    private static func check(
        _ target: S3.InventoryS3BucketDestination, _ bucket: Bucket, _ records: MutableRecords
    ) throws(ServiceError) {
        switch target.format {
        case "CSV": break
        case "ORC", "Parquet":
            throw .notImplemented(
                "Gatehouse writes inventories as CSV, and not as \(target.format): set the Format to CSV.")
        default: throw .malformedXML
        }
        guard let name = BucketARN.name(target.bucket) else {
            throw .s3("InvalidS3DestinationBucket", "Invalid bucket ARN.")
        }
        guard let destination = try records.shared.get(Bucket.self, name) else {
            throw .s3("InvalidS3DestinationBucket", "The destination bucket does not exist.")
        }
        guard destination.region == bucket.region else {
            throw .s3(
                "InvalidS3DestinationBucket", "The destination bucket must be in the same Region as the source bucket.")
        }
        if let encryption = target.encryption {
            guard (encryption.sses3 == nil) != (encryption.ssekms == nil) else { throw .malformedXML }
        }
    }
}
