"""Access points: an access point's policy and its bucket's both decide on what comes by it."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, policy, raw
from harness.organizations import Member, NewOrganization
from harness.server import gatehouse

MANY = pytest.mark.parametrize
POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/point"
OPEN = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}
#: The bucket leaves it to the access points of an account.
DELEGATION = allow(
    "*",
    ["arn:aws:s3:::box", "arn:aws:s3:::box/*"],
    Principal="*",
    Condition={"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}},
)


def by_proxy(identity: Identity) -> Any:
    """An S3 client that may name an access point by its ARN, which boto3 makes a host name of."""
    return identity.client("s3", proxies={"http": identity.url})


@pytest.fixture
def s3(root: Identity) -> Any:
    client = by_proxy(root)
    client.create_bucket(Bucket="box")
    client.put_object(Bucket="box", Key="a", Body=b"1")
    client.put_object(Bucket="box", Key="in/b", Body=b"22")
    return client


@pytest.fixture
def control(root: Identity) -> Any:
    return root.client("s3control")


def create(control: Any, name: str = "point", **more: Any) -> Any:
    return control.create_access_point(AccountId=ACCOUNT, Name=name, Bucket="box", **more)


def lend(control: Any, *statements: dict[str, Any], name: str = "point") -> None:
    control.put_access_point_policy(AccountId=ACCOUNT, Name=name, Policy=policy(*statements))


def user_arn(name: str, account: str = ACCOUNT) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:user/{name}"}


# The access points themselves


def test_what_an_access_point_says_of_itself(s3: Any, control: Any) -> None:
    made = create(control)
    assert made["AccessPointArn"] == POINT
    assert made["Alias"].startswith("point-") and made["Alias"].endswith("-s3alias") and len(made["Alias"]) <= 63
    shown = control.get_access_point(AccountId=ACCOUNT, Name="point")
    assert shown["Bucket"] == "box" and shown["BucketAccountId"] == ACCOUNT
    assert (shown["NetworkOrigin"], shown["Alias"], shown["AccessPointArn"]) == ("Internet", made["Alias"], POINT)
    assert shown["PublicAccessBlockConfiguration"] == {name: True for name in OPEN}
    assert shown["Endpoints"]["ipv4"] == "s3-accesspoint.us-east-1.amazonaws.com"
    error = error_of(create, control=control)
    assert (error.code, error.status) == ("AccessPointAlreadyOwnedByYou", 409)
    error = error_of(control.get_access_point, AccountId=ACCOUNT, Name="absent")
    assert (error.code, error.status) == ("NoSuchAccessPoint", 404)
    assert error_of(control.create_access_point, AccountId=ACCOUNT, Name="other", Bucket="absent").code == "NoSuchBucket"
    for wrong in ("Point", "-point", "point-", "po_int", "x" * 51, "point-s3alias"):
        assert error_of(create, control=control, name=wrong).code == "InvalidRequest", wrong


def test_lists(s3: Any, control: Any, root: Identity) -> None:
    s3.create_bucket(Bucket="other")
    for name in ("cherry", "apple", "banana"):
        create(control, name)
    control.create_access_point(AccountId=ACCOUNT, Name="plum", Bucket="other")
    first = control.list_access_points(AccountId=ACCOUNT, MaxResults=3)
    assert [one["Name"] for one in first["AccessPointList"]] == ["apple", "banana", "cherry"]
    rest = control.list_access_points(AccountId=ACCOUNT, MaxResults=3, NextToken=first["NextToken"])
    assert [one["Name"] for one in rest["AccessPointList"]] == ["plum"] and "NextToken" not in rest
    (plum,) = control.list_access_points(AccountId=ACCOUNT, Bucket="other")["AccessPointList"]
    assert plum["AccessPointArn"].endswith("/plum") and plum["NetworkOrigin"] == "Internet"
    # They are a Region's.
    elsewhere = root.client("s3control", region="eu-west-1")
    assert elsewhere.list_access_points(AccountId=ACCOUNT)["AccessPointList"] == []
    error = error_of(elsewhere.create_access_point, AccountId=ACCOUNT, Name="point", Bucket="box")
    assert error.code == "PermanentRedirect"


def test_an_end(s3: Any, control: Any) -> None:
    alias = create(control)["Alias"]
    s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "a"}, {"Key": "in/b"}]})
    assert error_of(s3.delete_bucket, Bucket="box").code == "BucketHasAccessPointsAttached"
    s3.head_bucket(Bucket=alias)
    control.delete_access_point(AccountId=ACCOUNT, Name="point")
    assert error_of(s3.list_objects_v2, Bucket=alias).code == "NoSuchAccessPoint"
    assert error_of(control.delete_access_point, AccountId=ACCOUNT, Name="point").code == "NoSuchAccessPoint"
    s3.delete_bucket(Bucket="box")


def test_an_access_point_for_a_vpc(s3: Any, control: Any) -> None:
    made = create(control, VpcConfiguration={"VpcId": "vpc-1a2b3c"})
    shown = control.get_access_point(AccountId=ACCOUNT, Name="point")
    assert (shown["NetworkOrigin"], shown["VpcConfiguration"]) == ("VPC", {"VpcId": "vpc-1a2b3c"})
    # Nobody comes from there.
    error = error_of(s3.get_object, Bucket=made["Alias"], Key="a")
    assert (error.code, error.status) == ("AccessDenied", 403)
    # So nothing about it is public.
    lend(control, allow("s3:GetObject", f"{POINT}/object/*", Principal="*"))
    status = control.get_access_point_policy_status(AccountId=ACCOUNT, Name="point")
    assert status["PolicyStatus"]["IsPublic"] is False


# What can be done by them


def names(made: Any) -> dict[str, str]:
    return {"arn": made["AccessPointArn"], "alias": made["Alias"]}


@MANY("form", ["arn", "alias"])
def test_objects_by_an_access_point(s3: Any, control: Any, form: str) -> None:
    point = names(create(control))[form]
    assert s3.get_object(Bucket=point, Key="a")["Body"].read() == b"1"
    s3.put_object(Bucket=point, Key="c d/+", Body=b"333", Tagging="x=y")
    assert s3.get_object(Bucket="box", Key="c d/+")["Body"].read() == b"333"
    listed = s3.list_objects_v2(Bucket=point)
    assert [one["Key"] for one in listed["Contents"]] == ["a", "c d/+", "in/b"]
    assert s3.get_object_tagging(Bucket=point, Key="c d/+")["TagSet"] == [{"Key": "x", "Value": "y"}]
    assert s3.head_bucket(Bucket=point)["AccessPointAlias"] is True
    assert s3.head_bucket(Bucket="box")["AccessPointAlias"] is False
    if form == "alias":  # boto3 has no ARNs here.
        assert s3.get_bucket_location(Bucket=point)["LocationConstraint"] is None
    upload = {"Bucket": point, "Key": "parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"4444")["ETag"]
    assert len(s3.list_parts(**upload)["Parts"]) == 1
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    s3.copy_object(Bucket=point, Key="copy", CopySource={"Bucket": point, "Key": "parts"})
    assert s3.get_object(Bucket="box", Key="copy")["Body"].read() == b"4444"
    deleted = s3.delete_objects(Bucket=point, Delete={"Objects": [{"Key": "copy"}, {"Key": "parts"}]})
    assert len(deleted["Deleted"]) == 2 and "Errors" not in deleted
    s3.delete_object(Bucket=point, Key="c d/+")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="box")["Contents"]] == ["a", "in/b"]


def test_the_bucket_itself_is_not_theirs(s3: Any, control: Any) -> None:
    alias = create(control)["Alias"]
    for refused in (
        lambda: s3.delete_bucket(Bucket=alias),
        lambda: s3.put_bucket_versioning(Bucket=alias, VersioningConfiguration={"Status": "Enabled"}),
        lambda: s3.put_bucket_policy(Bucket=alias, Policy=policy(DELEGATION)),
        lambda: s3.get_bucket_tagging(Bucket=alias),
    ):
        assert error_of(refused).code == "MethodNotAllowed"


def test_host_names(s3: Any, control: Any, cloud: Server, root: Identity) -> None:
    alias = create(control)["Alias"]
    for host in (
        f"point-{ACCOUNT}.s3-accesspoint.us-east-1.amazonaws.com",
        f"point-{ACCOUNT}.s3-accesspoint.dualstack.us-east-1.amazonaws.com",
        f"point-{ACCOUNT}.s3.localhost",
        f"point-{ACCOUNT}.localhost",
        f"point-{ACCOUNT}.127.0.0.1",
        f"{alias}.s3.us-east-1.amazonaws.com",
    ):
        caller = Identity(f"http://{host}:{cloud.port}", root.key_id, root.secret)
        request = raw.signed("GET", "/in/b", b"", caller, service="s3", payload_hash=hashlib.sha256(b"").hexdigest())
        answer = raw.send(cloud.port, request)
        assert (answer.status, answer.body) == (200, b"22"), (host, answer)


def test_no_bucket_stands_in_the_way(s3: Any, control: Any, cloud: Server, root: Identity) -> None:
    member = NewOrganization(cloud).member("member")
    theirs = member.admin.client("s3")
    theirs.create_bucket(Bucket=f"mine-{ACCOUNT}")
    assert error_of(create, control=control, name="mine").code == "InvalidRequest"
    create(control)
    assert error_of(theirs.create_bucket, Bucket=f"point-{ACCOUNT}").code == "BucketAlreadyExists"
    # One's own bucket of that name is the bucket, except where AWS's host name says otherwise.
    s3.create_bucket(Bucket=f"point-{ACCOUNT}")
    empty = hashlib.sha256(b"").hexdigest()
    for suffix, status in (("localhost", 404), ("s3-accesspoint.us-east-1.amazonaws.com", 200)):
        caller = Identity(f"http://point-{ACCOUNT}.{suffix}:{cloud.port}", root.key_id, root.secret)
        request = raw.signed("GET", "/a", b"", caller, service="s3", payload_hash=empty)
        assert raw.send(cloud.port, request).status == status


def test_presigned(s3: Any, control: Any, root: Identity, cloud: Server) -> None:
    create(control)
    signer = root.client("s3", signature_version="s3v4")
    url = signer.generate_presigned_url("get_object", {"Bucket": POINT, "Key": "a"})
    host, path = url.removeprefix("http://").split("/", 1)
    assert host == f"point-{ACCOUNT}.127.0.0.1:{cloud.port}"
    answer = raw.send(cloud.port, raw.Request("GET", "/" + path, {"Host": host}))
    assert (answer.status, answer.body) == (200, b"1"), answer


def test_the_cli(s3: Any, control: Any, root: Identity) -> None:
    caller = Identity(root.url.replace("127.0.0.1", "localhost"), root.key_id, root.secret, by_proxy=True)
    made = caller.aws(f"s3control create-access-point --account-id {ACCOUNT} --name point --bucket box")
    assert made["AccessPointArn"] == POINT
    head = caller.aws(f"s3api head-object --bucket {POINT} --key in/b")
    assert head["ContentLength"] == 2
    listed = caller.aws(f"s3api list-objects-v2 --bucket {made['Alias']}")
    assert [one["Key"] for one in listed["Contents"]] == ["a", "in/b"]


# Who may


def test_both_policies_have_to_allow(s3: Any, control: Any, new_user: Callable[..., Identity]) -> None:
    create(control)
    jane = by_proxy(new_user("jane"))
    read = {"Bucket": POINT, "Key": "in/b"}
    error = error_of(jane.get_object, **read)
    assert error.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/jane is not authorized to perform: s3:GetObject on resource: "
        f'"{POINT}/object/in/b" because no identity-based policy allows the s3:GetObject action'
    )
    lend(control, allow("s3:GetObject", f"{POINT}/object/in/*", Principal=user_arn("jane")))
    # The access point would; the bucket would not.
    assert 'on resource: "arn:aws:s3:::box/in/b"' in error_of(jane.get_object, **read).message
    s3.put_bucket_policy(Bucket="box", Policy=policy(DELEGATION))
    assert jane.get_object(**read)["Body"].read() == b"22"
    # The delegation is about what comes by access points, and each of them decides by itself.
    assert error_of(jane.get_object, Bucket="box", Key="in/b").code == "AccessDenied"
    assert error_of(jane.get_object, Bucket=POINT, Key="a").code == "AccessDenied"
    create(control, "other")
    assert error_of(jane.get_object, Bucket=POINT.replace("/point", "/other"), Key="in/b").code == "AccessDenied"
    control.delete_access_point_policy(AccountId=ACCOUNT, Name="point")
    assert error_of(jane.get_object, **read).code == "AccessDenied"


def test_either_policy_denies(s3: Any, control: Any, root: Identity) -> None:
    alias = create(control)["Alias"]
    lend(control, deny("s3:GetObject", f"{POINT}/object/in/*", Principal="*"))
    assert s3.get_object(Bucket=alias, Key="a")["Body"].read() == b"1"
    error = error_of(s3.get_object, Bucket=alias, Key="in/b")
    assert "with an explicit deny in a resource-based policy" in error.message and POINT in error.message
    # The bucket's own name is not the access point's business.
    s3.get_object(Bucket="box", Key="in/b")
    s3.put_bucket_policy(
        Bucket="box",
        Policy=policy(
            deny(
                "s3:GetObject", "arn:aws:s3:::box/*", Principal="*", Condition={"ArnLike": {"s3:DataAccessPointArn": POINT}}
            )
        ),
    )  # fmt: skip
    assert "arn:aws:s3:::box/a" in error_of(s3.get_object, Bucket=alias, Key="a").message
    s3.get_object(Bucket="box", Key="a")


@MANY("key", ["a b", "in/ü", "in/e\u0301", "tab\t"])
def test_either_policy_denies_keys_of_any_letters(s3: Any, control: Any, key: str) -> None:
    create(control)
    s3.put_object(Bucket="box", Key=key, Body=b"1")
    assert s3.get_object(Bucket=POINT, Key=key)["Body"].read() == b"1"
    lend(control, deny("s3:GetObject", f"{POINT}/object/*", Principal="*"))
    assert error_of(s3.get_object, Bucket=POINT, Key=key).code == "AccessDenied"
    assert s3.get_object(Bucket="box", Key=key)["Body"].read() == b"1"
    control.delete_access_point_policy(AccountId=ACCOUNT, Name="point")
    s3.put_bucket_policy(Bucket="box", Policy=policy(deny("s3:GetObject", "arn:aws:s3:::box/*", Principal="*")))
    assert error_of(s3.get_object, Bucket=POINT, Key=key).code == "AccessDenied"


def test_identity_based_policies_name_both(s3: Any, control: Any, new_user: Callable[..., Identity]) -> None:
    create(control)
    both = by_proxy(new_user("both", allow("s3:GetObject", [f"{POINT}/object/*", "arn:aws:s3:::box/*"])))
    assert both.get_object(Bucket=POINT, Key="a")["Body"].read() == b"1"
    one = by_proxy(new_user("one", allow("s3:GetObject", f"{POINT}/object/*")))
    assert "arn:aws:s3:::box/a" in error_of(one.get_object, Bucket=POINT, Key="a").message
    other = by_proxy(new_user("other", allow("s3:GetObject", "arn:aws:s3:::box/*")))
    assert POINT in error_of(other.get_object, Bucket=POINT, Key="a").message


def test_only_by_access_points(s3: Any, control: Any, new_user: Callable[..., Identity]) -> None:
    """The condition of a service control policy or a bucket's owner who wants no other way."""
    alias = create(control)["Alias"]
    anywhere = by_proxy(
        new_user(
            "clerk",
            allow("s3:*"),
            deny("s3:GetObject", "*", Condition={"StringNotEquals": {"s3:AccessPointNetworkOrigin": "Internet"}}),
        )
    )
    assert error_of(anywhere.get_object, Bucket="box", Key="a").code == "AccessDenied"
    assert anywhere.get_object(Bucket=alias, Key="a")["Body"].read() == b"1"


