"""Names within instances of EC2: the resolver of their VPC, as the C library and clients of their own ask it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from harness import Server, namespaces
from harness.inside import PYTHON, Inside
from harness.machines import emptied, instance, launch, until_state
from harness.namespaces import copy_program

pytestmark = [
    pytest.mark.memory,
    pytest.mark.skipif(bool(namespaces.missing()), reason=f"no instances in namespaces: {namespaces.missing()}"),
]
#: Asks a server by UDP or TCP, and prints the code of the answer and its last four bytes, where there is an answer.
ASK = r"""
import socket, struct, sys
server, way, name, type = sys.argv[1:]
labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
question = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", int(type), 1)
family = socket.AF_INET6 if ":" in server else socket.AF_INET
asking = socket.socket(family, socket.SOCK_DGRAM if way == "udp" else socket.SOCK_STREAM)
asking.settimeout(20 if way == "tcp" else 1)
asking.connect((server, 53))
try:
    if way == "udp":
        for attempt in range(20):
            asking.send(question)
            try:
                answer = asking.recv(4096)
                break
            except TimeoutError:
                if attempt == 1 and name.startswith("silent"):
                    raise
    else:
        # Two in one piece, of which the first is cut in two.
        whole = struct.pack("!H", len(question)) + question
        asking.send(whole[:5])
        asking.send(whole[5:] + whole)
        stream = asking.makefile("rb")
        for _ in range(2):
            answer = stream.read(struct.unpack("!H", stream.read(2))[0])
    id, flags, _, count, _, _ = struct.unpack("!6H", answer[:12])
    assert id == 7 and flags & 0x8080 == 0x8080
    print(flags & 15, ".".join(map(str, answer[-4:])) if count else "-")
except (TimeoutError, ConnectionError, struct.error):
    print("silence")
"""
#: What no client sends: rubbish, names that go round in a circle, too much, and a connection that says nothing.
HOSTILE = r"""
import os, socket, struct
header = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0)
all = [b"", b"\0", os.urandom(11), os.urandom(600), header, header + b"\xc0\x0c\0\1\0\1", header + b"\x3f" * 500,
       struct.pack("!6H", 7, 0x100, 65535, 65535, 65535, 65535) + b"\0\0\1\0\1" * 200, header[:2] + b"\x80\0" + header[4:]]
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for one in all:
    asking.sendto(one, ("169.254.169.253", 53))
for one in all:
    with socket.create_connection(("169.254.169.253", 53)) as stream:
        stream.send(struct.pack("!H", len(one)) + one)
with socket.create_connection(("169.254.169.253", 53)) as stream:
    stream.send(b"\xff\xff" + b"x" * 100)
