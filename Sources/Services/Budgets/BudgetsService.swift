import BudgetsAPI
import Ledger
public import Platform

extension ServiceModule {
    /// AWS Budgets: limits of costs and usage, who is told about them, and what is done then.
    /// <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html>
    public static let budgets = ServiceModule(
        Budgets.self, isGlobal: true, operations: budgetOperations + actionOperations,
        events: EventParticulars(source: "budgets.amazonaws.com"), records: [StoredBudget.self, BudgetAction.self],
        tables: [BudgetActionEvent.self], projections: [BudgetTags.self], resourceTypes: [.ofBudgets],
        jobs: [CheckBudget.self], quotas: [.budgets, .budgetActions], samples: budgetsSamples)

    private static let budgetOperations: [any Platform.Operation.Type] = [
        Budgets.CreateBudget.self, Budgets.DescribeBudget.self, Budgets.DescribeBudgets.self, Budgets.UpdateBudget.self,
        Budgets.DeleteBudget.self, Budgets.DescribeBudgetPerformanceHistory.self,
        Budgets.CreateNotification.self, Budgets.UpdateNotification.self, Budgets.DeleteNotification.self,
        Budgets.DescribeNotificationsForBudget.self, Budgets.DescribeBudgetNotificationsForAccount.self,
        Budgets.CreateSubscriber.self, Budgets.UpdateSubscriber.self, Budgets.DeleteSubscriber.self,
        Budgets.DescribeSubscribersForNotification.self,
        Budgets.TagResource.self, Budgets.UntagResource.self, Budgets.ListTagsForResource.self,
    ]

    private static let actionOperations: [any Platform.Operation.Type] = [
        Budgets.CreateBudgetAction.self, Budgets.DescribeBudgetAction.self, Budgets.DescribeBudgetActionsForBudget.self,
        Budgets.DescribeBudgetActionsForAccount.self, Budgets.DescribeBudgetActionHistories.self,
        Budgets.UpdateBudgetAction.self, Budgets.DeleteBudgetAction.self, Budgets.ExecuteBudgetAction.self,
    ]
}

extension Quota {
    /// <https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html>
    static let budgets = Quota("BudgetsPerAccount", 20_000)
    /// Of one budget.
    static let budgetActions = Quota("ActionsPerBudget", 5)
}

/// Made-up inputs, with which OPERATIONS.md is generated.
private let budgetsSamples = Samples(texts: [
    "AccountId": Samples.account, "BudgetName": "monthly", "ActionId": "00000000-0000-0000-0000-000000000001",
    "ResourceARN": "arn:aws:budgets::\(Samples.account):budget/monthly",
])
