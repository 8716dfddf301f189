import MetricMath
import Platform
import Wire

/// What series are called, with the values that a label names: `max ${MAX} at ${MAX_TIME}`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html>
struct DynamicLabels {
    private let account: String
    private let region: String
    private let now: Int64
    /// Seconds east of UTC.
    private let offset: Int64
    private let zone: String

    /// - Parameter timezone: `+0130`; nil: UTC.
    init(_ call: Call, _ timezone: String?) {
        (account, region, now) = (call.accountID, call.region, Int64(call.time))
        let digits = timezone?.dropFirst().compactMap { Int64(String($0)) } ?? []
        if let timezone, digits.count == 4, let sign = timezone.first, sign == "+" || sign == "-" {
            let seconds = (digits[0] * 10 + digits[1]) * 3600 + (digits[2] * 10 + digits[3]) * 60
            offset = sign == "-" ? -seconds : seconds
            zone = timezone
        } else {
            (offset, zone) = (0, "UTC")
        }
    }

    /// - Parameter isOne: whether the query has but this series.
    func label(of query: MetricQuery, _ series: TimeSeries, isOne: Bool) -> String {
        let own = query.stat != nil || (query.expression?.contains("SEARCH") == true && !series.label.isEmpty)
        let usual = own ? series.label : isOne || series.label.isEmpty ? query.id : "\(query.id) \(series.label)"
        guard let label = query.label, !label.isEmpty else { return usual }
        guard label.contains("${") else { return isOne || series.label.isEmpty ? label : "\(label) \(series.label)" }
        var (result, rest) = ("", label[...])
        while let open = rest.firstRange(of: "${"), let close = rest[open.upperBound...].firstIndex(of: "}") {
            result += rest[..<open.lowerBound]
            let name = String(rest[open.upperBound..<close])
            result += name == "LABEL" ? usual : value(name, query, series) ?? "${\(name)}"
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private func value(_ name: String, _ query: MetricQuery, _ series: TimeSeries) -> String? {
        if name.hasPrefix("PROP("), name.hasSuffix(")") {
            return property(name.dropFirst(5).dropLast().trimmingQuotes, query)
        }
        let points = series.points
        if name == "DATAPOINT_COUNT" { return String(points.count) }
        guard let first = points.first, let last = points.last,
            let low = points.min(by: { $0.value < $1.value }), let high = points.max(by: { $0.value < $1.value })
        else { return Self.names.contains(name) ? "--" : nil }
        let sum = points.reduce(0) { $0 + $1.value }
        return switch name {
        case "AVG": number(sum / Double(points.count))
        case "SUM": number(sum)
        case "MIN": number(low.value)
        case "MAX": number(high.value)
        case "FIRST": number(first.value)
        case "LAST": number(last.value)
        case "FIRST_LAST_RANGE": number(last.value - first.value)
        case "MIN_MAX_RANGE": number(high.value - low.value)
        case "FIRST_TIME": time(first.time)
        case "LAST_TIME": time(last.time)
        case "MIN_TIME": time(low.time)
        case "MAX_TIME": time(high.time)
        case "FIRST_TIME_RELATIVE": length(now - first.time)
        case "LAST_TIME_RELATIVE": length(now - last.time)
        case "MIN_TIME_RELATIVE": length(now - low.time)
        case "MAX_TIME_RELATIVE": length(now - high.time)
        case "FIRST_LAST_TIME_RANGE": length(last.time - first.time)
        case "MIN_MAX_TIME_RANGE": length(high.time - low.time)
        default: nil
        }
    }

    private static let names: Set<String> = [
        "AVG", "SUM", "MIN", "MAX", "FIRST", "LAST", "FIRST_LAST_RANGE", "MIN_MAX_RANGE", "FIRST_TIME", "LAST_TIME",
        "MIN_TIME", "MAX_TIME", "FIRST_TIME_RELATIVE", "LAST_TIME_RELATIVE", "MIN_TIME_RELATIVE", "MAX_TIME_RELATIVE",
        "FIRST_LAST_TIME_RANGE", "MIN_MAX_TIME_RANGE",
    ]

    private func property(_ name: String, _ query: MetricQuery) -> String? {
        switch name {
        case "AccountId": return account
        case "Region": return region
        case "AccountLabel": return ""
        default: break
        }
        guard let stat = query.stat else { return nil }
        switch name {
        case "MetricName": return stat.metric.name
        case "Namespace": return stat.metric.namespace
        case "Period": return String(stat.period)
        case "Stat": return stat.statistic
        default:
            guard name.hasPrefix("Dim.") else { return nil }
            let dimension = name.dropFirst(4)
            return stat.metric.dimensions.first { $0.name == dimension }?.value
        }
    }

    private func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private func time(_ seconds: Int64) -> String {
        let text = Timestamp(secondsSinceEpoch: Double(seconds + offset)).iso8601
        return text.dropLast().replacing("T", with: " ") + " \(zone)"
    }

    private func length(_ seconds: Int64) -> String {
        let seconds = abs(seconds)
        let parts = [
            (seconds / 86_400, "d"), (seconds % 86_400 / 3600, "h"), (seconds % 3600 / 60, "m"), (seconds % 60, "s"),
        ].filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }
        return parts.isEmpty ? "0s" : parts.joined(separator: " ")
    }
}

extension Substring {
    /// Without the quotation marks around it.
    fileprivate var trimmingQuotes: String {
        guard let first, first == "'" || first == "\"", count > 1, last == first else { return String(self) }
        return String(dropFirst().dropLast())
    }
}
