"""Cost Explorer: the sums that it answers are those of the calls that were made, counted and priced here by other code."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.costs import Counted, Prices, month, only, price_file, total
from harness.organizations import NewOrganization

PRICES = Prices()
PRINCIPAL = "gatehouse:principal"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("costs")
    with Server("--prices", str(price_file(folder)), log=folder / "log") as server:
        yield server


def caller(server: Server, name: str) -> tuple[Counted, str]:
    """A user who may do all, and the ARN by which its calls are found."""
    iam = server.root.iam
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Counted(Identity.of_key(server.url, key, name)), arn


def ask(server: Server, **parameters: Any) -> list[dict[str, Any]]:
    question = {"TimePeriod": month(), "Granularity": "MONTHLY", "Metrics": ["UnblendedCost", "UsageQuantity"]}
    answer = server.root.client("ce").get_cost_and_usage(**question | parameters)
    assert "NextPageToken" not in answer
    return list(answer["ResultsByTime"])


def test_sums_are_those_of_the_calls(server: Server) -> None:
    alice, arn = caller(server, "sums")
    for region, count in (("us-east-1", 3), ("eu-west-1", 2)):
        kms = alice.client("kms", region)
        for _ in range(count):
            kms.generate_random(NumberOfBytes=8)
        kms.list_keys()
    for number in range(3):
        alice.client("iam").create_user(UserName=f"sums-{number}")
    alice.client("iam").get_user(UserName="sums-0")
    alice.client("sns", "eu-west-1").list_topics()
    alice.client("sns", "us-east-1").list_topics()
    alice.client("sts").get_caller_identity()
    # What fails is a call as well.
    error_of(alice.client("iam").get_user, UserName="nobody")
    mine = only(PRINCIPAL, arn)

    results = ask(server, Filter=mine)
    assert total(results) == alice.cost(PRICES) == Decimal("0.800000500246913578")
    assert total(results, "UsageQuantity") == sum(alice.calls.values()) == 15
    # STS, and SNS in us-east-1: no price is told, and never taken for 0.
    assert alice.unpriced(PRICES) == 2
    assert {result["Total"]["UnblendedCost"]["Unit"] for result in results} == {"USD"}
    types = ask(server, Filter=mine, GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}])
    unpriced = {
        group["Keys"][0]: Decimal(group["Metrics"]["UsageQuantity"]["Amount"])
        for part in types for group in part["Groups"] if group["Keys"][0].endswith("-Unpriced")
    }
    assert unpriced == {"Requests-Unpriced": 2}

    groups = ask(server, Filter=mine, GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "REGION"}])
    found = {tuple(group["Keys"]): Decimal(group["Metrics"]["UnblendedCost"]["Amount"]) for part in groups for group in part["Groups"]}
    assert found == {
        ("AWS Key Management Service", "us-east-1"): alice.cost(PRICES, service="kms", region="us-east-1"),
        ("AWS Key Management Service", "eu-west-1"): alice.cost(PRICES, service="kms", region="eu-west-1"),
        ("AWS Identity and Access Management", "us-east-1"): Decimal("0.75"),
        ("sns", "eu-west-1"): Decimal("0.0000005"),
        ("sns", "us-east-1"): 0,
        ("sts", "us-east-1"): 0,
    }
    operations = ask(server, Filter=mine, GroupBy=[{"Type": "DIMENSION", "Key": "OPERATION"}])
    counts = {group["Keys"][0]: Decimal(group["Metrics"]["UsageQuantity"]["Amount"]) for part in operations for group in part["Groups"]}
    assert counts["GenerateRandom"] == 5 and counts["CreateUser"] == 3 and counts["GetUser"] == 2

    # All the same, whatever the granularity.
    for granularity in ("DAILY", "HOURLY"):
        period = month() if granularity == "DAILY" else {name: f"{day}T00:00:00Z" for name, day in month().items()}
        assert total(ask(server, Filter=mine, Granularity=granularity, TimePeriod=period)) == alice.cost(PRICES)
    types = ask(server, Filter={"And": [mine, {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["eu-west-1-KMS-Requests"]}}]})
    assert total(types) == alice.cost(PRICES, service="kms", region="eu-west-1")
    others = ask(server, Filter={"And": [mine, {"Not": {"Dimensions": {"Key": "SERVICE_CODE", "Values": ["awskms"]}}}]})
    assert total(others) == alice.cost(PRICES) - alice.cost(PRICES, service="kms")


def test_values_and_tags_of_resources(server: Server) -> None:
    alice, arn = caller(server, "tags")
    mine = only(PRINCIPAL, arn)
    kms = alice.client("kms")
    books = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "books"}])["KeyMetadata"]["KeyId"]
    toys = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "toys"}])["KeyMetadata"]["KeyId"]
    for key, count in ((books, 3), (toys, 2)):
        for _ in range(count):
            kms.encrypt(KeyId=key, Plaintext=b"x")
    ce = server.root.client("ce")
    listed = ce.list_cost_allocation_tags()["CostAllocationTags"]
    assert [(tag["TagKey"], tag["Status"], tag["Type"]) for tag in listed] == [("team", "Inactive", "UserDefined")]
    # Bills know nothing of it until it is activated.
    by_team = [{"Type": "TAG", "Key": "team"}]
    only_encrypt = {"And": [mine, {"Dimensions": {"Key": "OPERATION", "Values": ["Encrypt"]}}]}
    before = ask(server, Filter=only_encrypt, GroupBy=by_team)
    assert {group["Keys"][0] for part in before for group in part["Groups"]} == {"team$"}
    answer = ce.update_cost_allocation_tags_status(
        CostAllocationTagsStatus=[{"TagKey": "team", "Status": "Active"}, {"TagKey": "none", "Status": "Active"}]
    )
    assert [error["TagKey"] for error in answer["Errors"]] == ["none"]
    after = ask(server, Filter=only_encrypt, GroupBy=by_team)
    counts = {group["Keys"][0]: Decimal(group["Metrics"]["UsageQuantity"]["Amount"]) for part in after for group in part["Groups"]}
    assert counts == {"team$books": 3, "team$toys": 2}
    assert ce.get_tags(TimePeriod=month(), TagKey="team")["Tags"] == ["", "books", "toys"]
    assert "team" in ce.get_tags(TimePeriod=month())["Tags"]
    services = ce.get_dimension_values(TimePeriod=month(), Dimension="SERVICE", Filter=mine)
    assert [value["Value"] for value in services["DimensionValues"]] == ["AWS Key Management Service"]
    assert services["ReturnSize"] == services["TotalSize"] == 1
    accounts = ce.get_dimension_values(TimePeriod=month(), Dimension="LINKED_ACCOUNT", SearchString=ACCOUNT[:6])
    assert [value["Value"] for value in accounts["DimensionValues"]] == [ACCOUNT]
    today = datetime.datetime.now(datetime.UTC).date()
    period = {"Start": str(today - datetime.timedelta(days=2)), "End": str(today + datetime.timedelta(days=2))}
    resources = ce.get_cost_and_usage_with_resources(
        TimePeriod=period, Granularity="DAILY", Filter=only_encrypt, Metrics=["UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "RESOURCE_ID"}],
    )["ResultsByTime"]  # fmt: skip
    found = {group["Keys"][0].rsplit("/")[-1] for part in resources for group in part["Groups"]}
    assert found == {books, toys}


def test_questions_that_mean_nothing(server: Server) -> None:
    ce = server.root.client("ce")
    period = month()
    good: dict[str, Any] = {"TimePeriod": period, "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
    for bad in (
        {"TimePeriod": {"Start": period["End"], "End": period["Start"]}},
        {"TimePeriod": {"Start": "2026-02-30", "End": "2026-03-01"}},
        {"TimePeriod": {"Start": "1000-01-01", "End": "9000-03-01"}},
        {"Metrics": ["Everything"]},
        {"Metrics": []},
        {"GroupBy": [{"Type": "DIMENSION", "Key": "PLATFORM"}]},
        {"GroupBy": [{"Type": "TAG", "Key": key} for key in "abc"]},
        {"Filter": {}},
        {"Filter": {"Dimensions": {"Key": "TENANCY", "Values": ["x"]}}},
        {"Filter": {"Dimensions": {"Key": "REGION", "Values": []}}},
        {"Filter": {"Not": {"Dimensions": {"Key": "REGION", "Values": ["a"]}}, "Tags": {"Key": "a", "Values": ["b"]}}},
    ):
        assert error_of(ce.get_cost_and_usage, **good | bad).code == "ValidationException", bad
    error = error_of(ce.get_cost_and_usage, **good, NextPageToken="bm90aGluZw==")
    assert error.code == "InvalidNextTokenException"
    today = str(datetime.datetime.now(datetime.UTC).date())
    forecast = {"TimePeriod": {"Start": today, "End": period["End"]}, "Granularity": "MONTHLY", "Metric": "UNBLENDED_COST"}
    assert error_of(ce.get_cost_forecast, **forecast).code == "DataUnavailableException"


def test_nobody_sees_bills_without_permission(server: Server) -> None:
    iam = server.root.iam
    iam.create_user(UserName="nosy")
    nosy = Identity.of_key(server.url, iam.create_access_key(UserName="nosy")["AccessKey"])
    question: dict[str, Any] = {"TimePeriod": month(), "Granularity": "MONTHLY", "Metrics": ["UnblendedCost"]}
    error = error_of(nosy.client("ce").get_cost_and_usage, **question)
    assert error.code.startswith("AccessDenied") and "ce:GetCostAndUsage" in error.message
    from harness import policy

    iam.put_user_policy(UserName="nosy", PolicyName="own", PolicyDocument=policy(allow("ce:GetCostAndUsage", "*")))
    assert nosy.client("ce").get_cost_and_usage(**question)["ResultsByTime"]


@pytest.mark.memory
def test_a_forecast_of_what_days_have_cost(tmp_path: Path) -> None:
    with Server("--prices", str(price_file(tmp_path)), log=tmp_path / "log") as server:
        alice, arn = caller(server, "forecast")
        for day in range(36):
            kms = alice.client("kms")
            kms.generate_random(NumberOfBytes=8)
            if day % 2:
                kms.generate_random(NumberOfBytes=8)
            server.advance(86_400)
        ce = server.root.client("ce")
        answer = ce.get_cost_and_usage(
            TimePeriod={"Start": month()["Start"], "End": "2035-01-01"}, Granularity="DAILY", Metrics=["UnblendedCost"],
            Filter=only(PRINCIPAL, arn),
        )  # fmt: skip
        costs = [Decimal(part["Total"]["UnblendedCost"]["Amount"]) for part in answer["ResultsByTime"]]
        assert sum(costs) == alice.cost(PRICES) == Decimal("0.54")
        first = next(place for place, cost in enumerate(costs) if cost)
        today = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=36)
        end = today + datetime.timedelta(days=10)
        forecast = ce.get_cost_forecast(
            TimePeriod={"Start": str(today), "End": str(end)}, Granularity="DAILY", Metric="UNBLENDED_COST",
            Filter=only(PRINCIPAL, arn), PredictionIntervalLevel=90,
        )  # fmt: skip
        start = datetime.date.fromisoformat(answer["ResultsByTime"][first]["TimePeriod"]["Start"])
        # Whole days since anything was metered in the account.
        days = (today - start).days
        mean = Decimal(forecast["ForecastResultsByTime"][0]["MeanValue"])
        assert abs(mean - alice.cost(PRICES) / days) < Decimal("1e-15")
        assert Decimal(forecast["Total"]["Amount"]) == mean * 10
        part = forecast["ForecastResultsByTime"][0]
        assert Decimal(part["PredictionIntervalLowerBound"]) < mean < Decimal(part["PredictionIntervalUpperBound"])
        usage = ce.get_usage_forecast(
            TimePeriod={"Start": str(today), "End": str(end)}, Granularity="MONTHLY", Metric="USAGE_QUANTITY",
            Filter=only(PRINCIPAL, arn),
        )  # fmt: skip
        assert usage["Total"]["Unit"] == "Requests"


def test_one_bill_for_an_organization(tmp_path: Path) -> None:
    with Server("--prices", str(price_file(tmp_path)), log=tmp_path / "log") as server:
        organization = NewOrganization(server)
        member = organization.member("shop")
        shop = Counted(member.admin)
        for _ in range(4):
            shop.client("kms").generate_random(NumberOfBytes=8)
        kms_only = {"Dimensions": {"Key": "SERVICE_CODE", "Values": ["awskms"]}}
        grouped = ask(server, Filter=kms_only, GroupBy=[{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}])
        found = {group["Keys"][0]: Decimal(group["Metrics"]["UnblendedCost"]["Amount"]) for part in grouped for group in part["Groups"]}
        assert found == {member.account: Decimal("0.04")}
        # A member sees its own, and nothing of the others.
        ce = member.admin.client("ce")
        own = ce.get_dimension_values(TimePeriod=month(), Dimension="LINKED_ACCOUNT")["DimensionValues"]
        assert [value["Value"] for value in own] == [member.account]
        assert error_of(ce.list_cost_allocation_tags).code.startswith("AccessDenied")


def test_what_is_free_of_what_was_used(tmp_path: Path) -> None:
    """Actual use is that of the calls, of all Regions and of all accounts of an organization."""
    prices = price_file(tmp_path, "free kms Global-KMS-Requests 8 Requests GenerateRandom Eight a month\nfree sqs Global-Requests 5 Requests * Five\n")
    with Server("--prices", str(prices), log=tmp_path / "log") as server:
        organization = NewOrganization(server)
        member = organization.member("shop")
        for region, identity in (("us-east-1", server.root), ("eu-west-1", server.root), ("eu-west-1", member.admin)):
            for _ in range(2):
                identity.client("kms", region=region).generate_random(NumberOfBytes=8)
            identity.client("kms", region=region).list_keys()
        free = server.root.client("freetier")
        pages = list(free.get_paginator("get_free_tier_usage").paginate(PaginationConfig={"PageSize": 1}))
        assert [len(page["freeTierUsages"]) for page in pages] == [1, 1]
        kms, sqs = (page["freeTierUsages"][0] for page in pages)
        assert kms["actualUsageAmount"] == 6 <= kms["forecastedUsageAmount"] and kms["limit"] == 8
        assert (kms["usageType"], kms["description"], kms["freeTierType"]) == ("Global-KMS-Requests", "Eight a month", "Always Free")
        assert sqs["actualUsageAmount"] == sqs["forecastedUsageAmount"] == 0

        def found(**dimensions: Any) -> list[str]:
            return [one["usageType"] for one in free.get_free_tier_usage(filter={"Dimensions": dimensions})["freeTierUsages"]]

        assert found(Key="USAGE_PERCENTAGE", Values=["75"], MatchOptions=["GREATER_THAN_OR_EQUAL"]) == ["Global-KMS-Requests"]
        assert found(Key="USAGE_PERCENTAGE", Values=["76"], MatchOptions=["GREATER_THAN_OR_EQUAL"]) == []
        assert found(Key="USAGE_TYPE", Values=["Global-R"], MatchOptions=["STARTS_WITH"]) == ["Global-Requests"]
        both = {"Key": "REGION", "Values": ["global"], "MatchOptions": ["EQUALS"]}
        for bad in ({}, {"Dimensions": both, "Not": {"Dimensions": both}}, {"Dimensions": both | {"Key": "USAGE_PERCENTAGE"}}):
            assert error_of(free.get_free_tier_usage, filter=bad).code == "ValidationException", bad
        # A member knows of its own.
        own = member.admin.client("freetier").get_free_tier_usage()["freeTierUsages"]
        assert [one["actualUsageAmount"] for one in own] == [2, 0]
