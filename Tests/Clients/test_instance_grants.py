"""What RunInstances and AttachVolume have prepared with KMS is taken back when nothing comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness import Server, error_of
from harness.machines import launch, register_image
from harness.server import LOOPBACK


@pytest.fixture
def server() -> Iterator[Server]:
    with Server("--quota", "RunningOnDemandVCPUs=2", *LOOPBACK) as found:
        yield found


def test_grants_of_instances_that_never_were(server: Server) -> None:
    ec2, kms = server.root.client("ec2"), server.root.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    image = register_image(ec2, "base")
    device = [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": key}}]

    def grants() -> list[dict[str, Any]]:
        return kms.list_grants(KeyId=key)["Grants"]

    wanted = {"BlockDeviceMappings": device, "InstanceType": "t3.micro"}
    many = {"ImageId": image, "MinCount": 2, "MaxCount": 2, **wanted}
    assert error_of(ec2.run_instances, **many).code == "VcpuLimitExceeded"
    assert grants() == []
    # One that there is room for has its grant until it ends.
    launch(ec2, image, **wanted)
    (grant,) = grants()
    assert grant["Operations"] == ["Decrypt"]
