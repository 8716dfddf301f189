"""Dashboards, whose queries CloudTrail runs in its own name; sample queries, event configurations, and what can't be."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.patience import PATIENCE
from harness.trails import make_bucket
from test_cloudtrail_lake import ARN, ask, make

DASHBOARDS = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:dashboard/"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}
VIEW = {"Title": "Calls", "View": "Table"}
HOURLY = {"Frequency": {"Unit": "HOURS", "Value": 1}, "Status": "ENABLED", "TimeOfDay": "00:15"}


def widget(store: str, what: str = "count(*) AS n", **more: Any) -> dict[str, Any]:
    return {"QueryStatement": f"SELECT {what} FROM {store.removeprefix(ARN)}", "ViewProperties": VIEW} | more


def let_in(root: Identity, store: str, dashboard: str = DASHBOARDS + "main") -> None:
    """As AWS's documentation has it."""
    statement = {
        "Effect": "Allow", "Principal": SERVICE, "Action": "cloudtrail:StartQuery", "Resource": store,
        "Condition": {"StringEquals": {"aws:SourceArn": dashboard, "aws:SourceAccount": ACCOUNT}},
    }
    root.cloudtrail.put_resource_policy(ResourceArn=store, ResourcePolicy=policy(statement))


def result(root: Identity, **which: str) -> list[dict[str, str]]:
    ct = root.cloudtrail
    deadline = time.monotonic() + PATIENCE
    while (told := ct.describe_query(**which))["QueryStatus"] in ("QUEUED", "RUNNING"):
        assert time.monotonic() < deadline, told
        time.sleep(0.02)
    assert told["QueryStatus"] == "FINISHED", told
    rows = ct.get_query_results(QueryId=told["QueryId"])["QueryResultRows"]
    return [{name: value for column in row for name, value in column.items()} for row in rows]


def test_a_dashboard(root: Identity) -> None:
    ct = root.cloudtrail
    store = make(root)
    made = ct.create_dashboard(
        Name="main", Widgets=[widget(store)], TagsList=[{"Key": "team", "Value": "audit"}], TerminationProtectionEnabled=True)
    arn = DASHBOARDS + "main"
    assert made["DashboardArn"] == arn and made["Type"] == "CUSTOM" and made["TagsList"] == [{"Key": "team", "Value": "audit"}]
    shown = root.aws("cloudtrail", "get-dashboard", "--dashboard-id", "main")
    assert shown["Status"] == "CREATED" and shown["Widgets"] == made["Widgets"] and shown["TerminationProtectionEnabled"]
    alias = shown["Widgets"][0].pop("QueryAlias")
    assert shown["Widgets"] == [widget(store)]
    assert error_of(ct.create_dashboard, Name="main").code == "ConflictException"
    ct.create_dashboard(Name="other")
    assert [one["DashboardArn"] for one in ct.list_dashboards()["Dashboards"]] == [arn, DASHBOARDS + "other"]
    assert [one["DashboardArn"] for one in ct.list_dashboards(NamePrefix="oth")["Dashboards"]] == [DASHBOARDS + "other"]
    assert ct.list_dashboards(Type="MANAGED")["Dashboards"] == []
    changed = ct.update_dashboard(
        DashboardId=arn, Widgets=[widget(store), widget(store, "eventName")], RefreshSchedule=HOURLY)
    # What is asked as before keeps its alias.
    assert changed["Widgets"][0]["QueryAlias"] == alias != changed["Widgets"][1]["QueryAlias"]
    assert changed["RefreshSchedule"] == HOURLY and changed["UpdatedTimestamp"] > changed["CreatedTimestamp"]
    assert ct.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == [{"Key": "team", "Value": "audit"}]
    assert error_of(ct.delete_dashboard, DashboardId="main").code == "ConflictException"
    ct.update_dashboard(DashboardId="main", TerminationProtectionEnabled=False)
    ct.delete_dashboard(DashboardId="main")
    assert error_of(ct.get_dashboard, DashboardId="main").code == "ResourceNotFoundException"


