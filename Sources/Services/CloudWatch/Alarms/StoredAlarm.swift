import CloudWatchAPI
import Directory
import Ledger
import MetricMath
import Platform
import Wire

/// An alarm as somebody has configured it: of a metric, or of other alarms.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html>
struct StoredAlarm: Record {
    static let kind = "AWS::CloudWatch::Alarm"
    static let version = 1

    let name: String
    let accountID: String
    let region: String
    /// Another alarm of the name, after this one was deleted, has another.
    let uniqueID: String
    var description: String?
    var actionsEnabled: Bool
    var okActions: [String]
    var alarmActions: [String]
    var insufficientDataActions: [String]
    var tags: [Tag]
    /// When it was configured, in seconds since 1970.
    var updated: Double
    var watch: Watch

    /// What it watches.
    enum Watch: Codable, Sendable {
        case metric(MetricWatch)
        case alarms(AlarmWatch)
    }

    var id: String { name }
    var arn: String { CloudWatchARN.alarm(name, accountID, region) }

    var metricWatch: MetricWatch? { if case .metric(let watch) = watch { watch } else { nil } }
    var alarmWatch: AlarmWatch? { if case .alarms(let watch) = watch { watch } else { nil } }
    /// `MetricAlarm`, `CompositeAlarm`
    var type: String { metricWatch == nil ? "CompositeAlarm" : "MetricAlarm" }

    /// What is done when it comes into a state.
    func actions(in state: AlarmState) -> [String] {
        switch state {
        case .ok: okActions
        case .alarm: alarmActions
        case .insufficientData: insufficientDataActions
        }
    }
}

/// What an alarm watches of a metric, or of an expression.
struct MetricWatch: Codable, Sendable {
    /// The one metric, or the metrics and expressions of which one returns data.
    var queries: [MetricQuery]
    /// Whether the alarm was made of a metric's name, and not of a list of queries.
    var isOfOneMetric: Bool
    var evaluationPeriods: Int
    var datapointsToAlarm: Int?
    var threshold: Double
    var comparison: ThresholdComparison
    var treatMissingData: MissingData?
    /// `evaluate`, `ignore`; nil: as `evaluate`.
    var lowSampleCountPercentile: String?

    /// The query whose values are compared.
    var watched: MetricQuery? { queries.first(where: \.returnsData) }

    /// Seconds of a period.
    var period: Int64 {
        if let watched {
            if let period = watched.stat?.period ?? watched.period { return max(1, period) }
        }
        return max(1, queries.compactMap { $0.stat?.period }.min() ?? 60)
    }

    /// With periods of ten seconds at least. PutMetricAlarm takes no shorter ones, but once took those of expressions.
    var asEvaluated: MetricWatch {
        var watch = self
        for place in watch.queries.indices {
            watch.queries[place].period = watch.queries[place].period.map { max(10, $0) }
        }
        return watch
    }

    /// Seconds that are watched.
    var length: Int64 { period * Int64(evaluationPeriods) }

    var evaluation: AlarmEvaluation {
        // Of DynamoDB's metrics missing data are always ignored.
        let ignores = watched?.stat?.metric.namespace == "AWS/DynamoDB"
        return AlarmEvaluation(
            periods: evaluationPeriods, toAlarm: datapointsToAlarm ?? evaluationPeriods,
            missingData: ignores ? .ignore : treatMissingData ?? .missing)
    }
}

/// What a composite alarm watches.
struct AlarmWatch: Codable, Sendable {
    var rule: String
    /// The name or ARN of the alarm that suppresses actions; nil: none does.
    var suppressor: String?
    /// Seconds.
    var waitPeriod: Int?
    /// Seconds.
    var extensionPeriod: Int?
}

/// What an alarm has come to.
struct AlarmStatus: Record {
    static let kind = "Gatehouse::CloudWatch::AlarmStatus"
    static let version = 1
    static let keepsHistory = false

    /// The alarm's name.
    let id: String
    var value: AlarmState
    var reason: String
    /// JSON.
    var reasonData: String?
    /// When the state or its reason was set, in seconds since 1970.
    var updated: Double
    /// When the alarm came into the state.
    var transitioned: Double
    /// Why actions of a composite alarm wait; nil: they don't.
    var suppression: Suppression?

    var requirements: [Requirement] { [Requirement(StoredAlarm.kind, id)] }

    /// A composite alarm's actions wait.
    struct Suppression: Codable, Sendable {
        enum Reason: String, Codable, Sendable {
            case waitPeriod = "WaitPeriod"
            case extensionPeriod = "ExtensionPeriod"
            case alarm = "Alarm"
        }

        var by: Reason
        /// Until then, in seconds since 1970; nil: until the alarm is over.
        var until: Double?
    }

    /// That of a new alarm.
    init(of alarm: StoredAlarm, at time: Double) {
        id = alarm.name
        (value, reason) = (.insufficientData, "Unchecked: Initial alarm creation")
        (updated, transitioned) = (time, time)
    }
}

extension RecordReading {
    /// - Throws: ResourceNotFound.
    func alarm(_ name: String) throws(ServiceError) -> StoredAlarm {
        guard let found = try get(StoredAlarm.self, name) else { throw .noSuchAlarm(name) }
        return found
    }

    func status(of alarm: StoredAlarm) throws(ServiceError) -> AlarmStatus {
        try get(AlarmStatus.self, alarm.name) ?? AlarmStatus(of: alarm, at: alarm.updated)
    }
}

extension StoredAlarm {
    /// The name of an alarm of an account and Region that a rule names or gives the ARN of.
    static func name(_ reference: String) -> String {
        guard reference.hasPrefix("arn:"), let resource = ARN(parsing: reference)?.resource,
            resource.hasPrefix(CloudWatchARN.alarms)
        else { return reference }
        return String(resource.dropFirst(CloudWatchARN.alarms.count))
    }
}
