import CostExplorerAPI
import Costs
import Metering
import Platform
import Wire

/// What both forecasts are made of.
private struct ForecastQuestion {
    let metric: CostMetric
    let unit: TimeUnit
    let range: HourRange
    let filter: CostFilter
    let level: Int

    init(
        _ period: CostExplorer.DateInterval, _ granularity: String, _ metric: String,
        _ filter: CostExplorer.Expression?,
        _ level: Int?, _ call: Call
    ) throws(ServiceError) {
        self.metric = try CostMetric(metric)
        unit = try TimeUnit(granularity: granularity)
        guard unit != .hourly else {
            throw .costs("Forecasts are only available with the granularity DAILY or MONTHLY")
        }
        range = try period.hours()
        guard range.start <= CivilDate(seconds: call.time).hour else {
            throw .costs("Start date should be equal to or earlier than the current date")
        }
        self.filter = try filter?.filter() ?? .all
        self.level = level ?? 80
    }

    struct Answer {
        var total: CostExplorer.MetricValue
        var parts: [CostExplorer.ForecastResult]
    }

    func answer(_ call: Call) async throws(ServiceError) -> Answer {
        let bill = try await Bill(of: call.accountID, call.environment)
        let today = CivilDate(seconds: call.time)
        guard range.end > today.hour else { throw .costs("End date should be after the current date") }
        let metric = metric
        let days = try await bill.days(before: today, filter) { metric.amount($0) }
        guard let forecast = Forecast(days) else {
            throw CostExplorer.Failure.dataUnavailableException(
                "Insufficient amount of historical data: a forecast takes \(Forecast.leastDays) whole days.")
        }
        var sum = ExactAmount.zero
        var parts: [CostExplorer.ForecastResult] = []
        var total = CostTotal()
        for part in range.parts(unit) where part.end > today.hour {
            // What is past is known, up to now.
            var past = ExactAmount.zero
            if part.start < today.hour {
                past = metric.amount(try await bill.total(in: HourRange(part.start, today.hour), filter))
            }
            let hours = part.end - max(part.start, today.hour)
            let mean = past + forecast.amount(hours: hours)
            let (lower, upper) = forecast.interval(hours: hours, level: level)
            sum += mean
            parts.append(
                CostExplorer.ForecastResult {
                    $0.timePeriod = part.interval(unit)
                    $0.meanValue = mean.billed
                    $0.predictionIntervalLowerBound = (past + lower).billed
                    $0.predictionIntervalUpperBound = (past + upper).billed
                })
        }
        if metric == .usage {
            total = try await bill.total(in: HourRange(today.adding(days: -Forecast.mostDays), today), filter)
        }
        if metric == .usage, total.unit == nil {
            throw CostExplorer.Failure.unresolvableUsageUnitException(
                "Cost Explorer was unable to identify the usage unit. Provide UsageType/UsageTypeGroup filter selections that"
                    + " contain matching units, for example: hours.")
        }
        let measure = metric == .usage ? total.unit : bill.prices.currency
        return Answer(
            total: CostExplorer.MetricValue {
                $0.amount = sum.billed
                $0.unit = measure
            }, parts: parts)
    }
}

extension CostExplorer.GetCostForecast: ComputeOperation, OnAllCosts {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let question = try ForecastQuestion(
            input.timePeriod, input.granularity, input.metric, input.filter, input.predictionIntervalLevel, call)
        guard question.metric != .usage, question.metric != .normalized else {
            throw .costs("The metric of a cost forecast is a cost")
        }
        let answer = try await question.answer(call)
        return Output {
            $0.total = answer.total
            $0.forecastResultsByTime = answer.parts
        }
    }
}

extension CostExplorer.GetUsageForecast: ComputeOperation, OnAllCosts {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let question = try ForecastQuestion(
            input.timePeriod, input.granularity, input.metric, input.filter, input.predictionIntervalLevel, call)
        guard question.metric == .usage else { throw .costs("The metric of a usage forecast is USAGE_QUANTITY") }
        let answer = try await question.answer(call)
        return Output {
            $0.total = answer.total
            $0.forecastResultsByTime = answer.parts
        }
    }
}