def test_many_keys_at_once_are_asked_for_one_by_one(
    s3: Any, control: Any, new_user: Callable[..., Identity]
) -> None:
    create(control)
    jane = by_proxy(new_user("jane"))
    lend(
        control,
        allow("s3:DeleteObject", f"{POINT}/object/*", Principal=user_arn("jane")),
        deny("s3:DeleteObject", f"{POINT}/object/in/*", Principal="*"),
    )
    s3.put_bucket_policy(Bucket="box", Policy=policy(DELEGATION))
    done = jane.delete_objects(Bucket=POINT, Delete={"Objects": [{"Key": "a"}, {"Key": "in/b"}]})
    assert [one["Key"] for one in done["Deleted"]] == ["a"]
    assert [(one["Key"], one["Code"]) for one in done["Errors"]] == [("in/b", "AccessDenied")]


def test_what_is_not_there(s3: Any, control: Any, new_user: Callable[..., Identity]) -> None:
    """Whoever may not list learns of nothing that is not there."""
    create(control)
    s3.put_bucket_policy(Bucket="box", Policy=policy(DELEGATION))
    reads = allow("s3:GetObject", f"{POINT}/object/*", Principal=user_arn("jane"))
    jane = by_proxy(new_user("jane"))
    lend(control, reads)
    assert error_of(jane.get_object, Bucket=POINT, Key="absent").code == "AccessDenied"
    lend(control, reads, allow("s3:ListBucket", POINT, Principal=user_arn("jane")))
    assert error_of(jane.get_object, Bucket=POINT, Key="absent").code == "NoSuchKey"


