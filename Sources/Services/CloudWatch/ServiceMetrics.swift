import Ledger
import Platform
import Wire

/// Keeps what was called, and what services have counted of themselves, as metrics, once a minute: those of the last minute are
/// lost with the process.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html>
struct KeepServiceMetrics: RecurringJob {
    static let kind = "CloudWatch::KeepServiceMetrics"
    static let interval = 60.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let taken = environment.metricCounts.take(at: environment.now())
        var failure: ServiceError?
        for (scope, own) in Dictionary(grouping: taken, by: \.key.series.scope) {
            let data = own.map { minute, values in
                MetricData(
                    minute.series.name, in: minute.series.namespace, dimensions: minute.series.dimensions,
                    at: Double(minute.start) * 60, values.map { .init($0.key, count: $0.value) },
                    unit: minute.series.unit)
            }
            do throws(ServiceError) {
                try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                    try records.publish(data, environment)
                }
            } catch {
                environment.metricCounts.restore(Dictionary(own.map { ($0.key, $0.value) }) { first, _ in first })
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
