"""Calls without a signature on record: what anybody may do with an account's data stands in that account's data events, whether
Gatehouse has the service itself or an endpoint behind it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.moto import Moto
from harness.trails import Delivered, make_bucket


@pytest.fixture(scope="module")
def worker_server(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gate")
    with Server(*moto.configuration(folder), "--trail-delivery", "1", log=folder / "log") as server:
        yield server


def anybody(cloud: Server, service: str) -> Any:
    return boto3.client(service, endpoint_url=cloud.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED))


def test_data_events_of_anybody(cloud: Server, root: Identity) -> None:
    make_bucket(root, "the-log")
    root.cloudtrail.create_trail(Name="data", S3BucketName="the-log")
    selectors = [
        {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": [kind]}]}
        for kind in ("AWS::S3::Object", "AWS::SQS::Queue")
    ]
    root.cloudtrail.put_event_selectors(TrailName="data", AdvancedEventSelectors=selectors)
    root.cloudtrail.start_logging(Name="data")

    s3 = root.client("s3")
    s3.create_bucket(Bucket="public-things")
    s3.put_object(Bucket="public-things", Key="a", Body=b"1")
    s3.delete_public_access_block(Bucket="public-things")
    s3.put_bucket_policy(Bucket="public-things", Policy=policy(allow("s3:*Object", "arn:aws:s3:::public-things/*", Principal="*")))
    url = root.client("sqs").create_queue(QueueName="anonymous")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:anonymous"
    root.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(allow("sqs:SendMessage", queue, Principal="*"))})

    read = anybody(cloud, "s3").get_object(Bucket="public-things", Key="a")
    written = anybody(cloud, "s3").put_object(Bucket="public-things", Key="b", Body=b"2")
    sent = anybody(cloud, "sqs").send_message(QueueUrl=url, MessageBody="hush")
    assert error_of(anybody(cloud, "s3").list_objects_v2, Bucket="public-things").code == "AccessDenied"
    assert error_of(anybody(cloud, "sqs").receive_message, QueueUrl=url).code in ("AccessDenied", "AccessDeniedException")

    logs = Delivered(root, "the-log")
    for answer, name, resource in (
        (read, "GetObject", "arn:aws:s3:::public-things/a"), (written, "PutObject", "arn:aws:s3:::public-things/b"), (sent, "SendMessage", queue),
    ):  # fmt: skip
        event = logs.wait_for_request(answer)
        assert event["userIdentity"] == {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}, event
        assert (event["eventName"], event["recipientAccountId"], event["eventCategory"]) == (name, ACCOUNT, "Data"), event
        assert resource in [each.get("ARN") for each in event["resources"]], event
        assert "sharedEventID" not in event and "hush" not in json.dumps(event)
    # What anybody was denied, no account learns; and each call is there once.
    time.sleep(1.5)
    of_anybody = [event for event in logs.records() if event["userIdentity"].get("accountId") == "ANONYMOUS_PRINCIPAL"]
    assert sorted(event["eventName"] for event in of_anybody) == ["GetObject", "PutObject", "SendMessage"]
