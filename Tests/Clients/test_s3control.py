"""S3 Control: Block Public Access of an account, and tags of buckets and access points by their ARNs."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, policy, raw
from harness.organizations import NewOrganization

NOTHING = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}
PUBLIC = policy(allow("s3:GetObject", "arn:aws:s3:::box/*", Principal="*"))
BUCKET = "arn:aws:s3:::box"


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket="box")
    client.put_object(Bucket="box", Key="a", Body=b"1")
    client.delete_public_access_block(Bucket="box")
    return client


@pytest.fixture
def control(root: Identity) -> Any:
    return root.client("s3control")


def block(control: Any, **what: bool) -> None:
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=NOTHING | what)


def read_as_nobody(cloud: Server) -> int:
    return raw.send(cloud.port, raw.Request("GET", "/box/a", {"Host": f"127.0.0.1:{cloud.port}"})).status


# Block Public Access


def test_an_account_has_none_at_first(control: Any) -> None:
    error = error_of(control.get_public_access_block, AccountId=ACCOUNT)
    assert (error.code, error.status) == ("NoSuchPublicAccessBlockConfiguration", 404)
    block(control, BlockPublicAcls=True)
    block(control, RestrictPublicBuckets=True)
    kept = control.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]
    assert kept == NOTHING | {"RestrictPublicBuckets": True}
    control.delete_public_access_block(AccountId=ACCOUNT)
    assert error_of(control.get_public_access_block, AccountId=ACCOUNT).status == 404


def test_it_is_the_same_in_all_regions(root: Identity, control: Any) -> None:
    block(control, BlockPublicPolicy=True)
    kept = root.client("s3control", region="eu-west-1").get_public_access_block(AccountId=ACCOUNT)
    assert kept["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True


def test_public_policies_are_refused(s3: Any, control: Any) -> None:
    block(control, BlockPublicPolicy=True)
    error = error_of(s3.put_bucket_policy, Bucket="box", Policy=PUBLIC)
    assert error.code == "AccessDenied" and "BlockPublicPolicy" in error.message
    block(control)
    s3.put_bucket_policy(Bucket="box", Policy=PUBLIC)


def test_public_policies_serve_nobody_outside(s3: Any, control: Any, cloud: Server) -> None:
    s3.put_bucket_policy(Bucket="box", Policy=PUBLIC)
    assert read_as_nobody(cloud) == 200
    block(control, RestrictPublicBuckets=True)
    assert read_as_nobody(cloud) == 403
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == b"1"
    control.delete_public_access_block(AccountId=ACCOUNT)
    assert read_as_nobody(cloud) == 200


def test_it_is_for_the_account_alone(s3: Any, control: Any, cloud: Server) -> None:
    member = NewOrganization(cloud).member("member")
    theirs = member.admin.client("s3control")
    error = error_of(theirs.get_public_access_block, AccountId=ACCOUNT)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error_of(theirs.delete_public_access_block, AccountId=ACCOUNT).code == "AccessDenied"
    # What another account blocks is no concern of this one.
    theirs.put_public_access_block(
        AccountId=member.account, PublicAccessBlockConfiguration={name: True for name in NOTHING}
    )
    s3.put_bucket_policy(Bucket="box", Policy=PUBLIC)
    assert read_as_nobody(cloud) == 200


def test_its_actions_have_names_of_their_own(new_user: Callable[..., Identity], control: Any) -> None:
    keeper = new_user(
        "keeper", allow("s3:*PublicAccessBlock"), deny("s3:PutAccountPublicAccessBlock", "*")
    ).client("s3control")
    error = error_of(keeper.delete_public_access_block, AccountId=ACCOUNT)
    assert "s3:PutAccountPublicAccessBlock" in error.message and "explicit deny" in error.message
    assert error_of(keeper.get_public_access_block, AccountId=ACCOUNT).status == 404


# Where the account stands


def test_the_account_by_the_host_alone(root: Identity, cloud: Server, control: Any) -> None:
    """A client that leaves the header out, as a host name below the service's endpoint lets it."""
    block(control, BlockPublicAcls=True)
    path = "/v20180820/configuration/publicAccessBlock"
    for suffix in ("s3-control.us-east-1.amazonaws.com", "s3-control.localhost"):
        caller = Identity(f"http://{ACCOUNT}.{suffix}:{cloud.port}", root.key_id, root.secret)
        request = raw.signed("GET", path, b"", caller, service="s3", payload_hash=hashlib.sha256(b"").hexdigest())
        answer = raw.send(cloud.port, request)
        assert answer.status == 200 and b"<BlockPublicAcls>true</BlockPublicAcls>" in answer.body, answer


