"""What a test of your own code might look like: it asks for `iam` and starts with an empty account."""

import boto3
import botocore.exceptions
import pytest


def onboard(iam, name):
    """The code under test: makes a user who may read IAM, and nothing else."""
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    return iam.create_access_key(UserName=name)["AccessKey"]


@pytest.fixture
def newcomer(gatehouse, iam):
    key = onboard(iam, "newcomer")
    return boto3.client(
        "iam",
        endpoint_url=gatehouse,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


def test_a_newcomer_may_read(newcomer):
    assert [user["UserName"] for user in newcomer.list_users()["Users"]] == ["newcomer"]


def test_a_newcomer_may_not_write(newcomer):
    with pytest.raises(botocore.exceptions.ClientError, match="not authorized to perform: iam:CreateUser"):
        newcomer.create_user(UserName="friend")


def test_each_test_starts_clean(iam):
    assert iam.list_users()["Users"] == []
