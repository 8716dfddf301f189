import CloudWatchAPI
import Directory
import MetricMath
import Platform
import Policy
import Wire

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
extension CloudWatch.DescribeAlarms: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard let names = input.alarmNames, !names.isEmpty else {
            return .required(call.watchAccess(call.alarmARN("*")))
        }
        return .required(names.map { call.watchAccess(call.alarmARN($0)) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard input.alarmNames?.isEmpty ?? true || input.alarmNamePrefix == nil else {
            throw .combination("AlarmNamePrefix and AlarmNames are mutually exclusive.")
        }
        let limit = input.maxRecords ?? 50
        let found: [StoredAlarm]
        var next: String?
        if let name = input.childrenOfAlarmName ?? input.parentsOfAlarmName {
            guard input.childrenOfAlarmName == nil || input.parentsOfAlarmName == nil else {
                throw .combination("ChildrenOfAlarmName and ParentsOfAlarmName are mutually exclusive.")
            }
            // Both kinds, and with no other filter but the page.
            let family = try family(of: name, isChildren: input.childrenOfAlarmName != nil, call, records)
            let paging = try WatchPage.paging(input.nextToken, limit: limit, usual: 50, most: 100)
            let page = Platform.page(family, by: \.name, paging)
            (found, next) = (page.items, page.marker)
        } else if let names = input.alarmNames, !names.isEmpty {
            var named: [StoredAlarm] = []
            for name in Set(names).sorted() {
                guard let alarm = try records.get(StoredAlarm.self, name), try matches(alarm, input, records) else {
                    continue
                }
                named.append(alarm)
            }
            found = named
        } else {
            let paging = try WatchPage.paging(input.nextToken, limit: limit, usual: 50, most: 100)
            let page = try alarms(input, paging, records)
            (found, next) = (page.items, page.marker)
        }
        return try output(found, next: next, records)
    }

    /// The alarms in the order of their names, from those on that have the prefix.
    private static func alarms(_ input: Input, _ paging: Paging, _ records: Records) throws(ServiceError) -> Page<
        StoredAlarm
    > {
        var found: [StoredAlarm] = []
        var after = paging.after
        while true {
            let portion = try records.list(StoredAlarm.self, after: after, limit: 128)
            for alarm in portion where try matches(alarm, input, records) {
                if found.count == paging.limit {
                    return Page(items: found, marker: found.last.map { Paging.marker(after: $0.name) })
                }
                found.append(alarm)
            }
            guard portion.count == 128, let last = portion.last else { return Page(items: found) }
            after = last.name
        }
    }

    private static func output(
        _ alarms: [StoredAlarm], next: String?, _ records: Records
    ) throws(ServiceError) -> Output {
        var (metric, composite) = ([CloudWatch.MetricAlarm](), [CloudWatch.CompositeAlarm]())
        for alarm in alarms {
            let status = try records.status(of: alarm)
            switch alarm.watch {
            case .metric(let watch): metric.append(CloudWatch.MetricAlarm(alarm, watch, status))
            case .alarms(let watch): composite.append(CloudWatch.CompositeAlarm(alarm, watch, status))
            }
        }
        return Output {
            $0.metricAlarms = metric
            $0.compositeAlarms = composite
            $0.nextToken = next
        }
    }

    private static func matches(
        _ alarm: StoredAlarm, _ input: Input, _ records: Records
    ) throws(ServiceError) -> Bool {
        // Metric alarms alone, unless the request says otherwise.
        guard (input.alarmTypes ?? ["MetricAlarm"]).contains(alarm.type) else { return false }
        if let prefix = input.alarmNamePrefix, !alarm.name.hasPrefix(prefix) { return false }
        if let prefix = input.actionPrefix {
            let actions = alarm.alarmActions + alarm.okActions + alarm.insufficientDataActions
            guard actions.contains(where: { $0.hasPrefix(prefix) }) else { return false }
        }
        guard let state = input.stateValue else { return true }
        return try records.status(of: alarm).value.rawValue == state
    }

    private static func family(
        of name: String, isChildren: Bool, _ call: Call, _ records: Records
    ) throws(ServiceError) -> [StoredAlarm] {
        if isChildren {
            guard let watch = try records.get(StoredAlarm.self, name)?.alarmWatch, let rule = try? AlarmRule(watch.rule)
            else { return [] }
            var children: [StoredAlarm] = []
            for child in Set(rule.alarms.map(StoredAlarm.name)) {
                if let alarm = try records.get(StoredAlarm.self, child) { children.append(alarm) }
            }
            return children
        }
        var parents: [StoredAlarm] = []
        for parent in call.environment.projection(AlarmIndex.self).parents(of: name, in: call.scope) {
            if let alarm = try records.get(StoredAlarm.self, parent) { parents.append(alarm) }
        }
        return parents
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmsForMetric.html>
extension CloudWatch.DescribeAlarmsForMetric: ReadOperation, OnAllOfCloudWatch {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let identity = MetricIdentity(
            input.namespace, input.metricName, (input.dimensions ?? []).map(MetricDimension.init))
        let alarms = call.environment.projection(AlarmIndex.self).alarms(in: call.scope)
        var found: [CloudWatch.MetricAlarm] = []
        for alarm in alarms {
            guard let watch = alarm.metricWatch,
                watch.queries.contains(where: { query in
                    guard let stat = query.stat, stat.metric == identity else { return false }
                    let asked = input.statistic ?? input.extendedStatistic
                    return (asked.map { $0 == stat.statistic } ?? true)
                        && (input.period.map { Int64($0) == stat.period } ?? true)
                        && (input.unit.map { $0 == stat.unit } ?? true)
                })
            else { continue }
            found.append(CloudWatch.MetricAlarm(alarm, watch, try records.status(of: alarm)))
        }
        return Output { $0.metricAlarms = found }
    }
}

extension CloudWatch.MetricAlarm {
    fileprivate init(_ alarm: StoredAlarm, _ watch: MetricWatch, _ status: AlarmStatus) {
        self.init()
        alarmName = alarm.name
        alarmArn = alarm.arn
        alarmDescription = alarm.description
        alarmConfigurationUpdatedTimestamp = Timestamp(secondsSinceEpoch: alarm.updated)
        actionsEnabled = alarm.actionsEnabled
        okActions = alarm.okActions
        alarmActions = alarm.alarmActions
        insufficientDataActions = alarm.insufficientDataActions
        stateValue = status.value.rawValue
        stateReason = status.reason
        stateReasonData = status.reasonData
        stateUpdatedTimestamp = Timestamp(secondsSinceEpoch: status.updated)
        stateTransitionedTimestamp = Timestamp(secondsSinceEpoch: status.transitioned)
        evaluationPeriods = watch.evaluationPeriods
        datapointsToAlarm = watch.datapointsToAlarm
        threshold = watch.threshold
        comparisonOperator = watch.comparison.rawValue
        treatMissingData = watch.treatMissingData?.rawValue
        evaluateLowSampleCountPercentile = watch.lowSampleCountPercentile
        if watch.isOfOneMetric, let stat = watch.watched?.stat {
            metricName = stat.metric.name
            namespace = stat.metric.namespace
            dimensions = stat.metric.dimensions.map(\.view)
            period = Int(stat.period)
            unit = stat.unit
            if Statistic(stat.statistic)?.needsValues == false {
                statistic = stat.statistic
            } else {
                extendedStatistic = stat.statistic
            }
        } else {
            dimensions = []
            metrics = watch.queries.map(\.view)
        }
    }
}

extension CloudWatch.CompositeAlarm {
    fileprivate init(_ alarm: StoredAlarm, _ watch: AlarmWatch, _ status: AlarmStatus) {
        self.init()
        alarmName = alarm.name
        alarmArn = alarm.arn
        alarmDescription = alarm.description
        alarmConfigurationUpdatedTimestamp = Timestamp(secondsSinceEpoch: alarm.updated)
        actionsEnabled = alarm.actionsEnabled
        okActions = alarm.okActions
        alarmActions = alarm.alarmActions
        insufficientDataActions = alarm.insufficientDataActions
        alarmRule = watch.rule
        stateValue = status.value.rawValue
        stateReason = status.reason
        stateReasonData = status.reasonData
        stateUpdatedTimestamp = Timestamp(secondsSinceEpoch: status.updated)
        stateTransitionedTimestamp = Timestamp(secondsSinceEpoch: status.transitioned)
        actionsSuppressor = watch.suppressor
        actionsSuppressorWaitPeriod = watch.waitPeriod
        actionsSuppressorExtensionPeriod = watch.extensionPeriod
        actionsSuppressedBy = status.suppression?.by.rawValue
        actionsSuppressedReason = status.suppression?.words
    }
}
