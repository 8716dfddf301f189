"""Resource-based policies of event data stores: other accounts may query what they let them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from harness import ACCOUNT, Identity, Server, error_of, policy
from harness.organizations import NewOrganization
from harness.patience import PATIENCE
from test_cloudtrail_lake import ARN, make

QUERIES = [
    "cloudtrail:StartQuery", "cloudtrail:DescribeQuery", "cloudtrail:GetQueryResults", "cloudtrail:ListQueries",
    "cloudtrail:GetEventDataStore",
]


def letting(account: str, arn: str, actions: list[str] = QUERIES) -> str:
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return policy({"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": arn})


def test_putting_and_taking_away(root: Identity, new_user: Callable[..., Identity]) -> None:
    ct = root.cloudtrail
    arn = make(root)
    assert error_of(ct.get_resource_policy, ResourceArn=arn).code == "ResourcePolicyNotFoundException"
    text = letting(ACCOUNT, arn)
    assert ct.put_resource_policy(ResourceArn=arn, ResourcePolicy=text)["ResourcePolicy"] == text
    shown = root.aws("cloudtrail", "get-resource-policy", "--resource-arn", arn)
    assert shown["ResourceArn"] == arn and json.loads(shown["ResourcePolicy"]) == json.loads(text)
    # A user who is named keeps what is given to him, and nobody of his name after him.
    alice = new_user("alice")
    named = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}, "Action": "cloudtrail:GetEventDataStore", "Resource": arn}
    ct.put_resource_policy(ResourceArn=arn, ResourcePolicy=policy(named))
    alice.cloudtrail.get_event_data_store(EventDataStore=arn)
    assert error_of(alice.cloudtrail.list_queries, EventDataStore=arn).code == "AccessDeniedException"
    assert error_of(alice.cloudtrail.put_resource_policy, ResourceArn=arn, ResourcePolicy=text).code == "AccessDeniedException"
    ct.put_resource_policy(ResourceArn=arn, ResourcePolicy=policy(named | {"Effect": "Deny", "Principal": "*"}))
    assert error_of(ct.get_event_data_store, EventDataStore=arn).code == "AccessDeniedException"
    ct.delete_resource_policy(ResourceArn=arn)
    ct.get_event_data_store(EventDataStore=arn)
    assert error_of(alice.cloudtrail.get_event_data_store, EventDataStore=arn).code == "AccessDeniedException"
    assert error_of(ct.delete_resource_policy, ResourceArn=arn).code == "ResourcePolicyNotFoundException"


def test_what_is_refused(root: Identity) -> None:
    ct = root.cloudtrail
    arn = make(root)
    put = ct.put_resource_policy
    good = json.loads(letting(ACCOUNT, arn))["Statement"][0]
    for bad in (
        "no policy", policy(good | {"Action": "cloudtrail:DeleteEventDataStore"}), policy(good | {"Resource": "*"}),
        policy(good | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"}}),
        policy(good | {"Action": "cloudtrail:*"}), policy({key: good[key] for key in good if key != "Principal"}),
    ):
        assert error_of(put, ResourceArn=arn, ResourcePolicy=bad).code == "ResourcePolicyNotValidException", bad
    text = letting(ACCOUNT, arn)
    for other, code in (
        ("box", "ResourceARNNotValidException"), ("arn:aws:s3:::box", "ResourceARNNotValidException"),
        (f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main", "ResourceTypeNotSupportedException"),
        (arn[:-1] + "x", "ResourceNotFoundException"), (arn.replace("us-east-1", "eu-west-1"), "ResourceNotFoundException"),
        (arn.replace(ACCOUNT, "999999999999"), "ResourceNotFoundException"),
    ):
        assert error_of(put, ResourceArn=other, ResourcePolicy=text).code == code, other


def result(identity: Identity, **query: Any) -> list[dict[str, str]]:
    ct = identity.cloudtrail
    started = ct.start_query(**query)
    deadline = time.monotonic() + PATIENCE
    while (told := ct.describe_query(QueryId=started["QueryId"]))["QueryStatus"] in ("QUEUED", "RUNNING"):
        assert time.monotonic() < deadline, told
        time.sleep(0.02)
    assert told["QueryStatus"] == "FINISHED", told
    rows = ct.get_query_results(QueryId=started["QueryId"])["QueryResultRows"]
    return [{name: value for column in row for name, value in column.items()} for row in rows]


def test_another_account(cloud: Server) -> None:
    org = NewOrganization(cloud)
    dev = org.member("dev")
    own, other = org.organizer.cloudtrail, dev.admin.cloudtrail
    arn = make(org.organizer)
    org.organizer.iam.create_user(UserName="alice")
    store = arn.removeprefix(ARN)
    text = f"SELECT eventName FROM {store} WHERE eventName = 'CreateUser' AND userIdentity.userName = 'organizer'"
    asked = {"QueryStatement": text, "EventDataStoreOwnerAccountId": ACCOUNT}
    # Without a policy nobody else even learns that it is there.
    assert error_of(other.get_event_data_store, EventDataStore=arn).code == "EventDataStoreARNInvalidException"
    assert error_of(other.start_query, **asked).code == "EventDataStoreARNInvalidException"
    own.put_resource_policy(ResourceArn=arn, ResourcePolicy=letting(dev.account, arn))
    assert other.get_event_data_store(EventDataStore=arn)["Name"] == "main"
    assert result(dev.admin, **asked) == [{"eventName": "CreateUser"}]
    queries = other.list_queries(EventDataStore=arn)["Queries"]
    told = other.describe_query(QueryId=queries[0]["QueryId"])
    assert told["EventDataStoreOwnerAccountId"] == ACCOUNT
    # The query is the other account's; the owner of the events does not see it.
    assert own.list_queries(EventDataStore=arn)["Queries"] == []
    assert error_of(own.describe_query, QueryId=queries[0]["QueryId"]).code == "QueryIdNotFoundException"
    # Whose store it is has to be said.
    assert error_of(other.start_query, QueryStatement=text).code == "EventDataStoreNotFoundException"
    # Nothing but that: neither what the policy lacks, nor what policies can't give.
    assert error_of(other.cancel_query, QueryId=queries[0]["QueryId"]).code == "AccessDeniedException"
    for refused in (
        lambda: other.delete_event_data_store(EventDataStore=arn),
        lambda: other.update_event_data_store(EventDataStore=arn, Name="mine"),
        lambda: other.stop_event_data_store_ingestion(EventDataStore=arn),
    ):
        assert error_of(refused).code == "AccessDeniedException"
    # Both sides have to allow it.
    user = dev.user("reader")
    assert error_of(user.cloudtrail.get_event_data_store, EventDataStore=arn).code == "AccessDeniedException"
    own.delete_resource_policy(ResourceArn=arn)
    assert error_of(other.get_event_data_store, EventDataStore=arn).code == "EventDataStoreARNInvalidException"
    assert error_of(other.start_query, **asked).code == "EventDataStoreARNInvalidException"


def test_an_organizations_store(cloud: Server) -> None:
    """Its policy lets a member query it; a delegated administrator needs none, and has less than the management account."""
    org = NewOrganization(cloud)
    org.api.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    dev, security = org.member("dev"), org.member("security")
    own, other, delegate = org.organizer.cloudtrail, dev.admin.cloudtrail, security.admin.cloudtrail
    arn = own.create_event_data_store(Name="all", OrganizationEnabled=True)["EventDataStoreArn"]
    org.management.cloudtrail.register_organization_delegated_admin(MemberAccountId=security.account)
    dev.admin.iam.create_user(UserName="alice")
    text = (
        f"SELECT recipientAccountId FROM {arn.removeprefix(ARN)} WHERE eventName = 'CreateUser'"
        " AND element_at(requestParameters, 'userName') = 'alice'")
    asked = {"QueryStatement": text, "EventDataStoreOwnerAccountId": ACCOUNT}
    assert error_of(other.start_query, **asked).code == "EventDataStoreARNInvalidException"
    own.put_resource_policy(ResourceArn=arn, ResourcePolicy=letting(dev.account, arn))
    assert result(dev.admin, **asked) == [{"recipientAccountId": dev.account}]
    assert other.list_event_data_stores()["EventDataStores"] == []
    assert error_of(other.get_resource_policy, ResourceArn=arn).code == "ResourceNotFoundException"

    assert [one["EventDataStoreArn"] for one in delegate.list_event_data_stores()["EventDataStores"]] == [arn]
    assert result(security.admin, QueryStatement=text) == [{"recipientAccountId": dev.account}]
    delegate.update_event_data_store(EventDataStore=arn, Name="ours")
    delegate.stop_event_data_store_ingestion(EventDataStore=arn)
    delegate.start_event_data_store_ingestion(EventDataStore=arn)
    kind = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}]
    insights = own.create_event_data_store(Name="insights", AdvancedEventSelectors=kind)["EventDataStoreArn"]
    wanted = {"EventDataStore": arn, "InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]}
    error = error_of(delegate.put_insight_selectors, **wanted, InsightsDestination=insights)
    assert error.code == "NotOrganizationMasterAccountException"
    own.put_insight_selectors(**wanted, InsightsDestination=insights)
    error = error_of(delegate.update_event_data_store, EventDataStore=arn, OrganizationEnabled=False)
    assert error.code == "NotOrganizationMasterAccountException"
    # A denial binds it all the same.
    denied = {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{security.account}:root"},
              "Action": "cloudtrail:StartQuery", "Resource": arn}
    own.put_resource_policy(ResourceArn=arn, ResourcePolicy=policy(denied))
    assert error_of(delegate.start_query, QueryStatement=text).code == "AccessDeniedException"
    delegate.get_event_data_store(EventDataStore=arn)
