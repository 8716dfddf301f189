"""Budgets: what they say is spent, who is told, and what is done then, by the role that is named, through the gate."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust
from harness.costs import outbox, price_file
from harness.organizations import NewOrganization
from harness.patience import PATIENCE

PRINCIPAL = {"Service": "budgets.amazonaws.com"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("budgets")
    with Server("--prices", str(price_file(folder)), log=folder / "log") as server:
        yield server


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def monthly(name: str, amount: str = "0.03", **more: Any) -> dict[str, Any]:
    return {
        "BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": amount, "Unit": "USD"},
    } | more  # fmt: skip


def notification(threshold: float, type_: str = "ACTUAL", **more: Any) -> dict[str, Any]:
    return {"NotificationType": type_, "ComparisonOperator": "GREATER_THAN", "Threshold": threshold} | more


def email(address: str) -> dict[str, str]:
    return {"SubscriptionType": "EMAIL", "Address": address}


def spend(server: Server, calls: int, region: str = "us-east-1") -> None:
    """A cent each."""
    kms = server.root.client("kms", region=region)
    for _ in range(calls):
        kms.generate_random(NumberOfBytes=8)


def look(server: Server, name: str) -> None:
    """Has the budget looked at now: whatever changes it does."""
    budgets = server.root.client("budgets")
    before = notification(999_999)
    budgets.create_notification(
        AccountId=ACCOUNT, BudgetName=name, Notification=before, Subscribers=[email("nobody@example.com")]
    )
    budgets.delete_notification(AccountId=ACCOUNT, BudgetName=name, Notification=before)


def test_the_life_of_a_budget(server: Server) -> None:
    budgets = server.root.client("budgets")
    made = monthly("life", "100", CostFilters={"Service": ["AWS Key Management Service"], "TagKeyValue": ["user:team$books"]})
    tags = [{"Key": "team", "Value": "books"}]
    entry = {"Notification": notification(80), "Subscribers": [email("a@example.com")]}
    budgets.create_budget(AccountId=ACCOUNT, Budget=made, NotificationsWithSubscribers=[entry], ResourceTags=tags)
    shown = budgets.describe_budget(AccountId=ACCOUNT, BudgetName="life")["Budget"]
    assert Decimal(shown["BudgetLimit"]["Amount"]) == 100 and shown["CostFilters"] == made["CostFilters"]
    assert shown["CostTypes"]["IncludeTax"] is True and shown["CostTypes"]["UseBlended"] is False
    assert shown["TimePeriod"]["End"].year == 2087 and shown["TimePeriod"]["Start"].day == 1
    assert Decimal(shown["CalculatedSpend"]["ActualSpend"]["Amount"]) == 0
    assert error_of(budgets.create_budget, AccountId=ACCOUNT, Budget=made).code == "DuplicateRecordException"
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/life"
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == tags
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "x", "Value": "y"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["team"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "x", "Value": "y"}]

    named = {"AccountId": ACCOUNT, "BudgetName": "life"}
    (first,) = budgets.describe_notifications_for_budget(**named)["Notifications"]
    assert first == notification(80) | {"ThresholdType": "PERCENTAGE", "NotificationState": "OK"}
    new = notification(90, "FORECASTED")
    budgets.update_notification(**named, OldNotification=notification(80), NewNotification=new)
    assert error_of(budgets.delete_notification, **named, Notification=notification(80)).code == "NotFoundException"
    budgets.create_subscriber(**named, Notification=new, Subscriber=email("b@example.com"))
    duplicate = error_of(budgets.create_subscriber, **named, Notification=new, Subscriber=email("b@example.com"))
    assert duplicate.code == "DuplicateRecordException"
    budgets.update_subscriber(
        **named, Notification=new, OldSubscriber=email("a@example.com"), NewSubscriber=email("c@example.com")
    )
    found = budgets.describe_subscribers_for_notification(**named, Notification=new)["Subscribers"]
    assert sorted(one["Address"] for one in found) == ["b@example.com", "c@example.com"]
    for name in ("b", "c"):
        budgets.delete_subscriber(**named, Notification=new, Subscriber=email(f"{name}@example.com"))
    # Without anybody to tell there is nothing to tell.
    assert budgets.describe_notifications_for_budget(**named)["Notifications"] == []

    budgets.update_budget(AccountId=ACCOUNT, NewBudget=monthly("life", "200"))
    assert Decimal(budgets.describe_budget(**named)["Budget"]["BudgetLimit"]["Amount"]) == 200
    assert "life" in [one["BudgetName"] for one in budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"]]
    budgets.delete_budget(**named)
    assert error_of(budgets.describe_budget, **named).code == "NotFoundException"


def test_what_is_no_budget(server: Server) -> None:
    budgets = server.root.client("budgets")
    for bad in (
        {"BudgetLimit": {"Amount": "0", "Unit": "USD"}},
        {"BudgetLimit": {"Amount": "1", "Unit": "EUR"}},
        {"CostFilters": {"Weather": ["fine"]}},
        {"CostFilters": {"TagKeyValue": ["team"]}},
        {"TimeUnit": "CUSTOM"},
        {"TimePeriod": {"Start": 1_800_000_000, "End": 1_700_000_000}},
        {"CostFilters": {"Region": ["a"]}, "FilterExpression": {"Dimensions": {"Key": "REGION", "Values": ["a"]}}},
    ):
        assert error_of(budgets.create_budget, AccountId=ACCOUNT, Budget=monthly("bad") | bad).code == "InvalidParameterException", bad
    refused = error_of(budgets.create_budget, AccountId=ACCOUNT, Budget=monthly("bad") | {"BudgetType": "RI_COVERAGE"})
    assert refused.code == "NotImplemented"
    entry = {"Notification": notification(1), "Subscribers": [email("a@example.com"), email("a@example.com")]}
    assert error_of(
        budgets.create_budget, AccountId=ACCOUNT, Budget=monthly("bad"), NotificationsWithSubscribers=[entry]
    ).code == "DuplicateRecordException"  # fmt: skip
    assert "bad" not in [one["BudgetName"] for one in budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"]]


def test_who_is_told(server: Server) -> None:
    """By mail, and by a topic whose policy lets AWS Budgets publish; by one that does not, nobody is."""
    root = server.root
    budgets, sns, sqs = root.client("budgets"), root.client("sns"), root.client("sqs")
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics = {}
    for name in ("open", "closed"):
        topics[name] = topic = sns.create_topic(Name=f"told-{name}")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    statement = allow("sqs:SendMessage", queue_arn, Principal={"Service": "sns.amazonaws.com"})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(statement)})
    sns.set_topic_attributes(
        TopicArn=topics["open"], AttributeName="Policy",
        AttributeValue=policy(allow("SNS:Publish", topics["open"], Principal=PRINCIPAL)),
    )  # fmt: skip
    # Calls of a Region that no other test calls.
    region = "ap-south-1"
    entries = [
        {
            "Notification": notification(50),
            "Subscribers": [email("half@example.com"), {"SubscriptionType": "SNS", "Address": topics["open"]}],
        },
        {"Notification": notification(0.04, ThresholdType="ABSOLUTE_VALUE"), "Subscribers": [email("all@example.com")]},
        {"Notification": notification(40), "Subscribers": [{"SubscriptionType": "SNS", "Address": topics["closed"]}]},
        {"Notification": notification(1, "FORECASTED"), "Subscribers": [email("future@example.com")]},
    ]
    made = monthly("told", "0.04", CostFilters={"Region": [region]})
    budgets.create_budget(AccountId=ACCOUNT, Budget=made, NotificationsWithSubscribers=entries)

    def states() -> list[str]:
        found = budgets.describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName="told")["Notifications"]
        return [one["NotificationState"] for one in found]

    def told() -> list[str]:
        return [mail["to"] for mail in outbox(server) if "told" in mail["subject"]]

    spend(server, 3, region)
    look(server, "told")
    until(lambda: states() == ["ALARM", "OK", "ALARM", "OK"])
    assert told() == ["half@example.com"]
    (message,) = until(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))
    body = json.loads(message["Body"])
    assert body["Subject"] == "AWS Budgets: told has exceeded your alert threshold"
    assert "Budget Name: told" in body["Message"] and "ACTUAL Amount: $0.03" in body["Message"]
    assert body["TopicArn"] == topics["open"]
    shown = budgets.describe_budget(AccountId=ACCOUNT, BudgetName="told")["Budget"]["CalculatedSpend"]
    assert Decimal(shown["ActualSpend"]["Amount"]) == Decimal("0.03") and "ForecastedSpend" not in shown

    # Nobody is told twice.
    spend(server, 2, region)
    look(server, "told")
    until(lambda: states() == ["ALARM", "ALARM", "ALARM", "OK"])
    assert told() == ["half@example.com", "all@example.com"]
    history = budgets.describe_budget_performance_history(AccountId=ACCOUNT, BudgetName="told")
    amounts = history["BudgetPerformanceHistory"]["BudgetedAndActualAmountsList"]
    assert Decimal(amounts[0]["ActualAmount"]["Amount"]) == Decimal("0.05")
    assert Decimal(amounts[0]["BudgetedAmount"]["Amount"]) == Decimal("0.04")


def action(role: str, definition: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "AccountId": ACCOUNT, "NotificationType": "ACTUAL", "ActionType": "APPLY_IAM_POLICY",
        "ActionThreshold": {"ActionThresholdValue": 100.0, "ActionThresholdType": "PERCENTAGE"}, "Definition": definition,
        "ExecutionRoleArn": role, "ApprovalModel": "AUTOMATIC", "Subscribers": [email("acted@example.com")],
    } | more  # fmt: skip


def test_an_action_attaches_a_policy(server: Server, tmp_path: Path) -> None:
    root = server.root
    budgets, iam = root.client("budgets"), root.iam
    spender = Identity.of_key(
        server.url, (iam.create_user(UserName="spender"), iam.create_access_key(UserName="spender"))[1]["AccessKey"]
    )
    iam.put_user_policy(UserName="spender", PolicyName="own", PolicyDocument=policy(allow("kms:*", "*")))
    region = "sa-east-1"
    role = iam.create_role(RoleName="stopper", AssumeRolePolicyDocument=trust(PRINCIPAL))["Role"]["Arn"]
    arn = "arn:aws:iam::aws:policy/AWSDenyAll"
    budgets.create_budget(AccountId=ACCOUNT, Budget=monthly("acts", "0.01", CostFilters={"Region": [region]}))
    definition = {"IamActionDefinition": {"PolicyArn": arn, "Users": ["spender"]}}
    made = action(role, definition, BudgetName="acts")
    identifier = budgets.create_budget_action(**made)["ActionId"]
    named = {"AccountId": ACCOUNT, "BudgetName": "acts", "ActionId": identifier}

    def status() -> str:
        return str(budgets.describe_budget_action(**named)["Action"]["Status"])

    def execute(kind: str) -> None:
        budgets.execute_budget_action(**named, ExecutionType=kind)

    assert status() == "STANDBY"
    assert error_of(execute, kind="APPROVE_BUDGET_ACTION").code == "InvalidParameterException"
    kms = spender.client("kms", region=region)
    for _ in range(2):
        kms.generate_random(NumberOfBytes=8)
    look(server, "acts")
    # The role may not attach anything: policies decide.
    until(lambda: status() == "EXECUTION_FAILURE")
    histories = budgets.describe_budget_action_histories(**named)["ActionHistories"]
    assert [(entry["EventType"], entry["Status"]) for entry in histories] == [
        ("SYSTEM", "EXECUTION_FAILURE"), ("CREATE_ACTION", "STANDBY")]  # fmt: skip
    assert "AccessDenied" in histories[0]["ActionHistoryDetails"]["Message"]
    assert kms.generate_random(NumberOfBytes=8)
    user_arn = f"arn:aws:iam::{ACCOUNT}:user/spender"
    statement = allow(["iam:AttachUserPolicy", "iam:DetachUserPolicy"], user_arn)
    iam.put_role_policy(RoleName="stopper", PolicyName="own", PolicyDocument=policy(statement))
    execute("RETRY_BUDGET_ACTION")
    assert status() == "EXECUTION_SUCCESS"
    assert [one["PolicyArn"] for one in iam.list_attached_user_policies(UserName="spender")["AttachedPolicies"]] == [arn]
    assert error_of(kms.generate_random, NumberOfBytes=8).code == "AccessDeniedException"
    execute("REVERSE_BUDGET_ACTION")
    assert status() == "REVERSE_SUCCESS"
    assert kms.generate_random(NumberOfBytes=8)

    # One that waits for somebody.
    execute("RESET_BUDGET_ACTION")
    updated = budgets.update_budget_action(**named, ApprovalModel="MANUAL")
    assert (updated["OldAction"]["ApprovalModel"], updated["NewAction"]["ApprovalModel"]) == ("AUTOMATIC", "MANUAL")
    until(lambda: status() == "PENDING")
    assert iam.list_attached_user_policies(UserName="spender")["AttachedPolicies"] == []
    assert "acted@example.com" in [mail["to"] for mail in outbox(server)]
    execute("APPROVE_BUDGET_ACTION")
    assert status() == "EXECUTION_SUCCESS"
    calls = [one for one in root.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AttachUserPolicy"}])["Events"]
        if "AWSBudgetsAction" in one["CloudTrailEvent"]]  # fmt: skip
    assert calls and "stopper" in calls[0]["CloudTrailEvent"]
    assert identifier in [one["ActionId"] for one in budgets.describe_budget_actions_for_account(AccountId=ACCOUNT)["Actions"]]
    assert budgets.describe_budget_actions_for_budget(AccountId=ACCOUNT, BudgetName="acts")["Actions"]
    budgets.delete_budget_action(**named)
    assert error_of(budgets.describe_budget_action, **named).code == "NotFoundException"


def test_roles_have_to_be_passed_and_trusted(server: Server) -> None:
    root = server.root
    budgets, iam = root.client("budgets"), root.iam
    role = iam.create_role(RoleName="untrusting", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))["Role"]["Arn"]
    iam.create_user(UserName="limited")
    limited = Identity.of_key(server.url, iam.create_access_key(UserName="limited")["AccessKey"])
    iam.put_user_policy(UserName="limited", PolicyName="own", PolicyDocument=policy(allow("budgets:*", "*")))
    region = "ap-northeast-3"
    own = limited.client("budgets")
    own.create_budget(AccountId=ACCOUNT, Budget=monthly("passed", "0.01", CostFilters={"Region": [region]}))
    made = action(
        role, {"IamActionDefinition": {"PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll", "Users": ["limited"]}}, BudgetName="passed"
    )
    error = error_of(own.create_budget_action, **made)
    assert error.code.startswith("AccessDenied") and "iam:PassRole" in error.message
    identifier = budgets.create_budget_action(**made)["ActionId"]
    spend(server, 2, region)
    look(server, "passed")
    named = {"AccountId": ACCOUNT, "BudgetName": "passed", "ActionId": identifier}
    until(lambda: budgets.describe_budget_action(**named)["Action"]["Status"] == "EXECUTION_FAILURE")
    assert error_of(
        budgets.create_budget_action, **made | {"ActionType": "APPLY_SCP_POLICY"}).code == "InvalidParameterException"  # fmt: skip


def test_an_action_attaches_a_control_policy(tmp_path: Path) -> None:
    with Server("--prices", str(price_file(tmp_path)), log=tmp_path / "log") as server:
        organization = NewOrganization(server)
        organization.api.enable_policy_type(RootId=organization.root_id, PolicyType="SERVICE_CONTROL_POLICY")
        member = organization.member("shop")
        deny = organization.policy(policy({"Effect": "Deny", "Action": "kms:*", "Resource": "*"}))
        root = server.root
        role = root.iam.create_role(RoleName="stopper", AssumeRolePolicyDocument=trust(PRINCIPAL))["Role"]["Arn"]
        statement = allow("organizations:AttachPolicy", "*")
        root.iam.put_role_policy(RoleName="stopper", PolicyName="own", PolicyDocument=policy(statement))
        budgets = root.client("budgets")
        filters = {"LinkedAccount": [member.account]}
        budgets.create_budget(AccountId=ACCOUNT, Budget=monthly("shop", "0.01", CostFilters=filters))
        definition = {"ScpActionDefinition": {"PolicyId": deny, "TargetIds": [member.account]}}
        made = action(role, definition, BudgetName="shop", ActionType="APPLY_SCP_POLICY")
        identifier = budgets.create_budget_action(**made)["ActionId"]
        kms = member.admin.client("kms")
        for _ in range(2):
            kms.generate_random(NumberOfBytes=8)
        look(server, "shop")
        named = {"AccountId": ACCOUNT, "BudgetName": "shop", "ActionId": identifier}
        until(lambda: budgets.describe_budget_action(**named)["Action"]["Status"] == "EXECUTION_SUCCESS")
        assert "service control policy" in error_of(kms.generate_random, NumberOfBytes=8).message


def test_an_action_on_groups_and_roles(server: Server) -> None:
    """And taking it back leaves everything as it was."""
    root = server.root
    budgets, iam = root.client("budgets"), root.iam
    iam.create_group(GroupName="spenders")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    role = iam.create_role(RoleName="many", AssumeRolePolicyDocument=trust(PRINCIPAL))["Role"]["Arn"]
    statement = allow([f"iam:{verb}{kind}Policy" for verb in ("Attach", "Detach") for kind in ("Group", "Role")], "*")
    iam.put_role_policy(RoleName="many", PolicyName="own", PolicyDocument=policy(statement))
    region = "ap-northeast-2"
    budgets.create_budget(AccountId=ACCOUNT, Budget=monthly("many", "0.01", CostFilters={"Region": [region]}))
    arn = "arn:aws:iam::aws:policy/AWSDenyAll"
    definition = {"IamActionDefinition": {"PolicyArn": arn, "Groups": ["spenders"], "Roles": ["worker"]}}
    identifier = budgets.create_budget_action(**action(role, definition, BudgetName="many"))["ActionId"]
    named = {"AccountId": ACCOUNT, "BudgetName": "many", "ActionId": identifier}
    spend(server, 2, region)
    look(server, "many")
    until(lambda: budgets.describe_budget_action(**named)["Action"]["Status"] == "EXECUTION_SUCCESS")

    def attached() -> list[list[str]]:
        answers = iam.list_attached_group_policies(GroupName="spenders"), iam.list_attached_role_policies(RoleName="worker")
        return [[one["PolicyArn"] for one in answer["AttachedPolicies"]] for answer in answers]

    assert attached() == [[arn], [arn]]
    budgets.execute_budget_action(**named, ExecutionType="REVERSE_BUDGET_ACTION")
    assert budgets.describe_budget_action(**named)["Action"]["Status"] == "REVERSE_SUCCESS" and attached() == [[], []]


def test_a_budget_of_a_tag(tmp_path: Path) -> None:
    """What has the tag counts, once the tag is activated."""
    with Server("--prices", str(price_file(tmp_path, "price kms * a Requests 0.01 Encrypt\n")), log=tmp_path / "log") as server:
        root = server.root
        kms, ce, budgets = root.client("kms"), root.client("ce"), root.client("budgets")
        for team, calls in (("books", 3), ("toys", 1)):
            key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": team}])["KeyMetadata"]["KeyId"]
            for _ in range(calls):
                kms.encrypt(KeyId=key, Plaintext=b"x")
        made = monthly("tag", "1", CostFilters={"TagKeyValue": ["user:team$books"]})
        budgets.create_budget(AccountId=ACCOUNT, Budget=made)

        def spent() -> Decimal:
            shown = budgets.describe_budget(AccountId=ACCOUNT, BudgetName="tag")["Budget"]["CalculatedSpend"]
            return Decimal(shown["ActualSpend"]["Amount"])

        assert spent() == 0
        until(lambda: ce.list_cost_allocation_tags()["CostAllocationTags"])
        ce.update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": "team", "Status": "Active"}])
        look(server, "tag")
        until(lambda: spent() == Decimal("0.03"))


@pytest.mark.memory
def test_who_is_told_of_a_forecast(tmp_path: Path) -> None:
    """A cent a day is not yet too much on the sixth of the month, and will be."""
    with Server("--prices", str(price_file(tmp_path)), log=tmp_path / "log") as server:
        root = server.root
        budgets, sns, sqs = root.client("budgets"), root.client("sns"), root.client("sqs")
        # The month's first day is when it is told, most likely.
        queue = sqs.create_queue(QueueName="told", Attributes={"MessageRetentionPeriod": "1209600"})["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topic = sns.create_topic(Name="told")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
        statement = allow("sqs:SendMessage", queue_arn, Principal={"Service": "sns.amazonaws.com"})
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy(statement)})
        sns.set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=policy(allow("SNS:Publish", topic, Principal=PRINCIPAL)))
        subscribers = [email("future@example.com"), {"SubscriptionType": "SNS", "Address": topic}]
        entries = [
            {"Notification": notification(100), "Subscribers": [email("now@example.com")]},
            {"Notification": notification(100, "FORECASTED"), "Subscribers": subscribers},
        ]
        budgets.create_budget(AccountId=ACCOUNT, Budget=monthly("ahead", "0.20"), NotificationsWithSubscribers=entries)
        day, passed = datetime.datetime.now(datetime.UTC), 0
        while passed < 37 or day.day != 6:
            spend(server, 1)
            server.advance(86_400)
            day, passed = day + datetime.timedelta(days=1), passed + 1
        look(server, "ahead")

        def states() -> list[str]:
            found = budgets.describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName="ahead")["Notifications"]
            return [one["NotificationState"] for one in found]

        until(lambda: states() == ["OK", "ALARM"])
        shown = budgets.describe_budget(AccountId=ACCOUNT, BudgetName="ahead")["Budget"]["CalculatedSpend"]
        assert Decimal(shown["ActualSpend"]["Amount"]) < Decimal("0.20") < Decimal(shown["ForecastedSpend"]["Amount"])
        assert "future@example.com" in [mail["to"] for mail in outbox(server)]
        message = until(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))[-1]
        assert "FORECASTED Amount" in json.loads(message["Body"])["Message"]
