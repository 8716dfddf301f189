import BudgetsAPI
import Costs
import Metering
import Platform
import Wire

// What a budget may be, and what it means.
// <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html>

/// When budgets end that have no end: 2087-06-15.
private let endOfTime = 3_706_473_600.0

extension Budgets.Budget {
    /// It as it is kept: with what AWS adds, and without what is computed.
    /// - Throws: InvalidParameterException; NotImplemented for what Gatehouse has none of.
    func kept(at time: Double, currency: String) throws(ServiceError) -> Budgets.Budget {
        var budget = self
        guard budgetType == "COST" || budgetType == "USAGE" else {
            throw .notImplemented(
                "Gatehouse has neither reservations nor Savings Plans, and so no budgets of type \(budgetType).")
        }
        guard autoAdjustData == nil else { throw .notImplemented("Gatehouse has no auto-adjusting budgets yet.") }
        guard billingViewArn == nil else { throw .notImplemented("Gatehouse has no billing views yet.") }
        guard timeUnit != "CUSTOM" || timePeriod?.start != nil && timePeriod?.end != nil else {
            throw .invalidBudget("A budget with a custom period has to have a start and an end.")
        }
        guard let unit = budgetTimeUnit else { throw .invalidBudget("The time unit \(timeUnit) is not supported.") }
        try checkLimits(unit, currency)
        _ = try filter()
        let start =
            timePeriod?.start?.secondsSinceEpoch
            ?? CivilDate(hour: HourRange.period(unit, around: Int64(time / 3600)).start).seconds
        let end = timePeriod?.end?.secondsSinceEpoch ?? endOfTime
        guard start < end else { throw .invalidBudget("Start time must be before end time.") }
        budget.timePeriod = Budgets.TimePeriod {
            $0.start = Timestamp(secondsSinceEpoch: start)
            $0.end = Timestamp(secondsSinceEpoch: end)
        }
        if budgetType == "COST", filterExpression == nil, metrics == nil { budget.costTypes = costTypes.withDefaults }
        budget.calculatedSpend = nil
        budget.lastUpdatedTime = nil
        budget.healthStatus = nil
        return budget
    }

    private func checkLimits(_ unit: TimeUnit, _ currency: String) throws(ServiceError) {
        guard (budgetLimit == nil) != (plannedBudgetLimits == nil) else {
            throw .invalidBudget("A budget has to have either a limit or planned limits.")
        }
        for limit in (budgetLimit.map { [$0] } ?? []) + (plannedBudgetLimits.map { Array($0.values) } ?? []) {
            guard let amount = ExactAmount(limit.amount), amount > .zero else {
                throw .invalidBudget("The amount of a budget's limit has to be a number that is greater than 0.")
            }
            guard budgetType != "COST" || limit.unit == currency else {
                throw .invalidBudget("The unit of a cost budget is \(currency).")
            }
        }
        guard plannedBudgetLimits == nil || unit == .monthly || unit == .quarterly else {
            throw .invalidBudget("Planned limits are only available with the time units MONTHLY and QUARTERLY.")
        }
    }

    /// nil: none that there is. A custom period is one that never comes again.
    var budgetTimeUnit: TimeUnit? { timeUnit == "CUSTOM" ? .annually : TimeUnit(rawValue: timeUnit) }

    /// The period of the budget that a time is in; nil: it has not begun, or is over.
    func period(at time: Double) -> HourRange? {
        guard let unit = budgetTimeUnit, let start = timePeriod?.start?.secondsSinceEpoch,
            let end = timePeriod?.end?.secondsSinceEpoch, start <= time, time < end,
            let hour = Int64(exactly: (time / 3600).rounded(.down)),
            let first = Int64(exactly: (start / 3600).rounded(.down)),
            let last = Int64(exactly: (end / 3600).rounded(.up))
        else { return nil }
        if timeUnit == "CUSTOM" { return HourRange(first, last) }
        let period = HourRange.period(unit, around: hour)
        return HourRange(max(period.start, first), min(period.end, last))
    }

    /// How much it may be in a period; nil: nothing was planned for that one.
    func limit(in period: HourRange) -> ExactAmount? {
        if let budgetLimit { return ExactAmount(budgetLimit.amount) }
        // Keys are the beginnings of periods, in seconds since 1970; where one is within the period is not said.
        for (key, spend) in plannedBudgetLimits ?? [:] {
            if let seconds = Int64(key), period.contains(seconds / 3600) { return ExactAmount(spend.amount) }
        }
        return nil
    }

