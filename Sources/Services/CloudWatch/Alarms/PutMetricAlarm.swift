import CloudWatchAPI
import Directory
import MetricMath
import Platform
import Policy
import Wire

/// Makes an alarm on a metric or expression, or configures it anew; its state stays.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
extension CloudWatch.PutMetricAlarm: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.accessToAlarm(
            input.alarmName, tags: input.tags,
            actions: (input.alarmActions ?? []) + (input.okActions ?? []) + (input.insufficientDataActions ?? []))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let watch = try MetricWatch(input, call)
        try AlarmSettings(
            name: input.alarmName, description: input.alarmDescription, actionsEnabled: input.actionsEnabled,
            ok: input.okActions, alarm: input.alarmActions, insufficientData: input.insufficientDataActions,
            tags: input.tags
        ).put(.metric(watch), call, records)
        return Output()
    }
}

extension Call {
    /// What whoever makes or changes an alarm needs: with the ARNs of its actions as `cloudwatch:AlarmActions`.
    func accessToAlarm(_ name: String, tags: [CloudWatch.Tag]?, actions: [String]) -> Authorization {
        var context = requestTags(tags)
        context["cloudwatch:alarmactions"] = .many(actions)
        return .required(watchAccess(alarmARN(name), context))
    }
}

/// What both kinds of alarms have.
struct AlarmSettings {
    let name: String
    let description: String?
    let actionsEnabled: Bool?
    let ok: [String]?
    let alarm: [String]?
    let insufficientData: [String]?
    let tags: [CloudWatch.Tag]?

    /// - Returns: the alarm as it is now, and whether it is new.
    @discardableResult
    func put(
        _ watch: StoredAlarm.Watch, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> (alarm: StoredAlarm, isNew: Bool) {
        for actions in [ok, alarm, insufficientData] { try Self.check(actions ?? [], call) }
        let old = try records.get(StoredAlarm.self, name)
        if old == nil, try records.count(StoredAlarm.self) >= call.quotas[.alarms] {
            throw CloudWatch.Failure.limitExceeded(
                "The maximum number of alarms of \(call.quotas[.alarms]) is reached.")
        }
        var new = StoredAlarm(
            name: name, accountID: call.accountID, region: call.region,
            uniqueID: old?.uniqueID ?? Identifiers.lowercase(20), description: description,
            actionsEnabled: actionsEnabled ?? true, okActions: ok ?? [], alarmActions: alarm ?? [],
            insufficientDataActions: insufficientData ?? [],
            // Of an alarm that there is, tags are changed by TagResource.
            tags: try Self.tags(old, tags), updated: call.time, watch: watch)
        if let old, (old.metricWatch == nil) != (new.metricWatch == nil) {
            throw .validation("Could not save the alarm: an alarm of another type has the name \(name).")
        }
        // One that was configured in the same millisecond is another configuration all the same.
        if let old, old.updated >= new.updated { new.updated = old.updated.nextUp }
        try records.put(new)
        if old == nil { try records.put(AlarmStatus(of: new, at: call.time)) }
        try records.note(
            .configurationUpdate, of: name, new.type, at: call.time,
            "Alarm \"\(name)\" \(old == nil ? "created" : "updated")"
        ) { writer in
            writer.member("type", old == nil ? "Create" : "Update")
            if let old {
                writer.key("oldConfiguration")
                old.writeHistory(&writer)
            }
            writer.key(old == nil ? "createdAlarm" : "newConfiguration")
            new.writeHistory(&writer)
        }
        return (new, old == nil)
    }

    private static func tags(
        _ old: StoredAlarm?, _ tags: [CloudWatch.Tag]?
    ) throws(ServiceError) -> [Directory.Tag] {
        if let old { return old.tags }
        return try TagRules.ofCloudWatch.new(tags)
    }

    /// - Throws: ValidationError for what is no action, or of another Region.
    private static func check(_ actions: [String], _ call: Call) throws(ServiceError) {
        for action in actions {
            guard let arn = ARN(parsing: action), !arn.service.isEmpty, !arn.resource.isEmpty else {
                throw .validation("Invalid arn syntax: \(action)")
            }
            guard
                ["sns", "automate", "swf", "autoscaling", "ssm", "ssm-incidents", "lambda", "aiops"].contains(
                    arn.service)
            else { throw .validation("Invalid arn: \(action). The service can't be an action of an alarm.") }
            guard arn.region.isEmpty || arn.region == call.region else {
                throw .validation("Invalid region \(arn.region) specified. Only \(call.region) is supported.")
            }
        }
    }
}

extension StoredAlarm {
    /// The configuration as history has it.
    func writeHistory(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("alarmName", name)
        writer.member("alarmArn", arn)
        if let description { writer.member("alarmDescription", description) }
        writer.key("actionsEnabled")
        writer.boolean(actionsEnabled)
        for (key, actions) in [
            ("okActions", okActions), ("alarmActions", alarmActions),
            ("insufficientDataActions", insufficientDataActions),
        ] {
            writer.key(key)
            writer.beginArray()
            for action in actions { writer.string(action) }
            writer.endArray()
        }
        writer.member("alarmConfigurationUpdatedTimestamp", updated.alarmTime)
        if let watch = metricWatch {
            writer.key("evaluationPeriods")
            writer.integer(watch.evaluationPeriods)
            writer.key("threshold")
            writer.decimal(watch.threshold)
            writer.member("comparisonOperator", watch.comparison.rawValue)
            writer.member("treatMissingData", watch.treatMissingData?.rawValue ?? "missing")
        }
        writer.key("configuration")
        writeConfiguration(&writer)
        writer.endObject()
    }
}

extension MetricWatch {
    /// A day, and a week for periods of an hour and more, in seconds.
    private static let longest: (usual: Int64, ofHours: Int64) = (86_400, 7 * 86_400)

