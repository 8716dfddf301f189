"""The lab of a request forgery: an application fetches what a stranger tells it. Version 1 of the metadata service gives the role's
credentials away, version 2 does not; neither does a proxy that strangers can use."""

from __future__ import annotations

import json
import socket
import struct
import urllib.parse
from collections.abc import Iterator

import pytest
import requests

from harness import ACCOUNT, Identity, Server, allow, policy
from harness import network
from harness.instances import Metadata, OpenProxy, Preview, application, launch, profile, variables

ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT"


@pytest.fixture
def lab(cloud: Server, root: Identity) -> tuple[str, str]:
    """An instance, and the address at which its own programs have the metadata."""
    arn = profile(root, "web", policy(allow("iam:ListUsers")))
    options = {"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1}
    instance = launch(root, IamInstanceProfile={"Arn": arn}, MetadataOptions=options)
    return instance, variables(cloud, instance, "&port=0")[ENDPOINT]


def test_a_forged_request(cloud: Server, root: Identity, lab: tuple[str, str]) -> None:
    instance, metadata = lab
    with application(Preview) as site:

        def preview(url: str) -> requests.Response:
            """What a stranger sees, who can reach the application and nothing else."""
            return requests.get(f"{site}/?url={urllib.parse.quote(url, safe='')}", timeout=60)

        roles = f"{metadata}/latest/meta-data/iam/security-credentials/"
        stolen = json.loads(preview(roles + preview(roles).text).text)
        thief = Identity(cloud.url, stolen["AccessKeyId"], stolen["SecretAccessKey"], stolen["Token"])
        assert thief.sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/web/{instance}"
        assert thief.iam.list_users()["Users"] == []

        root.client("ec2").modify_instance_metadata_options(InstanceId=instance, HttpTokens="required")
        assert preview(roles).status_code == 401
        assert preview(f"{metadata}/latest/api/token").status_code == 405
        # The application's own SDK goes on.
        assert json.loads(Metadata(metadata).text("meta-data/iam/security-credentials/web"))["Code"] == "Success"


def test_a_proxy_that_strangers_can_use(root: Identity, lab: tuple[str, str]) -> None:
    instance, metadata = lab
    root.client("ec2").modify_instance_metadata_options(InstanceId=instance, HttpTokens="required")
    wanted = {"X-aws-ec2-metadata-token-ttl-seconds": "21600"}
    assert requests.put(f"{metadata}/latest/api/token", headers=wanted, timeout=60).status_code == 200
    with application(OpenProxy) as proxy:
        assert requests.put(f"{proxy}/{metadata}/latest/api/token", headers=wanted, timeout=60).status_code == 403


@pytest.fixture
def net() -> Iterator[network.Network]:
    if reason := network.missing():
        pytest.skip(reason)
    made = network.Network()
    yield made
    made.close()


def test_a_token_goes_no_farther_than_it_may(net: network.Network) -> None:
    """The packets of an answer with a token have the hop limit as their time to live; those of other answers have the usual one."""
    with net, Server() as server:
        root = server.root
        options = {"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 3}
        instance = launch(root, MetadataOptions=options)
        metadata = variables(server, instance, "&port=0")[ENDPOINT]
        port = int(metadata.rsplit(":", 1)[1])
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800)) as tap:
            tap.bind(("lo", 0x0800))
            seen = Metadata(metadata)
            assert seen.get("meta-data/instance-id").text == instance
            assert lives(tap, port, instance.encode()) == {64}
            token = seen.token().text
            assert lives(tap, port, token.encode()) == {3}
            root.client("ec2").modify_instance_metadata_options(InstanceId=instance, HttpPutResponseHopLimit=1)
            token = Metadata(metadata).token().text
            assert lives(tap, port, token.encode()) == {1}


def lives(tap: socket.socket, port: int, content: bytes) -> set[int]:
    """The times to live of the packets from a port that have something in them, of those that have come."""
    tap.setblocking(False)
    found = set()
    while True:
        try:
            packet = tap.recv(65535)
        except BlockingIOError:
            assert found, "there was no such packet"
            return found
        header = (packet[0] & 15) * 4
        if packet[9] == socket.IPPROTO_TCP and struct.unpack(">H", packet[header : header + 2])[0] == port:
            if content in packet[header:]:
                found.add(packet[8])