# Other accounts


@pytest.fixture
def member(cloud: Server) -> Member:
    return NewOrganization(cloud).member("member")


def test_a_caller_of_another_account(s3: Any, control: Any, member: Member) -> None:
    create(control)
    both = allow("s3:GetObject", [f"{POINT}/object/*", "arn:aws:s3:::box/*"])
    reader, bare = by_proxy(member.user("reader", both)), by_proxy(member.user("bare"))
    read = {"Bucket": POINT, "Key": "a"}
    error = error_of(reader.get_object, **read)
    assert "because no resource-based policy allows" in error.message and POINT in error.message
    lend(control, allow("s3:GetObject", f"{POINT}/object/*", Principal={"AWS": member.account}))
    error = error_of(reader.get_object, **read)
    assert "because no resource-based policy allows" in error.message and "arn:aws:s3:::box/a" in error.message
    s3.put_bucket_policy(Bucket="box", Policy=policy(DELEGATION))
    assert reader.get_object(**read)["Body"].read() == b"1"
    assert "no identity-based policy" in error_of(bare.get_object, **read).message


def test_an_access_point_for_a_bucket_of_another_account(s3: Any, control: Any, member: Member) -> None:
    theirs = member.admin.client("s3control")
    wanted = {"AccountId": member.account, "Name": "window", "Bucket": "box"}
    assert error_of(theirs.create_access_point, **wanted).code == "AccessDenied"
    arn = theirs.create_access_point(**wanted, BucketAccountId=ACCOUNT)["AccessPointArn"]
    assert f":{member.account}:" in arn
    reader = by_proxy(member.user("reader", allow("s3:GetObject", "*")))
    assert "no resource-based policy" in error_of(reader.get_object, Bucket=arn, Key="a").message
    let = {"StringEquals": {"s3:DataAccessPointAccount": member.account}}
    s3.put_bucket_policy(
        Bucket="box", Policy=policy(allow("s3:GetObject", "arn:aws:s3:::box/*", Principal="*", Condition=let))
    )
    assert reader.get_object(Bucket=arn, Key="a")["Body"].read() == b"1"
    # It keeps nobody from deleting the bucket; and another's bucket of that name is not what it was made for.
    s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "a"}, {"Key": "in/b"}]})
    s3.delete_bucket(Bucket="box")
    assert error_of(reader.get_object, Bucket=arn, Key="a").code == "NoSuchBucket"