    /// What is spent: money, or usage.
    func amount(_ total: CostTotal) -> ExactAmount { budgetType == "USAGE" ? total.quantity : total.cost }

    /// The unit of its amounts.
    var unit: String { budgetLimit?.unit ?? plannedBudgetLimits?.values.first?.unit ?? "USD" }

    /// Which lines count.
    /// - Throws: InvalidParameterException; NotImplemented.
    func filter() throws(ServiceError) -> CostFilter {
        guard costFilters?.isEmpty != false || filterExpression == nil else {
            throw .invalidBudget("A budget can't have both cost filters and a filter expression.")
        }
        if let filterExpression { return try filterExpression.filter() }
        var parts: [CostFilter] = []
        for (key, values) in (costFilters ?? [:]).sorted(by: { $0.key < $1.key }) {
            if key == "TagKeyValue" {
                parts.append(
                    .or(
                        try values.map { (value) throws(ServiceError) in
                            let pair = (value.hasPrefix("user:") ? String(value.dropFirst(5)) : value).split(
                                separator: "$", maxSplits: 1, omittingEmptySubsequences: false)
                            guard pair.count == 2 else {
                                throw .invalidBudget("The tag filter '\(value)' is not Key$Value.")
                            }
                            return .tag(key: String(pair[0]), values: [String(pair[1])], CostFilter.MatchOptions())
                        }))
                continue
            }
            guard let dimension = Self.dimensions[key] else {
                throw .invalidBudget("Gatehouse's bills have nothing to filter by \(key).")
            }
            parts.append(.dimension(dimension, values: values, CostFilter.MatchOptions()))
        }
        return parts.isEmpty ? .all : .and(parts)
    }

    private static let dimensions: [String: CostDimension] = [
        "AZ": .zone, "LinkedAccount": .linkedAccount, "Operation": .operation, "Region": .region, "Service": .service,
        "UsageType": .usageType, "BillingEntity": .billingEntity, "LegalEntityName": .legalEntity,
        "RecordType": .recordType,
    ]
}

extension Budgets.CostTypes? {
    /// AWS's defaults, where nothing is said.
    fileprivate var withDefaults: Budgets.CostTypes {
        var types = self ?? Budgets.CostTypes { _ in }
        types.includeTax = types.includeTax ?? true
        types.includeSubscription = types.includeSubscription ?? true
        types.useBlended = types.useBlended ?? false
        types.includeRefund = types.includeRefund ?? true
        types.includeCredit = types.includeCredit ?? true
        types.includeUpfront = types.includeUpfront ?? true
        types.includeRecurring = types.includeRecurring ?? true
        types.includeOtherSubscription = types.includeOtherSubscription ?? true
        types.includeSupport = types.includeSupport ?? true
        types.includeDiscount = types.includeDiscount ?? true
        types.useAmortized = types.useAmortized ?? false
        return types
    }
}

extension Budgets.Expression {
    /// - Throws: InvalidParameterException.
    fileprivate func filter() throws(ServiceError) -> CostFilter {
        var parts: [CostFilter] = []
        if let and { parts.append(.and(try and.map { (part) throws(ServiceError) in try part.filter() })) }
        if let or { parts.append(.or(try or.map { (part) throws(ServiceError) in try part.filter() })) }
        if let not { parts.append(.not(try not.filter())) }
        if let dimensions {
            guard let dimension = CostDimension(rawValue: dimensions.key) else {
                throw .invalidBudget("Gatehouse's bills have no dimension \(dimensions.key).")
            }
            parts.append(.dimension(dimension, values: dimensions.values, try Self.options(dimensions.matchOptions)))
        }
        if let tags {
            parts.append(.tag(key: tags.key ?? "", values: tags.values ?? [], try Self.options(tags.matchOptions)))
        }
        if let costCategories { parts.append(try Self.options(costCategories.matchOptions).absent ? .all : .or([])) }
        guard parts.count == 1, let only = parts.first else {
            throw .invalidBudget(
                "An expression must have exactly one of Or, And, Not, Dimensions, Tags, CostCategories.")
        }
        return only
    }

    private static func options(_ names: [String]?) throws(ServiceError) -> CostFilter.MatchOptions {
        guard let options = CostFilter.MatchOptions(names: names ?? []) else {
            throw .invalidBudget("A match option of the expression is not supported.")
        }
        return options
    }
}
