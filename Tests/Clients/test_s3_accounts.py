"""S3 between accounts: the bucket's policy and the caller's have to agree, and organizations have their say."""

import dataclasses
import hashlib
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy
from harness import raw
from harness.organizations import Member, NewOrganization

OBJECTS = "arn:aws:s3:::box/*"


@pytest.fixture
def org(cloud: Server) -> NewOrganization:
    return NewOrganization(cloud)


@pytest.fixture
def member(org: NewOrganization) -> Member:
    return org.member("member")


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket="box")
    client.put_object(Bucket="box", Key="a", Body=b"1")
    return client


def lend(s3: Any, principal: str, *statements: dict[str, Any]) -> None:
    given = allow(["s3:GetObject", "s3:PutObject"], OBJECTS, Principal={"AWS": principal})
    s3.put_bucket_policy(Bucket="box", Policy=policy(given, *statements))


def test_both_sides_have_to_agree(s3: Any, member: Member) -> None:
    reader = member.user("reader", allow("s3:GetObject", OBJECTS)).client("s3")
    bare = member.user("bare").client("s3")
    # Their own policy alone is not enough, nor is the bucket's.
    assert error_of(reader.get_object, Bucket="box", Key="a").code == "AccessDenied"
    lend(s3, f"arn:aws:iam::{member.account}:root")
    assert reader.get_object(Bucket="box", Key="a")["Body"].read() == b"1"
    assert error_of(bare.get_object, Bucket="box", Key="a").code == "AccessDenied"
    # A bucket of another account can be neither listed nor made one's own.
    assert error_of(reader.list_objects_v2, Bucket="box").code == "AccessDenied"
    assert error_of(member.admin.client("s3").create_bucket, Bucket="box").code == "BucketAlreadyExists"
    assert error_of(member.admin.client("s3").delete_bucket, Bucket="box").code == "AccessDenied"


def test_what_others_put_is_the_owners(s3: Any, member: Member) -> None:
    lend(s3, f"arn:aws:iam::{member.account}:root")
    theirs = member.admin.client("s3")
    theirs.put_object(Bucket="box", Key="gift", Body=b"2")
    assert s3.get_object(Bucket="box", Key="gift")["Body"].read() == b"2"
    assert s3.list_objects(Bucket="box")["Contents"][1]["Owner"] == s3.list_buckets()["Owner"]
    assert theirs.list_buckets()["Owner"] != s3.list_buckets()["Owner"]
    assert error_of(theirs.get_object, Bucket="box", Key="gift", ExpectedBucketOwner=member.account).code == (
        "AccessDenied"
    )
    theirs.get_object(Bucket="box", Key="gift", ExpectedBucketOwner=ACCOUNT)


def test_an_organization_as_the_condition(s3: Any, org: NewOrganization, member: Member) -> None:
    statement = allow(
        "s3:GetObject", OBJECTS, Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": org.id}}
    )
    # That is not public.
    s3.put_bucket_policy(Bucket="box", Policy=policy(statement))
    assert s3.get_bucket_policy_status(Bucket="box")["PolicyStatus"]["IsPublic"] is False
    assert member.admin.client("s3").get_object(Bucket="box", Key="a")["Body"].read() == b"1"


def test_a_service_control_policy(org: NewOrganization, member: Member, s3: Any) -> None:
    org.api.enable_policy_type(RootId=org.root_id, PolicyType="SERVICE_CONTROL_POLICY")
    content = policy(deny("s3:DeleteObject", "*"))
    made = org.api.create_policy(Name="keep", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)
    org.api.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=member.account)
    theirs = member.root_user().client("s3")
    theirs.create_bucket(Bucket="own")
    theirs.put_object(Bucket="own", Key="a", Body=b"1")
    error = error_of(theirs.delete_object, Bucket="own", Key="a")
    assert error.code == "AccessDenied" and "with an explicit deny in a service control policy" in error.message
    s3.delete_object(Bucket="box", Key="a")


def test_a_bucket_by_its_host(s3: Any, root: Identity, cloud: Server) -> None:
    for host in ("box.s3.localhost", "box.localhost", "box.s3.us-east-1.amazonaws.com", "box.s3-us-east-1.example.org"):
        caller = dataclasses.replace(root, url=f"http://{host}:{cloud.port}")
        request = raw.signed("GET", "/a", b"", caller, service="s3", payload_hash=hashlib.sha256(b"").hexdigest())
        answer = raw.send(cloud.port, request)
        assert (answer.status, answer.body) == (200, b"1"), (host, answer)