# The public


def nobody(cloud: Server, path: str) -> int:
    return raw.send(cloud.port, raw.Request("GET", path, {"Host": f"127.0.0.1:{cloud.port}"})).status


def test_an_access_point_blocks_the_public_by_itself(s3: Any, control: Any, cloud: Server) -> None:
    s3.delete_public_access_block(Bucket="box")
    public = allow("s3:GetObject", f"{POINT}/object/*", Principal="*")
    closed = create(control)["Alias"]
    refused = error_of(control.put_access_point_policy, AccountId=ACCOUNT, Name="point", Policy=policy(public))
    assert refused.code == "AccessDenied" and "BlockPublicPolicy" in refused.message
    lend(control, allow("s3:GetObject", f"{POINT}/object/*", Principal={"AWS": ACCOUNT}))
    assert nobody(cloud, f"/{closed}/a") == 403
    control.delete_access_point(AccountId=ACCOUNT, Name="point")
    alias = create(control, PublicAccessBlockConfiguration=OPEN)["Alias"]
    lend(control, public)
    assert control.get_access_point_policy_status(AccountId=ACCOUNT, Name="point")["PolicyStatus"]["IsPublic"] is True
    assert nobody(cloud, f"/{alias}/a") == 403
    s3.put_bucket_policy(Bucket="box", Policy=policy(DELEGATION))
    assert s3.get_bucket_policy_status(Bucket="box")["PolicyStatus"]["IsPublic"] is False
    assert nobody(cloud, f"/{alias}/a") == 200
    assert nobody(cloud, "/box/a") == 403
    # The strictest counts: the bucket's, or the account's.
    s3.put_public_access_block(
        Bucket="box", PublicAccessBlockConfiguration=OPEN | {"RestrictPublicBuckets": True}
    )
    assert nobody(cloud, f"/{alias}/a") == 403
    s3.delete_public_access_block(Bucket="box")
    control.put_public_access_block(
        AccountId=ACCOUNT, PublicAccessBlockConfiguration=OPEN | {"RestrictPublicBuckets": True}
    )
    assert nobody(cloud, f"/{alias}/a") == 403


