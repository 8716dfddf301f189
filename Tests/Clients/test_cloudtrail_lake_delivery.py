"""Query results in S3: files, and one that vouches for them, checked as `aws cloudtrail verify-query-results` does.

The command itself is part of version 2 of the AWS CLI, which pip does not have; what it does is documented:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-results-file-custom-validation.html
"""

from __future__ import annotations

import csv
import datetime
import gzip
import hashlib
import io
import json
import time
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from harness import ACCOUNT, Identity, error_of, policy
from harness.patience import PATIENCE
from test_cloudtrail_lake import ARN, make

SERVICE = {"Service": "cloudtrail.amazonaws.com"}


def make_bucket(root: Identity, store: str, name: str = "results") -> None:
    """As AWS's documentation has it."""
    s3 = root.client("s3")
    s3.create_bucket(Bucket=name)
    condition = {"StringLike": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": store}}
    s3.put_bucket_policy(Bucket=name, Policy=policy(
        {"Effect": "Allow", "Principal": SERVICE, "Action": ["s3:PutObject*", "s3:Abort*"], "Condition": condition,
         "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]},
        {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{name}",
         "Condition": condition}))


def finished(root: Identity, query: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while (told := root.cloudtrail.describe_query(QueryId=query))["QueryStatus"] in ("QUEUED", "RUNNING"):
        assert time.monotonic() < deadline, told
        time.sleep(0.02)
    return dict(told)


def verify(root: Identity, bucket: str, folder: str) -> None:
    """What the command does, step by step."""
    s3 = root.client("s3")
    sign = json.loads(s3.get_object(Bucket=bucket, Key=folder + "result_sign.json")["Body"].read())
    assert sign["files"], "no file"
    for file in sign["files"]:
        body = s3.get_object(Bucket=bucket, Key=folder + file["fileName"])["Body"].read()
        if hashlib.sha256(body).hexdigest() != file["fileHashValue"]:
            raise ValueError(f"{file['fileName']} has inconsistent hash value")
    moment = datetime.datetime.fromisoformat(sign["queryCompleteTime"].replace("Z", "+00:00"))
    keys = root.cloudtrail.list_public_keys(StartTime=moment, EndTime=moment + datetime.timedelta(hours=2))
    value = next(key["Value"] for key in keys["PublicKeyList"] if key["Fingerprint"] == sign["publicKeyFingerprint"])
    public = serialization.load_der_public_key(value)
    assert isinstance(public, rsa.RSAPublicKey)
    signed = " ".join(file["fileHashValue"] for file in sign["files"]).encode()
    public.verify(bytes.fromhex(sign["hashSignature"]), signed, padding.PKCS1v15(), hashes.SHA256())


def test_results_in_a_bucket(root: Identity) -> None:
    store = make(root)
    make_bucket(root, store)
    root.iam.create_user(UserName="alice")
    text = (
        "SELECT eventName, element_at(requestParameters, 'userName') AS who, 'a \"b\", c' AS odd, errorCode FROM"
        f" {store.removeprefix(ARN)} WHERE eventName = 'CreateUser'")
    query = root.aws(
        "cloudtrail", "start-query", "--query-statement", text, "--delivery-s3-uri", "s3://results/lake")["QueryId"]
    told = finished(root, query)
    assert told["QueryStatus"] == "FINISHED"
    assert told["DeliveryS3Uri"] == "s3://results/lake" and told["DeliveryStatus"] == "SUCCESS"
    s3 = root.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="results")["Contents"]]
    day = time.strftime("%Y/%m/%d", time.gmtime())
    folder = f"lake/AWSLogs/{ACCOUNT}/CloudTrail-Lake/Query/{day}/{query}/"
    assert keys == [folder + "result_1.csv.gz", folder + "result_sign.json"]
    body = s3.get_object(Bucket="results", Key=keys[0])["Body"].read()
    rows = list(csv.reader(io.StringIO(gzip.decompress(body).decode())))
    assert rows == [["eventName", "who", "odd", "errorCode"], ["CreateUser", "alice", 'a "b", c', ""]]
    verify(root, "results", folder)
    # Whoever changes a file is found out, and so is whoever changes what vouches for it.
    s3.put_object(Bucket="results", Key=keys[0], Body=bytes([*body[:-1], body[-1] ^ 1]))
    with pytest.raises(ValueError, match="inconsistent hash"):
        verify(root, "results", folder)
    s3.put_object(Bucket="results", Key=keys[0], Body=body + b"x")
    sign = json.loads(s3.get_object(Bucket="results", Key=keys[1])["Body"].read())
    sign["files"][0]["fileHashValue"] = hashlib.sha256(body + b"x").hexdigest()
    s3.put_object(Bucket="results", Key=keys[1], Body=json.dumps(sign))
    with pytest.raises(InvalidSignature):
        verify(root, "results", folder)
    # They can be asked for as well.
    assert root.cloudtrail.get_query_results(QueryId=query)["QueryResultRows"][0][0] == {"eventName": "CreateUser"}


def test_nothing_is_a_result_as_well(root: Identity) -> None:
    store = make(root)
    make_bucket(root, store)
    text = f"SELECT eventName FROM {store.removeprefix(ARN)} WHERE eventName = 'Nothing'"
    query = root.cloudtrail.start_query(QueryStatement=text, DeliveryS3Uri="s3://results")["QueryId"]
    assert finished(root, query)["DeliveryStatus"] == "SUCCESS"
    day = time.strftime("%Y/%m/%d", time.gmtime())
    verify(root, "results", f"AWSLogs/{ACCOUNT}/CloudTrail-Lake/Query/{day}/{query}/")


def test_the_bucket_decides(root: Identity) -> None:
    store = make(root)
    ct, s3 = root.cloudtrail, root.client("s3")
    ask = {"QueryStatement": f"SELECT eventName FROM {store.removeprefix(ARN)}"}
    for uri, code in (
        ("s3://nowhere/", "S3BucketDoesNotExistException"),
        ("s3://results/" + "x" * 300, "InvalidS3PrefixException"),
    ):
        assert error_of(ct.start_query, **ask, DeliveryS3Uri=uri).code == code
    make_bucket(root, store.replace("eventdatastore", "trail"))
    assert error_of(ct.start_query, **ask, DeliveryS3Uri="s3://results").code == "InsufficientS3BucketPolicyException"
    make_bucket(root, store, "more")
    assert finished(root, ct.start_query(**ask, DeliveryS3Uri="s3://more")["QueryId"])["DeliveryStatus"] == "SUCCESS"
    assert "DeliveryStatus" not in finished(root, ct.start_query(**ask)["QueryId"])
    assert s3.list_objects_v2(Bucket="more")["KeyCount"] == 2
