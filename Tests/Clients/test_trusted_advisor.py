"""Trusted Advisor by both interfaces: what the checks say is what is there, at the moment that somebody asks."""

from collections.abc import Callable
from typing import Any

import pytest

from harness import Identity, Server, error_of, policy
from harness.organizations import NewOrganization

ROOT_FACTOR, BUCKETS, GROUPS, USERS = "7DAFEmoDos", "Pfx0RwqBli", "1iG5NDGVre", "qS7VV0l7J9"


@pytest.fixture
def support(root: Identity) -> Any:
    return root.client("support")


@pytest.fixture
def advisor(root: Identity) -> Any:
    return root.client("trustedadvisor")


def result(support: Any, check: str) -> dict[str, Any]:
    found: dict[str, Any] = support.describe_trusted_advisor_check_result(checkId=check, language="en")["result"]
    return found


def test_checks_have_ids_and_columns(support: Any, advisor: Any) -> None:
    checks = {one["id"]: one for one in support.describe_trusted_advisor_checks(language="en")["checks"]}
    assert checks[ROOT_FACTOR]["name"] == "MFA on Root Account" and checks[ROOT_FACTOR]["category"] == "security"
    assert checks[USERS]["metadata"] == [
        "Region", "Service", "Limit Name", "Limit Amount", "Current Usage", "Status",
    ]  # fmt: skip
    pages = advisor.get_paginator("list_checks").paginate(PaginationConfig={"PageSize": 7})
    listed = [one for page in pages for one in page["checkSummaries"]]
    assert {one["id"] for one in listed} == set(checks)
    limits = advisor.list_checks(pillar="service_limits")["checkSummaries"]
    assert {one["id"] for one in limits} == {key for key, one in checks.items() if one["category"] == "service_limits"}


def test_a_public_bucket_is_found_and_lost(root: Identity, support: Any) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="advised")
    assert result(support, BUCKETS)["status"] == "ok"
    s3.put_public_access_block(
        Bucket="advised",
        PublicAccessBlockConfiguration=dict.fromkeys(
            ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], False
        ),
    )
    everybody = {"Effect": "Allow", "Principal": "*", "Resource": "arn:aws:s3:::advised/*"}
    s3.put_bucket_policy(Bucket="advised", Policy=policy(everybody | {"Action": "s3:GetObject"}))
    found = result(support, BUCKETS)
    assert (found["status"], found["resourcesSummary"]["resourcesFlagged"]) == ("warning", 1)
    s3.put_bucket_policy(Bucket="advised", Policy=policy(everybody | {"Action": ["s3:GetObject", "s3:PutObject"]}))
    found = result(support, BUCKETS)
    (flagged,) = found["flaggedResources"]
    assert found["status"] == flagged["status"] == "error" and flagged["region"] == "us-east-1"
    assert "arn:aws:s3:::advised" in flagged["metadata"]
    s3.delete_bucket_policy(Bucket="advised")
    assert result(support, BUCKETS)["status"] == "ok"


def test_limits_are_counted(durable: Callable[..., Server]) -> None:
    server = durable("--quota", "Users=5").start()
    support = server.root.client("support")

    def state() -> tuple[str, list[str]]:
        found = result(support, USERS)
        (row,) = found["flaggedResources"]
        return found["status"], row["metadata"]

    for number in range(3):
        server.root.iam.create_user(UserName=f"u{number}")
    assert state() == ("ok", ["-", "IAM", "Users", "5", "3", "Green"])
    server.root.iam.create_user(UserName="u3")
    assert state() == ("warning", ["-", "IAM", "Users", "5", "4", "Yellow"])
    server.root.iam.create_user(UserName="u4")
    assert state() == ("error", ["-", "IAM", "Users", "5", "5", "Red"])


def test_summaries_and_refreshes(support: Any) -> None:
    (summary,) = support.describe_trusted_advisor_check_summaries(checkIds=[ROOT_FACTOR])["summaries"]
    assert (summary["status"], summary["hasFlaggedResources"]) == ("error", True)
    asked = {"checkIds": [ROOT_FACTOR, GROUPS]}
    before = support.describe_trusted_advisor_check_refresh_statuses(**asked)["statuses"]
    assert [(one["checkId"], one["status"]) for one in before] == [(ROOT_FACTOR, "none"), (GROUPS, "none")]
    started = support.refresh_trusted_advisor_check(checkId=ROOT_FACTOR)["status"]
    assert started["status"] == "success" and 0 < started["millisUntilNextRefreshable"] <= 300_000
    after = support.describe_trusted_advisor_check_refresh_statuses(**asked)["statuses"]
    assert [one["status"] for one in after] == ["success", "none"]
    error = error_of(lambda: support.refresh_trusted_advisor_check(checkId="nothing"))
    assert error.code == "InvalidParameterValueException"


