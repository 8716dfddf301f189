"""S3 Access Grants: credentials for the data of a grant, which work for that data and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, policy
from harness.documents import trust
from harness.organizations import Member, NewOrganization

MANY = pytest.mark.parametrize
INSTANCE = f"arn:aws:s3:us-east-1:{ACCOUNT}:access-grants/default"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lender"
#: As AWS's guide has it: the role is for S3 Access Grants alone.
TRUST = trust(
    {"Service": "access-grants.s3.amazonaws.com"},
    ["sts:AssumeRole", "sts:SetSourceIdentity"],
    Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": INSTANCE}},
)
#: Its own policy is no narrower than the data, and holds for credentials of S3 Access Grants alone.
LENT = allow("s3:*", Condition={"ArnEquals": {"s3:AccessGrantsInstanceArn": INSTANCE}})
ASKS = allow("s3:GetDataAccess", INSTANCE)


class Grants:
    """S3 Access Grants of an account, in which the bucket `box` has some objects."""

    def __init__(self, root: Identity):
        self.root = root
        self.control = root.client("s3control")
        self.s3 = root.client("s3")
        self.s3.create_bucket(Bucket="box")
        for key in ("team/a", "team/b/c", "other/d", "team"):
            self.s3.put_object(Bucket="box", Key=key, Body=key.encode())
        root.iam.create_role(RoleName="lender", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=7200)
        root.iam.put_role_policy(RoleName="lender", PolicyName="own", PolicyDocument=policy(LENT))

    def open(self, scope: str = "s3://", **more: Any) -> str:
        """Makes the instance and one location, and returns its id."""
        self.control.create_access_grants_instance(AccountId=ACCOUNT)
        return self.location(scope, **more)

    def location(self, scope: str, role: str = ROLE, **more: Any) -> str:
        made = self.control.create_access_grants_location(
            AccountId=ACCOUNT, LocationScope=scope, IAMRoleArn=role, **more
        )
        return str(made["AccessGrantsLocationId"])

    def input(self, sub: str | None, to: str, permission: str, location: str, **more: Any) -> dict[str, Any]:
        if sub is not None:
            more["AccessGrantsLocationConfiguration"] = {"S3SubPrefix": sub}
        return {
            "AccountId": ACCOUNT,
            "AccessGrantsLocationId": location,
            "Grantee": {"GranteeType": "IAM", "GranteeIdentifier": to},
            "Permission": permission,
        } | more

    def grant(
        self, sub: str | None, to: str, permission: str = "READ", location: str = "default", **more: Any
    ) -> dict[str, Any]:
        return dict(self.control.create_access_grant(**self.input(sub, to, permission, location, **more)))


@pytest.fixture
def grants(root: Identity) -> Grants:
    return Grants(root)


@pytest.fixture
def reader(grants: Grants, new_user: Callable[..., Identity]) -> Identity:
    return new_user("reader", ASKS)


def arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:user/{name}"


def ask(caller: Identity, target: str, permission: str = "READ", account: str = ACCOUNT, **more: Any) -> dict[str, Any]:
    return dict(
        caller.client("s3control").get_data_access(AccountId=account, Target=target, Permission=permission, **more)
    )


def lend(caller: Identity, target: str, permission: str = "READ", account: str = ACCOUNT, **more: Any) -> Any:
    """An S3 client with the credentials for a target."""
    lent = ask(caller, target, permission, account, **more)["Credentials"]
    return Identity.of_session(caller.url, lent).client("s3")


def refused(caller: Identity, target: str, permission: str = "READ", account: str = ACCOUNT, **more: Any) -> Any:
    return error_of(
        caller.client("s3control").get_data_access, AccountId=account, Target=target, Permission=permission, **more
    )


def denied(call: Callable[..., Any], **parameters: Any) -> bool:
    error = error_of(call, **parameters)
    return (error.code, error.status) in (("AccessDenied", 403), ("403", 403))


# Instances


def test_one_instance_in_each_region(grants: Grants, root: Identity) -> None:
    control, own = grants.control, {"AccountId": ACCOUNT}
    for call in (control.get_access_grants_instance, control.list_access_grants, control.list_access_grants_locations):
        error = error_of(call, **own)
        assert (error.code, error.status) == ("AccessGrantsInstanceNotExistsError", 404)
        assert error.message == "Access Grants Instance does not exist"
    made = control.create_access_grants_instance(**own)
    assert (made["AccessGrantsInstanceId"], made["AccessGrantsInstanceArn"]) == ("default", INSTANCE)
    shown = control.get_access_grants_instance(**own)
    assert shown["AccessGrantsInstanceArn"] == INSTANCE and shown["CreatedAt"] == made["CreatedAt"]
    assert "IdentityCenterArn" not in shown
    error = error_of(control.create_access_grants_instance, **own)
    assert (error.code, error.status) == ("AccessGrantsInstanceAlreadyExists", 409)
    (one,) = control.list_access_grants_instances(**own)["AccessGrantsInstancesList"]
    assert one["AccessGrantsInstanceArn"] == INSTANCE
    elsewhere = root.client("s3control", region="eu-west-1")
    assert elsewhere.list_access_grants_instances(**own)["AccessGrantsInstancesList"] == []
    made = elsewhere.create_access_grants_instance(**own)
    assert made["AccessGrantsInstanceArn"] == INSTANCE.replace("us-east-1", "eu-west-1")
    control.delete_access_grants_instance(**own)
    assert error_of(control.delete_access_grants_instance, **own).code == "AccessGrantsInstanceNotExistsError"
    elsewhere.get_access_grants_instance(**own)


def test_from_the_end_to_the_beginning(grants: Grants, reader: Identity) -> None:
    grants.open()
    made = grants.grant("box/team/*", arn("reader"))
    control, own = grants.control, {"AccountId": ACCOUNT}
    error = error_of(control.delete_access_grants_instance, **own)
    assert (error.code, error.status) == ("AccessGrantsInstanceNotEmptyError", 400)
    assert error.message == "Please clean up locations before deleting the access grants instance"
    error = error_of(control.delete_access_grants_location, **own, AccessGrantsLocationId="default")
    assert (error.code, error.status) == ("AccessGrantsLocationNotEmptyError", 400)
    control.delete_access_grant(**own, AccessGrantId=made["AccessGrantId"])
    control.delete_access_grants_location(**own, AccessGrantsLocationId="default")
    control.delete_access_grants_instance(**own)
    assert control.list_access_grants_instances(**own)["AccessGrantsInstancesList"] == []


def test_there_is_no_identity_center(grants: Grants) -> None:
    center = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
    control, own = grants.control, {"AccountId": ACCOUNT}
    error = error_of(control.create_access_grants_instance, **own, IdentityCenterArn=center)
    assert (error.code, error.status) == ("InvalidIdentityCenterInstance", 400) and "no IAM Identity" in error.message
    grants.open()
    error = error_of(control.associate_access_grants_identity_center, **own, IdentityCenterArn=center)
    assert error.code == "InvalidIdentityCenterInstance" and "IAM users and roles" in error.message
    assert error_of(control.dissociate_access_grants_identity_center, **own).code == "InvalidIdentityCenterInstance"
    for kind in ("DIRECTORY_USER", "DIRECTORY_GROUP"):
        wish = grants.input("box/*", "83d43802-00b1-7054-db02-f1d683aacba5", "READ", "default")
        wish["Grantee"]["GranteeType"] = kind
        error = error_of(control.create_access_grant, **wish)
        assert (error.code, error.status) == ("InvalidAccessGrant", 400) and "Identity Center" in error.message
    application = f"arn:aws:sso::{ACCOUNT}:application/ssoins-1234567890abcdef/apl-1234567890abcdef"
    wish = grants.input("box/*", ROLE, "READ", "default", ApplicationArn=application)
    assert error_of(control.create_access_grant, **wish).code == "InvalidAccessGrant"


# Locations


def test_locations(grants: Grants, root: Identity) -> None:
    assert grants.open() == "default"
    control, own = grants.control, {"AccountId": ACCOUNT}
    custom = grants.location("s3://box/team/*")
    shown = control.get_access_grants_location(**own, AccessGrantsLocationId=custom)
    assert (shown["LocationScope"], shown["IAMRoleArn"]) == ("s3://box/team/*", ROLE)
    assert shown["AccessGrantsLocationArn"] == f"{INSTANCE}/location/{custom}" and len(custom) == 36
    for same in ("s3://", "s3://box/team/", "s3://box/team/*"):
        error = error_of(grants.location, scope=same)
        assert (error.code, error.status) == ("AccessGrantsLocationAlreadyExistsError", 409), same
    third = grants.location("s3://box")
    root.iam.create_role(RoleName="another", AssumeRolePolicyDocument=TRUST)
    another = f"arn:aws:iam::{ACCOUNT}:role/another"
    changed = control.update_access_grants_location(**own, AccessGrantsLocationId=custom, IAMRoleArn=another)
    assert (changed["IAMRoleArn"], changed["LocationScope"]) == (another, "s3://box/team/*")
    assert changed["CreatedAt"] == shown["CreatedAt"]
    listed = control.list_access_grants_locations(**own)["AccessGrantsLocationsList"]
    assert {one["AccessGrantsLocationId"]: one["IAMRoleArn"] for one in listed} == {
        "default": ROLE,
        custom: another,
        third: ROLE,
    }
    (one,) = control.list_access_grants_locations(**own, LocationScope="s3://box")["AccessGrantsLocationsList"]
    assert one["AccessGrantsLocationId"] == third
    pages = [control.list_access_grants_locations(**own, MaxResults=2)]
    pages.append(control.list_access_grants_locations(**own, MaxResults=2, NextToken=pages[0]["NextToken"]))
    assert [len(page["AccessGrantsLocationsList"]) for page in pages] == [2, 1] and "NextToken" not in pages[1]
    control.delete_access_grants_location(**own, AccessGrantsLocationId=third)
    for call in (control.get_access_grants_location, control.delete_access_grants_location):
        error = error_of(call, **own, AccessGrantsLocationId=third)
        assert (error.code, error.status) == ("NoSuchAccessGrantsLocationError", 404)


def test_what_is_no_location(grants: Grants, root: Identity, cloud: Server) -> None:
    grants.open()
    root.client("s3", region="eu-west-1").create_bucket(
        Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    NewOrganization(cloud).member("member").admin.client("s3").create_bucket(Bucket="theirs")
    for scope in ("s3://absent", "s3://far", "s3://theirs/*", "s3://box*", "box", "https://box/", "s3:///team"):
        error = error_of(grants.location, scope=scope)
        assert (error.code, error.status) == ("InvalidAccessGrantsLocation", 400), scope
        assert error.message.startswith("The specified Access Grants Location is invalid: "), scope
    for role in (f"arn:aws:iam::{ACCOUNT}:role/absent", "arn:aws:iam::999999999999:role/lender", arn("x"), "lender"):
        error = error_of(grants.location, scope="s3://box", role=role)
        assert (error.code, error.status) == ("InvalidIamRole", 400), role
        error = error_of(
            grants.control.update_access_grants_location,
            AccountId=ACCOUNT,
            AccessGrantsLocationId="default",
            IAMRoleArn=role,
        )
        assert error.code == "InvalidIamRole", role


def test_the_role_has_to_be_passed(grants: Grants, new_user: Callable[..., Identity]) -> None:
    grants.control.create_access_grants_instance(AccountId=ACCOUNT)
    wish = {"AccountId": ACCOUNT, "LocationScope": "s3://box", "IAMRoleArn": ROLE}
    own = allow(["s3:CreateAccessGrantsLocation", "s3:UpdateAccessGrantsLocation"], f"{INSTANCE}/location/*")
    helpless = new_user("helpless", own).client("s3control")
    error = error_of(helpless.create_access_grants_location, **wish)
    assert error.code == "AccessDenied" and f"iam:PassRole on resource: {ROLE}" in error.message
    elsewhere = allow("iam:PassRole", ROLE, Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})
    wrong = new_user("wrong", own, elsewhere).client("s3control")
    assert "iam:PassRole" in error_of(wrong.create_access_grants_location, **wish).message
    to = {"StringEquals": {"iam:PassedToService": "access-grants.s3.amazonaws.com"}}
    able = new_user("able", own, allow("iam:PassRole", ROLE, Condition=to)).client("s3control")
    location = able.create_access_grants_location(**wish)["AccessGrantsLocationId"]
    change = {"AccountId": ACCOUNT, "AccessGrantsLocationId": location, "IAMRoleArn": ROLE}
    able.update_access_grants_location(**change)
    assert "iam:PassRole" in error_of(helpless.update_access_grants_location, **change).message


def test_quotas(durable: Callable[..., Server]) -> None:
    cloud = durable("--quota", "AccessGrantsLocations=1", "--quota", "AccessGrants=2").start()
    grants = Grants(cloud.root)
    grants.open()
    error = error_of(grants.location, scope="s3://box")
    assert (error.code, error.status) == ("AccessGrantsLocationsQuotaExceededError", 409)
    assert "Access Grants Locations Quota: 1." in error.message
    for number in range(2):
        grants.grant(f"box/{number}/*", ROLE)
    error = error_of(grants.grant, sub="box/2/*", to=ROLE)
    assert (error.code, error.status) == ("AccessGrantsQuotaExceededError", 409)
    assert "Access Grants Quota: 2." in error.message


# Grants


def test_grants(grants: Grants, reader: Identity) -> None:
    grants.open()
    control, own = grants.control, {"AccountId": ACCOUNT}
    made = grants.grant("box/team/*", arn("reader"), "READWRITE")
    grantee = {"GranteeType": "IAM", "GranteeIdentifier": arn("reader")}
    assert (made["GrantScope"], made["Permission"], made["Grantee"]) == ("s3://box/team/*", "READWRITE", grantee)
    assert made["AccessGrantArn"] == f"{INSTANCE}/grant/{made['AccessGrantId']}"
    assert made["AccessGrantsLocationConfiguration"] == {"S3SubPrefix": "box/team/*"}
    shown = control.get_access_grant(**own, AccessGrantId=made["AccessGrantId"])
    assert {name: made[name] for name in made if name != "ResponseMetadata"} == {
        name: shown[name] for name in shown if name != "ResponseMetadata"
    }
    error = error_of(grants.grant, sub="box/team/*", to=arn("reader"), permission="READWRITE")
    assert (error.code, error.status) == ("AccessGrantAlreadyExists", 409)
    grants.grant("box/team/*", arn("reader"), "READ")
    grants.grant("box/other/*", ROLE, "WRITE")
    for filters, count in (
        ({}, 3),
        ({"Permission": "READ"}, 1),
        ({"GranteeIdentifier": arn("reader"), "GranteeType": "IAM"}, 2),
        ({"GrantScope": "s3://box/team/*"}, 2),
        ({"GrantScope": "s3://box/*"}, 0),
        ({"GranteeType": "DIRECTORY_USER"}, 0),
        ({"Permission": "READ", "GranteeIdentifier": ROLE}, 0),
    ):
        listed = control.list_access_grants(**own, **filters)["AccessGrantsList"]
        assert len(listed) == count, filters
    found, token = set(), {}
    for _ in range(3):
        page = control.list_access_grants(**own, MaxResults=1, **token)
        found |= {one["AccessGrantArn"] for one in page["AccessGrantsList"]}
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert len(found) == 3 and not token
    control.delete_access_grant(**own, AccessGrantId=made["AccessGrantId"])
    for call in (control.get_access_grant, control.delete_access_grant):
        error = error_of(call, **own, AccessGrantId=made["AccessGrantId"])
        assert (error.code, error.status) == ("NoSuchAccessGrantError", 404)


@MANY(
    ("location", "sub", "is_object", "scope"),
    [
        ("s3://", "box/*", False, "s3://box/*"),
        ("s3://", "box/team*", False, "s3://box/team*"),
        ("s3://", "box/team/a", True, "s3://box/team/a"),
        ("s3://", "box/team/*", True, "s3://box/team/*"),
        ("s3://box", None, False, "s3://box/*"),
        ("s3://box", "team/*", False, "s3://box/team/*"),
        ("s3://box/", "team/*", False, "s3://box/team/*"),
        ("s3://box/*", None, False, "s3://box/*"),
        ("s3://box/te*", None, False, "s3://box/te*"),
        ("s3://box/te", None, False, "s3://box/te*"),
        ("s3://box/te*", "am/*", False, "s3://box/team/*"),
        ("s3://box/te*", "am/a", True, "s3://box/team/a"),
    ],
)
def test_scopes(grants: Grants, reader: Identity, location: str, sub: str, is_object: bool, scope: str) -> None:
    more = {"S3PrefixType": "Object"} if is_object else {}
    made = grants.grant(sub, arn("reader"), location=grants.open(location), **more)
    assert made["GrantScope"] == scope
    assert ("AccessGrantsLocationConfiguration" in made) is (sub is not None)


def test_what_is_no_grant(grants: Grants, root: Identity, cloud: Server) -> None:
    grants.open()
    bucket = grants.location("s3://box")
    theirs = NewOrganization(cloud).member("member").admin
    theirs.client("s3").create_bucket(Bucket="theirs")

    def error(sub: str | None, to: str = ROLE, location: str = "default", **more: Any) -> str:
        found = error_of(grants.control.create_access_grant, **grants.input(sub, to, "READ", location, **more))
        return found.code

    # All data of the account can be granted to nobody.
    for sub in (None, "*", "box", "box*", "absent/*", "theirs/*"):
        assert error(sub) == "InvalidAccessGrant", sub
    assert error(None, location=bucket, S3PrefixType="Object") == "InvalidAccessGrant"
    for grantee in (arn("absent"), f"arn:aws:iam::{ACCOUNT}:root", "lender", f"arn:aws:iam::{ACCOUNT}:group/x"):
        assert error("box/*", grantee) == "InvalidAccessGrant", grantee
    assert error(f"box/{'k' * 1025}*") == "InvalidAccessGrant"
    assert error("box/*", location="absent") == "NoSuchAccessGrantsLocationError"


# Credentials


def test_to_read(grants: Grants, reader: Identity) -> None:
    grants.open()
    grants.grant("box/team/*", arn("reader"))
    answer = ask(reader, "s3://box/team/*")
    assert answer["MatchedGrantTarget"] == "s3://box/team/*"
    assert answer["Grantee"] == {"GranteeType": "IAM", "GranteeIdentifier": arn("reader")}
    lent = Identity.of_session(reader.url, answer["Credentials"])
    s3 = lent.client("s3")
    assert s3.get_object(Bucket="box", Key="team/b/c")["Body"].read() == b"team/b/c"
    s3.head_object(Bucket="box", Key="team/a")
    s3.get_object_acl(Bucket="box", Key="team/a")
    assert s3.list_objects_v2(Bucket="box", Prefix="team/")["KeyCount"] == 2
    s3.list_object_versions(Bucket="box", Prefix="team/b/")
    for refused_call in (
        lambda: s3.get_object(Bucket="box", Key="other/d"),
        lambda: s3.get_object(Bucket="box", Key="team"),
        lambda: s3.put_object(Bucket="box", Key="team/a", Body=b"x"),
        lambda: s3.delete_object(Bucket="box", Key="team/a"),
        lambda: s3.list_objects_v2(Bucket="box"),
        lambda: s3.list_objects_v2(Bucket="box", Prefix="tea"),
        lambda: s3.get_bucket_policy(Bucket="box"),
        lambda: s3.list_buckets(),
        lambda: lent.iam.list_users(),
        lambda: lent.client("s3control").list_access_grants(AccountId=ACCOUNT),
    ):
        assert denied(refused_call)
    error = error_of(s3.get_object, Bucket="box", Key="other/d")
    assert "because no session policy allows the s3:GetObject action" in error.message
    # Whose session it is.
    who = lent.sts.get_caller_identity()["Arn"]
    assert who.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/lender/access-grants-")


def test_to_write(grants: Grants, reader: Identity) -> None:
    grants.open()
    grants.grant("box/team/*", arn("reader"), "WRITE")
    s3 = lend(reader, "s3://box/team/*", "WRITE")
    s3.put_object(Bucket="box", Key="team/new", Body=b"1")
    upload = {"Bucket": "box", "Key": "team/parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"22")["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    s3.delete_object(Bucket="box", Key="team/new")
    for refused_call in (
        lambda: s3.get_object(Bucket="box", Key="team/parts"),
        lambda: s3.list_objects_v2(Bucket="box", Prefix="team/"),
        lambda: s3.put_object(Bucket="box", Key="other/new", Body=b"1"),
        lambda: s3.put_object(Bucket="box", Key="team", Body=b"1"),
    ):
        assert denied(refused_call)
    both = {"AccountId": ACCOUNT, "Target": "s3://box/team/*"}
    for permission in ("READ", "READWRITE"):
        error = error_of(reader.client("s3control").get_data_access, **both, Permission=permission)
        assert (error.code, error.status) == ("AccessDenied", 403)
        assert error.message == f"You do not have {permission} permissions to the requested S3 Prefix: s3://box/team/*"


def test_less_than_was_granted(grants: Grants, reader: Identity) -> None:
    grants.open()
    grants.grant("box/*", arn("reader"), "READWRITE")
    s3 = lend(reader, "s3://box/*", "READ")
    assert s3.list_objects_v2(Bucket="box")["KeyCount"] == 4
    s3.head_bucket(Bucket="box")
    assert denied(s3.put_object, Bucket="box", Key="team/a", Body=b"x")
    both = lend(reader, "s3://box", "READWRITE")
    both.put_object(Bucket="box", Key="new", Body=b"3")
    assert both.get_object(Bucket="box", Key="new")["Body"].read() == b"3"


@MANY(
    ("target", "more", "matched", "can", "cannot"),
    [
        ("s3://box/team/b/*", {}, "s3://box/team/*", ["team/a", "team/b/c"], ["other/d"]),
        ("s3://box/team/b/*", {"Privilege": "Default"}, "s3://box/team/*", ["team/a"], ["other/d"]),
        ("s3://box/team/b/*", {"Privilege": "Minimal"}, "s3://box/team/b/*", ["team/b/c"], ["team/a"]),
        ("s3://box/team/a", {"Privilege": "Minimal"}, "s3://box/team/a", ["team/a"], ["team/b/c"]),
        (
            "s3://box/team/a",
            {"Privilege": "Minimal", "TargetType": "Object"},
            "s3://box/team/a",
            ["team/a"],
            ["team/b/c"],
        ),
        ("s3://box/team/", {"Privilege": "Minimal"}, "s3://box/team/", [], ["team/a", "team/b/c"]),
        ("s3://box/team/*", {"Privilege": "Minimal", "TargetType": "Object"}, "s3://box/team/*", [], ["team/a"]),
        ("s3://box/team/a", {}, "s3://box/team/*", ["team/a", "team/b/c"], []),
    ],
)
def test_privileges(
    grants: Grants,
    reader: Identity,
    target: str,
    more: dict[str, str],
    matched: str,
    can: list[str],
    cannot: list[str],
) -> None:
    grants.open()
    grants.grant("box/team/*", arn("reader"))
    answer = ask(reader, target, **more)
    assert answer["MatchedGrantTarget"] == matched
    s3 = Identity.of_session(reader.url, answer["Credentials"]).client("s3")
    for key in can:
        assert s3.get_object(Bucket="box", Key=key)["Body"].read() == key.encode()
    for key in cannot:
        assert denied(s3.get_object, Bucket="box", Key=key)


@MANY("target", ["s3://box/*", "s3://box", "s3://box/tea*", "s3://box/team", "s3://boxer/team/*", "s3://other/team/a"])
def test_more_than_was_granted(grants: Grants, reader: Identity, target: str) -> None:
    grants.open()
    grants.grant("box/team/*", arn("reader"))
    grants.grant("box/one", arn("reader"), S3PrefixType="Object")
    error = refused(reader, target)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == f"You do not have READ permissions to the requested S3 Prefix: {target}"
    assert refused(reader, "s3://box/one*").code == "AccessDenied"


def test_the_closest_grant(grants: Grants, reader: Identity) -> None:
    grants.open()
    grants.grant("box/*", arn("reader"), "READWRITE")
    grants.grant("box/team/*", arn("reader"), "READ")
    grants.grant("box/team/b*", arn("reader"), "WRITE")
    grants.grant("box/team/b/c", arn("reader"), "READ", S3PrefixType="Object")
    for target, permission, matched in (
        ("s3://box/team/b/c", "READ", "s3://box/team/b/c"),
        ("s3://box/team/b/d", "READ", "s3://box/team/*"),
        ("s3://box/team/b/d", "WRITE", "s3://box/team/b*"),
        ("s3://box/team/b/d", "READWRITE", "s3://box/*"),
        ("s3://box/team/*", "READ", "s3://box/team/*"),
        ("s3://box/tea*", "READ", "s3://box/*"),
        ("s3://box/other/d", "WRITE", "s3://box/*"),
    ):
        assert ask(reader, target, permission)["MatchedGrantTarget"] == matched, (target, permission)


def test_letters_that_mean_something_in_policies(grants: Grants, reader: Identity) -> None:
    grants.open()
    for key in ("q/a?b*c${x}/1", "q/axbyc/1", "q/a?b*c${x}/2", 'q/"\\ü/1'):
        grants.s3.put_object(Bucket="box", Key=key, Body=b"1")
    grants.grant("box/q/*", arn("reader"))
    s3 = lend(reader, "s3://box/q/a?b*c${x}/*", Privilege="Minimal")
    assert s3.get_object(Bucket="box", Key="q/a?b*c${x}/2")["Body"].read() == b"1"
    assert s3.list_objects_v2(Bucket="box", Prefix="q/a?b*c${x}/")["KeyCount"] == 2
    assert denied(s3.get_object, Bucket="box", Key="q/axbyc/1")
    assert denied(s3.list_objects_v2, Bucket="box", Prefix="q/axbyc")
    s3 = lend(reader, 's3://box/q/"\\ü/1', Privilege="Minimal")
    assert s3.get_object(Bucket="box", Key='q/"\\ü/1')["Body"].read() == b"1"


def test_an_object_encrypted_with_a_key(grants: Grants, reader: Identity) -> None:
    key = grants.root.client("kms").create_key()["KeyMetadata"]["KeyId"]
    grants.root.iam.put_role_policy(
        RoleName="lender", PolicyName="keys", PolicyDocument=policy(allow(["kms:Decrypt", "kms:GenerateDataKey"]))
    )
    grants.open()
    grants.grant("box/team/*", arn("reader"), "READWRITE")
    answer = ask(reader, "s3://box/team/*", "READWRITE")
    lent = Identity.of_session(reader.url, answer["Credentials"])
    sealed = {"Bucket": "box", "Key": "team/sealed"}
    lent.client("s3").put_object(**sealed, Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert lent.client("s3").get_object(**sealed)["Body"].read() == b"1"
    # By S3 alone.
    assert "no session policy" in error_of(lent.client("kms").generate_data_key, KeyId=key, KeySpec="AES_256").message
    assert denied(lend(reader, "s3://box/team/*", "READ").put_object, **sealed, Body=b"2")


def test_how_long_they_hold(grants: Grants, reader: Identity) -> None:
    grants.open()
    grants.grant("box/*", arn("reader"))
    for more, seconds in (({}, 3600), ({"DurationSeconds": 900}, 900), ({"DurationSeconds": 7200}, 7200)):
        before = datetime.now(UTC).replace(microsecond=0)
        ends = ask(reader, "s3://box/*", **more)["Credentials"]["Expiration"]
        assert before <= ends - timedelta(seconds=seconds) <= datetime.now(UTC), more
    error = refused(reader, "s3://box/*", DurationSeconds=7201)
    assert (error.code, error.status) == ("StsValidationError", 400) and "MaxSessionDuration" in error.message
    for seconds in (899, 43201):
        unchecked = reader.client("s3control", parameter_validation=False)
        wish = {"AccountId": ACCOUNT, "Target": "s3://box/*", "Permission": "READ", "DurationSeconds": seconds}
        error = error_of(unchecked.get_data_access, **wish)
        assert (error.code, error.status) == ("InvalidRequest", 400)


def test_the_role_decides_as_well(grants: Grants, reader: Identity, root: Identity) -> None:
    grants.open()
    grants.grant("box/*", arn("reader"))
    s3 = lend(reader, "s3://box/*")
    root.iam.put_role_policy(
        RoleName="lender", PolicyName="not", PolicyDocument=policy(deny("s3:GetObject", "arn:aws:s3:::box/team/*"))
    )
    assert denied(s3.get_object, Bucket="box", Key="team/a")
    s3.get_object(Bucket="box", Key="other/d")
    # And whoever else has the role's session gets nothing by a policy that is for S3 Access Grants.
    root.iam.update_assume_role_policy(
        RoleName="lender", PolicyDocument=trust({"AWS": arn("reader")}, "sts:AssumeRole")
    )
    session = reader.sts.assume_role(RoleArn=ROLE, RoleSessionName="own")["Credentials"]
    assert denied(Identity.of_session(reader.url, session).client("s3").get_object, Bucket="box", Key="other/d")


@MANY("action", ["sts:AssumeRole", "sts:SetSourceIdentity"])
def test_the_role_does_not_trust(grants: Grants, reader: Identity, root: Identity, action: str) -> None:
    grants.open()
    grants.grant("box/*", arn("reader"))
    ask(reader, "s3://box/*")
    root.iam.update_assume_role_policy(
        RoleName="lender", PolicyDocument=trust({"Service": "access-grants.s3.amazonaws.com"}, action)
    )
    missing = {"sts:AssumeRole", "sts:SetSourceIdentity"} - {action}
    error = refused(reader, "s3://box/*")
    assert (error.code, error.status) == ("StsNotAuthorizedError", 403)
    assert error.message.startswith(
        f"User: access-grants.s3.amazonaws.com is not authorized to perform: {missing.pop()} on resource: {ROLE}"
    )


def test_the_role_trusts_another_instance(grants: Grants, reader: Identity, root: Identity) -> None:
    grants.open()
    grants.grant("box/*", arn("reader"))
    elsewhere = TRUST.replace("us-east-1", "eu-west-1")
    assert elsewhere != TRUST
    root.iam.update_assume_role_policy(RoleName="lender", PolicyDocument=elsewhere)
    assert refused(reader, "s3://box/*").code == "StsNotAuthorizedError"
    root.iam.delete_role_policy(RoleName="lender", PolicyName="own")
    root.iam.delete_role(RoleName="lender")
    assert refused(reader, "s3://box/*").code == "StsNotAuthorizedError"


def test_a_scope_too_long_for_a_session(grants: Grants, reader: Identity) -> None:
    grants.open()
    grants.grant("box/*", arn("reader"))
    long = "k" * 900
    error = refused(reader, f"s3://box/{long}*", Privilege="Minimal")
    assert (error.code, error.status) == ("StsPackedPolicyTooLargeError", 400)
    assert error.message == "Serialized token too large for session"
    ask(reader, f"s3://box/{long}*")


def test_roles_and_their_sessions(grants: Grants, reader: Identity, root: Identity, new_user: Any) -> None:
    grants.open()
    root.iam.create_role(RoleName="worker", Path="/jobs/", AssumeRolePolicyDocument=trust({"AWS": arn("reader")}))
    root.iam.put_role_policy(RoleName="worker", PolicyName="own", PolicyDocument=policy(ASKS))
    grants.grant("box/team/*", f"arn:aws:iam::{ACCOUNT}:role/jobs/worker")
    session = reader.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/jobs/worker", RoleSessionName="night")
    worker = Identity.of_session(reader.url, session["Credentials"])
    assert lend(worker, "s3://box/team/*").get_object(Bucket="box", Key="team/a")["Body"].read() == b"team/a"
    # Others get nothing by it: the user who assumes it, and the root user.
    assert refused(reader, "s3://box/team/*").code == "AccessDenied"
    error = refused(root, "s3://box/team/*")
    assert error.message == "You do not have READ permissions to the requested S3 Prefix: s3://box/team/*"


def test_a_namesake_gets_nothing(grants: Grants, reader: Identity, root: Identity) -> None:
    grants.open()
    made = grants.grant("box/*", arn("reader"))
    for key in root.iam.list_access_keys(UserName="reader")["AccessKeyMetadata"]:
        root.iam.delete_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"])
    for name in root.iam.list_user_policies(UserName="reader")["PolicyNames"]:
        root.iam.delete_user_policy(UserName="reader", PolicyName=name)
    root.iam.delete_user(UserName="reader")
    root.iam.create_user(UserName="reader")
    root.iam.put_user_policy(UserName="reader", PolicyName="own", PolicyDocument=policy(ASKS))
    later = Identity.of_key(root.url, root.iam.create_access_key(UserName="reader")["AccessKey"])
    assert refused(later, "s3://box/*").code == "AccessDenied"
    shown = grants.control.get_access_grant(AccountId=ACCOUNT, AccessGrantId=made["AccessGrantId"])
    assert shown["Grantee"]["GranteeIdentifier"] == arn("reader")
    grants.grant("box/*", arn("reader"))
    ask(later, "s3://box/*")


def test_what_a_caller_may_ask_for(grants: Grants, new_user: Callable[..., Identity]) -> None:
    grants.open()
    lister = new_user("lister", allow("s3:ListCallerAccessGrants", INSTANCE))
    for sub, permission in (("box/team/*", "READ"), ("box/other/*", "READWRITE"), ("box/*", "WRITE")):
        grants.grant(sub, arn("lister"), permission)
    grants.grant("box/team/*", ROLE)
    control, own = lister.client("s3control"), {"AccountId": ACCOUNT}

    def scopes(**more: Any) -> set[tuple[str, str, str]]:
        listed = control.list_caller_access_grants(**own, **more)["CallerAccessGrantsList"]
        return {(one["GrantScope"], one["Permission"], one["ApplicationArn"]) for one in listed}

    every = {
        ("s3://box/team/*", "READ", "ALL"),
        ("s3://box/other/*", "READWRITE", "ALL"),
        ("s3://box/*", "WRITE", "ALL"),
    }
    assert scopes() == scopes(GrantScope="s3://box") == scopes(AllowedByApplication=True) == every
    assert scopes(GrantScope="s3://box/t") == {("s3://box/team/*", "READ", "ALL")}
    assert scopes(GrantScope="s3://other") == set()
    assert error_of(control.list_caller_access_grants, **own, GrantScope="box").code == "InvalidRequest"
    first = control.list_caller_access_grants(**own, MaxResults=2)
    rest = control.list_caller_access_grants(**own, MaxResults=2, NextToken=first["NextToken"])
    assert len(first["CallerAccessGrantsList"] + rest["CallerAccessGrantsList"]) == 3 and "NextToken" not in rest
    assert grants.control.list_caller_access_grants(**own)["CallerAccessGrantsList"] == []


def test_bad_targets(grants: Grants, reader: Identity) -> None:
    grants.open()
    grants.grant("box/*", arn("reader"))
    for target in ("box/team", "s3://", "https://box/x", "s3://b*x/team"):
        assert refused(reader, target).code == "InvalidRequest", target
    assert "1024 bytes" in refused(reader, f"s3://box/{'k' * 1025}").message
    for permission in ("OWN", "read"):
        assert refused(reader, "s3://box/*", permission).code == "InvalidRequest", permission
    assert refused(reader, "s3://box/*", Privilege="Most").code == "InvalidRequest"
    assert refused(reader, "s3://box/*", account="x").code == "InvalidRequest"


# Who may


def test_without_permission(grants: Grants, new_user: Callable[..., Identity]) -> None:
    nobody = new_user("nobody")
    grants.open()
    grants.grant("box/*", arn("nobody"))
    error = refused(nobody, "s3://box/*")
    assert f's3:GetDataAccess on resource: "{INSTANCE}" because no identity-based policy' in error.message
    # The permission alone is not enough.
    other = new_user("other", allow("s3:*"), deny("s3:CreateAccessGrant", "*"))
    assert refused(other, "s3://box/*").message.startswith("You do not have READ permissions")


def test_condition_keys(grants: Grants, new_user: Callable[..., Identity]) -> None:
    tagged = [{"Key": "team", "Value": "red"}]
    grants.open(Tags=tagged)
    keeper = new_user(
        "keeper",
        allow(
            ["s3:CreateAccessGrant", "s3:DeleteAccessGrant", "s3:GetAccessGrant"],
            Condition={"StringLike": {"s3:AccessGrantScope": "s3://box/team/*"}},
        ),
        allow(
            ["s3:GetAccessGrantsLocation", "s3:DeleteAccessGrantsLocation"],
            Condition={"StringEquals": {"s3:AccessGrantsLocationScope": "s3://", "aws:ResourceTag/team": "red"}},
        ),
        allow("s3:GetAccessGrantsInstance", Condition={"StringEquals": {"s3:ResourceAccount": ACCOUNT}}),
    ).client("s3control")
    own = {"AccountId": ACCOUNT}
    made = keeper.create_access_grant(**grants.input("box/team/*", ROLE, "READ", "default"))
    error = error_of(keeper.create_access_grant, **grants.input("box/other/*", ROLE, "READ", "default"))
    assert error.code == "AccessDenied" and f'"{INSTANCE}/location/default"' in error.message
    keeper.get_access_grant(**own, AccessGrantId=made["AccessGrantId"])
    keeper.delete_access_grant(**own, AccessGrantId=made["AccessGrantId"])
    assert error_of(keeper.get_access_grant, **own, AccessGrantId=made["AccessGrantId"]).code == "AccessDenied"
    other = grants.grant("box/other/*", ROLE)
    assert error_of(keeper.delete_access_grant, **own, AccessGrantId=other["AccessGrantId"]).code == "AccessDenied"
    keeper.get_access_grants_location(**own, AccessGrantsLocationId="default")
    bucket = grants.location("s3://box", Tags=tagged)
    assert error_of(keeper.get_access_grants_location, **own, AccessGrantsLocationId=bucket).code == "AccessDenied"
    keeper.get_access_grants_instance(**own)


def test_tags(grants: Grants, reader: Identity, new_user: Callable[..., Identity]) -> None:
    def tags(**wanted: str) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in wanted.items()]

    control, own = grants.control, {"AccountId": ACCOUNT}
    control.create_access_grants_instance(**own, Tags=tags(a="1"))
    location = grants.location("s3://", Tags=tags(a="2"))
    grant = grants.grant("box/*", arn("reader"), Tags=tags(a="3"))["AccessGrantArn"]
    for resource, value in ((INSTANCE, "1"), (f"{INSTANCE}/location/{location}", "2"), (grant, "3")):
        one = own | {"ResourceArn": resource}
        assert control.list_tags_for_resource(**one)["Tags"] == tags(a=value)
        control.tag_resource(**one, Tags=tags(b="x", a="y"))
        control.untag_resource(**one, TagKeys=["b", "absent"])
        assert control.list_tags_for_resource(**one)["Tags"] == tags(a="y")
        for wrong, code in (
            ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "InvalidTag"),
            ([{"Key": "aws:x", "Value": "1"}], "InvalidTags"),
            ([{"Key": "x", "Value": "<1>"}], "InvalidTag"),
            (tags(**{f"k{number}": "" for number in range(50)}), "TooManyTags"),
        ):
            error = error_of(control.tag_resource, **one, Tags=wrong)
            assert (error.code, error.status) == (code, 400), wrong
    error = error_of(control.list_tags_for_resource, **own, ResourceArn=f"{INSTANCE}/grant/absent")
    assert error.code == "NoSuchAccessGrantError"
    error = error_of(control.list_tags_for_resource, **own, ResourceArn=INSTANCE.replace("us-east-1", "eu-west-1"))
    assert error.code == "InvalidRequest"
    red = {"StringEquals": {"aws:ResourceTag/a": "y"}}
    tagger = new_user("tagger", allow("s3:ListTagsForResource", Condition=red), allow("s3:CreateAccessGrant"))
    tagger.client("s3control").list_tags_for_resource(**own, ResourceArn=grant)
    # Tags at the beginning take the right to tag.
    wish = grants.input("box/x/*", arn("reader"), "READ", location, Tags=tags(a="1"))
    assert "s3:TagResource" in error_of(tagger.client("s3control").create_access_grant, **wish).message


def test_bucket_names_are_no_access_grants(grants: Grants) -> None:
    grants.open()
    grants.s3.create_bucket(Bucket="access-grants")
    grants.s3.put_object(Bucket="access-grants", Key="default", Body=b"1")
    assert grants.s3.get_object(Bucket="access-grants", Key="default")["Body"].read() == b"1"


# Other accounts


@pytest.fixture
def member(cloud: Server) -> Member:
    return NewOrganization(cloud).member("member")


def test_another_account(grants: Grants, member: Member) -> None:
    grants.open()
    theirs = member.user("clerk", allow("s3:*"))
    grants.grant("box/team/*", arn("clerk", member.account))
    control, own = grants.control, {"AccountId": ACCOUNT}
    target = "s3://box/team/*"
    their = theirs.client("s3control")
    error = refused(theirs, target)
    assert "because no resource-based policy allows the s3:GetDataAccess action" in error.message
    find = {"AccountId": member.account, "S3Prefix": target}
    assert error_of(their.get_access_grants_instance_for_prefix, **find).code == "AccessDenied"
    error = error_of(control.get_access_grants_instance_resource_policy, **own)
    assert (error.code, error.status) == ("AccessGrantsInstanceResourcePolicyNotExists", 404)
    open_to = allow(
        [
            "s3:GetDataAccess",
            "s3:GetAccessGrantsInstanceForPrefix",
            "s3:ListCallerAccessGrants",
            "s3:ListAccessGrants",
            "s3:ListAccessGrantsLocations",
            "s3:GetAccessGrantsInstance",
            "s3:CreateAccessGrantsInstance",
        ],
        INSTANCE,
        Principal={"AWS": member.account},
    )
    put = control.put_access_grants_instance_resource_policy(**own, Policy=policy(open_to))
    assert json.loads(put["Policy"]) == json.loads(policy(open_to))
    shown = control.get_access_grants_instance_resource_policy(**own)
    assert json.loads(shown["Policy"]) == json.loads(policy(open_to)) and shown["CreatedAt"] == put["CreatedAt"]
    found = their.get_access_grants_instance_for_prefix(**find)
    assert (found["AccessGrantsInstanceArn"], found["AccessGrantsInstanceId"]) == (INSTANCE, "default")
    (listed,) = their.list_caller_access_grants(**own)["CallerAccessGrantsList"]
    assert listed["GrantScope"] == target
    assert len(their.list_access_grants(**own)["AccessGrantsList"]) == 1
    assert len(their.list_access_grants_locations(**own)["AccessGrantsLocationsList"]) == 1
    # The data is in the other account, and so are the credentials.
    lent = ask(theirs, target)["Credentials"]
    session = Identity.of_session(theirs.url, lent)
    assert session.sts.get_caller_identity()["Account"] == ACCOUNT
    assert session.client("s3").get_object(Bucket="box", Key="team/a")["Body"].read() == b"team/a"
    assert denied(session.client("s3").get_object, Bucket="box", Key="other/d")
    # Nothing else can be opened.
    assert error_of(their.get_access_grants_instance, **own).code == "AccessDenied"
    assert error_of(their.create_access_grants_instance, **own).code == "AccessDenied"
    # Nor has another of their users a grant.
    other = member.user("other", allow("s3:*"))
    assert refused(other, target).message.startswith("You do not have READ permissions")
    control.delete_access_grants_instance_resource_policy(**own)
    assert refused(theirs, target).code == "AccessDenied"


def test_a_policy_that_denies(grants: Grants, reader: Identity) -> None:
    grants.open()
    grants.grant("box/*", arn("reader"))
    control, own = grants.control, {"AccountId": ACCOUNT}
    no = deny("s3:GetDataAccess", INSTANCE, Principal={"AWS": arn("reader")})
    control.put_access_grants_instance_resource_policy(**own, Policy=policy(no))
    assert "with an explicit deny in a resource-based policy" in refused(reader, "s3://box/*").message
    # Of a principal that is gone, the unique id is shown.
    shown = json.loads(control.get_access_grants_instance_resource_policy(**own)["Policy"])
    assert shown["Statement"][0]["Principal"] == {"AWS": arn("reader")}


@MANY(
    "document",
    [
        "{",
        policy(allow("s3:GetDataAccess", INSTANCE)),
        policy(allow("s3:GetDataAccess", "arn:aws:s3:::box", Principal="*")),
        policy(allow("iam:GetUser", INSTANCE, Principal="*")),
        policy(allow("s3:GetDataAccess", INSTANCE, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/absent"})),
    ],
)
def test_no_resource_policy(grants: Grants, document: str) -> None:
    put = grants.control.put_access_grants_instance_resource_policy
    assert error_of(put, AccountId=ACCOUNT, Policy=document).code == "AccessGrantsInstanceNotExistsError"
    grants.open()
    error = error_of(put, AccountId=ACCOUNT, Policy=document)
    assert (error.code, error.status) == ("InvalidResourcePolicy", 400)


def test_the_instance_for_a_prefix(grants: Grants, new_user: Callable[..., Identity], root: Identity) -> None:
    finder = new_user("finder", allow("s3:GetAccessGrantsInstanceForPrefix", INSTANCE)).client("s3control")
    find = finder.get_access_grants_instance_for_prefix
    own = {"AccountId": ACCOUNT}
    assert error_of(find, **own, S3Prefix="s3://box/x").code == "AccessGrantsInstanceNotExistsError"
    grants.open()
    assert find(**own, S3Prefix="s3://box/x")["AccessGrantsInstanceArn"] == INSTANCE
    assert error_of(find, **own, S3Prefix="s3://absent/x").code == "AccessGrantsInstanceNotExistsError"
    assert error_of(find, **own, S3Prefix="box").code == "InvalidRequest"
    assert error_of(find, AccountId="999999999999", S3Prefix="s3://box/x").code == "AccessDenied"


# The record


def test_events(grants: Grants, reader: Identity, trail: Trail) -> None:
    grants.open()
    made = grants.grant("box/team/*", arn("reader"))
    event = trail.of(made)
    assert event["eventSource"] == "s3.amazonaws.com" and event["eventName"] == "CreateAccessGrant"
    assert event["managementEvent"] and not event["readOnly"]
    assert event["responseElements"]["grantScope"] == "s3://box/team/*"
    named = {one["ARN"]: one["type"] for one in event["resources"]}
    assert named == {
        f"{INSTANCE}/location/default": "AWS::S3::AccessGrantsLocation",
        made["AccessGrantArn"]: "AWS::S3::AccessGrant",
    }
    answer = ask(reader, "s3://box/team/*", DurationSeconds=900, AuditContext="job 17")
    event = trail.of(answer)
    assert (event["eventName"], event["readOnly"], event["managementEvent"]) == ("GetDataAccess", True, True)
    assert event["responseElements"] is None
    asked = event["requestParameters"]
    assert (asked["target"], asked["permission"], asked["auditContext"]) == ("s3://box/team/*", "READ", "job 17")
    assert asked["durationSeconds"] == 900
    assert event["resources"] == [
        {"accountId": ACCOUNT, "type": "AWS::S3::AccessGrantsInstance", "ARN": INSTANCE}
    ]
    assert answer["Credentials"]["SecretAccessKey"] not in json.dumps(event)
    # What S3 asks of STS.
    assumed = trail.named("AssumeRole", sourceIPAddress="access-grants.s3.amazonaws.com")
    assert assumed["userIdentity"] == {"type": "AWSService", "invokedBy": "access-grants.s3.amazonaws.com"}
    parameters = assumed["requestParameters"]
    assert parameters["roleArn"] == ROLE and parameters["sourceIdentity"] == "reader"
    assert parameters["roleSessionName"].startswith("access-grants-")
    assert assumed["responseElements"]["credentials"]["accessKeyId"] == answer["Credentials"]["AccessKeyId"]
    # Whoever is refused is on record as well.
    event = trail.of(refused(reader, "s3://box/*"))
    assert (event["errorCode"], event["eventName"]) == ("AccessDenied", "GetDataAccess")


def test_who_uses_them_is_on_record(grants: Grants, reader: Identity, trail: Trail) -> None:
    grants.root.iam.put_role_policy(
        RoleName="lender",
        PolicyName="own",
        PolicyDocument=policy(allow("s3:*", Condition={"StringEquals": {"aws:SourceIdentity": "reader"}})),
    )
    grants.open()
    grants.grant("box/*", arn("reader"))
    assert lend(reader, "s3://box/*").list_objects_v2(Bucket="box")["KeyCount"] == 4


def test_another_accounts_event(grants: Grants, member: Member, trail: Trail) -> None:
    grants.open()
    theirs = member.user("clerk", allow("s3:*"))
    grants.grant("box/team/*", arn("clerk", member.account))
    open_to = allow("s3:GetDataAccess", INSTANCE, Principal={"AWS": member.account})
    grants.control.put_access_grants_instance_resource_policy(AccountId=ACCOUNT, Policy=policy(open_to))
    answer = ask(theirs, "s3://box/team/*")
    ours, their = trail.of(answer), Trail(member.admin).of(answer)
    assert ours["sharedEventID"] == their["sharedEventID"]
    assert (ours["recipientAccountId"], their["recipientAccountId"]) == (ACCOUNT, member.account)


# What lasts, and the CLI


def test_they_are_there_after_a_restart(durable: Callable[..., Server]) -> None:
    cloud = durable().start()
    grants = Grants(cloud.root)
    iam = cloud.root.iam
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="own", PolicyDocument=policy(ASKS))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    grants.open()
    grants.grant("box/team/*", arn("reader"))
    no = deny("s3:GetDataAccess", INSTANCE, Principal={"AWS": arn("reader")})
    grants.control.put_access_grants_instance_resource_policy(AccountId=ACCOUNT, Policy=policy(no))
    cloud.restart()
    reader = Identity.of_key(cloud.url, key)
    assert "explicit deny" in refused(reader, "s3://box/team/*").message
    cloud.root.client("s3control").delete_access_grants_instance_resource_policy(AccountId=ACCOUNT)
    s3 = lend(reader, "s3://box/team/*")
    assert s3.get_object(Bucket="box", Key="team/a")["Body"].read() == b"team/a"


def test_the_cli(grants: Grants, reader: Identity, root: Identity) -> None:
    def by_proxy(identity: Identity) -> Identity:
        return Identity(identity.url.replace("127.0.0.1", "localhost"), identity.key_id, identity.secret, by_proxy=True)

    owner, account = by_proxy(root), f"--account-id {ACCOUNT}"
    made = owner.aws(f"s3control create-access-grants-instance {account}")
    assert made["AccessGrantsInstanceArn"] == INSTANCE
    owner.aws(f"s3control create-access-grants-location {account} --location-scope s3:// --iam-role-arn {ROLE}")
    made = owner.aws(
        f"s3control create-access-grant {account} --access-grants-location-id default --permission READ"
        f" --access-grants-location-configuration S3SubPrefix=box/team/*"
        f" --grantee GranteeType=IAM,GranteeIdentifier={arn('reader')}"
    )
    assert made["GrantScope"] == "s3://box/team/*"
    answer = by_proxy(reader).aws(f"s3control get-data-access {account} --target s3://box/team/* --permission READ")
    assert answer["MatchedGrantTarget"] == "s3://box/team/*"
    lent = Identity.of_session(reader.url, answer["Credentials"])
    shown = lent.aws("s3api list-objects-v2 --bucket box --prefix team/ --query Contents[].Key")
    assert shown == ["team/a", "team/b/c"]
    error = by_proxy(reader).aws_refused(
        f"s3control get-data-access {account} --target s3://box/* --permission READ"
    )
    assert error.code == "AccessDenied" and error.message.endswith("requested S3 Prefix: s3://box/*")
