import CloudWatchAPI
import MetricMath
import Platform
import Wire

/// Takes data points: what is answered is on disk.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>
extension CloudWatch.PutMetricData: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.watchAccess("*", ["cloudwatch:namespace": .one(input.namespace)]))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let namespace = input.namespace
        guard !namespace.hasPrefix("AWS/") else {
            throw .invalidValue("The value \(namespace) for parameter Namespace is invalid.")
        }
        guard namespace.utf8.allSatisfy(isOfNamespace), !namespace.hasPrefix(":") else {
            throw .invalidValue(
                "The value \(namespace) for parameter Namespace contains non-ASCII or invalid characters.")
        }
        var checks: [(place: String, data: [CloudWatch.MetricDatum])] = []
        if let data = input.metricData { checks.append(("MetricData", data)) }
        for (index, entity) in (input.entityMetricData ?? []).enumerated() {
            checks.append(("EntityMetricData.member.\(index + 1).MetricData", entity.metricData ?? []))
        }
        guard !checks.isEmpty else { throw .missing("MetricData") }
        guard checks.reduce(0, { $0 + $1.data.count }) <= 1000 else {
            throw .invalidValue("The collection MetricData must not have a size greater than 1000.")
        }
        var new: [NewDatum] = []
        for (place, data) in checks {
            for (index, datum) in data.enumerated() {
                new.append(
                    try DatumCheck(place: "\(place).member.\(index + 1)", namespace: namespace, time: call.time)
                        .checked(datum))
            }
        }
        try MetricStore(records: records, now: Int64(call.time)).put(new)
        return Output()
    }

    private static func isOfNamespace(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            || ".-_/#: ".utf8.contains(byte)
    }
}

/// What a data point has to be like.
private struct DatumCheck {
    /// As errors name it: `MetricData.member.1`.
    let place: String
    let namespace: String
    /// When the request came, in seconds since 1970.
    let time: Double

    /// The most different values of a data point.
    static let mostValues = 150

    func checked(_ datum: CloudWatch.MetricDatum) throws(ServiceError) -> NewDatum {
        guard datum.metricName.utf8.allSatisfy({ (32...126).contains($0) }) else {
            throw .invalidValue("The parameter \(place).MetricName must contain only ASCII characters.")
        }
        var names: Set<String> = []
        let dimensions = try (datum.dimensions ?? []).enumerated().map { index, dimension throws(ServiceError) in
            let place = "\(place).Dimensions.member.\(index + 1)"
            for (text, member) in [(dimension.name, "Name"), (dimension.value, "Value")] {
                guard text.utf8.allSatisfy({ (32...126).contains($0) }), text.contains(where: { $0 != " " }),
                    member == "Value" || !text.hasPrefix(":")
                else { throw .invalidValue("The value \(text) for parameter \(place).\(member) is invalid.") }
            }
            guard names.insert(dimension.name).inserted else {
                throw .invalidValue("No Metric Dimension name may be used twice: \(dimension.name)")
            }
            return MetricDimension(dimension)
        }
        let isHighResolution = try resolution(datum)
        return NewDatum(
            metric: MetricIdentity(namespace, datum.metricName, dimensions), unit: datum.unit ?? "None",
            time: try moment(datum), set: try values(datum), isHighResolution: isHighResolution)
    }

    private func resolution(_ datum: CloudWatch.MetricDatum) throws(ServiceError) -> Bool {
        switch datum.storageResolution {
        case nil, 60: return false
        case 1: return true
        default:
            throw .invalidValue("The parameter \(place).StorageResolution must be 1 or 60.")
        }
    }

    private func moment(_ datum: CloudWatch.MetricDatum) throws(ServiceError) -> Int64 {
        let seconds = (datum.timestamp?.secondsSinceEpoch ?? time).rounded(.down)
        guard seconds > time - Double(MetricLimits.past), let exact = Int64(exactly: seconds) else {
            throw .invalidValue(
                "The parameter \(place).Timestamp must specify a time no more than two weeks in the past.")
        }
        guard seconds < time + Double(MetricLimits.future) else {
            throw .invalidValue(
                "The parameter \(place).Timestamp must specify a time no more than two hours in the future.")
        }
        return exact
    }

    private func values(_ datum: CloudWatch.MetricDatum) throws(ServiceError) -> StatisticSet {
        let given = [
            datum.value == nil ? nil : "Value", datum.statisticValues == nil ? nil : "StatisticValues",
            datum.values == nil ? nil : "Values",
        ].compactMap { $0 }
        if given.count > 1 {
            throw .combination(
                "The parameters \(place).\(given[0]) and \(place).\(given[1]) are mutually exclusive and you have specified both."
            )
        }
        guard datum.counts == nil || datum.values != nil else {
            throw .combination("The parameter \(place).Counts can only be specified with \(place).Values.")
        }
        if let value = datum.value {
            return try one([.init(try allowed(value, "Value"), 1)])
        }
        if let set = datum.statisticValues {
            let (sum, count) = (try allowed(set.sum, "StatisticValues.Sum"), set.sampleCount)
            let minimum = try allowed(set.minimum, "StatisticValues.Minimum")
            let maximum = try allowed(set.maximum, "StatisticValues.Maximum")
            guard try allowed(count, "StatisticValues.SampleCount") > 0 else {
                throw .invalidValue("The parameter \(place).StatisticValues.SampleCount must be greater than 0.")
            }
            guard minimum <= maximum else {
                throw .invalidValue(
                    "The parameter \(place).StatisticValues.Minimum must be less than or equal to Maximum.")
            }
            return StatisticSet(count: count, sum: sum, minimum: minimum, maximum: maximum)
        }
        guard let values = datum.values, !values.isEmpty else {
            throw CloudWatch.Failure.missingParameter(
                "At least one of the parameters \(place).Value, \(place).Values or \(place).StatisticValues must be specified."
            )
        }
        guard values.count <= Self.mostValues else {
            throw .invalidValue("The collection \(place).Values must not have a size greater than \(Self.mostValues).")
        }
        let counts = datum.counts ?? Array(repeating: 1, count: values.count)
        guard counts.count == values.count else {
            throw .combination("The parameters \(place).Values and \(place).Counts must have the same size.")
        }
        var entries: [Distribution.Entry] = []
        for (value, count) in zip(values, counts) {
            guard try allowed(count, "Counts") > 0 else {
                throw .invalidValue("The parameter \(place).Counts must have values greater than 0.")
            }
            entries.append(.init(try allowed(value, "Values"), count))
        }
        return try one(entries)
    }

    private func one(_ entries: [Distribution.Entry]) throws(ServiceError) -> StatisticSet {
        guard let set = StatisticSet(entries), set.sum.isFinite else {
            throw .invalidValue("The values of \(place) are too large.")
        }
        return set
    }

    private func allowed(_ value: Double, _ member: String) throws(ServiceError) -> Double {
        guard MetricLimits.isAllowed(value) else {
            throw .invalidValue("The value \(value) for parameter \(place).\(member) is invalid.")
        }
        return value
    }
}
