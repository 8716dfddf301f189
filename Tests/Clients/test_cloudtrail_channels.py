"""Channels: events from outside of AWS, put into event data stores and asked about."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from harness import ACCOUNT, Identity, Server, error_of, policy
from harness.organizations import NewOrganization
from test_cloudtrail_lake import ARN, ask, make

ACTIVITY = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["ActivityAuditLog"]}]}]
CHANNELS = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:channel/"


def channel(root: Identity, name: str = "doors", **more: Any) -> tuple[str, str]:
    """A channel and its event data store, by their ARNs."""
    store = make(root, f"{name}-events", AdvancedEventSelectors=ACTIVITY)
    more.setdefault("Source", "Custom")
    made = root.cloudtrail.create_channel(
        Name=name, Destinations=[{"Type": "EVENT_DATA_STORE", "Location": store}], **more)
    return str(made["ChannelArn"]), store


def event(name: str = "DoorOpened", **more: Any) -> dict[str, str]:
    data = {
        "version": "1.0", "userIdentity": {"type": "Badge", "principalId": "alice", "details": {"floor": 3}},
        "eventSource": "doors.example.com", "eventName": name, "eventTime": "2026-11-29T07:41:59Z",
        "UID": str(uuid.uuid4()), "recipientAccountId": ACCOUNT, "sourceIPAddress": "192.0.2.1",
        "requestParameters": {"door": "north"},
    } | more
    text = json.dumps({key: value for key, value in data.items() if value is not None})
    checksum = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return {"id": uuid.uuid4().hex, "eventData": text, "eventDataChecksum": checksum}


def test_a_channel(root: Identity) -> None:
    ct = root.cloudtrail
    arn, store = channel(root, Tags=[{"Key": "team", "Value": "doors"}])
    assert arn.startswith(CHANNELS)
    shown = root.aws("cloudtrail", "get-channel", "--channel", arn.removeprefix(CHANNELS))
    assert shown == {
        "ChannelArn": arn, "Name": "doors", "Source": "Custom", "SourceConfig": {"ApplyToAllRegions": False},
        "Destinations": [{"Type": "EVENT_DATA_STORE", "Location": store}],
    }
    assert ct.list_channels()["Channels"] == [{"ChannelArn": arn, "Name": "doors"}]
    assert ct.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == [{"Key": "team", "Value": "doors"}]
    ct.add_tags(ResourceId=arn, TagsList=[{"Key": "stage", "Value": "test"}])
    ct.remove_tags(ResourceId=arn, TagsList=[{"Key": "team"}])
    assert ct.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == [{"Key": "stage", "Value": "test"}]
    other = make(root, "other", AdvancedEventSelectors=ACTIVITY)
    changed = ct.update_channel(
        Channel=arn, Name="gates", Destinations=[{"Type": "EVENT_DATA_STORE", "Location": other}])
    assert changed["Name"] == "gates" and changed["Destinations"][0]["Location"] == other
    # What a channel goes into can't be deleted.
    assert error_of(ct.delete_event_data_store, EventDataStore=other).code == "ChannelExistsForEDSException"
    ct.delete_event_data_store(EventDataStore=store)
    ct.delete_channel(Channel=arn)
    assert error_of(ct.get_channel, Channel=arn).code == "ChannelNotFoundException"
    assert ct.list_channels()["Channels"] == []
    ct.delete_event_data_store(EventDataStore=other)


def test_what_is_refused(root: Identity) -> None:
    ct = root.cloudtrail
    arn, store = channel(root)
    usual = make(root)
    to = [{"Type": "EVENT_DATA_STORE", "Location": store}]
    for wrong, code in (
        ({"Name": "doors"}, "ChannelAlreadyExistsException"), ({"Source": "Nobody"}, "InvalidSourceException"),
        ({"Destinations": [{"Type": "EVENT_DATA_STORE", "Location": usual}]}, "InvalidEventDataStoreCategoryException"),
        ({"Destinations": [{"Type": "EVENT_DATA_STORE", "Location": store[:-1] + "x"}]}, "EventDataStoreNotFoundException"),
        ({"Destinations": [{"Type": "AWS_SERVICE", "Location": "config"}]}, "InvalidParameterException"),
        ({"Destinations": to + to}, "InvalidParameterException"),
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}, "InvalidTagParameterException"),
    ):
        given = {"Name": "new", "Source": "Custom", "Destinations": to} | wrong
        assert error_of(ct.create_channel, **given).code == code, wrong
    ct.create_channel(Name="partner", Source="GitHub", Destinations=to)
    assert error_of(ct.create_channel, Name="more", Source="GitHub", Destinations=to).code == "ChannelAlreadyExistsException"
    assert error_of(ct.get_channel, Channel="arn:aws:s3:::box").code == "ChannelARNInvalidException"
    assert error_of(ct.update_channel, Channel=arn, Name="partner").code == "ChannelAlreadyExistsException"
    assert error_of(ct.stop_event_data_store_ingestion, EventDataStore=store).code == "InvalidEventDataStoreCategoryException"
    managed = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]
    assert error_of(ct.update_event_data_store, EventDataStore=store, AdvancedEventSelectors=managed).code == (
        "InvalidEventSelectorsException")
    # Such an event data store has nothing else.
    both = ACTIVITY + [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]
    assert error_of(ct.create_event_data_store, Name="both", AdvancedEventSelectors=both).code == "InvalidEventSelectorsException"


def test_events(root: Identity) -> None:
    arn, store = channel(root)
    data = root.client("cloudtrail-data")
    events = [event(), event("DoorClosed", additionalEventData={"by": "wind"})]
    answer = data.put_audit_events(channelArn=arn, auditEvents=events)
    assert answer["failed"] == []
    ids = {one["id"]: one["eventID"] for one in answer["successful"]}
    assert list(ids) == [one["id"] for one in events]
    rows = ask(
        root, "SELECT eventID, eventCategory, eventType, recipientAccountId, eventData.eventName AS name,"
        " eventData.userIdentity.principalId AS who, element_at(eventData.requestParameters, 'door') AS door,"
        " metadata.channelARN AS channel, eventTime"
        f" FROM {store.removeprefix(ARN)} ORDER BY name DESC")
    assert rows[0] == {
        "eventID": ids[events[0]["id"]], "eventCategory": "ActivityAuditLog", "eventType": "ActivityLog",
        "recipientAccountId": ACCOUNT, "name": "DoorOpened", "who": "alice", "door": "north", "channel": arn,
        "eventTime": "2026-11-29 07:41:59.000",
    }
    assert rows[1]["name"] == "DoorClosed" and len(rows) == 2
    status = root.cloudtrail.get_channel(Channel=arn)["IngestionStatus"]
    assert status["LatestIngestionSuccessEventID"] == ids[events[1]["id"]]
    assert "LatestIngestionErrorCode" not in status
    root.aws(
        "cloudtrail-data", "put-audit-events", "--channel-arn", arn, "--audit-events",
        json.dumps([event("DoorLocked")]))
    rows = ask(root, f"SELECT count(*) AS n FROM {store.removeprefix(ARN)}")
    assert rows == [{"n": "3"}]


def test_events_that_are_not_taken(root: Identity) -> None:
    arn, store = channel(root)
    data = root.client("cloudtrail-data")
    good = event()
    bad = [
        (good | {"eventDataChecksum": base64.b64encode(b"x" * 32).decode()}, "InvalidChecksum"),
        ({"id": "1", "eventData": "no JSON"}, "InvalidData"), ({"id": "2", "eventData": "[]"}, "InvalidData"),
        (event(eventName=None), "FieldNotFound"), (event(userIdentity={"type": "Badge"}), "FieldNotFound"),
        (event(recipientAccountId="999999999999"), "InvalidRecipient"), (event(eventTime="yesterday"), "InvalidData"),
        (event("x" * 2000), "FieldTooLong"), (event(eventName=7), "InvalidData"),
    ]
    ok = event()
    answer = data.put_audit_events(channelArn=arn, auditEvents=[one for one, _ in bad] + [ok])
    assert [one["errorCode"] for one in answer["failed"]] == [code for _, code in bad]
    assert [one["id"] for one in answer["successful"]] == [ok["id"]]
    assert root.cloudtrail.get_channel(Channel=arn)["IngestionStatus"]["LatestIngestionErrorCode"] == "InvalidData"
    assert len(ask(root, f"SELECT eventID FROM {store.removeprefix(ARN)}")) == 1
    put = data.put_audit_events
    assert error_of(put, channelArn=arn, auditEvents=[good, good]).code == "DuplicatedAuditEventId"
    assert error_of(put, channelArn=arn[:-1] + "x", auditEvents=[good]).code == "ChannelNotFound"
    assert error_of(put, channelArn="arn:aws:s3:::box", auditEvents=[good]).code == "InvalidChannelARN"


def test_permissions(cloud: Server) -> None:
    org = NewOrganization(cloud)
    arn, store = channel(org.organizer)
    dev = org.member("dev")
    user = dev.user("sensor", {"Effect": "Allow", "Action": "cloudtrail-data:PutAuditEvents", "Resource": arn})
    put = user.client("cloudtrail-data").put_audit_events
    assert error_of(put, channelArn=arn, auditEvents=[event()]).code == "AccessDeniedException"
    statement = {
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{dev.account}:root"}, "Resource": arn,
        "Action": "cloudtrail-data:PutAuditEvents", "Condition": {"StringEquals": {"cloudtrail:ExternalId": "secret-1"}},
    }
    ct = org.organizer.cloudtrail
    wrong = policy(statement | {"Action": "cloudtrail:GetChannel"})
    assert error_of(ct.put_resource_policy, ResourceArn=arn, ResourcePolicy=wrong).code == "ResourcePolicyNotValidException"
    ct.put_resource_policy(ResourceArn=arn, ResourcePolicy=policy(statement))
    assert error_of(put, channelArn=arn, auditEvents=[event()]).code == "AccessDeniedException"
    assert error_of(put, channelArn=arn, externalId="guess", auditEvents=[event()]).code == "AccessDeniedException"
    assert put(channelArn=arn, externalId="secret-1", auditEvents=[event()])["failed"] == []
    assert len(ask(org.organizer, f"SELECT eventID FROM {store.removeprefix(ARN)}")) == 1
    assert error_of(user.cloudtrail.get_channel, Channel=arn).code == "AccessDeniedException"


def test_making_one_needs_the_event_data_store(root: Identity, new_user: Callable[..., Identity]) -> None:
    store = make(root, AdvancedEventSelectors=ACTIVITY)
    to = [{"Type": "EVENT_DATA_STORE", "Location": store}]
    some = {"Effect": "Allow", "Action": "cloudtrail:CreateChannel", "Resource": CHANNELS + "*"}
    alice = new_user("alice", some).cloudtrail
    error = error_of(alice.create_channel, Name="doors", Source="Custom", Destinations=to)
    assert error.code == "AccessDeniedException" and store in error.message
    bob = new_user("bob", some | {"Resource": [CHANNELS + "*", store]}).cloudtrail
    bob.create_channel(Name="doors", Source="Custom", Destinations=to)
