import Ledger
import MetricMath
import Platform
import Wire

/// What a metric alarm's data say of its state at a time.
struct AlarmCheck {
    let alarm: StoredAlarm
    let watch: MetricWatch
    /// Seconds since 1970.
    let now: Double

    /// A state, and why.
    struct Conclusion: Sendable {
        let state: AlarmState
        let reason: String
        /// JSON.
        let reasonData: String
    }

    init?(_ alarm: StoredAlarm, at now: Double) {
        guard let watch = alarm.metricWatch else { return nil }
        (self.alarm, self.watch, self.now) = (alarm, watch.asEvaluated, now)
    }

    /// The end of the last period: that of the last whole minute, or ten seconds for shorter periods. Alarms on more than a day
    /// see whole hours.
    private var end: Int64 {
        let step: Int64 = watch.length > 86_400 ? 3600 : watch.period < 60 ? 10 : 60
        return floor(Int64(now), to: step)
    }

    /// nil: the alarm keeps its state.
    /// - Complexity: the rows of the periods that it looks at.
    func conclusion(_ records: some RecordReading) throws(ServiceError) -> Conclusion? {
        let evaluation = watch.evaluation
        let (end, period) = (end, watch.period)
        let start = end - Int64(evaluation.range) * period
        guard let query = watch.watched else { return nil }
        var run = QueryRun(records, watch.queries, end: end) { _ in start }
        let series: TimeSeries
        var samples: [Int64: Double] = [:]
        if query.stat != nil {
            let (found, sets) = try run.series(query)
            series = found
            for (point, set) in zip(found.points, sets) { samples[point.time] = set.count }
        } else {
            switch try run.value(of: query) {
            case .series(let found): series = found
            case .array(let all) where all.count == 1: series = all[0]
            default: return nil
            }
        }
        var values: [TimeSeries.Point?] = Array(repeating: nil, count: evaluation.range)
        for point in series.points {
            let place = Int((point.time - start) / period)
            if values.indices.contains(place) { values[place] = point }
        }
        let breaches = values.map { $0.map { watch.comparison.breaches($0.value, watch.threshold) } }
        let verdict = evaluation.verdict(breaches)
        guard let state = verdict.state else { return nil }
        let counted = verdict.places.compactMap { values[$0] }
        if watch.lowSampleCountPercentile == "ignore", !counted.isEmpty,
            let percentile = query.stat.flatMap({ Statistic($0.statistic)?.percentile }),
            !AlarmEvaluation.isEnough(
                samples: counted.reduce(0) { $0 + (samples[$1.time] ?? 0) }, percentile: percentile)
        {
            return nil
        }
        return Conclusion(
            state: state, reason: reason(state, counted, verdict.filled, evaluation),
            reasonData: data(counted, samples, verdict.filled))
    }

    // MARK: Words

    private func reason(
        _ state: AlarmState, _ points: [TimeSeries.Point], _ filled: Int, _ evaluation: AlarmEvaluation
    ) -> String {
        if state == .insufficientData {
            return filled == 1
                ? "Insufficient Data: 1 datapoint was unknown."
                : "Insufficient Data: \(filled) datapoints were unknown."
        }
        let treated =
            switch evaluation.missingData {
            case .breaching: "Breaching"
            case .notBreaching: "NonBreaching"
            default: ""
            }
        let missing =
            filled == 1
            ? "1 missing datapoint was treated as [\(treated)]"
            : "\(filled) missing datapoints were treated as [\(treated)]"
        if points.isEmpty {
            let periods = filled == 1 ? "1 period" : "\(filled) periods"
            return "Threshold Crossed: no datapoints were received for \(periods) and \(missing)."
        }
        let isAlarm = state == .alarm
        let telling = points.filter { watch.comparison.breaches($0.value, watch.threshold) == isAlarm }
        let list = telling.reversed().prefix(10).map { "\($0.value) (\(Self.date($0.time)))" }.joined(separator: ", ")
        let least = isAlarm ? evaluation.toAlarm : evaluation.periods - evaluation.toAlarm + 1
        let words = (telling.count == 1 ? "was" : "were") + (isAlarm ? " " : " not ") + watch.comparison.words
        var text = "Threshold Crossed: \(telling.count) out of the last \(points.count) datapoints [\(list)] \(words)"
        text += " the threshold (\(watch.threshold))"
        if filled > 0, !treated.isEmpty { text += " and \(missing)" }
        text +=
            " (minimum \(least) datapoint\(least == 1 ? "" : "s") for \(isAlarm ? "OK -> ALARM" : "ALARM -> OK") transition)."
        return String(text.prefix(1023))
    }

    /// `02/10/19 16:59:00`
    private static func date(_ seconds: Int64) -> String {
        let text = Array(Timestamp(secondsSinceEpoch: Double(seconds)).iso8601)
        guard text.count >= 19 else { return String(text) }
        return String(text[8..<10]) + "/" + String(text[5..<7]) + "/" + String(text[2..<4]) + " "
            + String(text[11..<19])
    }

    private func data(_ points: [TimeSeries.Point], _ samples: [Int64: Double], _ filled: Int) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", "1.0")
        writer.member("queryDate", now.alarmTime)
        if let first = points.first { writer.member("startDate", Double(first.time).alarmTime) }
        if let unit = watch.watched?.stat?.unit { writer.member("unit", unit) }
        if let stat = watch.watched?.stat, watch.isOfOneMetric { writer.member("statistic", stat.statistic) }
        writer.key("period")
        writer.integer(Int(watch.period))
        writer.key("recentDatapoints")
        writer.beginArray()
        for point in points { writer.decimal(point.value) }
        writer.endArray()
        writer.key("threshold")
        writer.decimal(watch.threshold)
        if !points.isEmpty {
            writer.key("evaluatedDatapoints")
            writer.beginArray()
            for point in points.reversed().prefix(20) {
                writer.beginObject()
                writer.member("timestamp", Double(point.time).alarmTime)
                if let count = samples[point.time] {
                    writer.key("sampleCount")
                    writer.decimal(count)
                }
                writer.key("value")
                writer.decimal(point.value)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension Double {
    /// A time as alarms write it: `2019-10-02T17:04:40.985+0000`.
    var alarmTime: String {
        String(Timestamp(secondsSinceEpoch: self).iso8601WithMilliseconds.dropLast()) + "+0000"
    }
}

extension JSONWriter {
    /// A number with its point: `50.0`.
    mutating func decimal(_ value: Double) {
        raw("\(value)")
    }
}
