import CloudWatchLogsAPI
import Ledger
import LogPatterns
import Platform
import Wire

// Metric filters: which events count for a metric.
// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html>

/// A metric filter of a log group.
struct MetricFilter: Record {
    static let kind = "AWS::Logs::MetricFilter"
    static let relation = "group"
    /// Of a group.
    static let most = 100
    /// Filters of a group that have regular expressions, those of subscriptions among them.
    static let mostWithExpressions = 5

    let group: String
    let name: String
    let pattern: String
    let hasExpression: Bool
    /// Milliseconds since 1970.
    let created: Int
    /// The rest of the request, as JSON.
    let settings: String

    var id: String { Self.id(name, of: group) }
    var references: [Reference] { [Reference(Self.relation, to: group)] }

    /// No name has a colon.
    static func id(_ name: String, of group: String) -> String { "\(group):\(name)" }

    func view() throws(ServiceError) -> CloudWatchLogs.MetricFilter {
        guard let structure = try? Structure(json: settings, of: CloudWatchLogs.MetricFilter.shape) else {
            throw .internalFailure
        }
        return CloudWatchLogs.MetricFilter(structure)
    }
}

extension RecordReading {
    /// The metric filters of a group, in the order of their names.
    func metricFilters(of group: String) throws(ServiceError) -> [MetricFilter] {
        try referrers(MetricFilter.self, MetricFilter.relation, to: group)
    }
}

extension CloudWatchLogs.PutMetricFilter: WriteOperation, OnLogGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let group = try records.logGroup(LogGroupName(input.logGroupName, call))
        let pattern = try FilterPattern(parameter: input.filterPattern)
        guard input.applyOnTransformedLogs != true, input.fieldSelectionCriteria == nil,
            (input.emitSystemFieldDimensions ?? []).isEmpty
        else {
            throw .notImplemented(
                "Gatehouse has metric filters on events as they come: leave out applyOnTransformedLogs, "
                    + "fieldSelectionCriteria and emitSystemFieldDimensions.")
        }
        for transformation in input.metricTransformations { try check(transformation, pattern) }
        _ = try CompiledMetricFilter(pattern, input.metricTransformations)
        let others = try records.metricFilters(of: group.name).filter { $0.name != input.filterName }
        guard others.count < MetricFilter.most else {
            throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
        }
        if pattern.expressionCount > 0 {
            try records.checkExpressions(of: group.name, replacing: "metric \(input.filterName)")
        }
        let old = try records.get(MetricFilter.self, MetricFilter.id(input.filterName, of: group.name))
        let created = old?.created ?? Int(milliseconds(call.time))
        let view = CloudWatchLogs.MetricFilter {
            $0.filterName = input.filterName
            $0.filterPattern = input.filterPattern
            $0.metricTransformations = input.metricTransformations
            $0.creationTime = created
            $0.logGroupName = group.name
            $0.applyOnTransformedLogs = false
        }
        try records.put(
            MetricFilter(
                group: group.name, name: input.filterName, pattern: input.filterPattern,
                hasExpression: pattern.expressionCount > 0, created: created, settings: view.structure.json))
        return Output()
    }

    private static func check(
        _ transformation: CloudWatchLogs.MetricTransformation, _ pattern: FilterPattern
    ) throws(ServiceError) {
        guard let count = transformation.dimensions?.count, count > 0 else { return }
        guard count <= 3 else { throw .invalidParameter("A metric filter can have three dimensions at most.") }
        guard pattern.form == .json || pattern.form == .delimited else {
            throw .invalidParameter("The specified filter pattern does not support dimensions")
        }
        guard transformation.defaultValue == nil else {
            throw .invalidParameter(
                "Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
        }
    }
}

extension CloudWatchLogs.DescribeMetricFilters: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(LogGroupName(input.logGroupName ?? "", call).policyARN))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard (input.metricName == nil) == (input.metricNamespace == nil) else {
            throw .invalidParameter("metricName and metricNamespace have to be specified together.")
        }
        let filters: [MetricFilter]
        if let name = input.logGroupName {
            filters = try records.metricFilters(of: try records.logGroup(LogGroupName(name, call)).name)
        } else {
            filters = try records.list(MetricFilter.self)
        }
        let named = filters.filter { filter in
            input.filterNamePrefix.map { filter.name.utf8.starts(with: $0.utf8) } ?? true
        }
        let views = try named.map { filter throws(ServiceError) in (filter.id, try filter.view()) }
        let wanted = views.filter { view in
            guard let metric = input.metricName, let namespace = input.metricNamespace else { return true }
            return view.1.metricTransformations?.contains {
                $0.metricName == metric && $0.metricNamespace == namespace
            } ?? false
        }
        let page = page(wanted, by: \.0, try LogsPage.paging(input))
        return Output {
            $0.metricFilters = page.items.map(\.1)
            $0.nextToken = page.marker
        }
    }
}

extension CloudWatchLogs.DeleteMetricFilter: WriteOperation, OnLogGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let group = try records.logGroup(LogGroupName(input.logGroupName, call))
        guard let filter = try records.get(MetricFilter.self, MetricFilter.id(input.filterName, of: group.name)) else {
            throw CloudWatchLogs.Failure.resourceNotFoundException("The specified metric filter does not exist.")
        }
        try records.delete(filter)
        return Output()
    }
}

extension CloudWatchLogs.TestMetricFilter: ComputeOperation, OnAllLogs {
    public static var secretMembers: Set<String> { ["logEventMessages"] }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let pattern = try FilterPattern(parameter: input.filterPattern)
        let matches = input.logEventMessages.enumerated().compactMap { index, message in
            pattern.extracted(from: message).map { values in
                CloudWatchLogs.MetricFilterMatchRecord {
                    $0.eventNumber = index + 1
                    $0.eventMessage = message
                    $0.extractedValues = values
                }
            }
        }
        return Output { $0.matches = matches }
    }
}
