import Directory
import Ledger
import MetricMath
import Platform
import Wire

extension ConfiguredResourceType {
    /// Metric alarms, as they are configured: AWS Config knows neither composite alarms nor the state that an alarm is in.
    /// <https://github.com/awslabs/aws-config-resource-schema>
    static let alarm = ConfiguredResourceType(
        StoredAlarm.kind, of: StoredAlarm.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "cloudwatch",
                name.resource.hasPrefix(CloudWatchARN.alarms)
            else { return nil }
            return ConfiguredResource(
                StoredAlarm.kind, String(name.resource.dropFirst(CloudWatchARN.alarms.count)), account: name.account,
                region: name.region)
        },
        item: { (alarm, _) throws(ServiceError) in
            guard let watch = alarm.metricWatch else { return nil }
            return ConfigurationItem(
                StoredAlarm.kind, id: alarm.name, name: alarm.name, arn: alarm.arn, account: alarm.accountID,
                region: alarm.region, availabilityZone: "Not Applicable", tags: alarm.tags,
                configuration: .object(head(alarm) + settings(watch)))
        })

    private static func head(_ alarm: StoredAlarm) -> [JSONMember] {
        func actions(_ arns: [String]) -> JSONValue { .array(arns.map { .string($0) }) }
        return [
            JSONMember(key: "alarmName", value: .string(alarm.name)),
            JSONMember(key: "alarmArn", value: .string(alarm.arn)),
            JSONMember(key: "alarmDescription", value: .perhaps(alarm.description) ?? .null),
            JSONMember(key: "alarmConfigurationUpdatedTimestamp", value: .time(alarm.updated)),
            JSONMember(key: "actionsEnabled", value: .boolean(alarm.actionsEnabled)),
            JSONMember(key: "okactions", value: actions(alarm.okActions)),
            JSONMember(key: "alarmActions", value: actions(alarm.alarmActions)),
            JSONMember(key: "insufficientDataActions", value: actions(alarm.insufficientDataActions)),
        ]
    }

    private static func settings(_ watch: MetricWatch) -> [JSONMember] {
        // An alarm of expressions has no metric of its own.
        let stat = watch.isOfOneMetric ? watch.watched?.stat : nil
        let isPlain = stat.flatMap { Statistic($0.statistic) }?.needsValues == false
        let dimensions: [JSONValue] = (stat?.metric.dimensions ?? []).map { dimension in
            .members(["name": .string(dimension.name), "value": .string(dimension.value)])
        }
        return [
            JSONMember(key: "metricName", value: .perhaps(stat?.metric.name) ?? .null),
            JSONMember(key: "namespace", value: .perhaps(stat?.metric.namespace) ?? .null),
            JSONMember(key: "statistic", value: .perhaps(isPlain ? stat?.statistic : nil) ?? .null),
            JSONMember(key: "extendedStatistic", value: .perhaps(isPlain ? nil : stat?.statistic) ?? .null),
            JSONMember(key: "dimensions", value: .array(dimensions)),
            JSONMember(key: "period", value: stat.map { .integer(Int($0.period)) } ?? .null),
            JSONMember(key: "unit", value: .perhaps(stat?.unit) ?? .null),
            JSONMember(key: "evaluationPeriods", value: .integer(watch.evaluationPeriods)),
            JSONMember(key: "datapointsToAlarm", value: watch.datapointsToAlarm.map { .integer($0) } ?? .null),
            JSONMember(key: "threshold", value: .double(watch.threshold)),
            JSONMember(key: "comparisonOperator", value: .string(watch.comparison.rawValue)),
            JSONMember(key: "treatMissingData", value: .perhaps(watch.treatMissingData?.rawValue) ?? .null),
            JSONMember(
                key: "evaluateLowSampleCountPercentile", value: .perhaps(watch.lowSampleCountPercentile) ?? .null),
        ]
    }
}
