import BudgetsAPI
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// What is done when a budget is exceeded.
// <https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-controls.html>

extension Budgets.Action {
    /// - Throws: InvalidParameterException for what does not fit together; NotImplemented.
    func checked() throws(ServiceError) -> Budgets.Action {
        switch actionType {
        case "APPLY_IAM_POLICY":
            guard let policy = definition.iamActionDefinition, definition.scpActionDefinition == nil,
                definition.ssmActionDefinition == nil
            else { throw .invalidBudget("The definition of the action does not fit its type \(actionType).") }
            guard [policy.users, policy.groups, policy.roles].contains(where: { $0?.isEmpty == false }) else {
                throw .invalidBudget("The action needs at least one user, group or role.")
            }
        case "APPLY_SCP_POLICY":
            guard definition.scpActionDefinition != nil, definition.iamActionDefinition == nil,
                definition.ssmActionDefinition == nil
            else { throw .invalidBudget("The definition of the action does not fit its type \(actionType).") }
        default:
            throw .notImplemented("Gatehouse has no Systems Manager, and so no budget actions of type \(actionType).")
        }
        var known: [StoredSubscriber] = []
        for subscriber in subscribers { known = try StoredSubscriber.list(known, adding: subscriber) }
        return self
    }
}

extension MutableRecords {
    /// Deletes an action, and what became of it.
    func forget(_ action: BudgetAction) throws(ServiceError) {
        while try deleteAll(BudgetActionEvent.self, of: action.id) == 256 {}
        try delete(action)
    }
}

/// That the caller may hand a role to AWS Budgets.
private func passing(_ role: String) -> Access {
    Access("iam:PassRole", on: role, context: ["iam:passedtoservice": .one(BudgetAlerts.principal)])
}

extension Budgets.CreateBudgetAction: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        // It has no id yet.
        let arn = BudgetARN.action("*", of: input.budgetName, input.accountId)
        var accesses = [Access("budgets:CreateBudgetAction", on: arn), passing(input.executionRoleArn)]
        if let tags = input.resourceTags, !tags.isEmpty {
            accesses.append(Access("budgets:TagResource", on: arn, context: requestTags(tags)))
        }
        return .required(accesses)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = records.of(account: input.accountId)
        let budget = try own.budget(input.budgetName)
        let quota = call.quotas[.budgetActions]
        guard try own.referrerCount(BudgetAction.budget, to: budget.id) < quota else {
            throw Budgets.Failure.creationLimitExceededException("A budget can have \(quota) actions at most.")
        }
        let id = UUID().uuidString.lowercased()
        let view = try Budgets.Action {
            $0.actionId = id
            $0.budgetName = budget.id
            $0.notificationType = input.notificationType
            $0.actionType = input.actionType
            $0.actionThreshold = input.actionThreshold
            $0.definition = input.definition
            $0.executionRoleArn = input.executionRoleArn
            $0.approvalModel = input.approvalModel
            $0.status = "STANDBY"
            $0.subscribers = input.subscribers
        }.checked()
        var action = BudgetAction(
            id: id, accountID: input.accountId, budgetName: budget.id, action: view.structure.json)
        action.tags = try TagRules.ofBudgets.new(input.resourceTags)
        try own.note("CREATE_ACTION", "The action was created.", of: action, at: call.time)
        try own.schedule(CheckBudget(), id: budget.id, at: call.time)
        return Output {
            $0.accountId = input.accountId
            $0.budgetName = budget.id
            $0.actionId = id
        }
    }
}

extension Budgets.UpdateBudgetAction: WriteOperation, OnBudgetAction {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let arn = BudgetARN.action(input.actionId, of: input.budgetName, input.accountId)
        var accesses = [Access("budgets:UpdateBudgetAction", on: arn)]
        if let role = input.executionRoleArn { accesses.append(passing(role)) }
        return .required(accesses)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = records.of(account: input.accountId)
        var action = try own.action(input.actionId, of: input.budgetName)
        let old = try action.view()
        var view = old
        if let type = input.notificationType { view.notificationType = type }
        if let threshold = input.actionThreshold { view.actionThreshold = threshold }
        if let definition = input.definition { view.definition = definition }
        if let role = input.executionRoleArn { view.executionRoleArn = role }
        if let model = input.approvalModel { view.approvalModel = model }
        if let subscribers = input.subscribers { view.subscribers = subscribers }
        let checked = try view.checked()
        action.action = checked.structure.json
        try own.note("UPDATE_ACTION", "The action was updated.", of: action, at: call.time)
        try own.schedule(CheckBudget(), id: action.budgetName, at: call.time)
        return Output {
            $0.accountId = input.accountId
            $0.budgetName = input.budgetName
            $0.oldAction = old
            $0.newAction = checked
        }
    }
}