    /// - Throws: ValidationError and its like for what is no alarm; NotImplemented for anomalies and PromQL.
    init(_ input: CloudWatch.PutMetricAlarm.Input, _ call: Call) throws(ServiceError) {
        guard input.evaluationCriteria == nil, input.evaluationInterval == nil else {
            throw .notImplemented("Gatehouse has no alarms on PromQL queries.")
        }
        guard input.thresholdMetricId == nil else {
            throw .notImplemented("Gatehouse has no anomaly detection, and so no alarms with a ThresholdMetricId.")
        }
        guard let name = input.comparisonOperator else { throw .missing("ComparisonOperator") }
        guard let comparison = ThresholdComparison(rawValue: name) else {
            throw .notImplemented("Gatehouse has no anomaly detection, and so no comparison \(name).")
        }
        guard let threshold = input.threshold else { throw .missing("Threshold") }
        guard threshold.isFinite else { throw .validation("The parameter Threshold must be a number.") }
        guard let periods = input.evaluationPeriods else { throw .missing("EvaluationPeriods") }
        let (queries, isOfOneMetric) = try Self.queries(input, call)
        var treatment: MissingData?
        if let text = input.treatMissingData {
            treatment = MissingData(rawValue: text)
            guard treatment != nil else { throw .validation("Invalid TreatMissingData value: \(text)") }
        }
        let low = input.evaluateLowSampleCountPercentile
        guard low.map({ ["evaluate", "ignore"].contains($0) }) ?? true else {
            throw .validation("Option \(low ?? "") is not supported. Supported options are: [evaluate, ignore].")
        }
        self.init(
            queries: queries, isOfOneMetric: isOfOneMetric, evaluationPeriods: periods,
            datapointsToAlarm: input.datapointsToAlarm, threshold: threshold, comparison: comparison,
            treatMissingData: treatment, lowSampleCountPercentile: low)
        if let least = input.datapointsToAlarm, least > periods {
            throw .validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
        }
        let most = period >= 3600 ? Self.longest.ofHours : Self.longest.usual
        guard Int64(periods) <= most / period else {
            throw .validation(
                period >= 3600
                    ? "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800)."
                    : "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).")
        }
    }

    private static func queries(
        _ input: CloudWatch.PutMetricAlarm.Input, _ call: Call
    ) throws(ServiceError) -> (queries: [MetricQuery], isOfOneMetric: Bool) {
        guard let metrics = input.metrics, !metrics.isEmpty else { return ([try ofOneMetric(input)], true) }
        guard input.metricName == nil, input.namespace == nil, input.statistic == nil, input.extendedStatistic == nil,
            input.period == nil, input.dimensions?.isEmpty ?? true, input.unit == nil
        else {
            throw .validation(
                "When the parameter Metrics is set, MetricName, Namespace, Dimensions, Period, Unit, Statistic and"
                    + " ExtendedStatistic must not be set.")
        }
        guard metrics.count <= 20 else {
            throw .validation("The collection Metrics must not have a size greater than 20.")
        }
        let queries = try MetricQuery.all(metrics, "Metrics", call)
        guard queries.count(where: \.returnsData) == 1 else {
            throw .validation("Exactly one element of the metrics list should return data.")
        }
        for query in queries {
            try check(period: query.stat?.period ?? query.period ?? 60)
            guard let expression = query.expression else { continue }
            if expression.contains("SEARCH(") {
                throw .validation("SEARCH is not supported on Metric Alarms.")
            }
        }
        return (queries, false)
    }

    private static func ofOneMetric(_ input: CloudWatch.PutMetricAlarm.Input) throws(ServiceError) -> MetricQuery {
        guard let name = input.metricName else { throw .missing("MetricName") }
        guard let namespace = input.namespace else { throw .missing("Namespace") }
        guard let period = input.period else { throw .missing("Period") }
        try check(period: Int64(period))
        let statistic: String
        switch (input.statistic, input.extendedStatistic) {
        case (let plain?, nil): statistic = plain
        case (nil, let extended?):
            guard Statistic(extended)?.needsValues == true else {
                throw .validation("The value \(extended) for parameter ExtendedStatistic is not supported.")
            }
            statistic = extended
        case (nil, nil):
            throw .validation("Exactly one of Statistic and ExtendedStatistic should be specified.")
        default:
            throw .combination("The parameters Statistic and ExtendedStatistic are mutually exclusive.")
        }
        return MetricQuery(
            id: "m1",
            stat: .init(
                metric: MetricIdentity(namespace, name, (input.dimensions ?? []).map(MetricDimension.init)),
                period: Int64(period), statistic: statistic, unit: input.unit), returnsData: true)
    }

    private static func check(period: Int64) throws(ServiceError) {
        guard [10, 20, 30].contains(period) || (period > 0 && period % 60 == 0) else {
            throw .validation("Period must be 10, 20, 30 or a multiple of 60")
        }
    }
}

extension Quota {
    /// The metric and composite alarms of an account in a Region.
    static let alarms = Quota("AlarmsPerRegion", 5000)
}
