import BudgetsAPI
import Costs
import Metering
import Platform
import Wire

extension StoredBudget {
    /// It as answers show it.
    func shown() throws(ServiceError) -> Budgets.Budget {
        var view = try view()
        let unit = view.unit
        func spend(_ amount: ExactAmount) -> Budgets.Spend {
            Budgets.Spend {
                $0.amount = amount.text(leastDigits: 1)
                $0.unit = unit
            }
        }
        view.calculatedSpend = Budgets.CalculatedSpend {
            $0.actualSpend = spend(actual)
            $0.forecastedSpend = forecast.map(spend)
        }
        view.lastUpdatedTime = Timestamp(secondsSinceEpoch: updated)
        view.healthStatus = Budgets.HealthStatus {
            $0.status = "HEALTHY"
            $0.lastUpdatedTime = Timestamp(secondsSinceEpoch: updated)
        }
        return view
    }
}

extension Call {
    fileprivate var currency: String { environment.projection(PriceBook.self).prices.currency }
}

extension Budgets.CreateBudget: WriteOperation, ModifyingBudget {
    static func budget(_ input: Input) -> String? { input.budget.budgetName }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let arn = BudgetARN.budget(input.budget.budgetName, input.accountId)
        var accesses = [Access("budgets:ModifyBudget", on: arn)]
        if let tags = input.resourceTags, !tags.isEmpty {
            accesses.append(Access("budgets:TagResource", on: arn, context: requestTags(tags)))
        }
        return .required(accesses)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = records.of(account: input.accountId)
        let name = input.budget.budgetName
        guard try own.get(StoredBudget.self, name) == nil else {
            throw Budgets.Failure.duplicateRecordException(
                "Error creating budget: \(name) - the budget already exists.")
        }
        let quota = call.quotas[.budgets]
        guard try own.count(StoredBudget.self) < quota else {
            throw Budgets.Failure.creationLimitExceededException("An account can have \(quota) budgets at most.")
        }
        let view = try input.budget.kept(at: call.time, currency: call.currency)
        var budget = StoredBudget(
            id: name, accountID: input.accountId, budget: view.structure.json, updated: call.time)
        budget.tags = try TagRules.ofBudgets.new(input.resourceTags)
        for entry in input.notificationsWithSubscribers ?? [] {
            try budget.add(entry.notification, entry.subscribers, call)
        }
        try own.put(budget)
        try own.schedule(CheckBudget(), id: name, at: call.time)
        return Output()
    }
}

extension Budgets.UpdateBudget: WriteOperation, ModifyingBudget {
    static func budget(_ input: Input) -> String? { input.newBudget.budgetName }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = records.of(account: input.accountId)
        var budget = try own.budget(input.newBudget.budgetName)
        budget.budget = try input.newBudget.kept(at: call.time, currency: call.currency).structure.json
        budget.updated = call.time
        try own.put(budget)
        try own.schedule(CheckBudget(), id: budget.id, at: call.time)
        return Output()
    }
}

extension Budgets.DeleteBudget: WriteOperation, ModifyingBudget {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = records.of(account: input.accountId)
        let budget = try own.budget(input.budgetName)
        for action in try own.referrers(BudgetAction.self, BudgetAction.budget, to: budget.id) {
            try own.forget(action)
        }
        try own.cancel(CheckBudget.self, id: budget.id)
        try own.delete(budget)
        return Output()
    }
}

extension Budgets.DescribeBudget: ReadOperation, ViewingBudget {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let budget = try records.of(account: input.accountId).budget(input.budgetName).shown()
        return Output { $0.budget = budget }
    }
}

extension Budgets.DescribeBudgets: ReadOperation, ViewingBudget {
    static func budget(_ input: Input) -> String? { nil }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.of(account: input.accountId).page(StoredBudget.self, try Paging(budgets: input))
        return Output(try page.map { (budget) throws(ServiceError) in try budget.shown() })
    }
}

extension Budgets.DescribeBudgetPerformanceHistory: ComputeOperation, ViewingBudget {
    /// Periods that are told: of days 60, of months and quarters 12, of years 3.
    private static func most(_ unit: TimeUnit) -> Int {
        switch unit {
        case .daily: 60
        case .annually: 3
        default: 12
        }
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let scope = call.module.scope(account: input.accountId, region: call.region)
        let name = input.budgetName
        let view = try await call.environment.read(scope) { (records) throws(ServiceError) in
            try records.budget(name).view()
        }
        let bill = try await Bill(of: input.accountId, call.environment)
        let filter = try view.filter()
        let from = input.timePeriod?.start?.secondsSinceEpoch ?? 0
        let to = input.timePeriod?.end?.secondsSinceEpoch ?? .infinity
        var amounts: [Budgets.BudgetedAndActualAmounts] = []
        var time = call.time
        for _ in 0..<(view.budgetTimeUnit.map(most) ?? 1) {
            guard let period = view.period(at: time) else { break }
            time = Double(period.start) * 3600 - 1
            guard Double(period.start) * 3600 >= from, Double(period.start) * 3600 < to else { continue }
            let actual = view.amount(try await bill.total(in: period, filter))
            let unit = view.unit
            amounts.append(
                Budgets.BudgetedAndActualAmounts {
                    $0.budgetedAmount = view.limit(in: period).map { limit in
                        Budgets.Spend {
                            $0.amount = limit.text(leastDigits: 1)
                            $0.unit = unit
                        }
                    }
                    $0.actualAmount = Budgets.Spend {
                        $0.amount = actual.text(leastDigits: 1)
                        $0.unit = unit
                    }
                    $0.timePeriod = Budgets.TimePeriod {
                        $0.start = Timestamp(secondsSinceEpoch: Double(period.start) * 3600)
                        $0.end = Timestamp(secondsSinceEpoch: Double(period.end) * 3600)
                    }
                })
        }
        let page = page(amounts, try Paging(budgets: input))
        return Output {
            $0.budgetPerformanceHistory = Budgets.BudgetPerformanceHistory {
                $0.budgetName = view.budgetName
                $0.budgetType = view.budgetType
                $0.costFilters = view.costFilters
                $0.costTypes = view.costTypes
                $0.timeUnit = view.timeUnit
                $0.filterExpression = view.filterExpression
                $0.metrics = view.metrics
                $0.budgetedAndActualAmountsList = page.items
            }
            $0.nextToken = page.marker
        }
    }
}
