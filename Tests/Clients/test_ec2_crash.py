"""kill -9 at random moments while clients change rules, tags, volumes, addresses and instances.

What was acknowledged is there after each start; what was not is there whole or not at all; and what stands in two places (an
address and its interface, an instance and its volumes) says the same in both.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from typing import Any

from harness import Server
from harness.crashes import Worker
from harness.machines import register_image
from harness.patience import PATIENCE
from harness.server import gatehouse

ENDING = ("shutting-down", "terminated")
ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "12"))


class Rules:
    """Adds a rule for each port from 1 on, and takes every third away again."""

    def __init__(self, group: str):
        self.group = group
        self.there: set[int] = set()
        self.next = 1
        #: The port whose last request was not answered.
        self.doubt: int | None = None

    def work(self, ec2: Any) -> None:
        port, self.next = self.next, self.next + 1
        self.doubt = port
        permission = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
        ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=permission)
        self.there.add(port)
        if port % 3 == 0:
            ec2.revoke_security_group_ingress(GroupId=self.group, IpPermissions=permission)
            self.there.discard(port)
        self.doubt = None

    def check(self, ec2: Any) -> int:
        rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [self.group]}])["SecurityGroupRules"]
        seen = [rule["FromPort"] for rule in rules if not rule["IsEgress"]]
        assert len(set(seen)) == len(seen)
        doubts = {self.doubt} - {None}
        assert self.there - doubts <= set(seen) <= self.there | doubts, (self.there, seen, self.doubt)
        self.there = set(seen)
        self.doubt = None
        return self.next - 1


class Tags:
    """Gives two resources the same tag with one request: both have it, or neither."""

    def __init__(self, *resources: str):
        self.resources = list(resources)
        self.acknowledged = 0
        self.asked = 0

    def work(self, ec2: Any) -> None:
        self.asked += 1
        ec2.create_tags(Resources=self.resources, Tags=[{"Key": "number", "Value": str(self.asked)}])
        self.acknowledged = self.asked

    def check(self, ec2: Any) -> int:
        tags = ec2.describe_tags(Filters=[{"Name": "key", "Values": ["number"]}])["Tags"]
        values = {int(tag["Value"]) for tag in tags if tag["ResourceId"] in self.resources}
        if self.asked:
            assert len(values) <= 1, tags
        if self.acknowledged:
            assert values <= {self.acknowledged, self.asked} and values, (values, self.acknowledged, self.asked)
        self.acknowledged = max(values, default=0)
        return self.asked


class Volumes:
    """Makes volumes with tags, each by a token of its own: a request that was not answered is sent again."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self.token = 0

    def work(self, ec2: Any) -> None:
        token = f"volume {self.token}"
        id = ec2.create_volume(
            AvailabilityZone="us-east-1a", Size=1, VolumeType="gp3", ClientToken=token,
            TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "token", "Value": token}]}],
        )["VolumeId"]  # fmt: skip
        assert self.made.setdefault(token, id) == id
        self.token += 1

    def check(self, ec2: Any) -> int:
        seen: dict[str, str] = {}
        for volume in ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": ["token"]}])["Volumes"]:
            [tag] = volume["Tags"]
            assert tag["Value"] not in seen, "one request has made two"
            seen[tag["Value"]] = volume["VolumeId"]
        assert self.made.items() <= seen.items()
        assert set(seen) <= set(self.made) | {f"volume {self.token}"}
        return self.token


class Addresses:
    """Has an elastic address lead to one of two interfaces, and then to the other."""

    def __init__(self, address: str, *interfaces: str):
        self.address, self.interfaces = address, interfaces
        self.count = 0
        self.last: str | None = None
        self.asked: str | None = None

    def work(self, ec2: Any) -> None:
        self.asked = self.interfaces[self.count % 2]
        ec2.associate_address(AllocationId=self.address, NetworkInterfaceId=self.asked)
        self.last = self.asked
        self.count += 1

    def check(self, ec2: Any) -> int:
        [address] = ec2.describe_addresses(AllocationIds=[self.address])["Addresses"]
        leads = address.get("NetworkInterfaceId")
        assert leads in {self.last, self.asked}
        for interface in ec2.describe_network_interfaces(NetworkInterfaceIds=list(self.interfaces))["NetworkInterfaces"]:
            association = interface.get("Association", {})
            if interface["NetworkInterfaceId"] == leads:
                assert association["AllocationId"] == self.address and association["AssociationId"] == address["AssociationId"]
            else:
                assert not association
        self.last = leads
        return self.count


