"""What EC2 grants itself for volumes that never came to be is taken back."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import botocore.exceptions

from harness import Server
from harness.machines import launch, register_image, until, volume_of


def test_a_kill_in_the_middle_of_a_launch_leaves_no_grant(durable: Callable[..., Server]) -> None:
    server = durable("--quota", "RunningOnDemandVCPUs=100000").start()
    ec2, kms = server.root.client("ec2"), server.root.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    image = register_image(ec2, "plain")
    encrypted = [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": key, "VolumeSize": 8}}]

    def grants() -> list[dict[str, Any]]:
        return [grant for page in server.root.client("kms").get_paginator("list_grants").paginate(KeyId=key) for grant in page["Grants"]]

    kept = launch(ec2, image, BlockDeviceMappings=encrypted)["InstanceId"]
    (own,) = grants()

    def launch_many() -> None:
        asking = server.root.client("ec2", retries={"total_max_attempts": 1})
        with contextlib.suppress(botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
            launch(asking, image, MinCount=2000, MaxCount=2000, BlockDeviceMappings=encrypted)

    launching = threading.Thread(target=launch_many, daemon=True)
    launching.start()
    # Each is there before any of the instances is.
    until(grants, lambda found: len(found) > 5)
    server.kill()
    launching.join()
    server.start()
    # Nobody was told of an instance, and none is there.
    [reservation] = server.root.client("ec2").describe_instances()["Reservations"]
    assert [one["InstanceId"] for one in reservation["Instances"]] == [kept]
    found = until(grants, lambda found: len(found) == 1)
    assert found == [own]
    # That of a volume that is there opens it as before.
    volume = volume_of(server.root.client("ec2"), kept)
    assert own["Constraints"]["EncryptionContextSubset"] == {"aws:ebs:id": volume["VolumeId"]}
    server.stop()
