"""What is done within an instance of EC2 that runs on this machine, as its own processes would."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from . import namespaces
from .machines import instance
from .namespaces import descendants
from .server import Server, clean_environment

METADATA = "http://169.254.169.254/latest"
#: The machine's own: a person's lies where instances see nothing.
PYTHON = "/usr/bin/python3"


class Inside:
    """The processes of an instance that runs in namespaces."""

    def __init__(self, cloud: Server, ec2: Any, id: str):
        assert cloud.process
        self.port = cloud.port
        self.address = instance(ec2, id)["PrivateIpAddress"]
        name = f"ip-{self.address.replace('.', '-')}"
        for process in descendants(cloud.process.pid):
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                status = Path(f"/proc/{process}/status").read_text()
                (own,) = [line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")]
                if own[1:] == ["1"]:
                    said = subprocess.run(["nsenter", "-t", str(process), "-u", "hostname"], capture_output=True, text=True).stdout
                    if said.startswith(name):
                        self.process = process
        self.environment = Path(f"/proc/{self.process}/environ").read_bytes()

    def run(self, *command: str, **more: Any) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "-t", str(self.process), "-n", "-m", "-p", "-u", "-i", "--setuid", "65534", "--setgid", "65534"]
        return subprocess.run(
            [*enter, *command], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, cwd="/", **more
        )

    def metadata(self, path: str) -> str:
        script = f"""
            token=$(curl -sf -X PUT {METADATA}/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 60')
            curl -sf -H "X-aws-ec2-metadata-token: $token" {METADATA}/{path}
        """
        done = self.run("/bin/sh", "-c", script)
        assert done.returncode == 0, (path, done.stderr)
        return done.stdout

    def credentials(self, role: str) -> dict[str, str]:
        """Those of its role, as anybody may carry them away who can ask there."""
        return dict(json.loads(self.metadata(f"meta-data/iam/security-credentials/{role}")))

    def aws(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The `aws` CLI, with no credentials but those that it finds, or is given."""
        environment = clean_environment(
            PYTHONPATH=sysconfig.get_path("purelib"), AWS_ENDPOINT_URL=f"http://198.18.0.1:{self.port}",
            AWS_DEFAULT_REGION="us-east-1", HOME="/tmp", AWS_METADATA_SERVICE_NUM_ATTEMPTS="2",
            AWS_METADATA_SERVICE_TIMEOUT="30", AWS_MAX_ATTEMPTS="1", **variables,
        )  # fmt: skip
        return self.run(PYTHON, "-m", "awscli", "--cli-connect-timeout", "10", *words, env=environment)

    def begin(self, address: str, port: int) -> socket.socket:
        """Asks for a connection and waits for nothing."""
        outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        inside = os.open(f"/proc/{self.process}/ns/net", os.O_RDONLY)
        try:
            assert namespaces._libc.setns(inside, 0x40000000) == 0
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex((address, port))
            return connection
        finally:
            assert namespaces._libc.setns(outside, 0x40000000) == 0
            os.close(outside)
            os.close(inside)


def is_open(connection: socket.socket, within: float) -> bool:
    """Whether the connection that was begun is there."""
    _, writable, _ = select.select([], [connection], [], within)
    return bool(writable) and connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
