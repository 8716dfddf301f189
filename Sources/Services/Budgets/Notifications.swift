import BudgetsAPI
import Directory
import Platform
import Wire

// Who is told what about a budget.
// <https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html>

extension StoredBudget {
    private static let mostNotifications = 10

    /// - Throws: InvalidParameterException, DuplicateRecordException, CreationLimitExceededException.
    mutating func add(
        _ notification: Budgets.Notification, _ subscribers: [Budgets.Subscriber], _ call: Call
    ) throws(ServiceError) {
        guard !notifications.contains(where: { $0.isMeant(by: notification) }) else {
            throw Budgets.Failure.duplicateRecordException("The notification already exists.")
        }
        guard notifications.count < Self.mostNotifications else {
            throw Budgets.Failure.creationLimitExceededException(
                "A budget can have \(Self.mostNotifications) notifications at most.")
        }
        var stored = StoredNotification(notification, [])
        for subscriber in subscribers { try stored.add(subscriber) }
        guard !stored.subscribers.isEmpty else { throw .invalidBudget("A notification needs at least one subscriber.") }
        notifications.append(stored)
    }

    /// - Throws: NotFoundException.
    func place(of notification: Budgets.Notification) throws(ServiceError) -> Int {
        guard let place = notifications.firstIndex(where: { $0.isMeant(by: notification) }) else {
            throw .noSuchNotification
        }
        return place
    }
}

extension StoredNotification {
    private static let mostAddresses = 10

    /// - Throws: InvalidParameterException, DuplicateRecordException, CreationLimitExceededException.
    mutating func add(_ subscriber: Budgets.Subscriber) throws(ServiceError) {
        subscribers = try StoredSubscriber.list(subscribers, adding: subscriber, most: Self.mostAddresses)
    }
}

extension StoredSubscriber {
    /// Subscribers with one more: one topic, and so many addresses.
    static func list(
        _ known: [StoredSubscriber], adding new: Budgets.Subscriber, most: Int = 10
    ) throws(ServiceError) -> [StoredSubscriber] {
        let subscriber = StoredSubscriber(new)
        guard !known.contains(subscriber) else {
            throw Budgets.Failure.duplicateRecordException("The subscriber already exists.")
        }
        if subscriber.type == "SNS" {
            guard let arn = ARN(parsing: subscriber.address), arn.service == "sns" else {
                throw .invalidBudget("Invalid Arn for the SNS topic.")
            }
        } else {
            let parts = subscriber.address.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }),
                !subscriber.address.contains(where: \.isWhitespace)
            else {
                throw .invalidBudget("Invalid email address.")
            }
        }
        let alike = known.filter { $0.type == subscriber.type }.count
        guard alike < (subscriber.type == "SNS" ? 1 : most) else {
            throw Budgets.Failure.creationLimitExceededException(
                "A notification can have one SNS subscriber and \(most) email subscribers at most.")
        }
        return known + [subscriber]
    }
}

extension MutableRecords {
    /// Changes a budget's notifications, and looks at it anew.
    fileprivate func change(
        _ name: String, _ call: Call, _ body: (inout StoredBudget) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        var budget = try budget(name)
        try body(&budget)
        try put(budget)
        try schedule(CheckBudget(), id: name, at: call.time)
    }
}

extension Budgets.CreateNotification: WriteOperation, ModifyingBudget {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.of(account: input.accountId).change(input.budgetName, call) { (budget) throws(ServiceError) in
            try budget.add(input.notification, input.subscribers, call)
        }
        return Output()
    }
}

extension Budgets.UpdateNotification: WriteOperation, ModifyingBudget {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.of(account: input.accountId).change(input.budgetName, call) { (budget) throws(ServiceError) in
            let place = try budget.place(of: input.oldNotification)
            guard !budget.notifications.contains(where: { $0.isMeant(by: input.newNotification) }) else {
                throw Budgets.Failure.duplicateRecordException("The notification already exists.")
            }
            budget.notifications[place] = StoredNotification(
                input.newNotification, budget.notifications[place].subscribers)
        }
        return Output()
    }
}

extension Budgets.DeleteNotification: WriteOperation, ModifyingBudget {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.of(account: input.accountId).change(input.budgetName, call) { (budget) throws(ServiceError) in
            budget.notifications.remove(at: try budget.place(of: input.notification))
        }
        return Output()
    }
}

extension Budgets.CreateSubscriber: WriteOperation, ModifyingBudget {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.of(account: input.accountId).change(input.budgetName, call) { (budget) throws(ServiceError) in
            let place = try budget.place(of: input.notification)
            try budget.notifications[place].add(input.subscriber)
        }
        return Output()
    }
}

extension ServiceError {
    fileprivate static let noSuchSubscriber = Budgets.Failure.notFoundException(
        "Unable to get subscriber - subscriber doesn't exist.")
}

extension Budgets.UpdateSubscriber: WriteOperation, ModifyingBudget {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.of(account: input.accountId).change(input.budgetName, call) { (budget) throws(ServiceError) in
            let place = try budget.place(of: input.notification)
            let rest = budget.notifications[place].subscribers.filter { $0 != StoredSubscriber(input.oldSubscriber) }
            guard rest.count < budget.notifications[place].subscribers.count else { throw .noSuchSubscriber }
            budget.notifications[place].subscribers = rest
            try budget.notifications[place].add(input.newSubscriber)
        }
        return Output()
    }
}

extension Budgets.DeleteSubscriber: WriteOperation, ModifyingBudget {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.of(account: input.accountId).change(input.budgetName, call) { (budget) throws(ServiceError) in
            let place = try budget.place(of: input.notification)
            let rest = budget.notifications[place].subscribers.filter { $0 != StoredSubscriber(input.subscriber) }
            guard rest.count < budget.notifications[place].subscribers.count else { throw .noSuchSubscriber }
            // "Deleting the last subscriber to a notification also deletes the notification."
            budget.notifications[place].subscribers = rest
            if rest.isEmpty { budget.notifications.remove(at: place) }
        }
        return Output()
    }
}

extension Budgets.DescribeNotificationsForBudget: ReadOperation, ViewingBudget {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let budget = try records.of(account: input.accountId).budget(input.budgetName)
        return Output(page(budget.notifications, try Paging(budgets: input))) { $0.view }
    }
}

extension Budgets.DescribeBudgetNotificationsForAccount: ReadOperation, ViewingBudget {
    static func budget(_ input: Input) -> String? { nil }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.of(account: input.accountId).page(StoredBudget.self, try Paging(budgets: input))
        return Output(page) { budget in
            Budgets.BudgetNotificationsForAccount {
                $0.budgetName = budget.id
                $0.notifications = budget.notifications.map(\.view)
            }
        }
    }
}

extension Budgets.DescribeSubscribersForNotification: ReadOperation, ViewingBudget {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let budget = try records.of(account: input.accountId).budget(input.budgetName)
        let subscribers = budget.notifications[try budget.place(of: input.notification)].subscribers
        return Output(page(subscribers, try Paging(budgets: input))) { $0.view }
    }
}
