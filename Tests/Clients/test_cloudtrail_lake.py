"""CloudTrail Lake: event data stores, and queries over what they keep."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest

from harness import ACCOUNT, Identity, Server, error_of
from harness.organizations import NewOrganization
from harness.patience import PATIENCE

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:eventdatastore/"
DAY = 86_400

USUAL = [
    {"Name": "Default management events", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
]


def make(root: Identity, name: str = "main", **more: Any) -> str:
    """A new event data store."""
    more.setdefault("TerminationProtectionEnabled", False)
    return str(root.cloudtrail.create_event_data_store(Name=name, **more)["EventDataStoreArn"])


def test_an_event_data_store(root: Identity) -> None:
    made = root.aws(
        "cloudtrail", "create-event-data-store", "--name", "main", "--retention-period", "90", "--tags-list",
        "Key=team,Value=audit")
    arn = made["EventDataStoreArn"]
    assert arn.startswith(ARN) and len(arn) == len(ARN) + 36
    assert made["Status"] == "CREATED" and made["TagsList"] == [{"Key": "team", "Value": "audit"}]
    shown = root.aws("cloudtrail", "get-event-data-store", "--event-data-store", arn.removeprefix(ARN))
    assert {name: shown[name] for name in shown if not name.endswith("Timestamp")} == {
        "EventDataStoreArn": arn, "Name": "main", "Status": "ENABLED", "AdvancedEventSelectors": USUAL,
        "MultiRegionEnabled": True, "OrganizationEnabled": False, "RetentionPeriod": 90,
        "TerminationProtectionEnabled": True, "BillingMode": "EXTENDABLE_RETENTION_PRICING", "FederationStatus": "DISABLED",
    }
    ct = root.cloudtrail
    assert ct.list_event_data_stores()["EventDataStores"] == [{"EventDataStoreArn": arn, "Name": "main"}]
    error = error_of(ct.create_event_data_store, Name="main")
    assert error.code == "EventDataStoreAlreadyExistsException"
    ct.add_tags(ResourceId=arn, TagsList=[{"Key": "stage", "Value": "test"}])
    ct.remove_tags(ResourceId=arn, TagsList=[{"Key": "team"}])
    assert ct.list_tags(ResourceIdList=[arn])["ResourceTagList"] == [
        {"ResourceId": arn, "TagsList": [{"Key": "stage", "Value": "test"}]}
    ]
    selectors = [{"Name": "writes", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "eventName", "StartsWith": ["Create"]}]}]
    changed = ct.update_event_data_store(
        EventDataStore=arn, Name="other", AdvancedEventSelectors=selectors, MultiRegionEnabled=False, RetentionPeriod=3653)
    assert changed["Name"] == "other" and changed["AdvancedEventSelectors"] == selectors
    assert changed["UpdatedTimestamp"] >= changed["CreatedTimestamp"]


def test_what_is_refused(root: Identity) -> None:
    ct = root.cloudtrail
    arn = make(root)
    assert error_of(ct.get_event_data_store, EventDataStore=arn[:-1] + "x").code == "EventDataStoreNotFoundException"
    other = arn.replace(ACCOUNT, "999999999999")
    assert error_of(ct.get_event_data_store, EventDataStore=other).code == "EventDataStoreARNInvalidException"
    assert error_of(ct.get_event_data_store, EventDataStore="arn:aws:s3:::box").code == "EventDataStoreARNInvalidException"
    fixed = {"BillingMode": "FIXED_RETENTION_PRICING"}
    error = error_of(ct.create_event_data_store, Name="new", RetentionPeriod=2558, **fixed)
    assert error.code == "InvalidParameterException" and "2557" in error.message
    assert error_of(ct.update_event_data_store, EventDataStore=arn, **fixed).code == "InvalidParameterException"
    selectors = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]
    assert error_of(ct.create_event_data_store, Name="new", AdvancedEventSelectors=selectors).code == (
        "InvalidEventSelectorsException")
    assert error_of(ct.create_event_data_store, Name="new", OrganizationEnabled=True).code == (
        "OrganizationsNotInUseException")
    assert error_of(ct.create_event_data_store, Name="new", KmsKeyId="alias/nothing").code == "KmsKeyNotFoundException"
    key = root.client("kms").create_key()["KeyMetadata"]["Arn"]
    assert error_of(ct.create_event_data_store, Name="new", KmsKeyId=key).code == "InsufficientEncryptionPolicyException"
    for number in range(9):
        make(root, f"more-{number}")
    assert error_of(ct.create_event_data_store, Name="new").code == "EventDataStoreMaxLimitExceededException"


def test_a_key_lets_cloudtrail_in(root: Identity) -> None:
    kms = root.client("kms")
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Resource": "*",
         "Action": ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"]},
    ]
    key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))["KeyMetadata"]["Arn"]
    arn = make(root, KmsKeyId=key)
    assert root.cloudtrail.get_event_data_store(EventDataStore=arn)["KmsKeyId"] == key
    text = f"SELECT count(*) AS n FROM {arn.removeprefix(ARN)}"
    assert int(ask(root, text)[0]["n"]) > 0
    kms.disable_key(KeyId=key)
    assert error_of(root.cloudtrail.start_query, QueryStatement=text).code == "KmsException"


def test_permissions(root: Identity, new_user: Callable[..., Identity]) -> None:
    arn = make(root)
    auditor = new_user("auditor", {"Effect": "Allow", "Action": "cloudtrail:Get*", "Resource": arn}).cloudtrail
    auditor.get_event_data_store(EventDataStore=arn)
    assert error_of(auditor.list_event_data_stores).code == "AccessDeniedException"
    assert error_of(auditor.delete_event_data_store, EventDataStore=arn).code == "AccessDeniedException"
    assert error_of(auditor.create_event_data_store, Name="mine").code == "AccessDeniedException"
    text = f"SELECT eventID FROM {arn.removeprefix(ARN)}"
    error = error_of(auditor.start_query, QueryStatement=text)
    assert error.code == "AccessDeniedException" and "cloudtrail:StartQuery" in error.message and arn in error.message
    query = root.cloudtrail.start_query(QueryStatement=text)["QueryId"]
    assert auditor.get_query_results(QueryId=query)["QueryStatus"]
    assert error_of(auditor.describe_query, QueryId=query).code == "AccessDeniedException"
    assert error_of(auditor.cancel_query, QueryId=query).code == "AccessDeniedException"


def test_stopping_and_deleting(root: Identity) -> None:
    ct = root.cloudtrail
    arn = make(root, TerminationProtectionEnabled=True)
    assert error_of(ct.delete_event_data_store, EventDataStore=arn).code == "EventDataStoreTerminationProtectedException"
    assert error_of(ct.start_event_data_store_ingestion, EventDataStore=arn).code == "InvalidEventDataStoreStatusException"
    ct.stop_event_data_store_ingestion(EventDataStore=arn)
    assert ct.get_event_data_store(EventDataStore=arn)["Status"] == "STOPPED_INGESTION"
    ct.start_event_data_store_ingestion(EventDataStore=arn)
    ct.update_event_data_store(EventDataStore=arn, TerminationProtectionEnabled=False)
    ct.delete_event_data_store(EventDataStore=arn)
    assert ct.get_event_data_store(EventDataStore=arn)["Status"] == "PENDING_DELETION"
    assert error_of(ct.update_event_data_store, EventDataStore=arn, Name="other").code == "InactiveEventDataStoreException"
    assert ct.restore_event_data_store(EventDataStore=arn)["Status"] == "ENABLED"
    assert error_of(ct.restore_event_data_store, EventDataStore=arn).code == "InvalidEventDataStoreStatusException"


@pytest.mark.memory
def test_what_was_deleted_is_gone_after_a_week(cloud: Server) -> None:
    ct = cloud.root.cloudtrail
    arn, kept = make(cloud.root), make(cloud.root, "kept")
    cloud.root.iam.create_user(UserName="alice")
    cloud.advance(120)
    for one in (arn, kept):
        ct.delete_event_data_store(EventDataStore=one)
    ct.restore_event_data_store(EventDataStore=kept)
    cloud.advance(7 * DAY + 1)
    assert error_of(ct.get_event_data_store, EventDataStore=arn).code == "EventDataStoreNotFoundException"
    assert [one["Name"] for one in ct.list_event_data_stores()["EventDataStores"]] == ["kept"]


def test_an_organizations_store(cloud: Server) -> None:
    org = NewOrganization(cloud)
    dev = org.member("dev")
    member, own = dev.admin, org.organizer
    wanted = {"Name": "all", "OrganizationEnabled": True, "TerminationProtectionEnabled": False}
    assert error_of(own.cloudtrail.create_event_data_store, **wanted).code == "CloudTrailAccessNotEnabledException"
    org.api.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    assert error_of(member.cloudtrail.create_event_data_store, **wanted).code == "NotOrganizationMasterAccountException"
    arn = own.cloudtrail.create_event_data_store(**wanted)["EventDataStoreArn"]
    member.iam.create_user(UserName="alice")
    name = arn.removeprefix(ARN)
    rows = ask(own, f"SELECT recipientAccountId FROM {name} WHERE eventName = 'CreateUser'")
    assert rows == [{"recipientAccountId": dev.account}]
    # To members it is a stranger's.
    theirs = member.cloudtrail
    for call in (theirs.get_event_data_store, theirs.stop_event_data_store_ingestion, theirs.delete_event_data_store):
        assert error_of(call, EventDataStore=arn).code == "EventDataStoreARNInvalidException"
        assert error_of(call, EventDataStore=name).code == "EventDataStoreNotFoundException"
    assert theirs.list_event_data_stores()["EventDataStores"] == []
    text = f"SELECT eventID FROM {name}"
    assert error_of(theirs.start_query, QueryStatement=text).code == "EventDataStoreNotFoundException"
    assert error_of(theirs.start_query, QueryStatement=text, EventDataStoreOwnerAccountId=ACCOUNT).code == (
        "EventDataStoreARNInvalidException")


# Queries


def result(identity: Identity, text: str) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """What became of a query, and its rows."""
    ct = identity.cloudtrail
    query = ct.start_query(QueryStatement=text)["QueryId"]
    deadline = time.monotonic() + PATIENCE
    while (told := ct.describe_query(QueryId=query))["QueryStatus"] in ("QUEUED", "RUNNING"):
        assert time.monotonic() < deadline, told
        time.sleep(0.02)
    rows: list[dict[str, str]] = []
    token: dict[str, str] = {}
    while True:
        page = ct.get_query_results(QueryId=query, **token)
        rows += [{name: value for column in row for name, value in column.items()} for row in page["QueryResultRows"]]
        if "NextToken" not in page:
            return told, rows
        token = {"NextToken": page["NextToken"]}


def ask(identity: Identity, text: str) -> list[dict[str, str]]:
    told, rows = result(identity, text)
    assert told["QueryStatus"] == "FINISHED", told
    return rows


def test_a_query_with_the_command_line(root: Identity) -> None:
    store = make(root).removeprefix(ARN)
    root.iam.create_user(UserName="alice")
    text = f"SELECT eventName, element_at(requestParameters, 'userName') AS userName FROM {store} WHERE readOnly = false"
    query = root.aws("cloudtrail", "start-query", "--query-statement", text + " AND eventSource LIKE 'iam%'")["QueryId"]
    deadline = time.monotonic() + PATIENCE
    while root.aws("cloudtrail", "describe-query", "--query-id", query)["QueryStatus"] != "FINISHED":
        assert time.monotonic() < deadline
    answer = root.aws("cloudtrail", "get-query-results", "--query-id", query)
    assert answer["QueryResultRows"] == [[{"eventName": "CreateUser"}, {"userName": "alice"}]]
    statistics = answer["QueryStatistics"]
    assert statistics["ResultsCount"] == statistics["TotalResultsCount"] == 1 and statistics["BytesScanned"] > 500
    told = root.aws("cloudtrail", "describe-query", "--query-id", query)
    assert told["QueryString"].startswith(text) and told["QueryStatistics"]["EventsScanned"] >= 2
    listed = root.aws("cloudtrail", "list-queries", "--event-data-store", ARN + store)["Queries"]
    assert [one["QueryId"] for one in listed] == [query]


def test_what_is_recorded_while_a_store_takes_nothing(root: Identity) -> None:
    ct = root.cloudtrail
    arn = make(root, StartIngestion=False)
    text = f"SELECT element_at(requestParameters, 'userName') AS name FROM {arn.removeprefix(ARN)} WHERE eventName = 'CreateUser'"
    root.iam.create_user(UserName="before")
    ct.start_event_data_store_ingestion(EventDataStore=arn)
    root.iam.create_user(UserName="during")
    ct.stop_event_data_store_ingestion(EventDataStore=arn)
    root.iam.create_user(UserName="after")
    assert ask(root, text) == [{"name": "during"}]
    ct.start_event_data_store_ingestion(EventDataStore=arn)
    root.iam.create_user(UserName="again")
    assert ask(root, text + " ORDER BY name") == [{"name": "again"}, {"name": "during"}]


def test_selectors_regions_and_two_stores(root: Identity) -> None:
    writes = [{"FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "eventName", "Equals": ["CreateKey"]}]}]
    here = make(root, "here", AdvancedEventSelectors=writes, MultiRegionEnabled=False).removeprefix(ARN)
    everywhere = make(root, "everywhere", AdvancedEventSelectors=writes).removeprefix(ARN)
    root.client("kms").create_key()
    root.client("kms", region="eu-west-1").create_key()
    root.iam.create_user(UserName="alice")
    assert ask(root, f"SELECT awsRegion, eventName FROM {here}") == [{"awsRegion": "us-east-1", "eventName": "CreateKey"}]
    text = f"SELECT e.awsRegion, h.eventID AS both FROM {everywhere} e LEFT JOIN {here} h ON e.eventID = h.eventID"
    rows = ask(root, text + " ORDER BY e.awsRegion")
    assert [(row["awsRegion"], bool(row["both"])) for row in rows] == [("eu-west-1", False), ("us-east-1", True)]


def test_pages(root: Identity) -> None:
    store = make(root).removeprefix(ARN)
    for number in range(7):
        root.iam.create_user(UserName=f"user-{number}")
    text = f"SELECT a.eventID, b.eventID AS other FROM {store} a, {store} b, {store} c WHERE a.eventName = 'CreateUser'"
    text += " AND b.eventName = 'CreateUser' AND c.eventName = 'CreateUser'"
    told, rows = result(root, text)
    assert told["QueryStatistics"]["EventsMatched"] == len(rows) == 343
    query = told["QueryId"]
    ct = root.cloudtrail
    first = ct.get_query_results(QueryId=query, MaxQueryResults=150)
    second = ct.get_query_results(QueryId=query, MaxQueryResults=150, NextToken=first["NextToken"])
    third = ct.get_query_results(QueryId=query, MaxQueryResults=150, NextToken=second["NextToken"])
    paged = [row for page in (first, second, third) for row in page["QueryResultRows"]]
    assert [{k: v for column in row for k, v in column.items()} for row in paged] == rows and "NextToken" not in third
    assert error_of(ct.get_query_results, QueryId=query, NextToken="nothing").code == "InvalidNextTokenException"


def test_statements_that_are_refused(root: Identity) -> None:
    arn = make(root)
    store, ct = arn.removeprefix(ARN), root.cloudtrail
    for text in (
        f"DELETE FROM {store}", f"SELECT nothing FROM {store}", f"SELECT eventID FROM {store}; SELECT 1", "SELECT 1",
        f"SELECT name FROM {store}, sqlite_master", f"SELECT load_extension('x') FROM {store}", f"SELECT eventID FRM {store}",
        f"WITH x (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n FROM x, {store}",
        f"SELECT eventID FROM {store} WHERE eventTime > now() - INTERVAL '1' DAY",
    ):
        assert error_of(ct.start_query, QueryStatement=text).code == "InvalidQueryStatementException", text
    unknown = "00000000-0000-4000-8000-000000000000"
    assert error_of(ct.start_query, QueryStatement=f"SELECT eventID FROM {unknown}").code == "EventDataStoreNotFoundException"
    assert error_of(ct.describe_query, QueryId=unknown).code == "QueryIdNotFoundException"
    assert error_of(ct.get_query_results, QueryId=unknown).code == "QueryIdNotFoundException"
    good = f"SELECT eventID FROM {store}"
    assert error_of(ct.start_query, QueryStatement=good, QueryAlias="none").code == "InvalidParameterException"
    assert error_of(ct.start_query, QueryAlias="none").code == "InvalidParameterException"
    told, _ = result(root, good)
    assert error_of(ct.cancel_query, QueryId=told["QueryId"]).code == "InactiveQueryException"
    ct.delete_event_data_store(EventDataStore=arn)
    assert error_of(ct.start_query, QueryStatement=good).code == "InactiveEventDataStoreException"


def test_a_query_is_cancelled(root: Identity) -> None:
    store = make(root).removeprefix(ARN)
    for number in range(40):
        root.iam.create_user(UserName=f"user-{number}")
    tables = ", ".join(f"{store} t{number}" for number in range(12))
    ct = root.cloudtrail
    query = ct.start_query(QueryStatement=f"SELECT count(*) FROM {tables}")["QueryId"]
    assert ct.cancel_query(QueryId=query) == {"QueryId": query, "QueryStatus": "CANCELLED", "ResponseMetadata": ANY}
    assert ct.describe_query(QueryId=query)["QueryStatus"] == "CANCELLED"
    # The next is not kept waiting.
    assert ask(root, f"SELECT count(*) AS n FROM {store} WHERE eventName = 'CreateUser'") == [{"n": "40"}]


@pytest.mark.memory
def test_what_is_kept_for_how_long(cloud: Server) -> None:
    root = cloud.root
    stores = {days: make(root, f"keeps-{days}", RetentionPeriod=days).removeprefix(ARN) for days in (7, 100)}
    root.iam.create_user(UserName="alice")
    text = "SELECT element_at(requestParameters, 'userName') AS name FROM {} WHERE eventName = 'CreateUser'"
    told, rows = result(root, text.format(stores[7]))
    assert rows == [{"name": "alice"}]
    assert ask(root, text.format(stores[100])) == [{"name": "alice"}]
    cloud.advance(8 * DAY)
    assert error_of(root.cloudtrail.get_query_results, QueryId=told["QueryId"]).code == "QueryIdNotFoundException"
    assert ask(root, text.format(stores[7])) == []
    # Longer than the event history.
    cloud.advance(85 * DAY)
    assert ask(root, text.format(stores[100])) == [{"name": "alice"}]
    cloud.advance(10 * DAY)
    assert ask(root, text.format(stores[100])) == []