extension Budgets.DeleteBudgetAction: WriteOperation, OnBudgetAction {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = records.of(account: input.accountId)
        let action = try own.action(input.actionId, of: input.budgetName)
        let view = try action.view()
        try own.forget(action)
        return Output {
            $0.accountId = input.accountId
            $0.budgetName = input.budgetName
            $0.action = view
        }
    }
}

extension Budgets.DescribeBudgetAction: ReadOperation, OnBudgetAction {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let action = try records.of(account: input.accountId).action(input.actionId, of: input.budgetName).view()
        return Output {
            $0.accountId = input.accountId
            $0.budgetName = input.budgetName
            $0.action = action
        }
    }
}

extension Budgets.DescribeBudgetActionsForBudget: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("budgets:\(call.operation)", on: BudgetARN.budget(input.budgetName, input.accountId)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = records.of(account: input.accountId)
        let budget = try own.budget(input.budgetName)
        let page = try own.page(BudgetAction.self, BudgetAction.budget, to: budget.id, try Paging(budgets: input))
        return Output(try page.map { (action) throws(ServiceError) in try action.view() })
    }
}

extension Budgets.DescribeBudgetActionsForAccount: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("budgets:\(call.operation)", on: BudgetARN.budget("*", input.accountId)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.of(account: input.accountId).page(BudgetAction.self, try Paging(budgets: input))
        return Output(try page.map { (action) throws(ServiceError) in try action.view() })
    }
}

extension Budgets.DescribeBudgetActionHistories: ReadOperation, OnBudgetAction {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = records.of(account: input.accountId)
        let action = try own.action(input.actionId, of: input.budgetName)
        let paging = try Paging(budgets: input)
        let from = input.timePeriod?.start?.secondsSinceEpoch ?? 0
        let to = input.timePeriod?.end?.secondsSinceEpoch ?? .infinity
        let range = RowRange(after: paging.after.flatMap { Int64($0) }.map { .key(RowKey(.descending($0))) })
        let rows = try own.list(BudgetActionEvent.self, of: action.id, range, limit: paging.limit + 1)
        let events = rows.prefix(paging.limit)
        let histories = try events.filter { from <= $0.time && $0.time < to }.map { (event) throws(ServiceError) in
            let view = Budgets.Action(try Structure(json: event.action, of: Budgets.ActionFields.shape))
            return Budgets.ActionHistory {
                $0.timestamp = Timestamp(secondsSinceEpoch: event.time)
                $0.status = event.status
                $0.eventType = event.type
                $0.actionHistoryDetails = Budgets.ActionHistoryDetails {
                    $0.message = event.message
                    $0.action = view
                }
            }
        }
        return Output {
            $0.actionHistories = histories
            $0.nextToken =
                rows.count > events.count ? events.last.map { Paging.marker(after: String($0.number)) } : nil
        }
    }
}

extension Budgets.ExecuteBudgetAction: PreparedWriteOperation, OnBudgetAction {
    /// What was found, and what became of it.
    public struct Preparation: Sendable {
        let status: String
        let outcome: ActionOutcome
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let scope = call.module.scope(account: input.accountId, region: call.region)
        let (id, name, type) = (input.actionId, input.budgetName, input.executionType)
        let action = try await call.environment.read(scope) { (records) throws(ServiceError) in
            try records.action(id, of: name)
        }
        let execution = ActionExecution(action, call.environment)
        switch (type, action.status) {
        case ("APPROVE_BUDGET_ACTION", "PENDING"), ("RETRY_BUDGET_ACTION", "EXECUTION_FAILURE"):
            return Preparation(status: action.status, outcome: await execution.outcome(reversing: false))
        case ("REVERSE_BUDGET_ACTION", "EXECUTION_SUCCESS"), ("REVERSE_BUDGET_ACTION", "REVERSE_FAILURE"),
            ("RETRY_BUDGET_ACTION", "REVERSE_FAILURE"):
            return Preparation(status: action.status, outcome: await execution.outcome(reversing: true))
        case ("RESET_BUDGET_ACTION", let status) where status != "STANDBY":
            let outcome = ActionOutcome(status: "STANDBY", message: "The action was reset.")
            return Preparation(status: action.status, outcome: outcome)
        default:
            throw .invalidBudget(
                "The execution type \(type) is not allowed for an action with the status \(action.status).")
        }
    }

    public static func handle(
        _ input: Input, _ preparation: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = records.of(account: input.accountId)
        var action = try own.action(input.actionId, of: input.budgetName)
        guard action.status == preparation.status else {
            throw Budgets.Failure.resourceLockedException("The action is being executed by somebody else.")
        }
        action.status = preparation.outcome.status
        try own.note("EXECUTE_ACTION", preparation.outcome.message, of: action, at: call.time)
        return Output {
            $0.accountId = input.accountId
            $0.budgetName = input.budgetName
            $0.actionId = input.actionId
            $0.executionType = input.executionType
        }
    }
}