def test_the_cli(root: Identity, control: Any) -> None:
    caller = Identity(root.url.replace("127.0.0.1", "localhost"), root.key_id, root.secret, by_proxy=True)
    caller.aws(
        f"s3control put-public-access-block --account-id {ACCOUNT}"
        " --public-access-block-configuration BlockPublicAcls=true"
    )
    shown = caller.aws(f"s3control get-public-access-block --account-id {ACCOUNT}")
    assert shown["PublicAccessBlockConfiguration"] == NOTHING | {"BlockPublicAcls": True}


def test_nobody_without_a_signature(cloud: Server) -> None:
    path = "/v20180820/configuration/publicAccessBlock"
    headers = {"Host": f"127.0.0.1:{cloud.port}", "x-amz-account-id": ACCOUNT}
    answer = raw.send(cloud.port, raw.Request("GET", path, headers))
    assert answer.status == 403, answer


# Tags


def test_tags_of_a_bucket_are_the_same_ones(s3: Any, control: Any) -> None:
    s3.put_bucket_tagging(Bucket="box", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    names = {"AccountId": ACCOUNT, "ResourceArn": BUCKET}
    control.tag_resource(**names, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    assert control.list_tags_for_resource(**names)["Tags"] == s3.get_bucket_tagging(Bucket="box")["TagSet"]
    control.untag_resource(**names, TagKeys=["a", "absent"])
    assert s3.get_bucket_tagging(Bucket="box")["TagSet"] == [{"Key": "b", "Value": "2"}]
    control.untag_resource(**names, TagKeys=["b"])
    assert control.list_tags_for_resource(**names)["Tags"] == []
    assert error_of(s3.get_bucket_tagging, Bucket="box").code == "NoSuchTagSet"


def test_tags_of_an_access_point(s3: Any, control: Any, new_user: Callable[..., Identity]) -> None:
    arn = control.create_access_point(
        AccountId=ACCOUNT, Name="point", Bucket="box", Tags=[{"Key": "team", "Value": "blue"}]
    )["AccessPointArn"]
    names = {"AccountId": ACCOUNT, "ResourceArn": arn}
    assert control.list_tags_for_resource(**names)["Tags"] == [{"Key": "team", "Value": "blue"}]
    clerk = new_user(
        "clerk",
        allow("s3:TagResource", "*", Condition={"StringEquals": {"aws:RequestTag/team": "red"}}),
        allow("s3:GetAccessPoint", "*", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}}),
    ).client("s3control")
    assert error_of(clerk.get_access_point, AccountId=ACCOUNT, Name="point").code == "AccessDenied"
    green = [{"Key": "team", "Value": "green"}]
    assert error_of(clerk.tag_resource, **names, Tags=green).code == "AccessDenied"
    clerk.tag_resource(**names, Tags=[{"Key": "team", "Value": "red"}])
    assert clerk.get_access_point(AccountId=ACCOUNT, Name="point")["Name"] == "point"


def test_what_tags_may_be(s3: Any, control: Any) -> None:
    names = {"AccountId": ACCOUNT, "ResourceArn": BUCKET}
    for tags in ([{"Key": "aws:a", "Value": "1"}], [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]):
        assert error_of(control.tag_resource, **names, Tags=tags).code == "InvalidTag"
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    control.tag_resource(**names, Tags=many)
    assert error_of(control.tag_resource, **names, Tags=[{"Key": "a", "Value": ""}]).code == "BadRequest"
    absent = {"AccountId": ACCOUNT, "ResourceArn": "arn:aws:s3:::absent"}
    assert error_of(control.list_tags_for_resource, **absent).code == "NoSuchBucket"
    other = {"AccountId": ACCOUNT, "ResourceArn": f"arn:aws:s3:us-east-1:{ACCOUNT}:storage-lens/x"}
    assert error_of(control.list_tags_for_resource, **other).code == "InvalidRequest"


def test_its_events_are_of_s3(control: Any, trail: Trail) -> None:
    answer = control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=NOTHING)
    record = trail.of(answer, "PutPublicAccessBlock")
    assert record["eventSource"] == "s3.amazonaws.com" and record["eventName"] == "PutAccountPublicAccessBlock"
    assert record["requestParameters"]["accountId"] == ACCOUNT
    assert record["managementEvent"] is True
