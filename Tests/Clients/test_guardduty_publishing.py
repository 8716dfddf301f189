"""GuardDuty: findings in a bucket, encrypted; and what the policies of bucket and key have to allow."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.configuration import until
from harness.documents import policy
from harness.guarded import Guarded

SERVICE = {"Service": "guardduty.amazonaws.com"}
REFUSED = (
    "The request failed because the GuardDuty service principal does not have permission to the KMS key or the "
    "resource specified by the destinationArn parameter.")


@pytest.fixture
def admin(root: Identity, cloud: Server) -> Identity:
    root.iam.create_user(UserName="admin")
    root.iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=policy(allow("*")))
    return Identity.of_key(cloud.url, root.iam.create_access_key(UserName="admin")["AccessKey"])


def bucket_policy(detector: str) -> str:
    """AWS's own example, without the statements that only forbid."""
    source = {"StringEquals": {
        "aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:guardduty:us-east-1:{ACCOUNT}:detector/{detector}"}}
    return policy(
        allow("s3:GetBucketLocation", "arn:aws:s3:::exported", Principal=SERVICE, Condition=source),
        allow("s3:PutObject", "arn:aws:s3:::exported/logs/*", Principal=SERVICE, Condition=source))


def key_policy(*more: dict[str, Any]) -> str:
    return policy(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), *more)


def test_findings_in_a_bucket(admin: Identity, root: Identity, cloud: Server) -> None:
    guarded = Guarded(admin)
    api, s3, kms = guarded.api, admin.client("s3"), admin.client("kms")
    s3.create_bucket(Bucket="exported")
    key = kms.create_key(Policy=key_policy())["KeyMetadata"]["Arn"]
    wanted: dict[str, Any] = {
        "DetectorId": guarded.id, "DestinationType": "S3",
        "DestinationProperties": {"DestinationArn": "arn:aws:s3:::exported/logs", "KmsKeyArn": key}}
    # Neither the bucket nor the key allows it; then the bucket alone does.
    assert error_of(api.create_publishing_destination, **wanted).message == REFUSED
    s3.put_bucket_policy(Bucket="exported", Policy=bucket_policy(guarded.id))
    assert error_of(api.create_publishing_destination, **wanted).message == REFUSED
    kms.put_key_policy(
        KeyId=key, PolicyName="default", Policy=key_policy(allow("kms:GenerateDataKey", Principal=SERVICE)))
    made = api.create_publishing_destination(**wanted)["DestinationId"]
    assert s3.list_objects_v2(Bucket="exported")["KeyCount"] == 0
    found = api.describe_publishing_destination(DetectorId=guarded.id, DestinationId=made)
    assert (found["Status"], found["DestinationProperties"]) == ("PUBLISHING", wanted["DestinationProperties"])
    root.client("kms").list_keys()
    finding = guarded.wait_for("Policy:IAMUser/RootCredentialUsage")
    (item,) = until(lambda: s3.list_objects_v2(Bucket="exported").get("Contents"))
    assert re.fullmatch(
        rf"logs/AWSLogs/{ACCOUNT}/GuardDuty/us-east-1/\d{{4}}/\d\d/\d\d/[0-9a-f-]{{36}}\.jsonl\.gz", item["Key"])
    body = s3.get_object(Bucket="exported", Key=item["Key"])
    assert (body["ServerSideEncryption"], body["SSEKMSKeyId"]) == ("aws:kms", key)
    (line,) = gzip.decompress(body["Body"].read()).splitlines()
    written = json.loads(line)
    assert written["id"] == finding["Id"] and written["type"] == finding["Type"]
    # A bucket that refuses loses nothing: what waits is written once it allows again.
    s3.delete_bucket_policy(Bucket="exported")
    root.client("kms").list_aliases()

    def state() -> str:
        return str(api.describe_publishing_destination(DetectorId=guarded.id, DestinationId=made)["Status"])

    until(lambda: state() == "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY")
    failing = api.describe_publishing_destination(DetectorId=guarded.id, DestinationId=made)
    assert failing["PublishingFailureStartTimestamp"] > 0
    s3.put_bucket_policy(Bucket="exported", Policy=bucket_policy(guarded.id))
    cloud.advance(61)
    until(lambda: len(s3.list_objects_v2(Bucket="exported")["Contents"]) == 2)
    until(lambda: state() == "PUBLISHING")
    # The same where it is the key that refuses; each finding is in one file, whatever has refused it before.
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=key_policy())
    root.client("s3").list_buckets()
    until(lambda: state() == "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY")
    root.client("sns").list_topics()
    until(lambda: len(guarded.ids()) == 4)
    guarded_ids = guarded.ids()
    cloud.advance(61)
    assert state() == "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY"
    kms.put_key_policy(
        KeyId=key, PolicyName="default", Policy=key_policy(allow("kms:GenerateDataKey", Principal=SERVICE)))
    cloud.advance(61)
    until(lambda: state() == "PUBLISHING")

    def exported() -> list[str]:
        names = [one["Key"] for one in s3.list_objects_v2(Bucket="exported")["Contents"]]
        bodies = [gzip.decompress(s3.get_object(Bucket="exported", Key=name)["Body"].read()) for name in names]
        return [json.loads(line)["id"] for body in bodies for line in body.splitlines()]

    until(lambda: len(exported()) >= 4)
    assert sorted(exported()) == sorted(guarded_ids)
    api.delete_publishing_destination(DetectorId=guarded.id, DestinationId=made)
    assert api.list_publishing_destinations(DetectorId=guarded.id)["Destinations"] == []
