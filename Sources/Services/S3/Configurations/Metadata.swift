import Directory
import Platform
import S3API
import Wire

// Tables that tell of a bucket's objects. They would be in table buckets of S3 Tables, of which there are none here: what is
// asked for is checked and kept, and shown with the errors that AWS has for tables that it could not make. Both forms have the
// same actions.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metadata-tables-overview.html>

extension RecordReading {
    /// What a bucket has of them; nil: nothing.
    fileprivate func metadata(of bucket: Bucket) throws(ServiceError) -> BucketConfiguration? {
        if let second = try configuration(of: bucket.name, .metadata) { return second }
        return try configuration(of: bucket.name, .metadataTable)
    }

    /// The same in the second form alone.
    /// - Throws: MethodNotAllowed for one of the first.
    fileprivate func secondForm(
        of bucket: Bucket, _ method: String
    ) throws(ServiceError) -> S3.MetadataConfiguration {
        guard let kept = try metadata(of: bucket) else { throw .noMetadata }
        guard kept.subject == .metadata else { throw .otherForm(method) }
        return S3.MetadataConfiguration(try Structure(json: kept.json, of: S3.MetadataConfiguration.shape))
    }
}

extension MutableRecords {
    fileprivate func begin(
        _ configuration: Structure, as subject: BucketConfiguration.Subject, of bucket: Bucket
    ) throws(ServiceError) {
        guard try metadata(of: bucket) == nil else {
            throw .s3(
                "MetadataConfigurationAlreadyExists", "The bucket has a metadata configuration already.", status: 409)
        }
        try put(configuration, as: subject, of: bucket)
    }

    fileprivate func put(
        _ configuration: Structure, as subject: BucketConfiguration.Subject, of bucket: Bucket
    ) throws(ServiceError) {
        try shared.put(
            BucketConfiguration(bucket: bucket.name, subject: subject, name: "", json: configuration.json))
    }
}

extension ServiceError {
    fileprivate static var noMetadata: ServiceError {
        .s3("MetadataConfigurationNotFound", "The metadata configuration was not found", status: 404)
    }

    /// For operations of the first form on a configuration of the second, and the other way round.
    fileprivate static func otherForm(_ method: String) -> ServiceError {
        .s3(
            "MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405,
            ["Method": method, "ResourceType": "METADATA_CONFIGURATION"])
    }
}

extension S3.ErrorDetails {
    private static let again =
        "To create a new metadata table, you must delete the metadata configuration for this bucket, and then create a new metadata configuration."

    fileprivate init(_ code: String, _ message: String) {
        self.init()
        errorCode = code
        errorMessage = "\(message) \(Self.again)"
    }

    fileprivate static var noTable: S3.ErrorDetails {
        S3.ErrorDetails("DestinationTableNotFound", "The destination table doesn't exist.")
    }

    fileprivate static var noTableBucket: S3.ErrorDetails {
        S3.ErrorDetails(
            "TableBucketNotFound",
            "The table bucket that you specified doesn't exist in this Amazon Web Services Region and account. Create or choose a different table bucket."
        )
    }

    fileprivate static var noJournal: S3.ErrorDetails {
        var details = S3.ErrorDetails()
        details.errorCode = "JournalTableNotAvailable"
        details.errorMessage =
            "The journal table that the inventory table relies on has a FAILED status. An inventory table requires a journal table with an ACTIVE status. To create a new journal or inventory table, you must delete the metadata configuration for this bucket, along with any journal or inventory tables, and then create a new metadata configuration."
        return details
    }
}

// MARK: - The second form: a journal and an inventory

private let failed = "FAILED"

private func check(_ expiration: S3.RecordExpiration) throws(ServiceError) {
    switch (expiration.expiration, expiration.days) {
    case ("ENABLED", let days?):
        guard days >= 7 else {
            throw .invalidArgument("Journal table records must be kept for 7 days at least.", "Days", String(days))
        }
    case ("DISABLED", nil): break
    default: throw .malformedXML
    }
}

private func check(_ encryption: S3.MetadataTableEncryptionConfiguration?) throws(ServiceError) {
    guard let encryption else { return }
    switch (encryption.sseAlgorithm, encryption.kmsKeyArn) {
    case ("AES256", nil): break
    case ("aws:kms", let key?):
        guard let arn = ARN(parsing: key), arn.service == "kms", arn.typeAndRest?.type == "key" else {
            throw .invalidArgument("The KMS key must be named by its ARN.", "KmsKeyArn", key)
        }
    default: throw .malformedXML
    }
}

private func check(_ state: String) throws(ServiceError) {
    guard ["ENABLED", "DISABLED"].contains(state) else { throw .malformedXML }
}

extension S3.CreateBucketMetadataConfiguration: WriteOperation, OnBucket {
    static var action: String { "CreateBucketMetadataTableConfiguration" }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        let wanted = input.metadataConfiguration
        try check(wanted.journalTableConfiguration.recordExpiration)
        try check(wanted.journalTableConfiguration.encryptionConfiguration)
        if let inventory = wanted.inventoryTableConfiguration {
            try check(inventory.configurationState)
            try check(inventory.encryptionConfiguration)
        }
        try records.begin(wanted.structure, as: .metadata, of: bucket)
        return Output()
    }
}