# Policies as they are put


@MANY(
    ("statement", "message"),
    [
        (allow("s3:GetObject", "arn:aws:s3:::box/*", Principal={"AWS": ACCOUNT}), "Policy has invalid resource"),
        (
            allow("s3:GetObject", f"{POINT}x/object/*", Principal={"AWS": ACCOUNT}),
            "Policy has invalid resource",
        ),
        (allow("s3:GetObject", POINT, Principal={"AWS": ACCOUNT}), "Action does not apply to any resource(s) in statement"),
        (
            allow("s3:ListBucket", f"{POINT}/object/*", Principal={"AWS": ACCOUNT}),
            "Action does not apply to any resource(s) in statement",
        ),
        (allow("ec2:*", POINT, Principal={"AWS": ACCOUNT}), "Policy has invalid action"),
        (allow("s3:GetObject", f"{POINT}/object/*", Principal=user_arn("absent")), "Invalid principal in policy"),
        (allow("s3:GetObject", f"{POINT}/object/*"), "Missing required field Principal"),
    ],
)  # fmt: skip
def test_policies_are_checked(s3: Any, control: Any, statement: dict[str, Any], message: str) -> None:
    create(control)
    error = error_of(control.put_access_point_policy, AccountId=ACCOUNT, Name="point", Policy=policy(statement))
    assert (error.code, error.message) == ("MalformedPolicy", message)
    error = error_of(control.get_access_point_policy, AccountId=ACCOUNT, Name="point")
    assert (error.code, error.status) == ("NoSuchAccessPointPolicy", 404)