def recommendation(advisor: Any, check: str) -> dict[str, Any]:
    (found,) = advisor.list_recommendations(
        checkIdentifier=f"arn:aws:trustedadvisor:::check/{check}"
    )["recommendationSummaries"]  # fmt: skip
    return dict(found)


def test_what_is_excluded_does_not_count(root: Identity, support: Any, advisor: Any) -> None:
    found = recommendation(advisor, ROOT_FACTOR)
    assert (found["status"], found["resourcesAggregates"]["errorCount"]) == ("error", 1)
    whole = advisor.get_recommendation(recommendationIdentifier=found["arn"])["recommendation"]
    assert whole["name"] == "MFA on Root Account" and whole["description"]
    (resource,) = advisor.list_recommendation_resources(recommendationIdentifier=found["arn"])[
        "recommendationResourceSummaries"
    ]
    assert resource["awsResourceId"].endswith(":root")
    assert (resource["status"], resource["exclusionStatus"]) == ("error", "included")

    def exclude(arn: str, is_excluded: bool) -> list[Any]:
        answer = advisor.batch_update_recommendation_resource_exclusion(
            recommendationResourceExclusions=[{"arn": arn, "isExcluded": is_excluded}]
        )
        errors: list[Any] = answer["batchUpdateRecommendationResourceExclusionErrors"]
        return errors

    assert exclude(resource["arn"], True) == []
    found = recommendation(advisor, ROOT_FACTOR)
    assert (found["status"], found["resourcesAggregates"]["excludedCount"]) == ("ok", 1)
    flagged = result(support, ROOT_FACTOR)
    assert (flagged["status"], flagged["resourcesSummary"]["resourcesSuppressed"]) == ("ok", 1)
    assert [one["isSuppressed"] for one in flagged["flaggedResources"]] == [True]
    assert exclude(resource["arn"], False) == []
    assert recommendation(advisor, ROOT_FACTOR)["status"] == "error"
    (refused,) = exclude(resource["arn"] + "0", True)
    assert refused["errorCode"] == "ResourceNotFoundException"


def test_recommendations_by_filters(advisor: Any) -> None:
    every = advisor.list_recommendations()["recommendationSummaries"]
    bad = advisor.list_recommendations(status="error")["recommendationSummaries"]
    assert {one["id"] for one in bad} == {one["id"] for one in every if one["status"] == "error"} != set()
    services = advisor.list_recommendations(awsService="s3")["recommendationSummaries"]
    assert services and all("S3" in one["awsServices"] for one in services)
    nothing = "arn:aws:trustedadvisor::111122223333:recommendation/00000000-0000-5000-8000-000000000001"
    assert error_of(lambda: advisor.get_recommendation(recommendationIdentifier=nothing)).code == "ResourceNotFoundException"


def test_who_may_not(new_user: Callable[..., Identity]) -> None:
    user = new_user("adviser", {"Effect": "Allow", "Action": "trustedadvisor:ListChecks", "Resource": "*"})
    assert user.client("trustedadvisor").list_checks()["checkSummaries"]
    assert error_of(lambda: user.client("trustedadvisor").list_recommendations()).code == "AccessDeniedException"
    denied = error_of(lambda: user.client("support").describe_trusted_advisor_checks(language="en"))
    assert denied.code == "AccessDeniedException" and "support:DescribeTrustedAdvisorChecks" in denied.message


def test_an_organization_sees_what_is_red_anywhere(cloud: Server, root: Identity) -> None:
    advisor = root.client("trustedadvisor")
    alone = error_of(lambda: advisor.list_organization_recommendations())
    assert alone.code == "AccessDeniedException"
    organization = NewOrganization(cloud)
    member = organization.member("advised").account
    found = advisor.list_organization_recommendations()["organizationRecommendationSummaries"]
    factor = next(one for one in found if one["name"] == "MFA on Root Account")
    assert (factor["type"], factor["status"], factor["lifecycleStage"]) == ("priority", "error", "pending_response")
    arn = factor["arn"]
    accounts = advisor.list_organization_recommendation_accounts(organizationRecommendationIdentifier=arn)
    listed = {one["accountId"] for one in accounts["accountRecommendationLifecycleSummaries"]}
    assert member in listed
    resources = advisor.list_organization_recommendation_resources(
        organizationRecommendationIdentifier=arn, affectedAccountId=member
    )["organizationRecommendationResourceSummaries"]  # fmt: skip
    assert [one["awsResourceId"] for one in resources] == [f"arn:aws:iam::{member}:root"]
    advisor.update_organization_recommendation_lifecycle(
        organizationRecommendationIdentifier=arn, lifecycleStage="dismissed", updateReason="These are for tests.",
        updateReasonCode="temporary_account",
    )  # fmt: skip
    whole = advisor.get_organization_recommendation(organizationRecommendationIdentifier=arn)
    assert whole["organizationRecommendation"]["lifecycleStage"] == "dismissed"
    assert whole["organizationRecommendation"]["updateReasonCode"] == "temporary_account"
