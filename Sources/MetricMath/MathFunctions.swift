/// The functions of metric math whose arguments are values.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>
struct MathFunctions {
    let start: Int64
    let end: Int64
    let period: Int64
    let budget: PointBudget

    func apply(_ name: String, _ arguments: [MathValue]) throws(MathError) -> MathValue {
        switch name {
        case "SLICE": return try slice(arguments)
        case "TIME_SERIES":
            guard arguments.count == 1, case .scalar(let number)? = arguments.first else {
                throw MathError("TIME_SERIES takes a number.")
            }
            return .series(TimeSeries(period: period, points: try grid(period).map { .init($0, number) }))
        default: break
        }
        guard arguments.count == 1, let value = arguments.first else { throw MathError("\(name) takes one argument.") }
        switch name {
        case "ABS": return try series(value).mapped { abs($0.value) }
        case "CEIL": return try series(value).mapped { $0.value.rounded(.up) }
        case "FLOOR": return try series(value).mapped { $0.value.rounded(.down) }
        case "LOG": return try series(value).mapped { Arithmetic.naturalLogarithm($0.value) }
        case "LOG10": return try series(value).mapped { Arithmetic.decimalLogarithm($0.value) }
        case "SUM", "AVG", "MIN", "MAX", "STDDEV", "DATAPOINT_COUNT": return try aggregate(name, value)
        case "METRIC_COUNT": return .scalar(Double(try value.all().count))
        case "DIFF", "DIFF_TIME", "RATE": return try value.mappedSeries { series in difference(name, series) }
        case "RUNNING_SUM":
            return try value.mappedSeries { series in
                var sum = 0.0
                return series.map {
                    sum += $0.value
                    return sum
                }
            }
        case "FIRST", "LAST":
            let all = try value.all()
            guard let found = name == "FIRST" ? all.first : all.last else {
                throw MathError("\(name) takes an array that is not empty.")
            }
            return .series(found)
        case "REMOVE_EMPTY": return .array(try value.all().filter { !$0.points.isEmpty })
        case "MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH": return try dated(name, value)
        default: throw MathError("Unknown function: \(name).")
        }
    }

    private func series(_ value: MathValue) throws(MathError) -> MathValue {
        if case .scalar = value { throw MathError("A time series is wanted, and not a number.") }
        return value
    }

    /// The beginnings of all periods of the time.
    private func grid(_ period: Int64) throws(MathError) -> [Int64] {
        let step = max(1, period)
        let (first, overflow) = (start / step).multipliedReportingOverflow(by: step)
        guard !overflow, end > first, (end - first) / step <= MathEvaluator.mostPoints else {
            if !overflow, end <= first { return [] }
            throw MathError("The time is too long for its period.")
        }
        // As many as are made of it, or more.
        try budget.make(Int((end - first) / step) + 1)
        return Array(stride(from: first, to: end, by: Int64.Stride(step)))
    }

    // MARK: One number, or one series

    private func aggregate(_ name: String, _ value: MathValue) throws(MathError) -> MathValue {
        switch value {
        case .scalar: throw MathError("\(name) takes time series.")
        case .series(let series):
            if name == "DATAPOINT_COUNT" { return .scalar(Double(series.points.count)) }
            if let number = series.reduced(name) { return .scalar(number) }
            return .scalar(0)
        case .array(let all):
            guard let first = all.first else { throw MathError("\(name) takes an array that is not empty.") }
            let result = TimeSeries.times(all).map { time in
                TimeSeries.Point(time, across(name, all.compactMap { $0.value(at: time) }, of: all.count))
            }
            return .series(
                TimeSeries(
                    period: all.map(\.period).min() ?? first.period, points: result.filter { $0.value.isFinite }))
        }
    }

    /// - Parameters:
    ///   - values: those that there are at a time.
    ///   - count: how many there could be.
    private func across(_ name: String, _ values: [Double], of count: Int) -> Double {
        switch name {
        case "SUM": values.reduce(0, +)
        // What is missing counts as 0.
        case "AVG": values.reduce(0, +) / Double(count)
        case "MIN": values.min() ?? 0
        case "MAX": values.max() ?? 0
        case "STDDEV": TimeSeries.deviation(values)
        default: Double(values.count)
        }
    }

    private func difference(_ name: String, _ series: TimeSeries) -> TimeSeries {
        var result = series
        result.points = zip(series.points, series.points.dropFirst()).compactMap { before, point in
            let seconds = Double(point.time - before.time)
            let change = point.value - before.value
            let value = name == "DIFF" ? change : name == "DIFF_TIME" ? seconds : change / seconds
            return value.isFinite ? .init(point.time, value) : nil
        }
        return result
    }

