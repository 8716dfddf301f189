"""gatehouse history: a resource's life, with who changed it and why that was allowed, whether or not AWS Config was recording."""

from __future__ import annotations

import json
from collections.abc import Callable

from harness import ACCOUNT, Identity, Server, allow, policy
from harness.server import gatehouse


def test_the_life_of_a_bucket_and_of_a_user(durable: Callable[..., Server]) -> None:
    server = durable().start()
    root = server.root
    root.iam.create_user(UserName="keeper")
    root.iam.put_user_policy(UserName="keeper", PolicyName="own", PolicyDocument=policy(allow("s3:*", "*")))
    key = root.iam.create_access_key(UserName="keeper")["AccessKey"]
    s3 = Identity.of_key(server.url, key).client("s3")
    s3.create_bucket(Bucket="shop")
    s3.put_bucket_tagging(Bucket="shop", Tagging={"TagSet": [{"Key": "team", "Value": "audit"}]})
    s3.delete_bucket(Bucket="shop")

    def history(arn: str) -> str:
        done = gatehouse("history", arn, "--data", str(server.data))
        assert done.returncode == 0, done.stderr
        return done.stdout

    shown = history("arn:aws:s3:::shop").split("\n\n")
    assert [step.split("\n")[0].split()[1] for step in shown] == ["created", "changed", "deleted"]
    created, changed, deleted = shown
    assert f"by arn:aws:iam::{ACCOUNT}:user/keeper" in created and "s3:CreateBucket on arn:aws:s3:::shop: allowed" in created
    assert '+ Tags.Team: "audit"' in changed and "PutBucketTagging of s3.amazonaws.com" in changed
    assert "- " in deleted and "DeleteBucket of s3.amazonaws.com" in deleted
    life = history(f"arn:aws:iam::{ACCOUNT}:user/keeper")
    assert "+ Configuration.UserPolicyList.0: " in life and json.dumps("own") in life
    error = gatehouse("history", "arn:aws:lambda:us-east-1:1:function:f", "--data", str(server.data))
    assert error.returncode != 0 and "AWS::S3::Bucket" in error.stderr
    error = gatehouse("history", "arn:aws:s3:::nobody", "--data", str(server.data))
    assert error.returncode != 0 and "tells nothing of arn:aws:s3:::nobody" in error.stderr
