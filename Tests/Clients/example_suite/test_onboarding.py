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
    """A boto3 session of a user who was onboarded."""
    key = onboard(iam, "newcomer")
    return session_of(key)


def session_of(credentials):
    return boto3.Session(
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
    )


def test_a_newcomer_may_read(gatehouse, newcomer):
    iam = newcomer.client("iam", endpoint_url=gatehouse)
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["newcomer"]


def test_a_newcomer_may_not_write(gatehouse, newcomer):
    iam = newcomer.client("iam", endpoint_url=gatehouse)
    with pytest.raises(botocore.exceptions.ClientError, match="not authorized to perform: iam:CreateUser"):
        iam.create_user(UserName="friend")


def test_each_test_starts_clean(iam):
    assert iam.list_users()["Users"] == []


def test_a_session_is_over_after_an_hour(gatehouse, newcomer, advance):
    """What takes an hour in AWS, or seven days, or ninety, takes no time here."""
    credentials = newcomer.client("sts", endpoint_url=gatehouse).get_session_token(DurationSeconds=3600)["Credentials"]
    session = session_of(credentials).client("sts", endpoint_url=gatehouse)
    advance(3000)
    session.get_caller_identity()
    assert advance(600) >= credentials["Expiration"]
    with pytest.raises(botocore.exceptions.ClientError, match="ExpiredToken"):
        session.get_caller_identity()
