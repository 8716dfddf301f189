"""Event data stores that ask for more: condition keys, tags of principals and of resources, and larger events."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.organizations import NewOrganization
from harness.patience import PATIENCE

from test_cloudtrail_lake import ARN, ask, make

ROLE = "AWSServiceRoleForCloudTrailEventContext"


def enrich(root: Identity, store: str, *, conditions: list[str] | None = None, tags: list[str] | None = None) -> None:
    selectors = []
    if tags:
        selectors.append({"Type": "TagContext", "Equals": tags})
    if conditions:
        selectors.append({"Type": "RequestContext", "Equals": conditions})
    root.cloudtrail.put_event_configuration(EventDataStore=store, MaxEventSize="Large", ContextKeySelectors=selectors)


def contexts(root: Identity, store: str, event: str) -> list[Any]:
    text = f"SELECT eventJson FROM {store.removeprefix(ARN)} WHERE eventName = '{event}' ORDER BY eventTime"
    return [json.loads(row["eventJson"]).get("eventContext") for row in ask(root, text)]


def test_condition_keys_and_principal_tags(root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice", allow("kms:*"), Tags=[{"Key": "team", "Value": "blue"}, {"Key": "desk", "Value": "4"}])
    store, plain = make(root), make(root, "plain")
    alice.client("kms").list_keys()
    conditions = ["aws:PrincipalTag/team", "aws:ViaAWSService", "aws:username", "aws:MultiFactorAuthAge"]
    enrich(root, store, conditions=conditions)
    alice.client("kms").list_keys()
    bob = new_user("bob").client("kms")
    assert error_of(bob.list_keys).code == "AccessDeniedException"
    # Of before the configuration there is nothing; what a caller has not is not there; a denial has it all the same.
    assert contexts(root, store, "ListKeys") == [
        None,
        {"requestContext": {"aws:ViaAWSService": "false", "aws:username": "alice"},
         "tagContext": {"principalTags": {"team": "blue"}}},
        {"requestContext": {"aws:ViaAWSService": "false", "aws:username": "bob"}, "tagContext": {}},
    ]
    # AWS tells condition keys of some services alone, which IAM is not among.
    assert contexts(root, store, "CreateUser") == [{"requestContext": {}, "tagContext": {}}]
    assert contexts(root, plain, "ListKeys") == [None, None, None]
    events = root.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "ListKeys"}])["Events"]
    assert len(events) == 3 and not any("eventContext" in event["CloudTrailEvent"] for event in events)
    # Members can be asked for by name.
    text = f"SELECT element_at(eventContext.requestContext, 'aws:username') AS name FROM {store.removeprefix(ARN)}"
    text += " WHERE element_at(eventContext.tagContext.principalTags, 'team') = 'blue'"
    assert ask(root, text) == [{"name": "alice"}]


def test_tags_of_resources(root: Identity) -> None:
    kms, s3 = root.client("kms"), root.client("s3")
    key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "blue"}, {"TagKey": "cost", "TagValue": "1"}])
    arn = key["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="box")
    s3.put_bucket_tagging(Bucket="box", Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
    store, other = make(root), make(root, "other")
    enrich(root, store, tags=["team", "stage"])
    enrich(root, other, tags=["cost"])
    # CloudTrail has made itself the role.
    role = root.iam.get_role(RoleName=ROLE)["Role"]
    assert role["Path"] == "/aws-service-role/context.cloudtrail.amazonaws.com/"
    kms.describe_key(KeyId=arn)
    s3.get_bucket_location(Bucket="box")
    root.iam.create_user(UserName="alice", Tags=[{"Key": "team", "Value": "green"}])

    def of(where: str, name: str) -> Any:
        found = contexts(root, where, name)
        assert len(found) == 1
        assert found[0]["requestContext"] == {}
        return found[0]["tagContext"].get("resourceTags")

    assert of(store, "DescribeKey") == [{"arn": arn, "tags": {"team": "blue"}}]
    assert of(other, "DescribeKey") == [{"arn": arn, "tags": {"cost": "1"}}]
    assert of(store, "GetBucketLocation") == [{"arn": "arn:aws:s3:::box", "tags": {"team": "red"}}]
    # What a new resource is tagged with is there from the first.
    assert of(store, "CreateUser") == [{"arn": f"arn:aws:iam::{ACCOUNT}:user/alice", "tags": {"team": "green"}}]
    # Without its role CloudTrail sees no tags.
    task = root.iam.delete_service_linked_role(RoleName=ROLE)["DeletionTaskId"]
    deadline = time.monotonic() + PATIENCE
    while root.iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] != "SUCCEEDED":
        assert time.monotonic() < deadline
    kms.get_key_policy(KeyId=arn)
    assert of(store, "GetKeyPolicy") is None


def test_who_may(root: Identity, new_user: Callable[..., Identity]) -> None:
    store = make(root)
    put = allow("cloudtrail:PutEventConfiguration", store)
    tags = {"EventDataStore": store, "MaxEventSize": "Large",
            "ContextKeySelectors": [{"Type": "TagContext", "Equals": ["team"]}]}
    nobody = new_user("nobody").cloudtrail
    assert error_of(nobody.put_event_configuration, **tags).code == "AccessDeniedException"
    clerk = new_user("clerk", put).cloudtrail
    # Condition keys need no role.
    keys = [{"Type": "RequestContext", "Equals": ["aws:SecureTransport"]}]
    clerk.put_event_configuration(EventDataStore=store, MaxEventSize="Large", ContextKeySelectors=keys)
    error = error_of(clerk.put_event_configuration, **tags)
    assert error.code == "InsufficientIAMAccessPermissionException" and "iam:GetRole" in error.message
    seer = new_user("seer", put, allow("iam:GetRole")).cloudtrail
    error = error_of(seer.put_event_configuration, **tags)
    assert error.code == "InsufficientIAMAccessPermissionException" and "iam:CreateServiceLinkedRole" in error.message
    service = {"StringEquals": {"iam:AWSServiceName": "context.cloudtrail.amazonaws.com"}}
    maker = new_user("maker", put, allow("iam:GetRole"), allow("iam:CreateServiceLinkedRole", Condition=service))
    maker.cloudtrail.put_event_configuration(**tags)
    # Once the role is there nobody need be allowed to make it.
    seer.put_event_configuration(**tags)
    wrong = [{"Type": "RequestContext", "Equals": ["aws:SourceIp"]}]
    error = error_of(root.cloudtrail.put_event_configuration, EventDataStore=store, ContextKeySelectors=wrong)
    assert error.code == "InvalidParameterException" and "aws:SourceIp" in error.message


def test_large_events(root: Identity) -> None:
    """Of more than 100 KB of parameters only a large store has any."""
    standard, large = make(root, "standard"), make(root, "large")
    shown = root.aws("cloudtrail", "put-event-configuration", "--event-data-store", large, "--max-event-size", "Large")
    assert shown["MaxEventSize"] == "Large"
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    rules = [
        {"ID": f"{number:04}" + "x" * 200, "Status": "Enabled", "Filter": {"Prefix": "p" * 60}, "Expiration": {"Days": 1}}
        for number in range(600)
    ]
    s3.put_bucket_lifecycle_configuration(Bucket="box", LifecycleConfiguration={"Rules": rules})

    def parameters(store: str) -> Any:
        text = f"SELECT eventJson FROM {store.removeprefix(ARN)} WHERE eventName = 'PutBucketLifecycle'"
        rows = ask(root, text)
        assert len(rows) == 1
        return json.loads(rows[0]["eventJson"])["requestParameters"]

    assert json.dumps(parameters(large)).count("xxx") and "reason" not in parameters(large)
    note = parameters(standard)
    assert note.pop("originalSize") > 100 * 1024
    assert note == {"reason": "requestParameters too large", "omitted": True}
    found = root.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "PutBucketLifecycle"}])["Events"]
    events = [json.loads(one["CloudTrailEvent"]) for one in found]
    assert len(events) == 1 and events[0]["requestParameters"]["omitted"] is True
    assert events[0]["eventSource"] == "s3.amazonaws.com" and len(found[0]["CloudTrailEvent"]) < 2000


def test_an_organization(cloud: Server) -> None:
    """What a member's calls tell, an organization's store has too; and another account's tags nobody else."""
    org = NewOrganization(cloud)
    org.api.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    member = org.member("dev")
    store = make(org.management, OrganizationEnabled=True)
    enrich(org.management, store, conditions=["aws:PrincipalAccount"], tags=["team"])
    kms = member.admin.client("kms")
    key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "blue"}])["KeyMetadata"]
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": [member.account, ACCOUNT]}, "Action": "kms:*", "Resource": "*"}]}))
    org.management.client("kms").describe_key(KeyId=key["Arn"])
    text = f"SELECT eventJson FROM {store.removeprefix(ARN)} WHERE eventName = 'DescribeKey'"
    events = [json.loads(row["eventJson"]) for row in ask(org.management, text)]
    told = {event["recipientAccountId"]: event["eventContext"] for event in events}
    tags = {"resourceTags": [{"arn": key["Arn"], "tags": {"team": "blue"}}]}
    assert told == {
        ACCOUNT: {"requestContext": {"aws:PrincipalAccount": ACCOUNT}, "tagContext": {}},
        member.account: {"requestContext": {}, "tagContext": tags},
    }
