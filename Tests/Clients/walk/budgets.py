"""Budgets: one with somebody to tell, and one action of it."""

from harness import ACCOUNT, Identity, trust
from walk import Samples

ROLE = f"arn:aws:iam::{ACCOUNT}:role/budgets-walk"
NOTIFICATION = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
SUBSCRIBER = {"SubscriptionType": "EMAIL", "Address": "x@example.com"}
DEFINITION = {"IamActionDefinition": {"PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll", "Users": ["x"]}}
ACTION = "00000000-0000-4000-8000-000000000001"


def budget(name: str) -> dict[str, object]:
    return {
        "BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "1", "Unit": "USD"},
    }  # fmt: skip


def furnish(root: Identity) -> None:
    root.iam.create_role(
        RoleName="budgets-walk", AssumeRolePolicyDocument=trust({"Service": "budgets.amazonaws.com"}))  # fmt: skip
    entry = {"Notification": NOTIFICATION, "Subscribers": [SUBSCRIBER]}
    root.client("budgets").create_budget(
        AccountId=ACCOUNT, Budget=budget("x"), NotificationsWithSubscribers=[entry])  # fmt: skip


SAMPLES = Samples(furnish=furnish, typical="DescribeBudgetAction")
SAMPLES.members(
    AccountId=ACCOUNT, BudgetName="x", ActionId=ACTION, Notification=NOTIFICATION, Subscriber=SUBSCRIBER,
    Subscribers=[SUBSCRIBER], NewBudget=budget("x"), Budget=budget("y"), ExecutionRoleArn=ROLE, Definition=DEFINITION,
    ActionType="APPLY_IAM_POLICY", OldNotification=NOTIFICATION, NewNotification=NOTIFICATION | {"Threshold": 90.0},
    OldSubscriber=SUBSCRIBER, NewSubscriber=SUBSCRIBER | {"Address": "y@example.com"},
    ResourceARN=f"arn:aws:budgets::{ACCOUNT}:budget/x", ResourceTags=[{"Key": "a", "Value": "b"}], ResourceTagKeys=["a"],
)  # fmt: skip
