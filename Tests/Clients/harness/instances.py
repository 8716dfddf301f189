"""Instances of EC2, and programs that find their metadata and credentials."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import requests

from . import raw
from .documents import trust
from .identity import Identity
from .server import REGION, Server

TRUST = trust({"Service": "ec2.amazonaws.com"})


def profile(root: Identity, name: str, *policies: str, trusted: str = TRUST) -> str:
    """A role with these inline policies, in an instance profile of its name, whose ARN is returned."""
    root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)
    for number, document in enumerate(policies):
        root.iam.put_role_policy(RoleName=name, PolicyName=f"p{number}", PolicyDocument=document)
    made = root.iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    root.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return str(made["Arn"])


def image(root: Identity) -> str:
    """An image of a volume that was empty, from which instances can be launched."""
    ec2 = root.client("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    device = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}
    made = ec2.register_image(
        Name=f"empty-{snapshot}", Architecture="x86_64", RootDeviceName="/dev/xvda", BlockDeviceMappings=[device],
        VirtualizationType="hvm",
    )  # fmt: skip
    return str(made["ImageId"])


def launch(root: Identity, ami: str | None = None, **parameters: Any) -> str:
    """Launches an instance, whose id is returned, when it runs."""
    ec2 = root.client("ec2")
    wanted = {"ImageId": ami or image(root), "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"} | parameters
    made = ec2.run_instances(**wanted)["Instances"][0]["InstanceId"]
    ec2.get_waiter("instance_running").wait(InstanceIds=[made], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return str(made)


def variables(server: Server, instance: str, query: str = "") -> dict[str, str]:
    """What `gatehouse instance metadata` asks the server for."""
    target = f"/_gatehouse/instance-metadata?instance={instance}{query}"
    answer = raw.send(server.port, raw.signed("POST", target, b"", server.root, service="gatehouse"))
    assert answer.status == 200, answer.body
    return dict(json.loads(answer.body))


class Metadata:
    """The metadata service as an instance's programs reach it."""

    def __init__(self, url: str):
        self.url = url.rstrip("/")
        self.session = requests.Session()

    def token(self, seconds: int | str = 21600, **headers: str) -> requests.Response:
        wanted = {"X-aws-ec2-metadata-token-ttl-seconds": str(seconds)} | headers
        return self.session.put(f"{self.url}/latest/api/token", headers=wanted)

    def get(self, path: str, token: str | None = None) -> requests.Response:
        headers = {"X-aws-ec2-metadata-token": token} if token else {}
        return self.session.get(f"{self.url}/latest/{path}", headers=headers)

    def text(self, path: str) -> str:
        answer = self.get(path, self.token().text)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text


class Preview(http.server.BaseHTTPRequestHandler):
    """A web application with a mistake that many have made: it fetches whatever address it is told, and shows what it gets."""

    def do_GET(self) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        try:
            with urllib.request.urlopen(query["url"][0], timeout=30) as page:
                status, body = page.status, page.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        self._answer(status, body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class OpenProxy(Preview):
    """A reverse proxy that lets strangers choose where it goes, and says for whom it does, as proxies do."""

    def do_GET(self) -> None:
        self._pass_on("GET")

    def do_PUT(self) -> None:
        self._pass_on("PUT")

    def _pass_on(self, method: str) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        headers["X-Forwarded-For"] = str(self.client_address[0])
        answer = requests.request(method, self.path.removeprefix("/"), headers=headers, timeout=30)
        self._answer(answer.status_code, answer.content)


@contextlib.contextmanager
def application(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serves an application on a free port of this machine, whose URL is given."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
