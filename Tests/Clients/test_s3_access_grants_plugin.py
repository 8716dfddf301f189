"""S3 Access Grants by AWS's own plugin for boto3: an S3 client that asks for credentials by itself, request by request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from aws_s3_access_grants_boto3_plugin.s3_access_grants_plugin import S3AccessGrantsPlugin

from harness import ACCOUNT, Identity, allow, error_of, policy
from harness.documents import trust

INSTANCE = f"arn:aws:s3:us-east-1:{ACCOUNT}:access-grants/default"


@pytest.fixture
def lake(root: Identity) -> Any:
    """A bucket whose data a role lends."""
    s3 = root.client("s3")
    s3.create_bucket(Bucket="lake")
    for key in ("team/a", "team/b", "other/c"):
        s3.put_object(Bucket="lake", Key=key, Body=key.encode())
    role = root.iam.create_role(
        RoleName="lender",
        AssumeRolePolicyDocument=trust(
            {"Service": "access-grants.s3.amazonaws.com"}, ["sts:AssumeRole", "sts:SetSourceIdentity"]
        ),
    )["Role"]["Arn"]
    root.iam.put_role_policy(RoleName="lender", PolicyName="own", PolicyDocument=policy(allow("s3:*")))
    control = root.client("s3control")
    control.create_access_grants_instance(AccountId=ACCOUNT)
    control.create_access_grants_location(AccountId=ACCOUNT, LocationScope="s3://", IAMRoleArn=role)
    return control


@pytest.fixture
def s3(lake: Any, new_user: Callable[..., Identity], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client of a user who may do nothing but ask."""
    reader = new_user("reader", allow(["s3:GetDataAccess", "s3:GetAccessGrantsInstanceForPrefix"], INSTANCE))
    reader.by_proxy = True
    for name, value in reader.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    # It keeps the clients of all sessions.
    monkeypatch.setattr(S3AccessGrantsPlugin, "client_dict", {})
    session = botocore.session.get_session()
    client = session.create_client("s3")
    S3AccessGrantsPlugin(client, fallback_enabled=False, customer_session=session).register()
    return client


def grant(control: Any, sub: str, permission: str) -> None:
    control.create_access_grant(
        AccountId=ACCOUNT,
        AccessGrantsLocationId="default",
        AccessGrantsLocationConfiguration={"S3SubPrefix": sub},
        Grantee={"GranteeType": "IAM", "GranteeIdentifier": f"arn:aws:iam::{ACCOUNT}:user/reader"},
        Permission=permission,
    )


def test_it_asks_by_itself(lake: Any, s3: Any) -> None:
    grant(lake, "lake/team/*", "READWRITE")
    grant(lake, "lake/other/*", "READ")
    assert s3.get_object(Bucket="lake", Key="team/a")["Body"].read() == b"team/a"
    assert s3.list_objects_v2(Bucket="lake", Prefix="team/")["KeyCount"] == 2
    s3.put_object(Bucket="lake", Key="team/new", Body=b"1")
    s3.copy_object(Bucket="lake", Key="team/copy", CopySource="lake/team/new")
    s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "team/new"}, {"Key": "team/copy"}]})
    assert s3.get_object(Bucket="lake", Key="other/c")["Body"].read() == b"other/c"
    error = error_of(s3.put_object, Bucket="lake", Key="other/new", Body=b"1")
    assert (error.code, error.operation) == ("AccessDenied", "GetDataAccess")
    assert error.message == "You do not have WRITE permissions to the requested S3 Prefix: s3://lake/other/new"
    error = error_of(s3.list_objects_v2, Bucket="lake")
    assert error.message == "You do not have READ permissions to the requested S3 Prefix: s3://lake"