def test_what_is_refused(root: Identity, new_user: Callable[..., Identity]) -> None:
    ct = root.cloudtrail
    store = make(root)
    for bad, code in (
        ({"Widgets": [widget(store, "nothing")]}, "InvalidQueryStatementException"),
        ({"Widgets": [widget("00000000-0000-4000-8000-000000000000")]}, "EventDataStoreNotFoundException"),
        ({"Widgets": [widget(store)] * 11}, "ServiceQuotaExceededException"),
        ({"Widgets": [widget(store, QueryParameters=["$Nothing$"])]}, "InvalidQueryStatementException"),
        ({"Widgets": [widget(store, QueryParameters=["$StartTime$"])]}, "InvalidQueryStatementException"),
        ({"RefreshSchedule": HOURLY | {"Frequency": {"Unit": "HOURS", "Value": 5}}}, "ServiceQuotaExceededException"),
    ):
        assert error_of(ct.create_dashboard, Name="main", **bad).code == code, bad
    assert error_of(ct.create_dashboard, Name="AWSCloudTrail-Highlights").code == "UnsupportedOperationException"
    assert error_of(ct.start_dashboard_refresh, DashboardId="none").code == "ResourceNotFoundException"
    # Whoever has queries run has to be allowed to run them.
    user = new_user("maker", allow("cloudtrail:CreateDashboard", DASHBOARDS + "*")).cloudtrail
    error = error_of(user.create_dashboard, Name="main", Widgets=[widget(store)])
    assert error.code == "AccessDeniedException" and "cloudtrail:StartQuery" in error.message
    user.create_dashboard(Name="main")


def test_a_refresh(root: Identity) -> None:
    ct = root.cloudtrail
    store = make(root)
    root.iam.create_user(UserName="alice")
    timed = widget(store, "count(*) AS n", QueryParameters=["$StartTime$", "$EndTime$"])
    timed["QueryStatement"] += " WHERE eventName = 'CreateUser' AND eventTime > '?' AND eventTime < '?'"
    made = ct.create_dashboard(Name="main", Widgets=[widget(store, "eventName"), timed])
    first, second = (one["QueryAlias"] for one in made["Widgets"])
    # CloudTrail runs the queries as itself: the event data store has to let it, for this dashboard.
    error = error_of(ct.start_dashboard_refresh, DashboardId="main")
    assert error.code == "AccessDeniedException" and "cloudtrail:StartQuery" in error.message, error
    let_in(root, store, DASHBOARDS + "other")
    assert error_of(ct.start_dashboard_refresh, DashboardId="main").code == "AccessDeniedException"
    let_in(root, store)
    # Nobody can ask for more than the widget does.
    sneaky = {"$StartTime$": "2020-01-01' OR '1' = '1"}
    error_of(ct.start_dashboard_refresh, DashboardId="main", QueryParameterValues=sneaky)
    error = error_of(ct.start_query, QueryAlias=second, QueryParameters=[*sneaky.values(), "2035-01-01"])
    assert error.code == "InvalidQueryStatementException", error
    refresh = ct.start_dashboard_refresh(DashboardId="main")["RefreshId"]
    assert ct.get_dashboard(DashboardId="main")["LastRefreshId"] == refresh
    assert {"eventName": "CreateUser"} in result(root, QueryAlias=first, RefreshId=refresh)
    assert result(root, QueryAlias=second) == [{"n": "1"}]
    past = {"$StartTime$": "2020-01-01T00:00:00Z", "$EndTime$": "2021-01-01T00:00:00Z"}
    later = ct.start_dashboard_refresh(DashboardId="main", QueryParameterValues=past)["RefreshId"]
    assert later != refresh
    assert result(root, QueryAlias=second) == [{"n": "0"}]
    assert result(root, QueryAlias=second, RefreshId=refresh) == [{"n": "1"}]
    # By its alias a query can be run by anybody who may.
    query = ct.start_query(QueryAlias=second, QueryParameters=["2020-01-01 00:00:00", "2035-01-01 00:00:00"])["QueryId"]
    assert result(root, QueryId=query) == [{"n": "1"}]


@pytest.mark.memory
def test_a_schedule(cloud: Server) -> None:
    root = cloud.root
    ct = root.cloudtrail
    store = make(root)
    ct.create_dashboard(Name="main", Widgets=[widget(store)], RefreshSchedule=HOURLY)
    cloud.advance(3600)
    shown = ct.get_dashboard(DashboardId="main")
    assert "LastRefreshId" not in shown and "AccessDenied" in shown["LastRefreshFailureReason"]
    # It takes both policies.
    let_in(root, store)
    arn = DASHBOARDS + "main"
    statement = {
        "Effect": "Allow", "Principal": SERVICE, "Action": "cloudtrail:StartDashboardRefresh", "Resource": arn,
        "Condition": {"StringEquals": {"aws:SourceArn": arn, "aws:SourceAccount": ACCOUNT}},
    }
    ct.put_resource_policy(ResourceArn=arn, ResourcePolicy=policy(statement))
    cloud.advance(3600)
    shown = ct.get_dashboard(DashboardId="main")
    assert shown["LastRefreshId"] and "LastRefreshFailureReason" not in shown
    cloud.advance(3600)
    assert ct.get_dashboard(DashboardId="main")["LastRefreshId"] > shown["LastRefreshId"]
    ct.update_dashboard(DashboardId="main", RefreshSchedule=HOURLY | {"Status": "DISABLED"})
    last = ct.get_dashboard(DashboardId="main")["LastRefreshId"]
    cloud.advance(7200)
    assert ct.get_dashboard(DashboardId="main")["LastRefreshId"] == last


