"""Terraform and aws_sqs_*: apply, no drift, import, destroy."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from harness import ACCOUNT, Identity, Server, allow, policy
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "sqs.tf"


def test_queues_with_their_policies(tmp_path: Path) -> None:
    with Server(log=tmp_path / "log") as server, ThreadPoolExecutor() as at_once:
        root = server.root
        kms = root.client("kms")
        kms.create_alias(AliasName="alias/orders", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        # Terraform's waits: what it makes, and what it takes in and destroys.
        made = at_once.submit(apply, root, tmp_path / "new")
        destroyed = at_once.submit(take_in_and_destroy, root, tmp_path / "old")
        made.result()
        destroyed.result()


def apply(root: Identity, folder: Path) -> None:
    """Queues, and policies of queues that are there, are made as they are described."""
    sqs = root.client("sqs")
    kept, dead = make(sqs, "new-kept"), make(sqs, "new-kept-dead")
    terraform = configured(root, folder)
    terraform.apply()
    shown = attributes(sqs, terraform.outputs()["orders"])
    assert shown["FifoThroughputLimit"] == "perMessageGroupId" and shown["KmsDataKeyReusePeriodSeconds"] == "600"
    assert "SecureTransport" in attributes(sqs, kept)["Policy"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [kept]
    terraform.assert_no_drift()


def take_in_and_destroy(root: Identity, folder: Path) -> None:
    """What others have made reads as it is described; and it is gone when Terraform says so."""
    sqs = root.client("sqs")
    orders = make(
        sqs, "old-orders", ContentBasedDeduplication="true", DeduplicationScope="messageGroup",
        FifoThroughputLimit="perMessageGroupId", VisibilityTimeout="60", DelaySeconds="5",
        ReceiveMessageWaitTimeSeconds="10", MaximumMessageSize="2048", KmsDataKeyReusePeriodSeconds="600",
        KmsMasterKeyId=root.client("kms").describe_key(KeyId="alias/orders")["KeyMetadata"]["Arn"])  # fmt: skip
    # What Terraform takes for usual is not what AWS does any more.
    dead = make(sqs, "old-dead", MessageRetentionPeriod="1209600", MaximumMessageSize="262144")
    sqs.tag_queue(QueueUrl=dead, Tags={"team": "books"})
    kept_dead = make(
        sqs, "old-kept-dead",
        RedriveAllowPolicy=compact({"redrivePermission": "byQueue", "sourceQueueArns": [arn("old-kept")]}))  # fmt: skip
    own = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    statement = allow(
        "sqs:SendMessage", arn("old-kept"), Sid="own", Principal=own, Condition={"Bool": {"aws:SecureTransport": "true"}})
    kept = make(
        sqs, "old-kept", Policy=policy(statement),
        RedrivePolicy=compact({"deadLetterTargetArn": arn("old-kept-dead"), "maxReceiveCount": 4}))  # fmt: skip
    terraform = configured(root, folder)
    terraform.take_in(
        {
            "aws_sqs_queue.orders": orders,
            "aws_sqs_queue.dead": dead,
            "aws_sqs_queue_policy.kept": kept,
            "aws_sqs_queue_redrive_policy.kept": kept,
            "aws_sqs_queue_redrive_allow_policy.kept_dead": kept_dead,
        }
    )
    terraform.destroy()
    assert sorted(sqs.list_queues(QueueNamePrefix="old-")["QueueUrls"]) == sorted([kept, kept_dead])
    left = attributes(sqs, kept) | attributes(sqs, kept_dead)
    assert not {"Policy", "RedrivePolicy", "RedriveAllowPolicy"} & set(left)


def configured(root: Identity, folder: Path) -> Terraform:
    folder.mkdir()
    terraform = Terraform(folder, root, SOURCE.read_text())
    terraform.environment["TF_VAR_shop"] = folder.name
    return terraform


def arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}.fifo"


def compact(value: Any) -> str:
    """As Terraform writes it, which compares some texts letter by letter."""
    return json.dumps(value, separators=(",", ":"))


def make(sqs: Any, name: str, **attributes: str) -> str:
    return sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"} | attributes)["QueueUrl"]


def attributes(sqs: Any, url: str) -> dict[str, str]:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
