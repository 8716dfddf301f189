import BudgetsAPI
import Costs
import Directory
import Ledger
import Platform
import Wire

/// A budget, in the scope of its account.
struct StoredBudget: Record {
    static let kind = "AWS::Budgets::Budget"
    /// It changes with what is spent.
    static let keepsHistory = false

    /// The name.
    let id: String
    let accountID: String
    /// What was asked for, as `Budgets.Budget` in JSON, with what AWS adds.
    var budget: String
    /// In the order in which they were made.
    var notifications: [StoredNotification] = []
    var tags: [Tag] = []
    /// What was spent in the current period, when it was last looked at.
    var actual = ExactAmount.zero
    /// nil: there is no forecast.
    var forecast: ExactAmount?
    /// When the period that was last looked at began, in hours since 1970; nil: none was.
    var period: Int64?
    /// Seconds since 1970.
    var updated: Double

    var arn: String { BudgetARN.budget(id, accountID) }
    var requirements: [Requirement] { [.account(accountID)] }

    /// - Throws: InternalFailure for one that this version can't read.
    func view() throws(ServiceError) -> Budgets.Budget {
        Budgets.Budget(try Structure(json: budget, of: Budgets.BudgetFields.shape))
    }
}

/// When somebody is to be told about a budget, and who.
struct StoredNotification: Codable, Sendable, Equatable {
    /// `ACTUAL` or `FORECASTED`
    var type: String
    /// `GREATER_THAN`, `LESS_THAN` or `EQUAL_TO`
    var comparison: String
    var threshold: Double
    /// `PERCENTAGE` or `ABSOLUTE_VALUE`
    var thresholdType: String
    /// Whether it is so.
    var isAlarm = false
    var subscribers: [StoredSubscriber]

    init(_ notification: Budgets.Notification, _ subscribers: [StoredSubscriber]) {
        type = notification.notificationType
        comparison = notification.comparisonOperator
        threshold = notification.threshold
        thresholdType = notification.thresholdType ?? "PERCENTAGE"
        self.subscribers = subscribers
    }

    /// Whether a request means this one.
    func isMeant(by other: Budgets.Notification) -> Bool {
        type == other.notificationType && comparison == other.comparisonOperator && threshold == other.threshold
            && thresholdType == (other.thresholdType ?? "PERCENTAGE")
    }

    var view: Budgets.Notification {
        Budgets.Notification {
            $0.notificationType = type
            $0.comparisonOperator = comparison
            $0.threshold = threshold
            $0.thresholdType = thresholdType
            $0.notificationState = isAlarm ? "ALARM" : "OK"
        }
    }

    /// The amount at which it begins, of a limit.
    func amount(of limit: ExactAmount) -> ExactAmount {
        let number = ExactAmount(rounding: threshold) ?? .zero
        return thresholdType == "PERCENTAGE" ? limit.percent(number) : number
    }

    /// Whether an amount is what is to be told.
    func holds(_ amount: ExactAmount, of limit: ExactAmount) -> Bool {
        let bound = self.amount(of: limit)
        return switch comparison {
        case "LESS_THAN": amount < bound
        case "EQUAL_TO": amount == bound
        default: amount > bound
        }
    }
}

/// Who is told.
struct StoredSubscriber: Codable, Sendable, Hashable {
    /// `SNS` or `EMAIL`
    var type: String
    /// A topic's ARN, or an address.
    var address: String

    init(_ subscriber: Budgets.Subscriber) {
        type = subscriber.subscriptionType
        address = subscriber.address
    }

    var view: Budgets.Subscriber {
        Budgets.Subscriber {
            $0.subscriptionType = type
            $0.address = address
        }
    }
}

/// What is done when a budget is exceeded.
struct BudgetAction: Record {
    static let kind = "AWS::Budgets::BudgetsAction"

    /// A UUID.
    let id: String
    let accountID: String
    let budgetName: String
    /// As `Budgets.Action` in JSON, but for its status.
    var action: String
    /// `STANDBY`, …
    var status = "STANDBY"
    var tags: [Tag] = []
    /// Tells its events apart.
    var events: Int64 = 0

    var arn: String { BudgetARN.action(id, of: budgetName, accountID) }
    var references: [Reference] { [Reference(Self.budget, to: budgetName)] }
    var requirements: [Requirement] { [.account(accountID), Requirement(StoredBudget.kind, budgetName)] }

    static let budget = "budget"

    /// - Throws: InternalFailure for one that this version can't read.
    func view() throws(ServiceError) -> Budgets.Action {
        var view = Budgets.Action(try Structure(json: action, of: Budgets.ActionFields.shape))
        view.status = status
        return view
    }
}

/// Something that became of an action.
struct BudgetActionEvent: TableRow {
    static let kind = "AWS::Budgets::BudgetsActionHistory"

    let actionID: String
    /// The last first.
    let number: Int64
    /// Seconds since 1970.
    let time: Double
    /// What became of it.
    let status: String
    /// `SYSTEM`, `CREATE_ACTION`, …
    let type: String
    let message: String
    /// The action as it was then, as `Budgets.Action` in JSON.
    let action: String

    var partition: String { actionID }
    var key: RowKey { RowKey(.descending(number)) }
}

extension MutableRecords {
    /// Keeps what became of an action, and the action.
    func note(
        _ type: String, _ message: String, of action: BudgetAction, at time: Double
    ) throws(ServiceError) {
        var action = action
        action.events += 1
        try put(action)
        try put(
            BudgetActionEvent(
                actionID: action.id, number: action.events, time: time, status: action.status, type: type,
                message: message, action: try action.view().structure.json))
    }
}
