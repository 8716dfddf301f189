import CloudWatchAPI
import Directory
import Ledger
import MetricMath
import Platform
import Policy
import Wire

/// Makes a metric stream, which runs, or changes the configuration of one, which stays as it is.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricStream.html>
extension CloudWatch.PutMetricStream: WriteOperation {
    /// Who uses the role.
    private static let service = "streams.metrics.cloudwatch.amazonaws.com"

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([
            call.watchAccess(call.streamARN(input.name), requestTags(input.tags)),
            Access(
                "iam:PassRole", on: input.roleArn, resourceAccount: call.accountID,
                context: ["iam:passedtoservice": .one(service)]),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try MetricStreamCheck.name(input.name)
        try MetricStreamCheck.places(input, call)
        let included = try MetricStreamCheck.filters(input.includeFilters ?? [], "IncludeFilters")
        let excluded = try MetricStreamCheck.filters(input.excludeFilters ?? [], "ExcludeFilters")
        guard included.isEmpty || excluded.isEmpty else {
            throw .combination("The parameters IncludeFilters and ExcludeFilters are mutually exclusive.")
        }
        let statistics = try MetricStreamCheck.statistics(
            input.statisticsConfigurations ?? [], format: input.outputFormat)
        let old = try records.get(StoredMetricStream.self, input.name)
        if old == nil, try records.count(StoredMetricStream.self) >= call.quotas[.metricStreams] {
            throw CloudWatch.Failure.limitExceeded(
                "The maximum number of metric streams of \(call.quotas[.metricStreams]) is reached.")
        }
        let tags: [Directory.Tag]
        // Of a stream that there is, tags are changed by TagResource.
        if let old { tags = old.tags } else { tags = try TagRules.ofCloudWatch.new(input.tags) }
        let stream = StoredMetricStream(
            name: input.name, accountID: call.accountID, region: call.region, created: old?.created ?? call.time,
            updated: call.time, state: old?.state ?? .running, outputFormat: input.outputFormat,
            firehoseARN: input.firehoseArn, roleARN: input.roleArn, included: included, excluded: excluded,
            statistics: statistics, includesLinkedAccounts: input.includeLinkedAccountsMetrics, tags: tags)
        try records.put(stream)
        return Output { $0.arn = stream.arn }
    }
}

/// What the configuration of a metric stream has to be like.
private enum MetricStreamCheck {
    /// Namespaces and names of all filters of a kind together.
    private static let mostNames = 1000
    private static let mostConfigurations = 100
    private static let mostMetrics = 100
    private static let mostStatistics = 20

    static func name(_ name: String) throws(ServiceError) {
        guard !name.isEmpty, name.utf8.allSatisfy(isOfName) else {
            throw .invalidValue(
                "The value \(name) for parameter Name contains invalid characters. Valid characters are A-Z, a-z, 0-9, \"-\""
                    + " and \"_\".")
        }
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }

    /// Where it would send, and as whom: both are of the stream's account. Whether the delivery stream is there nobody can say.
    static func places(_ input: CloudWatch.PutMetricStreamInput, _ call: Call) throws(ServiceError) {
        let prefix = "deliverystream/"
        guard let firehose = ARN(parsing: input.firehoseArn), firehose.service == "firehose",
            firehose.account == call.accountID, !firehose.region.isEmpty, firehose.resource.hasPrefix(prefix),
            firehose.resource.utf8.count > prefix.utf8.count
        else {
            throw .invalidValue(
                "The value \(input.firehoseArn) for parameter FirehoseArn is not the ARN of a delivery stream of this account."
            )
        }
        guard let role = ARN(parsing: input.roleArn), role.service == "iam", role.account == call.accountID,
            role.resource.hasPrefix("role/"), let id = call.directory.uniqueID(ofARN: input.roleArn),
            call.directory.arn(ofUniqueID: id) == input.roleArn
        else {
            throw .invalidValue(
                "The value \(input.roleArn) for parameter RoleArn is not the ARN of a role of this account.")
        }
    }

    static func filters(
        _ filters: [CloudWatch.MetricStreamFilter], _ parameter: String
    ) throws(ServiceError) -> [StoredMetricStream.Filter] {
        var checked: [StoredMetricStream.Filter] = []
        for (index, filter) in filters.enumerated() {
            let place = "\(parameter).member.\(index + 1)"
            guard let namespace = filter.namespace else { throw .missing("\(place).Namespace") }
            try text(namespace, "\(place).Namespace")
            for (index, name) in (filter.metricNames ?? []).enumerated() {
                try text(name, "\(place).MetricNames.member.\(index + 1)")
            }
            checked.append(.init(namespace: namespace, names: filter.metricNames ?? []))
        }
        guard checked.reduce(0, { $0 + 1 + $1.names.count }) <= mostNames else {
            throw .invalidValue(
                "The collection \(parameter) must not have more than \(mostNames) namespaces and metric names.")
        }
        return checked
    }

    static func statistics(
        _ configurations: [CloudWatch.MetricStreamStatisticsConfiguration], format: String
    ) throws(ServiceError) -> [StoredMetricStream.Statistics] {
        try size(configurations, 0...mostConfigurations, "StatisticsConfigurations")
        return try configurations.enumerated().map { index, configuration throws(ServiceError) in
            let place = "StatisticsConfigurations.member.\(index + 1)"
            let (metrics, statistics) = (configuration.includeMetrics, configuration.additionalStatistics)
            try size(metrics, 1...mostMetrics, "\(place).IncludeMetrics")
            try size(statistics, 1...mostStatistics, "\(place).AdditionalStatistics")
            for (index, metric) in metrics.enumerated() {
                try text(metric.namespace, "\(place).IncludeMetrics.member.\(index + 1).Namespace")
                try text(metric.metricName, "\(place).IncludeMetrics.member.\(index + 1).MetricName")
            }
            for statistic in statistics {
                // OpenTelemetry has quantiles, and nothing for the others.
                guard let read = Statistic(statistic), format == "json" || read.percentile != nil else {
                    throw .invalidValue(
                        "The value \(statistic) for parameter \(place).AdditionalStatistics is not valid for the output"
                            + " format \(format).")
                }
            }
            return StoredMetricStream.Statistics(
                metrics: metrics.map { .init(namespace: $0.namespace, name: $0.metricName) }, statistics: statistics)
        }
    }

    private static func size<T>(_ list: [T], _ allowed: ClosedRange<Int>, _ parameter: String) throws(ServiceError) {
        guard allowed.contains(list.count) else {
            throw .invalidValue(
                "The collection \(parameter) must have \(allowed.lowerBound) to \(allowed.upperBound) members.")
        }
    }

    private static func text(_ text: String, _ parameter: String) throws(ServiceError) {
        guard text.utf8.allSatisfy({ (32...126).contains($0) }), text.contains(where: { $0 != " " }),
            !text.hasPrefix(":")
        else { throw .invalidValue("The value \(text) for parameter \(parameter) is invalid.") }
    }
}

extension Quota {
    /// The metric streams of an account in a Region; AWS names no number.
    static let metricStreams = Quota("MetricStreamsPerRegion", 1000)
}
