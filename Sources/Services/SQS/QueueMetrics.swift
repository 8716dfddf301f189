import Ledger
import Platform
import Synchronization
import Wire

/// Counts for the metrics of queues, and knows which queues are active: CloudWatch hears of those.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>
final class QueueMetrics: Projection {
    static let kinds: Set<String> = []
    static let namespace = "AWS/SQS"
    /// For so many seconds a queue is active after something was done with it.
    private static let activity = 6 * 3600.0

    /// When something was done last, in seconds since 1970.
    private let active = Mutex<[QueueReference: Double]>([:])

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) { active.withLock { $0 = [:] } }

    static func dimensions(_ queue: QueueReference) -> [MetricDimension] { [MetricDimension("QueueName", queue.name)] }

    /// Counts something, and takes the queue for active.
    func count(
        _ name: String, of queue: QueueReference, unit: String = "Count", _ value: Double = 1, times: Int = 1,
        at time: Double, _ environment: Environment
    ) {
        guard times > 0 else { return }
        active.withLock { $0[queue] = time }
        environment.metricCounts.count(
            name, in: Self.namespace, Self.dimensions(queue), of: queue.scope, unit: unit, value, times: times, at: time
        )
    }

    /// The queues that are active, and takes those for such that have messages.
    func isActive(_ queue: QueueReference, hasMessages: Bool, at time: Double) -> Bool {
        active.withLock { active in
            if hasMessages { active[queue] = time }
            guard let last = active[queue] else { return false }
            if last + Self.activity > time { return true }
            active[queue] = nil
            return false
        }
    }
}

extension Call {
    /// Counts something that the call has done with a queue.
    func count(_ name: String, of queue: QueueReference, unit: String = "Count", _ value: Double = 1, times: Int = 1) {
        environment.projection(QueueMetrics.self)
            .count(name, of: queue, unit: unit, value, times: times, at: time, environment)
    }
}

/// Tells CloudWatch each minute how many messages active queues have, and how old the oldest is.
struct KeepQueueMetrics: RecurringJob {
    static let kind = "SQS::KeepMetrics"
    static let interval = 60.0
    private static let portion = 200

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        for entry in environment.projection(QueueIndex.self).all {
            let (queue, now) = (entry.queue, environment.now())
            let hasMessages = try await environment.read(queue.reference.scope) { (records) throws(ServiceError) in
                guard let queue = try records.get(Queue.self, queue.name) else { return false }
                return try !records.list(StoredMessage.self, of: queue.messages, limit: 1).isEmpty
            }
            guard
                environment.projection(QueueMetrics.self)
                    .isActive(queue.reference, hasMessages: hasMessages, at: now)
            else { continue }
            var isMore = true
            while isMore {
                isMore = try await environment.write(queue.reference.scope, requestID: "") {
                    (records) throws(ServiceError) in
                    guard let queue = try records.get(Queue.self, queue.name) else { return false }
                    let messages = QueueMessages(queue, records, at: now)
                    if try messages.settle(limit: Self.portion) { return true }
                    try records.publish(try messages.metrics(), environment)
                    return false
                }
            }
        }
    }
}

extension QueueMessages {
    /// Once all is settled.
    fileprivate func metrics() throws(ServiceError) -> [MetricData] {
        let counts = try counts()
        let oldest = try records.list(StoredMessage.self, of: partition, limit: 1).first?.sent ?? now
        return [
            ("ApproximateNumberOfMessagesVisible", counts.visible, "Count"),
            ("ApproximateNumberOfMessagesNotVisible", counts.inFlight, "Count"),
            ("ApproximateNumberOfMessagesDelayed", counts.delayed, "Count"),
            ("ApproximateAgeOfOldestMessage", Int(max(0, now - oldest) / 1000), "Seconds"),
        ].map { name, value, unit in
            MetricData(
                name, in: QueueMetrics.namespace, dimensions: QueueMetrics.dimensions(queue.reference),
                at: Double(now) / 1000, [.init(Double(value))], unit: unit)
        }
    }
}