print("sent")
"""


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("images")
    box = folder / "box"
    for program in ("/bin/sleep", "/bin/cat", "/usr/bin/getent"):
        copy_program(program, box)
    # As images of Ubuntu have it: a link into a folder that is made when systemd begins.
    (box / "etc").mkdir(exist_ok=True)
    (box / "etc" / "resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")
    file = folder / "images.json"
    file.write_text(json.dumps({
        "images": [
            {"name": "sleeper", "command": ["/bin/sleep", "infinity"]},
            {"name": "box", "folder": str(box), "command": ["/bin/sleep", "infinity"]},
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


def begin(ec2: Any, name: str = "sleeper", **parameters: Any) -> dict[str, Any]:
    (found,) = ec2.describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"]
    id = launch(ec2, found["ImageId"], **parameters)["InstanceId"]
    until_state(ec2, id, "running")
    return instance(ec2, id)


def ask(inside: Inside, server: str, name: str, *, way: str = "udp", type: int = 1) -> str:
    done = inside.run(PYTHON, "-c", ASK, server, way, name, str(type))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_instances_find_each_other_by_name(cloud: Server, ec2: Any) -> None:
    one, two = begin(ec2), begin(ec2)
    inside, address = Inside(cloud, ec2, one["InstanceId"]), two["PrivateIpAddress"]
    # The default VPC is 172.31.0.0/16, and its DHCP options name its own resolver.
    said = inside.run("cat", "/etc/resolv.conf").stdout.splitlines()
    assert said[1:] == ["search ec2.internal", "nameserver 172.31.0.2"], said
    assert inside.run("getent", "hosts", two["PrivateDnsName"]).stdout.split() == [address, two["PrivateDnsName"]]
    # The first label is enough, in whatever case, and an address has its name.
    short = two["PrivateDnsName"].split(".")[0].upper()
    assert inside.run("getent", "ahostsv4", short).stdout.split()[0] == address
    assert inside.run("getent", "hosts", address).stdout.split() == [address, two["PrivateDnsName"]]
    script = "import socket, sys; print(socket.getaddrinfo(sys.argv[1], 80, proto=socket.IPPROTO_TCP))"
    assert f"('{address}', 80)" in inside.run(PYTHON, "-c", script, two["PrivateDnsName"]).stdout
    # The public name leads to the private address, as on AWS.
    assert inside.run("getent", "ahostsv4", two["PublicDnsName"]).stdout.split()[0] == address
    # Both addresses, both ways: no group and no ACL lets that through, and none has to.
    for server in ("172.31.0.2", "169.254.169.253"):
        for way in ("udp", "tcp"):
            assert ask(inside, server, two["PrivateDnsName"], way=way) == f"0 {address}"
    assert ask(inside, "172.31.0.2", two["PrivateDnsName"], type=28) == "0 -"
    assert ask(inside, "172.31.0.2", "instance-data.ec2.internal") == "0 169.254.169.254"
    # Nobody has that address; nothing is asked elsewhere.
    for name, type in (("ip-172-31-9-9.ec2.internal", 1), ("web.ec2.internal", 1), ("9.9.31.172.in-addr.arpa", 12)):
        assert ask(inside, "172.31.0.2", name, type=type) == "3 -"
    for name, type in (("example.com", 1), ("ip-172-31-0-1.eu-west-1.compute.internal", 1), ("8.8.8.8.in-addr.arpa", 12)):
        assert ask(inside, "172.31.0.2", name, type=type) == "5 -"
    # It is as it was, whatever comes.
    assert inside.run(PYTHON, "-c", HOSTILE).stdout == "sent\n"
    assert ask(inside, "172.31.0.2", two["PrivateDnsName"]) == f"0 {address}"
    # Who is gone has no name.
    ec2.terminate_instances(InstanceIds=[two["InstanceId"]])
    until_state(ec2, two["InstanceId"], "terminated")
    assert ask(inside, "172.31.0.2", two["PrivateDnsName"]) == "3 -"


def test_services_have_aws_names(cloud: Server, ec2: Any) -> None:
    one = begin(ec2)
    inside = Inside(cloud, ec2, one["InstanceId"])
    for name in ("sts.us-east-1.amazonaws.com", "papers.s3.us-east-1.amazonaws.com", "logs.us-east-1.api.aws"):
        assert ask(inside, "172.31.0.2", name) == "0 198.18.0.1"
    said = inside.run("curl", "-sS", "-m", "20", f"http://sts.us-east-1.amazonaws.com:{cloud.port}/?Action=GetCallerIdentity")
    assert "<RequestId>" in said.stdout, said


def test_a_vpc_says_what_its_instances_may_ask(cloud: Server, ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.3.0/24")["Subnet"]["SubnetId"]
    options = ec2.create_dhcp_options(DhcpConfigurations=[
        {"Key": "domain-name", "Values": ["shop.example"]},
        {"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS", "10.9.3.9"]},
    ])["DhcpOptions"]["DhcpOptionsId"]  # fmt: skip
    ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)
    one = begin(ec2, SubnetId=subnet)
    inside, name = Inside(cloud, ec2, one["InstanceId"]), one["PrivateDnsName"]
    said = inside.run("cat", "/etc/resolv.conf").stdout.splitlines()
    assert said[1:] == ["search shop.example", "nameserver 10.9.0.2", "nameserver 10.9.3.9"], said
    # A VPC that is not the default one gives no names until it is told to; each change holds at once.
    assert ask(inside, "10.9.0.2", name) == "3 -"
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert ask(inside, "10.9.0.2", name) == f"0 {one['PrivateIpAddress']}"
    # Another VPC's instances are not known here.
    other = begin(ec2)
    assert ask(inside, "10.9.0.2", other["PrivateDnsName"]) == "3 -"
    assert ask(inside, "10.9.0.2", other["PublicDnsName"]) == f"0 {other['PublicIpAddress']}"
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": False})
    assert ask(inside, "10.9.0.2", "silent.example") == "silence"
    assert ask(inside, "169.254.169.253", name, way="tcp") == "silence"


def test_a_root_folder_gets_a_file_of_its_own(cloud: Server, ec2: Any) -> None:
    one = begin(ec2, "box")
    inside = Inside(cloud, ec2, one["InstanceId"])
    assert "nameserver 172.31.0.2\n" in inside.run("/bin/cat", "/etc/resolv.conf").stdout
    said = inside.run("/usr/bin/getent", "ahostsv4", one["PrivateDnsName"])
    assert said.stdout.split()[0] == one["PrivateIpAddress"], said
