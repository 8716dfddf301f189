"""moto_server: an endpoint that answers for most of AWS's services and lets everybody do everything. It stands behind the gate.

It acts in the account that the header x-moto-account-id names, which no client can set through the gate.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3

from .patience import PATIENCE
from .ports import free_port
from .server import REPOSITORY, clean_environment

FOLDER = REPOSITORY / ".venv" / "moto"

#: What Gatehouse is told of it: for `--upstream-config`.
def settings(url: str, *more: str) -> str:
    """What lies behind Gatehouse at an address: what it does not answer itself, and what is named."""
    named = ", ".join(["cloudwatch", "config", "ec2", "events", "logs", "sns", "sqs", *more])
    return "".join(
        f"{services} = {url}\n    credentials = {{account}} not-a-secret\n    header x-moto-account-id = {{account}}\n    timeout = 80s\n"
        for services in ("*", named))


class Moto:
    """A moto_server on a free port. Its state is in memory."""

    def __init__(self, log: Path):
        self.log = log
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, within: float = PATIENCE) -> "Moto":
        self.port = free_port()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(self.port)],
                env=clean_environment(PYTHONPATH=str(FOLDER), PYTHONDONTWRITEBYTECODE="1", PATH=os.environ["PATH"]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + within
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return self
            except OSError:
                assert self.process.poll() is None, f"moto_server has ended: {self.log.read_text()}"
                assert time.monotonic() < deadline, f"moto_server does not listen: {self.log.read_text()}"
                time.sleep(0.05)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str, account: str) -> Any:
        """A client of its own, past the gate."""
        made = boto3.client(
            service, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
        )
        made.meta.events.register(
            "before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", account)
        )
        return made

    def configuration(self, folder: Path) -> tuple[str, str]:
        """The options of a Gatehouse that stands before it."""
        (folder / "upstreams").write_text(settings(self.url))
        return ("--upstream-config", str(folder / "upstreams"))

    def requests(self) -> int:
        """How many requests it has got."""
        return self.log.read_text().count(" HTTP/1.1")

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> "Moto":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