def test_a_policy_is_shown_as_it_was_put(
    s3: Any, control: Any, root: Identity, new_user: Callable[..., Identity]
) -> None:
    create(control)
    new_user("jane")
    text = policy(allow("s3:GetObject", f"{POINT}/object/*", Principal=user_arn("jane")))
    control.put_access_point_policy(AccountId=ACCOUNT, Name="point", Policy=text)
    assert control.get_access_point_policy(AccountId=ACCOUNT, Name="point")["Policy"] == text
    # A namesake gets nothing by it.
    for key in root.iam.list_access_keys(UserName="jane")["AccessKeyMetadata"]:
        root.iam.delete_access_key(UserName="jane", AccessKeyId=key["AccessKeyId"])
    root.iam.delete_user(UserName="jane")
    s3.put_bucket_policy(Bucket="box", Policy=policy(DELEGATION))
    assert error_of(by_proxy(new_user("jane")).get_object, Bucket=POINT, Key="a").code == "AccessDenied"


# What is recorded


def test_events_and_reasons(durable: Callable[..., Server]) -> None:
    server = durable().start()
    root = server.root
    s3, control = by_proxy(root), root.client("s3control")
    s3.create_bucket(Bucket="box")
    create(control)
    lend(control, dict(deny("s3:ListBucket", POINT, Principal="*"), Sid="NoLists"))
    error = error_of(s3.list_objects_v2, Bucket=POINT)
    trail = Trail(root)
    # What was asked later is recorded later.
    (event, *_) = trail.events(ResourceName=POINT)
    assert event["EventName"] == "PutAccessPointPolicy"
    assert {"ResourceType": "AWS::S3::AccessPoint", "ResourceName": POINT} in event["Resources"]
    trail.of(control.get_access_point(AccountId=ACCOUNT, Name="point"), "GetAccessPoint")
    done = gatehouse("why", error.request_id, "--data", str(server.data))
    assert "explicitly denied by resource-based policy access point policy" in done.stdout, done.stdout
    assert 'statement 1 "NoLists"' in done.stdout
