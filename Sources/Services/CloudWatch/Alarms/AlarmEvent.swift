import Ledger
import MetricMath
import Platform
import Wire

/// A change of an alarm's state, as others are told of it: its history, EventBridge, and whoever gets its messages.
struct AlarmEvent {
    let alarm: StoredAlarm
    let old: AlarmStatus
    let new: AlarmStatus

    /// The rest of a history item's data.
    func writeHistory(_ writer: inout JSONWriter) {
        for (name, status) in [("oldState", old), ("newState", new)] {
            writer.key(name)
            writer.beginObject()
            writer.member("stateValue", status.value.rawValue)
            writer.member("stateReason", status.reason)
            if let data = status.reasonData {
                writer.key("stateReasonData")
                // Whoever sets a state gives any text.
                if let json = try? JSONValue(parsing: Array(data.utf8)) {
                    writer.json(json)
                } else {
                    writer.string(data)
                }
            }
            writer.endObject()
        }
    }

    // MARK: EventBridge

    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>
    func announced(at time: Double) -> AnnouncedEvent {
        AnnouncedEvent(
            source: "aws.cloudwatch", detailType: "CloudWatch Alarm State Change", resources: [alarm.arn], time: time
        ) { writer in
            writer.member("alarmName", alarm.name)
            writer.key("state")
            write(new, &writer, withSuppression: true)
            writer.key("previousState")
            write(old, &writer, withSuppression: false)
            writer.key("configuration")
            alarm.writeConfiguration(&writer)
        }
    }

    private func write(_ status: AlarmStatus, _ writer: inout JSONWriter, withSuppression: Bool) {
        writer.beginObject()
        if withSuppression, let suppression = status.suppression {
            writer.member("actionsSuppressedBy", suppression.by.rawValue)
            writer.member("actionsSuppressedReason", suppression.words)
        }
        writer.member("value", status.value.rawValue)
        writer.member("reason", status.reason)
        if let data = status.reasonData { writer.member("reasonData", data) }
        writer.member("timestamp", status.updated.alarmTime)
        writer.endObject()
    }

    // MARK: Messages

    /// `ALARM: "name" in US East (N. Virginia)`, as far as SNS takes it: whatever an alarm is called, somebody has to hear of it.
    var subject: String {
        let place = Self.places[alarm.region] ?? alarm.region
        let subject = "\(new.value.rawValue): \"\(alarm.name)\" in \(place)"
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: subject.unicodeScalars.filter { $0.properties.generalCategory != .control })
        return String(String(scalars).prefix(100))
    }

    /// What a topic is sent, in AWS's form.
    func message(at time: Double) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("AlarmName", alarm.name)
        writer.key("AlarmDescription")
        if let description = alarm.description { writer.string(description) } else { writer.null() }
        writer.member("AWSAccountId", alarm.accountID)
        if let watch = alarm.alarmWatch { writer.member("AlarmRule", watch.rule) }
        writer.member("AlarmConfigurationUpdatedTimestamp", alarm.updated.alarmTime)
        writer.member("NewStateValue", new.value.rawValue)
        writer.member("NewStateReason", new.reason)
        writer.member("StateChangeTime", time.alarmTime)
        writer.member("Region", Self.places[alarm.region] ?? alarm.region)
        writer.member("AlarmArn", alarm.arn)
        writer.member("OldStateValue", old.value.rawValue)
        for (name, actions) in [
            ("OKActions", alarm.okActions), ("AlarmActions", alarm.alarmActions),
            ("InsufficientDataActions", alarm.insufficientDataActions),
        ] {
            writer.key(name)
            writer.beginArray()
            for action in actions { writer.string(action) }
            writer.endArray()
        }
        if let watch = alarm.metricWatch {
            writer.key("Trigger")
            watch.writeTrigger(&writer)
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// `Friday 22 July, 2022 15:57:45 UTC`
    static func longDate(_ seconds: Double) -> String {
        let text = Timestamp(secondsSinceEpoch: seconds.rounded(.down)).httpDate
        let parts = text.split(separator: " ").map(String.init)
        guard parts.count == 6 else { return text }
        let days = [
            "Mon,": "Monday", "Tue,": "Tuesday", "Wed,": "Wednesday", "Thu,": "Thursday", "Fri,": "Friday",
            "Sat,": "Saturday", "Sun,": "Sunday",
        ]
        let months = [
            "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "May": "May", "Jun": "June",
            "Jul": "July", "Aug": "August", "Sep": "September", "Oct": "October", "Nov": "November", "Dec": "December",
        ]
        return "\(days[parts[0]] ?? parts[0]) \(parts[1]) \(months[parts[2]] ?? parts[2]), \(parts[3]) \(parts[4]) UTC"
    }

    /// What AWS calls its Regions to people.
    private static let places = [
        "us-east-1": "US East (N. Virginia)", "us-east-2": "US East (Ohio)", "us-west-1": "US West (N. California)",
        "us-west-2": "US West (Oregon)", "ca-central-1": "Canada (Central)", "eu-central-1": "EU (Frankfurt)",
        "eu-west-1": "EU (Ireland)", "eu-west-2": "EU (London)", "eu-west-3": "EU (Paris)",
        "eu-north-1": "EU (Stockholm)", "ap-northeast-1": "Asia Pacific (Tokyo)",
        "ap-northeast-2": "Asia Pacific (Seoul)", "ap-southeast-1": "Asia Pacific (Singapore)",
        "ap-southeast-2": "Asia Pacific (Sydney)", "ap-south-1": "Asia Pacific (Mumbai)",
        "sa-east-1": "South America (Sao Paulo)",
    ]
}

