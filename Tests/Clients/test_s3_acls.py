"""S3's access control lists: who may say them, what they grant, and whom Block Public Access and ownership take it from."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from harness import Identity, Server, allow, deny, error_of, policy
from harness.organizations import Member, NewOrganization
from harness.server import gatehouse

MANY = pytest.mark.parametrize
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"
OBJECTS = "arn:aws:s3:::box/*"


@pytest.fixture
def s3(root: Identity) -> Any:
    return root.client("s3")


@pytest.fixture
def box(s3: Any) -> str:
    """A bucket in which lists mean something, and whoever writes owns."""
    return lists(s3, "ObjectWriter")


@pytest.fixture
def member(cloud: Server) -> Member:
    return NewOrganization(cloud).member("member")


@pytest.fixture
def theirs(member: Member) -> Any:
    return member.admin.client("s3")


def lists(s3: Any, ownership: str) -> str:
    s3.create_bucket(Bucket="box", ObjectOwnership=ownership)
    s3.delete_public_access_block(Bucket="box")
    return "box"


def anonymous(cloud: Server) -> Any:
    config = Config(signature_version=UNSIGNED)
    return boto3.client("s3", endpoint_url=cloud.url, region_name="us-east-1", config=config)


def canonical(client: Any) -> str:
    return client.list_buckets()["Owner"]["ID"]


def shown(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(grant["Grantee"].get("ID") or grant["Grantee"]["URI"], grant["Permission"]) for grant in answer["Grants"]]


# What is said and shown


@MANY(
    ("name", "more"),
    [
        ("private", []),
        ("public-read", [(EVERYBODY, "READ")]),
        ("public-read-write", [(EVERYBODY, "READ"), (EVERYBODY, "WRITE")]),
        ("authenticated-read", [(SIGNED, "READ")]),
        ("log-delivery-write", [(LOGS, "WRITE"), (LOGS, "READ_ACP")]),
    ],
)
def test_canned_lists_of_buckets(s3: Any, box: str, name: str, more: list[tuple[str, str]]) -> None:
    me = canonical(s3)
    s3.put_bucket_acl(Bucket=box, ACL=name)
    answer = s3.get_bucket_acl(Bucket=box)
    assert answer["Owner"]["ID"] == me
    assert shown(answer) == [(me, "FULL_CONTROL"), *more]


def test_canned_lists_of_objects(s3: Any, theirs: Any, box: str) -> None:
    me, they = canonical(s3), canonical(theirs)
    s3.put_bucket_acl(Bucket=box, GrantWrite=f'id="{they}"')
    for name, more in {
        "private": [],
        "bucket-owner-read": [(me, "READ")],
        "bucket-owner-full-control": [(me, "FULL_CONTROL")],
        "aws-exec-read": [("6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c", "READ")],
    }.items():
        theirs.put_object(Bucket=box, Key=name, Body=b"1", ACL=name)
        answer = theirs.get_object_acl(Bucket=box, Key=name)
        assert (answer["Owner"]["ID"], shown(answer)) == (they, [(they, "FULL_CONTROL"), *more])
    assert error_of(s3.put_object, Bucket=box, Key="a", ACL="log-delivery-write").code == "InvalidArgument"


def test_headers_and_documents(s3: Any, theirs: Any, box: str) -> None:
    me, they = canonical(s3), canonical(theirs)
    s3.put_object(Bucket=box, Key="a", Body=b"1", GrantRead=f'id="{they}", uri="{SIGNED}"', GrantReadACP=f"id={me}")
    answer = s3.get_object_acl(Bucket=box, Key="a")
    assert shown(answer) == [(they, "READ"), (SIGNED, "READ"), (me, "READ_ACP")]
    # What was shown can be put.
    del answer["ResponseMetadata"]
    s3.put_object_acl(Bucket=box, Key="a", ACL="private")
    s3.put_object_acl(Bucket=box, Key="a", AccessControlPolicy={key: answer[key] for key in ("Grants", "Owner")})
    assert shown(s3.get_object_acl(Bucket=box, Key="a")) == shown(answer)
    # Copies and uploads in parts say theirs.
    s3.copy_object(Bucket=box, Key="b", CopySource="box/a", GrantFullControl=f'id="{they}"')
    assert shown(s3.get_object_acl(Bucket=box, Key="b")) == [(they, "FULL_CONTROL")]
    s3.copy_object(Bucket=box, Key="c", CopySource="box/a")
    assert shown(s3.get_object_acl(Bucket=box, Key="c")) == [(me, "FULL_CONTROL")]
    upload = s3.create_multipart_upload(Bucket=box, Key="d", ACL="public-read")["UploadId"]
    part = s3.upload_part(Bucket=box, Key="d", UploadId=upload, PartNumber=1, Body=b"1")
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    s3.complete_multipart_upload(Bucket=box, Key="d", UploadId=upload, MultipartUpload=parts)
    assert shown(s3.get_object_acl(Bucket=box, Key="d")) == [(me, "FULL_CONTROL"), (EVERYBODY, "READ")]


@MANY(
    ("said", "code"),
    [
        ({"ACL": "public-read", "GrantRead": f'uri="{SIGNED}"'}, "InvalidRequest"),
        ({"ACL": "shared"}, "InvalidArgument"),
        ({"GrantRead": f'id="{"0" * 64}"'}, "InvalidArgument"),
        ({"GrantRead": 'uri="http://acs.amazonaws.com/groups/global/Friends"'}, "InvalidArgument"),
        ({"GrantRead": "everybody"}, "InvalidArgument"),
        ({"GrantRead": 'emailAddress="ann@example.org"'}, "MethodNotAllowed"),
        ({"AccessControlPolicy": {"Grants": []}}, "MalformedACLError"),
        ({"AccessControlPolicy": {"Grants": [], "Owner": {"ID": "0" * 64}}}, "AccessDenied"),
        ({}, "MissingSecurityHeader"),
    ],
)
def test_lists_that_are_refused(s3: Any, box: str, said: dict[str, Any], code: str) -> None:
    s3.put_object(Bucket=box, Key="a", Body=b"1")
    for put, place in ((s3.put_bucket_acl, {}), (s3.put_object_acl, {"Key": "a"})):
        assert error_of(put, Bucket=box, **place, **said).code == code
    assert shown(s3.get_bucket_acl(Bucket=box)) == [(canonical(s3), "FULL_CONTROL")]


def test_documents_that_are_refused(s3: Any, box: str) -> None:
    owner = {"ID": canonical(s3)}

    def refusal(grantee: dict[str, str], permission: str) -> str:
        document = {"Owner": owner, "Grants": [{"Grantee": grantee, "Permission": permission}]}
        return error_of(s3.put_bucket_acl, Bucket=box, AccessControlPolicy=document).code

    assert refusal({"Type": "Group", "URI": SIGNED}, "LOOK") == "MalformedACLError"
    assert refusal({"Type": "Friend", "ID": "x"}, "READ") == "MalformedACLError"
    assert refusal({"Type": "Group"}, "READ") == "MalformedACLError"
    assert refusal({"Type": "AmazonCustomerByEmail", "EmailAddress": "a@b.test"}, "READ") == "MethodNotAllowed"
    grants = [{"Grantee": {"Type": "Group", "URI": SIGNED}, "Permission": "READ"}] * 101
    many = {"Owner": owner, "Grants": grants}
    assert error_of(s3.put_bucket_acl, Bucket=box, AccessControlPolicy=many).code == "MalformedACLError"


# Ownership


def test_where_the_owner_owns_everything(s3: Any) -> None:
    s3.create_bucket(Bucket="box")
    me = canonical(s3)
    s3.put_object(Bucket="box", Key="a", Body=b"1", ACL="bucket-owner-full-control")
    s3.put_object(Bucket="box", Key="a", Body=b"1", GrantFullControl=f'id="{me}"')
    for name in ("private", "public-read", "bucket-owner-read"):
        error = error_of(s3.put_object, Bucket="box", Key="a", Body=b"1", ACL=name)
        assert (error.code, error.message) == ("AccessControlListNotSupported", "The bucket does not allow ACLs")
        assert error_of(s3.put_object_acl, Bucket="box", Key="a", ACL=name).code == "AccessControlListNotSupported"
    assert error_of(s3.put_bucket_acl, Bucket="box", ACL="private").code == "AccessControlListNotSupported"
    assert shown(s3.get_bucket_acl(Bucket="box")) == [(me, "FULL_CONTROL")]
    assert shown(s3.get_object_acl(Bucket="box", Key="a")) == [(me, "FULL_CONTROL")]
    s3.put_object_acl(Bucket="box", Key="a", ACL="bucket-owner-full-control")


def test_making_a_bucket_with_a_list(s3: Any) -> None:
    assert error_of(s3.create_bucket, Bucket="box", ACL="authenticated-read").code == (
        "InvalidBucketAclWithObjectOwnership"
    )
    error = error_of(s3.create_bucket, Bucket="box", ACL="public-read", ObjectOwnership="ObjectWriter")
    assert error.code == "InvalidBucketAclWithBlockPublicAccessError"
    s3.create_bucket(Bucket="box", ACL="log-delivery-write", ObjectOwnership="BucketOwnerPreferred")
    assert shown(s3.get_bucket_acl(Bucket="box"))[1:] == [(LOGS, "WRITE"), (LOGS, "READ_ACP")]
    # Ownership can't be enforced while others are granted something.
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    error = error_of(s3.put_bucket_ownership_controls, Bucket="box", OwnershipControls=enforced)
    assert error.code == "InvalidBucketAclWithObjectOwnership"
    s3.put_bucket_acl(Bucket="box", ACL="private")
    s3.put_bucket_ownership_controls(Bucket="box", OwnershipControls=enforced)


def test_the_writer_owns(s3: Any, theirs: Any, box: str) -> None:
    s3.put_bucket_acl(Bucket=box, GrantWrite=f'id="{canonical(theirs)}"')
    theirs.put_object(Bucket=box, Key="gift", Body=b"1")
    assert [each["Owner"]["ID"] for each in s3.list_objects(Bucket=box)["Contents"]] == [canonical(theirs)]
    # The bucket's owner may not read it, also by a policy of the bucket; but may delete it.
    s3.put_bucket_policy(Bucket=box, Policy=policy({**allow("s3:GetObject", OBJECTS), "Principal": "*"}))
    assert error_of(s3.get_object, Bucket=box, Key="gift").code == "AccessDenied"
    assert error_of(s3.get_object_acl, Bucket=box, Key="gift").code == "AccessDenied"
    assert theirs.get_object(Bucket=box, Key="gift")["Body"].read() == b"1"
    theirs.put_object_acl(Bucket=box, Key="gift", ACL="bucket-owner-read")
    assert s3.get_object(Bucket=box, Key="gift")["Body"].read() == b"1"
    # A policy denies the writer all the same.
    s3.put_bucket_policy(Bucket=box, Policy=policy({**deny("s3:GetObject", OBJECTS), "Principal": "*"}))
    assert "explicit deny" in error_of(theirs.get_object, Bucket=box, Key="gift").message
    s3.delete_object(Bucket=box, Key="gift")
    # Once ownership is enforced, everything is the bucket owner's.
    s3.delete_bucket_policy(Bucket=box)
    theirs.put_object(Bucket=box, Key="gift", Body=b"2")
    s3.put_bucket_acl(Bucket=box, ACL="private")
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket=box, OwnershipControls=enforced)
    assert s3.get_object(Bucket=box, Key="gift")["Body"].read() == b"2"
    assert error_of(theirs.get_object, Bucket=box, Key="gift").code == "AccessDenied"


def test_the_owner_is_preferred(s3: Any, theirs: Any) -> None:
    lists(s3, "BucketOwnerPreferred")
    s3.put_bucket_acl(Bucket="box", GrantWrite=f'id="{canonical(theirs)}"')
    theirs.put_object(Bucket="box", Key="theirs", Body=b"1")
    theirs.put_object(Bucket="box", Key="ours", Body=b"1", ACL="bucket-owner-full-control")
    owners = {each["Key"]: each["Owner"]["ID"] for each in s3.list_objects(Bucket="box")["Contents"]}
    assert owners == {"ours": canonical(s3), "theirs": canonical(theirs)}
    assert s3.get_object(Bucket="box", Key="ours")["Body"].read() == b"1"
    assert error_of(theirs.get_object, Bucket="box", Key="ours").code == "AccessDenied"


# What lists grant


def test_a_bucket_that_everybody_writes(s3: Any, box: str, theirs: Any, cloud: Server) -> None:
    nobody = anonymous(cloud)
    assert error_of(nobody.list_objects_v2, Bucket=box).code == "AccessDenied"
    s3.put_bucket_acl(Bucket=box, ACL="public-read-write")
    s3.put_object(Bucket=box, Key="ours", Body=b"1")
    nobody.put_object(Bucket=box, Key="free", Body=b"1")
    nobody.put_object(Bucket=box, Key="free", Body=bytes(3_000_000))
    assert [each["Key"] for each in nobody.list_objects_v2(Bucket=box)["Contents"]] == ["free", "ours"]
    # Who may list learns what is not there.
    assert error_of(nobody.get_object, Bucket=box, Key="nothing").code == "NoSuchKey"
    # What is somebody else's is neither read, written over nor deleted.
    for call, more in ((nobody.get_object, {}), (nobody.put_object, {"Body": b"2"}), (nobody.delete_object, {})):
        assert error_of(call, Bucket=box, Key="ours", **more).code == "AccessDenied"
    assert error_of(theirs.put_object, Bucket=box, Key="ours", Body=b"2").code == "AccessDenied"
    nobody.delete_object(Bucket=box, Key="free")
    assert error_of(nobody.get_bucket_acl, Bucket=box).code == "AccessDenied"
    # Each key is asked for by itself.
    nobody.put_object(Bucket=box, Key="free", Body=b"1")
    gone = nobody.delete_objects(Bucket=box, Delete={"Objects": [{"Key": "free"}, {"Key": "ours"}]})
    assert [each["Key"] for each in gone["Deleted"]] == ["free"]
    assert [(each["Key"], each["Code"]) for each in gone["Errors"]] == [("ours", "AccessDenied")]


def test_groups_of_callers(s3: Any, box: str, theirs: Any, cloud: Server) -> None:
    s3.put_object(Bucket=box, Key="a", Body=b"1", ACL="authenticated-read")
    assert theirs.get_object(Bucket=box, Key="a")["Body"].read() == b"1"
    assert error_of(anonymous(cloud).get_object, Bucket=box, Key="a").code == "AccessDenied"
    s3.put_object_acl(Bucket=box, Key="a", ACL="public-read")
    assert anonymous(cloud).get_object(Bucket=box, Key="a")["Body"].read() == b"1"
    assert error_of(theirs.get_object_acl, Bucket=box, Key="a").code == "AccessDenied"


def test_an_account_grants_its_own(s3: Any, box: str, member: Member) -> None:
    s3.put_object(Bucket=box, Key="a", Body=b"1", GrantRead=f'id="{canonical(member.admin.client("s3"))}"')
    # The grant is the account's: it still has to let its user in.
    assert member.admin.client("s3").get_object(Bucket=box, Key="a")["Body"].read() == b"1"
    error = error_of(member.user("bare").client("s3").get_object, Bucket=box, Key="a")
    assert "no identity-based policy allows" in error.message
    reader = member.user("reader", allow("s3:GetObject", OBJECTS)).client("s3")
    assert reader.get_object(Bucket=box, Key="a")["Body"].read() == b"1"
    assert reader.head_object(Bucket=box, Key="a")["ContentLength"] == 1
    assert error_of(reader.get_object_attributes, Bucket=box, Key="a", ObjectAttributes=["ETag"]).code == "AccessDenied"


@MANY(
    ("permission", "may"),
    [
        ("READ", {"list_objects_v2", "list_object_versions", "list_multipart_uploads", "head_bucket"}),
        ("WRITE", {"put_object"}),
        ("READ_ACP", {"get_bucket_acl"}),
        ("WRITE_ACP", {"put_bucket_acl"}),
        ("FULL_CONTROL", {
            "list_objects_v2", "list_object_versions", "list_multipart_uploads", "head_bucket", "put_object",
            "get_bucket_acl", "put_bucket_acl",
        }),
    ],
)  # fmt: skip
def test_what_each_permission_of_a_bucket_is_for(
    s3: Any, box: str, theirs: Any, permission: str, may: set[str]
) -> None:
    grantee = {"Type": "CanonicalUser", "ID": canonical(theirs)}
    granted = [{"Grantee": grantee, "Permission": permission}]
    s3.put_object(Bucket=box, Key="ours", Body=b"1")
    inputs: dict[str, dict[str, Any]] = {
        "list_objects_v2": {}, "list_object_versions": {}, "list_multipart_uploads": {}, "head_bucket": {},
        "put_object": {"Key": "a", "Body": b"1"}, "get_bucket_acl": {}, "get_bucket_policy_status": {},
        "get_bucket_tagging": {}, "delete_bucket": {},
        "get_object": {"Key": "ours"}, "delete_object": {"Key": "ours"}, "put_bucket_acl": {"ACL": "private"},
    }  # fmt: skip
    s3.put_bucket_acl(Bucket=box, AccessControlPolicy={"Owner": {"ID": canonical(s3)}, "Grants": granted})
    for name, values in inputs.items():
        if name in may:
            getattr(theirs, name)(Bucket=box, **values)
        else:
            assert error_of(getattr(theirs, name), Bucket=box, **values).status == 403, name


@MANY(
    ("permission", "may"),
    [
        ("READ", {"get_object", "head_object"}),
        ("WRITE", set()),
        ("READ_ACP", {"get_object_acl"}),
        ("WRITE_ACP", {"put_object_acl"}),
        ("FULL_CONTROL", {"get_object", "head_object", "get_object_acl", "put_object_acl"}),
    ],
)
def test_what_each_permission_of_an_object_is_for(
    s3: Any, box: str, theirs: Any, permission: str, may: set[str]
) -> None:
    grantee = {"Type": "CanonicalUser", "ID": canonical(theirs)}
    granted = [{"Grantee": grantee, "Permission": permission}]
    s3.put_object(Bucket=box, Key="a", Body=b"1")
    s3.put_object_acl(Bucket=box, Key="a", AccessControlPolicy={"Owner": {"ID": canonical(s3)}, "Grants": granted})
    inputs: dict[str, dict[str, Any]] = {
        "get_object": {}, "head_object": {}, "get_object_acl": {}, "get_object_tagging": {}, "delete_object": {},
        "put_object": {"Body": b"2"}, "put_object_acl": {"ACL": "private"},
    }  # fmt: skip
    for name, values in inputs.items():
        if name in may:
            getattr(theirs, name)(Bucket=box, Key="a", **values)
        else:
            assert error_of(getattr(theirs, name), Bucket=box, Key="a", **values).status == 403, name


# What takes it away


def test_public_lists_are_blocked(s3: Any, box: str, cloud: Server) -> None:
    s3.put_object(Bucket=box, Key="a", Body=b"1", ACL="public-read")
    block = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], False)
    s3.put_public_access_block(Bucket=box, PublicAccessBlockConfiguration={**block, "BlockPublicAcls": True})
    assert anonymous(cloud).get_object(Bucket=box, Key="a")["Body"].read() == b"1"
    for call in (s3.put_object, s3.put_object_acl):
        error = error_of(call, Bucket=box, Key="a", ACL="public-read")
        assert error.code == "AccessDenied" and "BlockPublicAcls" in error.message
    error = error_of(s3.put_bucket_acl, Bucket=box, GrantRead=f'uri="{SIGNED}"')
    assert error.code == "AccessDenied" and "BlockPublicAcls" in error.message
    s3.put_bucket_acl(Bucket=box, ACL="log-delivery-write")


def test_public_lists_are_ignored(s3: Any, box: str, theirs: Any, cloud: Server) -> None:
    they = canonical(theirs)
    s3.put_object(Bucket=box, Key="a", Body=b"1", GrantRead=f'uri="{EVERYBODY}", uri="{SIGNED}"')
    s3.put_object(Bucket=box, Key="b", Body=b"1", GrantRead=f'id="{they}", uri="{EVERYBODY}"')
    block = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], False)
    s3.put_public_access_block(Bucket=box, PublicAccessBlockConfiguration={**block, "IgnorePublicAcls": True})
    assert error_of(anonymous(cloud).get_object, Bucket=box, Key="a").code == "AccessDenied"
    assert error_of(theirs.get_object, Bucket=box, Key="a").code == "AccessDenied"
    # What an account is granted by its name stays.
    assert theirs.get_object(Bucket=box, Key="b")["Body"].read() == b"1"
    s3.put_object(Bucket=box, Key="c", Body=b"1", ACL="public-read")


def test_policies_about_lists(s3: Any, box: str, new_user: Callable[..., Identity]) -> None:
    writer = new_user("writer", allow("s3:PutObject", OBJECTS)).client("s3")
    writer.put_object(Bucket=box, Key="a", Body=b"1")
    assert "s3:PutObjectAcl" in error_of(writer.put_object, Bucket=box, Key="a", Body=b"1", ACL="private").message
    condition = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    other = new_user("other", allow(["s3:PutObject", "s3:PutObjectAcl"], OBJECTS, Condition=condition)).client("s3")
    other.put_object(Bucket=box, Key="a", Body=b"1", ACL="bucket-owner-full-control")
    for said in ({}, {"ACL": "public-read"}, {"GrantRead": f'uri="{SIGNED}"'}):
        assert error_of(other.put_object, Bucket=box, Key="a", Body=b"1", **said).code == "AccessDenied"
    assert error_of(other.put_object_acl, Bucket=box, Key="a", ACL="public-read").code == "AccessDenied"


def test_why_names_the_list(durable: Callable[..., Server]) -> None:
    server = durable("--audit", "strict").start()
    s3, theirs = server.root.client("s3"), NewOrganization(server).member("member").admin.client("s3")
    lists(s3, "ObjectWriter")
    s3.put_object(Bucket="box", Key="a", Body=b"1", GrantRead=f'id="{canonical(theirs)}"')

    def why(request_id: str) -> str:
        done = gatehouse("why", request_id, "--data", str(server.data))
        assert done.returncode == 0, (done.stdout, done.stderr)
        return done.stdout

    told = why(theirs.get_object(Bucket="box", Key="a")["ResponseMetadata"]["RequestId"])
    assert "looked at: resource-based policy access control list" in told
    told = why(error_of(theirs.put_object_acl, Bucket="box", Key="a", ACL="private").request_id)
    assert 'statement 1 "READ for ' in told and "action not matched" in told