class Instances:
    """Launches instances, and terminates them: with their interfaces and volumes, or not at all."""

    def __init__(self, image: str, subnet: str):
        self.image, self.subnet = image, subnet
        self.running: set[str] = set()
        self.gone: set[str] = set()
        self.doubts: set[str] = set()
        self.count = 0

    def work(self, ec2: Any) -> None:
        id = ec2.run_instances(
            ImageId=self.image, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=self.subnet
        )["Instances"][0]["InstanceId"]  # fmt: skip
        self.running.add(id)
        self.count += 1
        if self.count % 2:
            self.doubts.add(id)
            ec2.terminate_instances(InstanceIds=[id])
            self.doubts.discard(id)
            self.running.discard(id)
            self.gone.add(id)

    def check(self, ec2: Any) -> int:
        living: set[str] = set()
        for reservation in ec2.describe_instances(Filters=[{"Name": "subnet-id", "Values": [self.subnet]}])["Reservations"]:
            for one in reservation["Instances"]:
                if one["State"]["Name"] in ENDING:
                    assert one["InstanceId"] not in self.running - self.doubts
                    continue
                living.add(one["InstanceId"])
                assert len(one["NetworkInterfaces"]) == 1 and len(one["BlockDeviceMappings"]) == 1
        assert self.running - self.doubts <= living and not living & self.gone
        # Of those that nobody was told of, either everything is there or nothing.
        for volume in ec2.describe_volumes(Filters=[{"Name": "attachment.status", "Values": ["attached"]}])["Volumes"]:
            assert volume["Attachments"][0]["InstanceId"] not in self.gone or volume["State"] == "in-use"
        addresses = [
            address["PrivateIpAddress"]
            for interface in ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [self.subnet]}])["NetworkInterfaces"]
            for address in interface["PrivateIpAddresses"]
        ]
        assert len(set(addresses)) == len(addresses), "an address is there twice"
        self.running, self.doubts = living, set()
        return self.count


class Batches:
    """Launches four instances with one request, and terminates them with one: all of them are there, and all of them end, or none."""

    def __init__(self, image: str, subnet: str):
        self.image, self.subnet = image, subnet
        self.running: set[str] = set()
        self.gone: set[str] = set()
        self.count = 0

    def work(self, ec2: Any) -> None:
        made = ec2.run_instances(
            ImageId=self.image, InstanceType="t3.micro", MinCount=4, MaxCount=4, SubnetId=self.subnet,
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "batch", "Value": "x"}]}],
        )  # fmt: skip
        self.count += 1
        if self.count % 2:
            ec2.terminate_instances(InstanceIds=[one["InstanceId"] for one in made["Instances"]])
            self.gone.add(made["ReservationId"])
        else:
            self.running.add(made["ReservationId"])

    def check(self, ec2: Any) -> int:
        there: set[str] = set()
        for reservation in ec2.describe_instances(Filters=[{"Name": "tag-key", "Values": ["batch"]}])["Reservations"]:
            there.add(reservation["ReservationId"])
            assert len(reservation["Instances"]) == 4
            ending = {one["State"]["Name"] in ENDING for one in reservation["Instances"]}
            assert len(ending) == 1, "some of them end"
            if reservation["ReservationId"] in self.running:
                assert ending == {False}
            if reservation["ReservationId"] in self.gone:
                assert ending == {True}
        assert self.running <= there
        return self.count


def test_nothing_is_lost_or_half_there(lasting: Callable[..., Server]) -> None:
    dice = random.Random(int(os.environ.get("GATEHOUSE_TEST_SEED", "1")))
    server = lasting("--quota", "RulesPerSecurityGroup=100000", "--quota", "RunningOnDemandVCPUs=100000").start()
    root = server.root.client("ec2")
    vpc = root.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = root.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    root.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    subnet, third, other = (
        root.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
        for block in ("10.0.16.0/20", "10.0.32.0/20", "10.0.1.0/24")
    )
    groups = [root.create_security_group(GroupName=name, Description="x", VpcId=vpc)["GroupId"] for name in "ab"]
    interfaces = [root.create_network_interface(SubnetId=other)["NetworkInterface"]["NetworkInterfaceId"] for _ in "ab"]
    image = register_image(root, "plain")
    parties: list[Any] = [Rules(group) for group in groups]
    parties += [
        Tags(vpc, other, groups[0]), Volumes(), Addresses(root.allocate_address()["AllocationId"], *interfaces),
        Instances(image, subnet), Batches(image, third),
    ]  # fmt: skip
    parties[3].work(root)
    parties[4].work(root)
    for _ in range(ROUNDS):
        workers = []
        for party in parties:
            ec2 = server.root.client("ec2", retries={"total_max_attempts": 1})
            workers.append(Worker(lambda party=party, ec2=ec2: party.work(ec2)))  # type: ignore[misc]
        before = parties[0].next
        for worker in workers:
            worker.start()
        # Until something has happened, and then some more of it.
        patience = time.monotonic() + PATIENCE
        while parties[0].next < before + 2 and time.monotonic() < patience:
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.3))
        server.kill()
        for worker in workers:
            worker.stopping.set()
            worker.join()
            if worker.problem:
                raise worker.problem
        server.start()
        counts = [party.check(server.root.client("ec2")) for party in parties]
    assert min(counts) >= 1 and sum(counts) > 5 * ROUNDS, counts
    server.stop()
    done = gatehouse("verify", *server.place, within=120)
    assert done.returncode == 0, done.stdout + done.stderr
