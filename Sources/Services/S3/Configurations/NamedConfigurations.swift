import Ledger
import Platform
import S3API
import Wire

// Subjects of which a bucket has several, by their ids.

/// One with a name: deleting what is not there is an error.
protocol DeleteNamedConfiguration: DeleteConfiguration {}

extension DeleteNamedConfiguration {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        guard let kept = try records.configuration(of: bucket.name, subject, name(input)) else {
            throw .noSuchConfiguration
        }
        try records.shared.delete(kept)
        return Output()
    }
}

/// Lists all of a subject, a hundred at a time.
protocol ListConfigurations: ReadsConfiguration where InputFields: S3.MayHaveContinuationToken {
    /// The member of the output.
    static var list: String { get }
}

extension ListConfigurations {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let prefix = BucketConfiguration.id(try call.bucket().name, subject)
        guard let member = OutputFields.shape.index(of: list),
            case .list(let element) = OutputFields.shape.members[member].shape,
            case .structure(let item) = element.element
        else { throw .internalFailure }
        let page = 100
        // The token is the id of the last one.
        let start = prefix + (input.continuationToken ?? "")
        let kept = try records.shared.list(BucketConfiguration.self, after: start, limit: page + 1).prefix {
            $0.id.utf8.starts(with: prefix.utf8)
        }
        let shown = kept.prefix(page)
        var output = Structure(OutputFields.shape)
        output["IsTruncated"] = .boolean(kept.count > page)
        output["ContinuationToken"] = input.continuationToken.map { .string($0) }
        if kept.count > page { output["NextContinuationToken"] = shown.last.map { .string($0.name) } }
        if !shown.isEmpty {
            output[member: member] = .list(
                try shown.map { configuration throws(ServiceError) in
                    .structure(try Structure(json: configuration.json, of: item))
                })
        }
        return Output(output)
    }
}

protocol OnAnalytics: OnConfiguration {}
extension OnAnalytics { static var subject: BucketConfiguration.Subject { .analytics } }
extension S3.PutBucketAnalyticsConfiguration: PutConfiguration, OnAnalytics {}
extension S3.GetBucketAnalyticsConfiguration: GetConfiguration, OnAnalytics {}
extension S3.DeleteBucketAnalyticsConfiguration: DeleteNamedConfiguration, OnAnalytics {}
extension S3.ListBucketAnalyticsConfigurations: ListConfigurations, OnAnalytics {
    static var list: String { "AnalyticsConfigurationList" }
}

protocol OnIntelligentTiering: OnConfiguration {}
extension OnIntelligentTiering { static var subject: BucketConfiguration.Subject { .intelligentTiering } }
extension S3.PutBucketIntelligentTieringConfiguration: PutConfiguration, OnIntelligentTiering {}
extension S3.GetBucketIntelligentTieringConfiguration: GetConfiguration, OnIntelligentTiering {}
extension S3.DeleteBucketIntelligentTieringConfiguration: DeleteNamedConfiguration, OnIntelligentTiering {}
extension S3.ListBucketIntelligentTieringConfigurations: ListConfigurations, OnIntelligentTiering {
    static var list: String { "IntelligentTieringConfigurationList" }
}

protocol OnInventory: OnConfiguration {}
extension OnInventory { static var subject: BucketConfiguration.Subject { .inventory } }
extension S3.PutBucketInventoryConfiguration: PutConfiguration, OnInventory {}
extension S3.GetBucketInventoryConfiguration: GetConfiguration, OnInventory {}
extension S3.DeleteBucketInventoryConfiguration: DeleteNamedConfiguration, OnInventory {}
extension S3.ListBucketInventoryConfigurations: ListConfigurations, OnInventory {
    static var list: String { "InventoryConfigurationList" }
}

protocol OnMetrics: OnConfiguration {}
extension OnMetrics { static var subject: BucketConfiguration.Subject { .metrics } }
extension S3.PutBucketMetricsConfiguration: PutConfiguration, OnMetrics {}
extension S3.GetBucketMetricsConfiguration: GetConfiguration, OnMetrics {}
extension S3.DeleteBucketMetricsConfiguration: DeleteNamedConfiguration, OnMetrics {}
extension S3.ListBucketMetricsConfigurations: ListConfigurations, OnMetrics {
    static var list: String { "MetricsConfigurationList" }
}
