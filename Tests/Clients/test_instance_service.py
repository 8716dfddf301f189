"""Instances of EC2 that really run: launched by RunInstances, with credentials from their own metadata, behind groups that change."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from harness import ACCOUNT, Server, allow, namespaces, policy, trust
from harness.inside import METADATA, PYTHON, Inside, is_open
from harness.machines import emptied, instance, launch, until, until_state

pytestmark = [
    pytest.mark.memory,
    pytest.mark.skipif(bool(namespaces.missing()), reason=f"no instances in namespaces: {namespaces.missing()}"),
]
#: On port 80 of all addresses of both families; it answers with the address of whoever asks.
SITE = """
import socket, socketserver, threading

class Four(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

class Six(Four):
    address_family = socket.AF_INET6

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()

class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + self.client_address[0].encode())

for kind, address in ((Four, "0.0.0.0"), (Six, "::")):
    threading.Thread(target=kind((address, 80), Answer).serve_forever).start()
print("serving", flush=True)
"""
SERVER = "import http.server as h; h.ThreadingHTTPServer(('', 8080), h.SimpleHTTPRequestHandler).serve_forever()"


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("images")
    file = folder / "images.json"
    file.write_text(json.dumps({
        "images": [
            {"name": "sleeper", "command": ["/bin/sh", "-c", "echo begun; exec sleep infinity"]},
            {"name": "quitter", "command": ["/bin/sh", "-c", "sleep 1; exit 3"]},
            {"name": "site", "command": [PYTHON, "-c", SITE]},
            {"name": "web", "command": [PYTHON, "-c", SERVER]},
        ],
    }))  # fmt: skip
    with Server("--instance-images", str(file), log=folder / "log") as server:
        yield server


@pytest.fixture
def cloud(one_server: Server) -> Iterator[Server]:
    yield from emptied(one_server)


@pytest.fixture
def ec2(cloud: Server) -> Any:
    return cloud.root.client("ec2")


def image(ec2: Any, name: str) -> str:
    (found,) = ec2.describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"]
    return str(found["ImageId"])


def test_an_instance_with_a_role_and_no_key_on_disk(cloud: Server, ec2: Any) -> None:
    root = cloud.root
    root.client("s3").create_bucket(Bucket="papers")
    root.client("s3").put_object(Bucket="papers", Key="one.txt", Body=b"hello")
    root.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    root.iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=policy(allow("s3:GetObject", "*")))
    root.iam.create_instance_profile(InstanceProfileName="reader")
    root.iam.add_role_to_instance_profile(InstanceProfileName="reader", RoleName="reader")
    id = launch(
        ec2, image(ec2, "sleeper"), IamInstanceProfile={"Name": "reader"}, UserData="#!/bin/sh\necho set up $(hostname)\n"
    )["InstanceId"]  # fmt: skip
    until_state(ec2, id, "running")
    inside = Inside(cloud, ec2, id)
    # Version 2 of the metadata service, as every tutorial asks it.
    assert inside.metadata("meta-data/instance-id") == id
    assert inside.metadata("meta-data/local-ipv4") == inside.address
    mac = inside.metadata("meta-data/mac")
    assert inside.run("cat", "/proc/net/dev").returncode == 0
    assert mac in inside.run("ip", "link", "show", "eth0").stdout
    assert inside.metadata("meta-data/iam/security-credentials/").strip() == "reader"
    # The CLI's own chain of credentials, where there is no key.
    done = inside.aws("s3", "cp", "s3://papers/one.txt", "-")
    assert done.stdout == "hello", done.stderr
    who = json.loads(inside.aws("sts", "get-caller-identity").stdout)
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/{id}"
    root.iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=policy(allow("s3:ListAllMyBuckets", "*")))
    done = inside.aws("s3", "cp", "s3://papers/one.txt", "-")
    assert done.returncode and "403" in done.stderr
    # What was printed, and that the data were run once.
    def console() -> str:
        found = ec2.get_console_output(InstanceId=id)
        return str(found.get("Output", ""))

    until(console, lambda text: "set up ip-" in text and text.endswith("begun\n"))
    ec2.reboot_instances(InstanceIds=[id])
    until(console, lambda text: text == "begun\n")


def test_groups_filter_and_follow_their_changes(cloud: Server, ec2: Any) -> None:
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    client = ec2.create_security_group(GroupName="client", Description="-", VpcId=vpc)["GroupId"]
    web = ec2.create_security_group(GroupName="web", Description="-", VpcId=vpc)["GroupId"]
    one = launch(ec2, image(ec2, "sleeper"), SecurityGroupIds=[client])["InstanceId"]
    two = launch(ec2, image(ec2, "web"), SecurityGroupIds=[web])["InstanceId"]
    address = until_state(ec2, two, "running")["PrivateIpAddress"]
    until_state(ec2, one, "running")
    inside, there = Inside(cloud, ec2, one), Inside(cloud, ec2, two)
    until(lambda: there.run("cat", "/proc/net/tcp").stdout, lambda text: "00000000:1F90 " in text)
    refused = inside.begin(address, 8080)
    rule = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "UserIdGroupPairs": [{"GroupId": client}]}
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[rule])
    # The kernel asks again by itself: so it is seen that the first was not let in.
    assert is_open(refused, 60)
    ec2.revoke_security_group_ingress(GroupId=web, IpPermissions=[rule])

    def is_let_in() -> bool:
        with inside.begin(address, 8080) as connection:
            return is_open(connection, 0.3)

    until(is_let_in, lambda found: not found)
    # The endpoint is reached as the group and the routes let it.
    def reaches() -> bool:
        with inside.begin("198.18.0.1", cloud.port) as connection:
            return is_open(connection, 0.3)

    until(reaches, lambda found: found)
    ec2.revoke_security_group_egress(GroupId=client, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    until(reaches, lambda found: not found)
    # Metadata are no matter of groups.
    assert inside.metadata("meta-data/instance-id") == one
    refused.close()


def test_a_server_on_port_80_of_all_addresses(cloud: Server, ec2: Any) -> None:
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    blocks = until(
        lambda: ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Ipv6CidrBlockAssociationSet", []),
        lambda found: bool(found) and found[0]["Ipv6CidrBlockState"]["State"] == "associated",
    )
    subnet = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"][0]["SubnetId"]
    ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=blocks[0]["Ipv6CidrBlock"].replace("/56", "/64"))
    client = ec2.create_security_group(GroupName="client", Description="-", VpcId=vpc)["GroupId"]
    web = ec2.create_security_group(GroupName="web", Description="-", VpcId=vpc)["GroupId"]
    # Of IPv6, nothing may be sent unless a rule says so.
    with contextlib.suppress(ec2.exceptions.ClientError):
        ec2.authorize_security_group_egress(
            GroupId=client, IpPermissions=[{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]
        )
    options = {"HttpTokens": "required", "HttpProtocolIpv6": "enabled"}
    more = {"SubnetId": subnet, "Ipv6AddressCount": 1, "MetadataOptions": options}
    one = launch(ec2, image(ec2, "sleeper"), SecurityGroupIds=[client], **more)["InstanceId"]
    two = launch(ec2, image(ec2, "site"), SecurityGroupIds=[web], **more)["InstanceId"]
    until_state(ec2, one, "running")
    until_state(ec2, two, "running")
    until(lambda: str(ec2.get_console_output(InstanceId=two).get("Output", "")), lambda text: "serving" in text)
    inside, there = Inside(cloud, ec2, one), Inside(cloud, ec2, two)

    def address6(id: str) -> str:
        (found,) = instance(ec2, id)["NetworkInterfaces"][0]["Ipv6Addresses"]
        return str(found["Ipv6Address"])

    refused = inside.begin(there.address, 80)
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": client}]}
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[rule])
    assert is_open(refused, 60)
    refused.close()
    for url, own in ((f"http://{there.address}/", inside.address), (f"http://[{address6(two)}]/", address6(one))):
        assert until(lambda: inside.run("curl", "-sS", "-m", "20", url).stdout, bool) == own
    # The metadata service is there as before, by both families, for each its own.
    for machine, id in ((inside, one), (there, two)):
        assert machine.metadata("meta-data/instance-id") == id
        for host in ("169.254.169.254", "[fd00:ec2::254]"):
            done = machine.run(
                "curl", "-sf", "-m", "20", "-X", "PUT", f"http://{host}/latest/api/token",
                "-H", "X-aws-ec2-metadata-token-ttl-seconds: 60",
            )  # fmt: skip
            assert done.returncode == 0 and len(done.stdout) > 20, (host, done)
        # Nothing else is at that address.
        assert machine.run("curl", "-sS", "-m", "2", "http://169.254.169.254:8080/").returncode != 0


def test_a_container_is_one_hop_farther_away(cloud: Server, ec2: Any) -> None:
    options = {"HttpTokens": "optional", "HttpPutResponseHopLimit": 1}
    id = launch(ec2, image(ec2, "sleeper"), MetadataOptions=options)["InstanceId"]
    until_state(ec2, id, "running")
    inside = Inside(cloud, ec2, id)

    def network(process: int, *command: str) -> None:
        subprocess.run(["nsenter", "-t", str(process), "-n", *command], check=True, capture_output=True)

    container = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
    try:
        own = os.readlink("/proc/self/ns/net")
        until(lambda: os.readlink(f"/proc/{container.pid}/ns/net"), lambda found: found != own)
        network(inside.process, "ip", "link", "add", "c0", "type", "veth", "peer", "name", "c1", "netns", str(container.pid))
        for process, link, address in ((inside.process, "c0", "10.99.0.1"), (container.pid, "c1", "10.99.0.2")):
            network(process, "ip", "address", "add", f"{address}/24", "dev", link)
            network(process, "ip", "link", "set", link, "up")
        network(container.pid, "ip", "route", "add", "default", "via", "10.99.0.1")
        network(inside.process, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        chain = "add chain ip nat out { type nat hook postrouting priority 100; }; add rule ip nat out oifname eth0 masquerade"
        network(inside.process, "nft", f"add table ip nat; {chain}")

        def ask(*words: str, within: int) -> subprocess.CompletedProcess[str]:
            enter = ["nsenter", "-t", str(container.pid), "-n", "curl", "-sf", "-m", str(within)]
            return subprocess.run([*enter, *words], capture_output=True, text=True)

        token = ("-X", "PUT", f"{METADATA}/api/token", "-H", "X-aws-ec2-metadata-token-ttl-seconds: 60")
        assert ask(f"{METADATA}/meta-data/instance-id", within=60).stdout == id
        assert ask(*token, within=2).returncode == 28
        assert inside.metadata("meta-data/instance-id") == id
        ec2.modify_instance_metadata_options(InstanceId=id, HttpPutResponseHopLimit=2)
        assert until(lambda: ask(*token, within=2).stdout, lambda text: len(text) > 20)
    finally:
        container.kill()
        container.wait()


def test_an_instance_that_ends_by_itself(cloud: Server, ec2: Any) -> None:
    id = launch(ec2, image(ec2, "quitter"))["InstanceId"]
    stopped = until_state(ec2, id, "stopped")
    assert stopped["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    id = launch(ec2, image(ec2, "quitter"), InstanceInitiatedShutdownBehavior="terminate")["InstanceId"]
    until_state(ec2, id, "terminated")


def test_flow_logs_say_what_the_kernel_has_counted(cloud: Server, ec2: Any) -> None:
    root, logs = cloud.root, cloud.root.client("logs")
    root.iam.create_role(RoleName="flows", AssumeRolePolicyDocument=trust({"Service": "vpc-flow-logs.amazonaws.com"}))
    root.iam.put_role_policy(RoleName="flows", PolicyName="p", PolicyDocument=policy(allow("logs:*", "*")))
    logs.create_log_group(logGroupName="flows")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    one = launch(ec2, image(ec2, "sleeper"))["InstanceId"]
    two = launch(ec2, image(ec2, "web"))["InstanceId"]
    until_state(ec2, one, "running")
    found = until_state(ec2, two, "running")
    address, interface = found["PrivateIpAddress"], found["NetworkInterfaces"][0]["NetworkInterfaceId"]
    made = ec2.create_flow_logs(
        ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogGroupName="flows", MaxAggregationInterval=60,
        DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/flows",
    )  # fmt: skip
    assert not made["Unsuccessful"], made
    inside, there = Inside(cloud, ec2, one), Inside(cloud, ec2, two)
    until(lambda: there.run("cat", "/proc/net/tcp").stdout, lambda text: "00000000:1F90 " in text)
    # The default group lets its own in.
    seen: list[str] = []

    def records() -> list[str]:
        with inside.begin(address, 8080) as connection:
            assert is_open(connection, 60)
        with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
            seen[:] = [
                event["message"] for event in logs.get_log_events(logGroupName="flows", logStreamName=f"{interface}-all")["events"]
            ]
        return seen

    until(records, lambda lines: any(f" {address} " in line and " 8080 6 " in line and "ACCEPT OK" in line for line in lines))
    assert all(line.startswith(f"2 {ACCOUNT} {interface} ") for line in seen)
