"""CloudTrail Lake: event data stores, and queries over what they keep."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, error_of
from harness.organizations import NewOrganization

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


def test_permissions(root: Identity) -> None:
    arn = make(root)
    user = root.user("auditor", {"Effect": "Allow", "Action": "cloudtrail:Get*", "Resource": arn})
    user.cloudtrail.get_event_data_store(EventDataStore=arn)
    assert error_of(user.cloudtrail.list_event_data_stores).code == "AccessDeniedException"
    assert error_of(user.cloudtrail.delete_event_data_store, EventDataStore=arn).code == "AccessDeniedException"
    assert error_of(user.cloudtrail.create_event_data_store, Name="mine").code == "AccessDeniedException"


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


def test_an_organizations_store(root: Identity) -> None:
    org = NewOrganization(root)
    member = org.member("member")
    own = org.organizer.cloudtrail
    assert error_of(own.create_event_data_store, Name="all", OrganizationEnabled=True).code == (
        "CloudTrailAccessNotEnabledException")
    org.api.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    arn = own.create_event_data_store(Name="all", OrganizationEnabled=True)["EventDataStoreArn"]
    assert member.cloudtrail.get_event_data_store(EventDataStore=arn)["OrganizationEnabled"] is True
    assert error_of(member.cloudtrail.stop_event_data_store_ingestion, EventDataStore=arn).code == (
        "NotOrganizationMasterAccountException")
    assert error_of(member.cloudtrail.create_event_data_store, Name="all", OrganizationEnabled=True).code == (
        "NotOrganizationMasterAccountException")