def test_sample_queries(root: Identity) -> None:
    found = root.aws("cloudtrail", "search-sample-queries", "--search-phrase", "Who was denied access?")["SearchResults"]
    assert found[0]["Name"] == "Denied calls by principal"
    assert [one["Relevance"] for one in found] == sorted((one["Relevance"] for one in found), reverse=True)
    ct = root.cloudtrail
    assert ct.search_sample_queries(SearchPhrase="xylophone")["SearchResults"] == []
    assert error_of(ct.search_sample_queries, SearchPhrase="??").code == "InvalidParameterException"
    every: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = ct.search_sample_queries(SearchPhrase="select from events calls policy", MaxResults=5, **token)
        assert len(page["SearchResults"]) <= 5
        every += page["SearchResults"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert len(every) > 15 and len({one["Name"] for one in every}) == len(every)
    # Each of them can be run.
    store = make(root).removeprefix(ARN)
    for one in every:
        ask(root, one["SQL"].replace("$EDS_ID", store))


def test_event_configurations(root: Identity) -> None:
    ct = root.cloudtrail
    store = make(root)
    assert ct.get_event_configuration(EventDataStore=store)["MaxEventSize"] == "Standard"
    selectors = [{"Type": "TagContext", "Equals": ["team"]}, {"Type": "RequestContext", "Equals": ["aws:SecureTransport"]}]
    put = ct.put_event_configuration
    assert error_of(put, EventDataStore=store, ContextKeySelectors=selectors).code == "InvalidParameterCombinationException"
    shown = put(EventDataStore=store, MaxEventSize="Large", ContextKeySelectors=selectors)
    assert shown["MaxEventSize"] == "Large" and shown["ContextKeySelectors"] == selectors
    assert ct.get_event_configuration(EventDataStore=store)["ContextKeySelectors"] == selectors
    assert error_of(put, EventDataStore=store, MaxEventSize="Standard").code == "InvalidParameterCombinationException"
    assert put(EventDataStore=store, MaxEventSize="Standard", ContextKeySelectors=[])["ContextKeySelectors"] == []
    for neither in ({"MaxEventSize": "Large"}, {"EventDataStore": store, "TrailName": "main"}):
        assert error_of(put, **neither).code == "InvalidParameterCombinationException"
    assert error_of(put, TrailName="main").code == "TrailNotFoundException"
    assert error_of(ct.get_event_configuration, TrailName="main").code == "TrailNotFoundException"
    make_bucket(root, "logs")
    ct.create_trail(Name="main", S3BucketName="logs")
    assert ct.get_event_configuration(TrailName="main")["AggregationConfigurations"] == []
    assert error_of(put, EventDataStore=store, MaxEventSize="Large", ContextKeySelectors=selectors[:1] * 2).code == (
        "InvalidParameterException")


def test_what_needs_other_services(root: Identity, new_user: Callable[..., Identity]) -> None:
    ct = root.cloudtrail
    store = make(root)
    role = f"arn:aws:iam::{ACCOUNT}:role/federation"
    error = error_of(ct.enable_federation, EventDataStore=store, FederationRoleArn=role)
    assert error.code == "UnsupportedOperationException" and "StartQuery" in error.message
    assert error_of(ct.disable_federation, EventDataStore=store).code == "InvalidParameterException"
    error = error_of(ct.generate_query, EventDataStores=[store], Prompt="What went wrong?")
    assert error.code == "GenerateResponseException" and "SearchSampleQueries" in error.message
    nobody = new_user("nobody").cloudtrail
    assert error_of(nobody.enable_federation, EventDataStore=store, FederationRoleArn=role).code == "AccessDeniedException"
    assert error_of(nobody.generate_query, EventDataStores=[store], Prompt="What?").code == "AccessDeniedException"
    unknown = store[:-1] + "x"
    assert error_of(ct.disable_federation, EventDataStore=unknown).code == "EventDataStoreNotFoundException"
