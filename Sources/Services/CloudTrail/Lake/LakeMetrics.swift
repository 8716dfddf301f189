import Ledger
import Platform
import Wire

// What CloudWatch hears of event data stores: `AWS/CloudTrail`. AWS tells the metrics, and in examples of searches the dimensions.
// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-lake-cloudwatch-metrics.html>

/// A metric of an event data store.
enum LakeMetric: String {
    case ingested = "HourlyDataIngested"
    case retained = "TotalDataRetained"
    case analyzed = "HourlyEventsAnalyzed"

    private var group: String {
        switch self {
        case .ingested: "IngestionMetrics"
        case .retained: "StorageMetrics"
        case .analyzed: "InsightsMetrics"
        }
    }

    /// A data point of a whole span of time.
    /// - Parameters:
    ///   - store: ``EventDataStore/id``
    ///   - time: within the span, in seconds since 1970.
    func data(_ value: Int, of store: String, at time: Double) -> MetricData {
        let span = self == .retained ? 86_400.0 : 3600
        return MetricData(
            rawValue, in: "AWS/CloudTrail",
            dimensions: [MetricDimension("Event data store ID", store), MetricDimension("Lake Metrics", group)],
            at: (time / span).rounded(.down) * span, [.init(Double(value))],
            unit: self == .analyzed ? "Count" : "Bytes")
    }
}

extension MutableRecords {
    /// Puts events into an event data store of these records' account and Region, and counts their bytes.
    func ingest(_ chunks: [EventChunk], _ environment: Environment) throws(ServiceError) {
        for chunk in chunks { try put(chunk) }
        let data = Dictionary(grouping: chunks, by: \.store).map { store, chunks in
            LakeMetric.ingested.data(
                Int(chunks.reduce(0) { $0 &+ $1.size }), of: store, at: environment.now())
        }
        try publish(data, environment)
    }
}

/// Has it told to CloudWatch once a day how much event data stores have.
struct KeepRetainedData: RecurringJob {
    static let kind = "CloudTrail::KeepRetainedData"
    static let interval = 86_400.0
    static let isByTheClock = true

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let (now, stores) = (environment.now(), environment.lake.stores())
        try await context.finish { (records) throws(ServiceError) in
            for store in stores {
                try records.of(store.scope).schedule(TellRetainedData(time: now), id: store.id, at: now)
            }
        }
    }
}

/// Tells CloudWatch how much an event data store has. Each by itself: what goes wrong with one keeps no other from being told of, and
/// none is told of again for it.
struct TellRetainedData: Job {
    static let kind = "CloudTrail::TellRetainedData"

    /// A time of the day that it is told of, in seconds since 1970.
    let time: Double

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, store, time) = (context.environment, context.id, time)
        do throws(ServiceError) {
            try await context.finish { (records) throws(ServiceError) in
                guard try records.get(EventDataStore.self, store) != nil else { return }
                let bytes = try records.sum("bytes", EventChunk.self, of: store)
                try records.publish([LakeMetric.retained.data(bytes, of: store, at: time)], environment)
            }
        } catch {
            guard context.hasFailedLong else { throw error }
            context.report("how much an event data store has could not be told", ["error": error.logText])
        }
    }
}
