import Platform
import Synchronization

/// The metrics that the dimensions of one metric filter make: a number of them in an hour, so that whoever writes lines does not fill
/// the server with metrics. AWS disables a filter that makes as many; here, no more are made in that hour, and those that there are
/// go on.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html>
final class MadeMetrics: Sendable {
    static let most = 1000

    private struct Metric: Hashable {
        let namespace: String
        let name: String
        let dimensions: [MetricDimension]
    }

    private let state = Mutex<(hour: Int64, hashes: Set<Int>)>((0, []))

    /// Whether a metric counts in an hour since 1970.
    func has(_ namespace: String, _ name: String, _ dimensions: [MetricDimension], in hour: Int64) -> Bool {
        guard !dimensions.isEmpty else { return true }
        let hash = Metric(namespace: namespace, name: name, dimensions: dimensions).hashValue
        return state.withLock { state in
            if state.hour < hour { state = (hour, []) }
            guard state.hashes.count >= Self.most else {
                state.hashes.insert(hash)
                return true
            }
            return state.hashes.contains(hash)
        }
    }
}