extension S3.GetBucketMetadataConfiguration: ReadOperation, OnBucket {
    static var action: String { "GetBucketMetadataTableConfiguration" }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        guard let kept = try records.metadata(of: bucket) else { throw .noMetadata }
        let result =
            kept.subject == .metadata
            ? shown(try records.secondForm(of: bucket, "GET"), bucket)
            : shown(
                S3.MetadataTableConfiguration(try Structure(json: kept.json, of: S3.MetadataTableConfiguration.shape)))
        return Output {
            $0.getBucketMetadataConfigurationResult = S3.GetBucketMetadataConfigurationResult {
                $0.metadataConfigurationResult = result
            }
        }
    }

    private static func shown(
        _ configuration: S3.MetadataConfiguration, _ bucket: Bucket
    ) -> S3.MetadataConfigurationResult {
        S3.MetadataConfigurationResult {
            $0.destinationResult = S3.DestinationResult {
                $0.tableBucketType = "aws"
                $0.tableNamespace = "b_\(bucket.name)"
            }
            $0.journalTableConfigurationResult = S3.JournalTableConfigurationResult {
                $0.tableStatus = failed
                $0.error = .noTable
                $0.tableName = "journal"
                $0.recordExpiration = configuration.journalTableConfiguration.recordExpiration
            }
            guard let inventory = configuration.inventoryTableConfiguration else { return }
            $0.inventoryTableConfigurationResult = S3.InventoryTableConfigurationResult {
                $0.configurationState = inventory.configurationState
                guard inventory.configurationState == "ENABLED" else { return }
                $0.tableStatus = failed
                $0.error = .noJournal
                $0.tableName = "inventory"
            }
        }
    }

    private static func shown(_ configuration: S3.MetadataTableConfiguration) -> S3.MetadataConfigurationResult {
        S3.MetadataConfigurationResult {
            $0.destinationResult = S3.DestinationResult {
                $0.tableBucketType = "customer"
                $0.tableBucketArn = configuration.s3TablesDestination.tableBucketArn
                $0.tableNamespace = namespace
            }
        }
    }
}

extension S3.DeleteBucketMetadataConfiguration: WriteOperation, OnBucket {
    static var action: String { "DeleteBucketMetadataTableConfiguration" }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        guard let kept = try records.metadata(of: bucket) else { throw .noMetadata }
        try records.shared.delete(kept)
        return Output()
    }
}

extension S3.UpdateBucketMetadataInventoryTableConfiguration: WriteOperation, OnBucket {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        var configuration = try records.secondForm(of: bucket, "PUT")
        let wanted = input.inventoryTableConfiguration
        try check(wanted.configurationState)
        try check(wanted.encryptionConfiguration)
        configuration.inventoryTableConfiguration = S3.InventoryTableConfiguration {
            $0.configurationState = wanted.configurationState
            $0.encryptionConfiguration = wanted.encryptionConfiguration
        }
        try records.put(configuration.structure, as: .metadata, of: bucket)
        return Output()
    }
}

extension S3.UpdateBucketMetadataJournalTableConfiguration: WriteOperation, OnBucket {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        var configuration = try records.secondForm(of: bucket, "PUT")
        let expiration = input.journalTableConfiguration.recordExpiration
        try check(expiration)
        configuration.journalTableConfiguration.recordExpiration = expiration
        try records.put(configuration.structure, as: .metadata, of: bucket)
        return Output()
    }
}

// MARK: - The first form: one table, in a table bucket of one's own

/// Where AWS has the tables of the first form.
private let namespace = "aws_s3_metadata"

extension S3.CreateBucketMetadataTableConfiguration: WriteOperation, OnBucket {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        let destination = input.metadataTableConfiguration.s3TablesDestination
        guard let arn = ARN(parsing: destination.tableBucketArn), arn.service == "s3tables",
            arn.typeAndRest?.type == "bucket"
        else {
            throw .invalidArgument("The table bucket ARN is not valid.", "TableBucketArn", destination.tableBucketArn)
        }
        guard arn.region == bucket.region, arn.account == bucket.accountID else {
            throw .invalidArgument(
                "The table bucket must be in the same Region and account as the bucket.", "TableBucketArn",
                destination.tableBucketArn)
        }
        let isNamed = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
        }
        guard (1...255).contains(destination.tableName.utf8.count), destination.tableName.utf8.allSatisfy(isNamed)
        else {
            throw .invalidArgument("The table name is not valid.", "TableName", destination.tableName)
        }
        try records.begin(input.metadataTableConfiguration.structure, as: .metadataTable, of: bucket)
        return Output()
    }
}

extension S3.GetBucketMetadataTableConfiguration: ReadOperation, OnBucket {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        guard let kept = try records.metadata(of: bucket) else { throw .noMetadata }
        guard kept.subject == .metadataTable else { throw .otherForm("GET") }
        let destination = S3.MetadataTableConfiguration(
            try Structure(json: kept.json, of: S3.MetadataTableConfiguration.shape)
        ).s3TablesDestination
        return Output {
            $0.getBucketMetadataTableConfigurationResult = S3.GetBucketMetadataTableConfigurationResult {
                $0.status = failed
                $0.error = .noTableBucket
                $0.metadataTableConfigurationResult = S3.MetadataTableConfigurationResult {
                    $0.s3TablesDestinationResult = S3.S3TablesDestinationResult {
                        $0.tableBucketArn = destination.tableBucketArn
                        $0.tableName = destination.tableName
                        $0.tableArn = "\(destination.tableBucketArn)/table/\(destination.tableName)"
                        $0.tableNamespace = namespace
                    }
                }
            }
        }
    }
}

extension S3.DeleteBucketMetadataTableConfiguration: WriteOperation, OnBucket {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        guard let kept = try records.metadata(of: bucket) else { throw .noMetadata }
        guard kept.subject == .metadataTable else { throw .otherForm("DELETE") }
        try records.shared.delete(kept)
        return Output()
    }
}