extension AlarmStatus.Suppression {
    /// `Actions suppressed by WaitPeriod`
    var words: String { "Actions suppressed by \(by.rawValue)" }
}

extension StoredAlarm {
    /// The `configuration` of events.
    func writeConfiguration(_ writer: inout JSONWriter) {
        writer.beginObject()
        if let description { writer.member("description", description) }
        switch watch {
        case .metric(let watch):
            writer.key("metrics")
            writer.beginArray()
            for query in watch.queries { query.write(&writer) }
            writer.endArray()
        case .alarms(let watch):
            writer.member("alarmRule", watch.rule)
            if let suppressor = watch.suppressor { writer.member("actionsSuppressor", suppressor) }
            for (name, seconds) in [
                ("actionsSuppressorWaitPeriod", watch.waitPeriod),
                ("actionsSuppressorExtensionPeriod", watch.extensionPeriod),
            ] {
                guard let seconds else { continue }
                writer.key(name)
                writer.integer(seconds)
            }
        }
        writer.endObject()
    }
}

extension MetricQuery {
    fileprivate func write(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        if let expression { writer.member("expression", expression) }
        if let label { writer.member("label", label) }
        if let stat {
            writer.key("metricStat")
            writer.beginObject()
            writer.key("metric")
            writer.beginObject()
            writer.key("dimensions")
            writer.beginObject()
            for dimension in stat.metric.dimensions { writer.member(dimension.name, dimension.value) }
            writer.endObject()
            writer.member("name", stat.metric.name)
            writer.member("namespace", stat.metric.namespace)
            writer.endObject()
            writer.key("period")
            writer.integer(Int(stat.period))
            writer.member("stat", stat.statistic)
            if let unit = stat.unit { writer.member("unit", unit) }
            writer.endObject()
        }
        writer.key("returnData")
        writer.boolean(returnsData)
        writer.endObject()
    }
}

extension MetricWatch {
    /// The `Trigger` of messages.
    fileprivate func writeTrigger(_ writer: inout JSONWriter) {
        writer.beginObject()
        if isOfOneMetric, let stat = watched?.stat {
            writer.member("MetricName", stat.metric.name)
            writer.member("Namespace", stat.metric.namespace)
            let isPlain = Statistic(stat.statistic)?.needsValues == false
            writer.member("StatisticType", isPlain ? "Statistic" : "ExtendedStatistic")
            if isPlain {
                writer.member("Statistic", stat.statistic.uppercased())
            } else {
                writer.member("ExtendedStatistic", stat.statistic)
            }
            writer.key("Unit")
            if let unit = stat.unit { writer.string(unit) } else { writer.null() }
            writer.key("Dimensions")
            writer.beginArray()
            for dimension in stat.metric.dimensions {
                writer.beginObject()
                writer.member("value", dimension.value)
                writer.member("name", dimension.name)
                writer.endObject()
            }
            writer.endArray()
            writer.key("Period")
            writer.integer(Int(stat.period))
        } else {
            writer.key("Metrics")
            writer.beginArray()
            for query in queries { query.writeCapitalized(&writer) }
            writer.endArray()
        }
        writer.key("EvaluationPeriods")
        writer.integer(evaluationPeriods)
        if let datapointsToAlarm {
            writer.key("DatapointsToAlarm")
            writer.integer(datapointsToAlarm)
        }
        writer.member("ComparisonOperator", comparison.rawValue)
        writer.key("Threshold")
        writer.decimal(threshold)
        writer.member("TreatMissingData", treatMissingData?.rawValue ?? "missing")
        writer.member("EvaluateLowSampleCountPercentile", lowSampleCountPercentile ?? "")
        writer.endObject()
    }
}

extension MetricQuery {
    /// As the API spells it.
    fileprivate func writeCapitalized(_ writer: inout JSONWriter) {
        writer.beginObject()
        if let expression { writer.member("Expression", expression) }
        writer.member("Id", id)
        if let label { writer.member("Label", label) }
        if let stat {
            writer.key("MetricStat")
            writer.beginObject()
            writer.key("Metric")
            writer.beginObject()
            writer.key("Dimensions")
            writer.beginArray()
            for dimension in stat.metric.dimensions {
                writer.beginObject()
                writer.member("value", dimension.value)
                writer.member("name", dimension.name)
                writer.endObject()
            }
            writer.endArray()
            writer.member("MetricName", stat.metric.name)
            writer.member("Namespace", stat.metric.namespace)
            writer.endObject()
            writer.key("Period")
            writer.integer(Int(stat.period))
            writer.member("Stat", stat.statistic)
            writer.endObject()
        }
        writer.key("ReturnData")
        writer.boolean(returnsData)
        writer.endObject()
    }
}
