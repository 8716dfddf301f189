"""boto3's waiters: all that IAM has. STS, Organizations and Account have none."""

import botocore.exceptions
import pytest

from harness import ACCOUNT, Identity, allow, policy, trust

AT_ONCE = {"Delay": 0, "MaxAttempts": 1}


def test_every_waiter_of_iam(root: Identity) -> None:
    iam = root.iam
    iam.create_user(UserName="alice")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:root"))
    iam.create_instance_profile(InstanceProfileName="app")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=policy(allow("s3:ListBucket")))["Policy"]["Arn"]
    found = {
        "user_exists": {"UserName": "alice"},
        "role_exists": {"RoleName": "app"},
        "instance_profile_exists": {"InstanceProfileName": "app"},
        "policy_exists": {"PolicyArn": arn},
    }
    missing = {
        "user_exists": {"UserName": "bob"},
        "role_exists": {"RoleName": "other"},
        "instance_profile_exists": {"InstanceProfileName": "other"},
        "policy_exists": {"PolicyArn": f"{arn}2"},
    }
    assert sorted(iam.waiter_names) == sorted(found)
    for name, parameters in found.items():
        iam.get_waiter(name).wait(**parameters, WaiterConfig=AT_ONCE)
    for name, parameters in missing.items():
        with pytest.raises(botocore.exceptions.WaiterError):
            iam.get_waiter(name).wait(**parameters, WaiterConfig=AT_ONCE)