    private func slice(_ arguments: [MathValue]) throws(MathError) -> MathValue {
        guard (2...3).contains(arguments.count) else { throw MathError("SLICE takes an array and one or two numbers.") }
        let all = try arguments[0].all()
        func index(_ value: MathValue) throws(MathError) -> Int {
            guard case .scalar(let number) = value, number >= 0 else {
                throw MathError("SLICE takes numbers that are not negative.")
            }
            return min(all.count, Int(exactly: number.rounded(.down)) ?? all.count)
        }
        let from = try index(arguments[1])
        let to = arguments.count == 3 ? try index(arguments[2]) : all.count
        return .array(from < to ? Array(all[from..<to]) : [])
    }

    // MARK: Without gaps

    func fill(_ series: TimeSeries, with filler: MathValue) throws(MathError) -> TimeSeries {
        var result = series
        result.points = try grid(series.period).compactMap { time in
            if let value = series.value(at: time) { return .init(time, value) }
            switch filler {
            case .scalar(let number): return .init(time, number)
            case .series(let other): return other.value(at: time).map { .init(time, $0) }
            case .array: return nil
            }
        }
        if case .array = filler { throw MathError("FILL takes one time series, or a number, as filler.") }
        return result
    }

    func repeated(_ series: TimeSeries) throws(MathError) -> TimeSeries {
        var result = series
        var last: Double?
        result.points = try grid(series.period).compactMap { time in
            last = series.value(at: time) ?? last
            return last.map { .init(time, $0) }
        }
        return result
    }

    func linear(_ series: TimeSeries) throws(MathError) -> TimeSeries {
        guard let first = series.points.first, let end = series.points.last else { return series }
        var result = series
        var next = series.points.dropFirst()
        var before = first
        result.points = try grid(series.period).compactMap { time in
            guard time >= first.time, time <= end.time else { return nil }
            while let point = next.first, point.time <= time {
                before = point
                next = next.dropFirst()
            }
            guard before.time < time, let after = next.first else { return .init(time, before.value) }
            let share = Double(time - before.time) / Double(after.time - before.time)
            return .init(time, before.value + (after.value - before.value) * share)
        }
        return result
    }

    private func dated(_ name: String, _ value: MathValue) throws(MathError) -> MathValue {
        try value.mappedSeries { series throws(MathError) in
            var result = series
            result.points = try grid(series.period).map { time in .init(time, Double(CivilTime(time).part(name))) }
            return result
        }
    }

    // MARK: IF

    func choose(_ condition: MathValue, _ first: MathValue, _ second: MathValue?) throws(MathError) -> MathValue {
        if case .array = first { throw MathError("IF takes time series and numbers, and no arrays.") }
        if case .array? = second { throw MathError("IF takes time series and numbers, and no arrays.") }
        switch condition {
        case .array: throw MathError("The condition of IF is a time series or a number.")
        case .scalar(let number):
            if number != 0 { return first }
            return second ?? .series(TimeSeries(period: period, points: []))
        case .series(let series):
            // A value that is missing is 0; but only beside another time series.
            var missing: Double?
            if case .series = first { missing = 0 }
            return .series(
                series.map { point in
                    switch point.value != 0 ? first : second {
                    case .scalar(let number): number
                    case .series(let values): values.value(at: point.time) ?? missing
                    default: nil
                    }
                })
        }
    }
}

/// A time of the calendar, in UTC.
struct CivilTime {
    let minute: Int64
    let hour: Int64
    /// 1: Monday.
    let weekday: Int64
    let day: Int64
    let month: Int64
    let year: Int64
    let epoch: Int64

    /// - Parameter seconds: since 1970.
    init(_ seconds: Int64) {
        epoch = seconds
        let days = (Double(seconds) / 86_400).rounded(.down)
        let count = Int64(days)
        let rest = seconds - count * 86_400
        minute = rest / 60 % 60
        hour = rest / 3600
        weekday = ((count + 3) % 7 + 7) % 7 + 1
        // Days since March of the year 0, in eras of 400 years.
        let shifted = count + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    func part(_ name: String) -> Int64 {
        switch name {
        case "MINUTE": minute
        case "HOUR": hour
        case "DAY": weekday
        case "DATE": day
        case "MONTH": month
        case "YEAR": year
        default: epoch
        }
    }
}
