"""Images, volumes and instances of EC2 for tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .identity import Identity
from .namespaces import descendants
from .patience import PATIENCE
from .server import Server


T = TypeVar("T")


def until(look: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """What `look` returns, once it is as it is wanted."""
    end = time.monotonic() + PATIENCE
    while True:
        found = look()
        if wanted(found):
            return found
        assert time.monotonic() < end, f"still {found}"
        time.sleep(0.02)


def emptied(server: Server) -> Iterator[Server]:
    """A server with an empty account, for a fixture; in the end nothing of what it has started is left."""
    server.reset()
    yield server
    server.reset()
    assert server.process
    pid = server.process.pid
    until(lambda: descendants(pid), lambda found: not found)


def register_image(ec2: Any, name: str, **parameters: Any) -> str:
    """Registers an image of an empty volume of 8 GiB: of its instances nothing runs."""
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8, VolumeType="gp3")["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.delete_volume(VolumeId=volume)
    device = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot, "VolumeType": "gp3"}}
    image = {"Architecture": "x86_64", "RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [device]}
    return ec2.register_image(Name=name, **(image | parameters))["ImageId"]


def launch(ec2: Any, image: str, **parameters: Any) -> dict[str, Any]:
    """Launches one instance, and returns it as it is then."""
    usual = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    return ec2.run_instances(**(usual | parameters))["Instances"][0]


def instance(ec2: Any, id: str) -> dict[str, Any]:
    """An instance as it is now."""
    [reservation] = ec2.describe_instances(InstanceIds=[id])["Reservations"]
    return reservation["Instances"][0]


def until_state(ec2: Any, id: str, state: str) -> dict[str, Any]:
    """An instance, once it is in a state."""
    return until(lambda: instance(ec2, id), lambda found: found["State"]["Name"] == state)


def volume_of(ec2: Any, id: str) -> dict[str, Any]:
    """The only volume of an instance."""
    [volume] = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [id]}])["Volumes"]
    return volume


def make_profile(root: Identity, name: str, *, role: str | None = None) -> str:
    """Makes an instance profile, with a role perhaps, and returns its ARN."""
    profile = root.iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    if role:
        root.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    return profile["Arn"]
