import Ledger
import Platform
import Synchronization
import Wire

/// What has come into log groups, in memory until a job makes metrics of it: `IncomingLogEvents` and `IncomingBytes`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html>
final class LogTraffic: Projection {
    static let kinds: Set<String> = []

    struct Place: Hashable, Sendable {
        let group: LogGroupName
        /// Since 1970.
        let minute: Int64
    }

    struct Sum: Sendable {
        var events = 0
        var bytes = 0
    }

    private let sums = Mutex<[Place: Sum]>([:])

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) { sums.withLock { $0 = [:] } }

    func add(_ sum: Sum, to group: LogGroupName, at time: Double) {
        let place = Place(group: group, minute: milliseconds(time) / 60_000)
        sums.withLock { sums in
            sums[place, default: Sum()].events &+= sum.events
            sums[place, default: Sum()].bytes &+= sum.bytes
        }
    }

    /// Gives back what could not be kept.
    func restore(_ own: [(key: Place, value: Sum)]) {
        sums.withLock { sums in
            for (place, sum) in own {
                sums[place, default: Sum()].events &+= sum.events
                sums[place, default: Sum()].bytes &+= sum.bytes
            }
        }
    }

    func take() -> [Place: Sum] {
        sums.withLock { sums in
            defer { sums = [:] }
            return sums
        }
    }
}

/// Makes metrics of what has come into log groups. Those of the last minute are lost with the process.
struct KeepLogTraffic: RecurringJob {
    static let kind = "Logs::KeepTraffic"
    static let interval = 60.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let traffic = environment.projection(LogTraffic.self)
        let sums = traffic.take()
        var failure: ServiceError?
        for (scope, own) in Dictionary(grouping: sums, by: \.key.group.scope) {
            let data = own.flatMap { place, sum in
                [("IncomingLogEvents", sum.events, "None"), ("IncomingBytes", sum.bytes, "Bytes")].map {
                    MetricData(
                        $0.0, in: "AWS/Logs", dimensions: [MetricDimension("LogGroupName", place.group.name)],
                        at: Double(place.minute) * 60, [.init(Double($0.1))], unit: $0.2)
                }
            }
            do throws(ServiceError) {
                try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                    try records.publish(data, environment)
                }
            } catch {
                traffic.restore(own)
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
