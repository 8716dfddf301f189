import BudgetsAPI
import Costs
import Ledger
import Metering
import Platform
import SNSAPI
import Wire

/// Looks at what was spent of a budget, tells who is to be told, and does what is to be done. It is scheduled under the budget's
/// name, and comes back as long as there is one.
struct CheckBudget: Job {
    static let kind = "Budgets::CheckBudget"
    static var recurs: Bool { true }
    /// Seconds between two. AWS looks some times a day.
    static let interval = 300.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let name = context.id
        let found = try await environment.read(context.scope) { (records) throws(ServiceError) -> Found? in
            guard let budget = try records.get(StoredBudget.self, name) else { return nil }
            return Found(
                budget: budget, actions: try records.referrers(BudgetAction.self, BudgetAction.budget, to: name))
        }
        guard let found else { return }
        let now = environment.now()
        guard let spending = try await Spending(found.budget, environment, at: now) else {
            try await context.finish { (records) throws(ServiceError) in
                try records.schedule(CheckBudget(), id: name, at: now + Self.interval)
            }
            return
        }
        let alerts = spending.alerts(found.budget)
        let messages = await alerts.messages(environment, context)
        let due = found.actions.filter { spending.isDue($0) }
        var results: [String: ActionOutcome] = [:]
        for action in due where try action.view().approvalModel == "AUTOMATIC" {
            results[action.id] = await ActionExecution(action, environment).outcome(reversing: false)
        }
        let outcomes = results
        try await context.finish { (records) throws(ServiceError) in
            guard var budget = try records.get(StoredBudget.self, name) else { return }
            let isNew = budget.period != spending.period.start
            spending.apply(to: &budget, at: now)
            try records.put(budget)
            for message in messages { _ = try message.complete(in: records) }
            for mail in alerts.mail(at: now) { try records.send(mail) }
            if isNew { try records.reset(found.actions.filter { !due.map(\.id).contains($0.id) }, at: now) }
            for action in due { try records.take(outcomes[action.id], of: action, spending, at: now) }
            try records.schedule(CheckBudget(), id: name, at: now + Self.interval)
        }
    }

    private struct Found: Sendable {
        let budget: StoredBudget
        let actions: [BudgetAction]
    }
}

/// What of a budget is spent.
struct Spending: Sendable {
    let view: Budgets.Budget
    let account: String
    let period: HourRange
    let actual: ExactAmount
    let forecast: ExactAmount?
    /// nil: nothing was planned for the period.
    let limit: ExactAmount?

    /// nil: the budget has not begun, or is over.
    init?(_ budget: StoredBudget, _ environment: Environment, at now: Double) async throws(ServiceError) {
        let view = try budget.view()
        guard let period = view.period(at: now) else { return nil }
        let bill = try await Bill(of: budget.accountID, environment)
        let filter = try view.filter()
        self.view = view
        self.period = period
        account = budget.accountID
        limit = view.limit(in: period)
        actual = view.amount(try await bill.total(in: period, filter))
        let today = CivilDate(seconds: now)
        if let forecast = Forecast(try await bill.days(before: today, filter) { view.amount($0) }) {
            let past =
                today.hour > period.start
                ? view.amount(try await bill.total(in: HourRange(period.start, today.hour), filter)) : .zero
            let expected = past + forecast.amount(hours: period.end - max(today.hour, period.start))
            // What is spent already stays spent.
            self.forecast = max(expected, actual)
        } else {
            forecast = nil
        }
    }

    /// Whether a notification's condition holds now.
    func holds(_ notification: StoredNotification) -> Bool {
        guard let limit, let amount = notification.type == "FORECASTED" ? forecast : actual else { return false }
        return notification.holds(amount, of: limit)
    }

    /// Whether it is time for an action that waits.
    func isDue(_ action: BudgetAction) -> Bool {
        guard action.status == "STANDBY", let view = try? action.view(), let limit,
            let amount = view.notificationType == "FORECASTED" ? forecast : actual,
            let threshold = ExactAmount(rounding: view.actionThreshold.actionThresholdValue)
        else { return false }
        let isPercentage = view.actionThreshold.actionThresholdType == "PERCENTAGE"
        return amount > (isPercentage ? limit.percent(threshold) : threshold)
    }

    /// What is to be told of a budget that somebody did not know yet.
    func alerts(_ budget: StoredBudget) -> BudgetAlerts {
        let isNew = budget.period != period.start
        return BudgetAlerts(
            spending: self, budget: budget,
            notifications: budget.notifications.filter { holds($0) && (isNew || !$0.isAlarm) })
    }

    func apply(to budget: inout StoredBudget, at time: Double) {
        budget.period = period.start
        budget.actual = actual
        budget.forecast = forecast
        budget.updated = time
        for place in budget.notifications.indices {
            budget.notifications[place].isAlarm = holds(budget.notifications[place])
        }
    }
}

extension MutableRecords {
    /// In a new period actions wait anew. What they have done is not undone: that takes REVERSE_BUDGET_ACTION.
    fileprivate func reset(_ actions: [BudgetAction], at time: Double) throws(ServiceError) {
        for action in actions where action.status != "STANDBY" {
            guard var own = try get(BudgetAction.self, action.id), own.status == action.status else { continue }
            own.status = "STANDBY"
            try note("SYSTEM", "The budget's period is over: the action waits for the next.", of: own, at: time)
        }
    }

    /// Keeps what became of an action that was due; without an outcome it waits for somebody's approval.
    fileprivate func take(
        _ outcome: ActionOutcome?, of action: BudgetAction, _ spending: Spending, at time: Double
    ) throws(ServiceError) {
        guard var own = try get(BudgetAction.self, action.id), own.status == "STANDBY" else { return }
        own.status = outcome?.status ?? "PENDING"
        let message = outcome?.message ?? "The threshold is exceeded: the action waits for approval."
        try note("SYSTEM", message, of: own, at: time)
        let view = try own.view()
        for subscriber in view.subscribers where subscriber.subscriptionType == "EMAIL" {
            try send(
                Mail(
                    requestID: RequestIDs.make(time: time), at: time, about: own.accountID, to: subscriber.address,
                    subject: "AWS Budgets: action of \(own.budgetName) is \(own.status)",
                    text: """
                        AWS Account \(own.accountID)

                        The \(view.notificationType) amount of your budget \(own.budgetName) has exceeded the threshold of its
                        action \(own.id) (\(view.actionType)).

                        Status: \(own.status)
                        \(message)
                        """))
        }
    }
}
