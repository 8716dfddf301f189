"""A Gatehouse process of the test's own."""

from __future__ import annotations

import http.client
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from . import postgres, raw
from .identity import Identity
from .patience import PATIENCE

ACCOUNT = "111122223333"
ROOT_KEY_ID = "AKIAGATEHOUSETESTS00"
ROOT_SECRET = "only/for+the/tests0123456789abcdefghijkl"
REGION = "us-east-1"
#: Options: servers that users name, such as identity providers, may be on this machine.
LOOPBACK = ("--allow-private-network", "127.0.0.0/8")

REPOSITORY = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("GATEHOUSE_BIN", REPOSITORY / ".build" / "debug" / "gatehouse")).absolute()

LISTENS = re.compile(r"Gatehouse listens on (http://(\S+):(\d+))")
LISTENS_SECURELY = re.compile(r"Gatehouse listens on (https://(\S+):(\d+))")


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that would point a client, or Gatehouse, elsewhere, or make a `make`
    that a test starts talk as a part of the one that started the tests. GATEHOUSE_REHEARSE is for the servers: see
    CONTRIBUTING."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "GATEHOUSE_REHEARSE" or not name.startswith(("AWS_", "GATEHOUSE_", "TF_", "MAKE", "MFLAGS")) and not name.lower().endswith("_proxy")
    }
    return kept | more


class Server:
    """`gatehouse serve`, started on a free port.

    With `data`, the state lies there and outlives the process; with `database` (a URL, and `key`, the file of its key) in
    PostgreSQL; with neither the server keeps it in memory, or in a new database when the tests are run on PostgreSQL.
    """

    def __init__(
        self,
        *options: str,
        data: Path | None = None,
        database: str | None = None,
        key: Path | None = None,
        environment: dict[str, str] | None = None,
        fixed_root: bool = True,
        log: Path | None = None,
    ):
        self.data = data
        self.own_folder: tempfile.TemporaryDirectory[str] | None = None
        self.bodies: Path | None = None
        if data is None and database is None and postgres.IS_USED:
            self.own_folder = tempfile.TemporaryDirectory(prefix="gatehouse-key-")
            folder = Path(self.own_folder.name)
            (database, key, self.bodies) = (postgres.shared().new_database(), folder / "key", folder / "bodies")
        self.database = database
        self.key = key
        self.options = list(options)
        self.environment = environment or {}
        self.fixed_root = fixed_root
        self.log = log
        self.process: subprocess.Popen[str] | None = None
        self.output: list[str] = []
        self.port = 0
        # With --tls.
        self.secure_url = ""
        self.secure_port = 0

    # Life

    def command(self) -> list[str]:
        command = [str(BINARY), "serve", "--port", "0", "--log-level", "warning"]
        if self.database:
            command += self.place
            if self.bodies and "--bodies" not in self.options:
                command += ["--bodies", str(self.bodies)]
        else:
            command += self.place if self.data else ["--in-memory"]
        if self.fixed_root:
            command += ["--account-id", ACCOUNT]
            command += ["--root-access-key-id", ROOT_KEY_ID, "--root-secret-access-key", ROOT_SECRET]
        return command + self.options

    def start(self, *, within: float = PATIENCE) -> "Server":
        errors = open(self.log, "ab") if self.log else subprocess.DEVNULL
        try:
            self.process = subprocess.Popen(
                self.command(),
                env=clean_environment(**self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        finally:
            if self.log:
                errors.close()
        self.output = []
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(self.process, lines), daemon=True).start()
        deadline = time.monotonic() + within
        while True:
            try:
                line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                self.kill()
                raise AssertionError(
                    f"the server did not say within {within} s that it listens: {self.output}"
                ) from None
            if line is None:
                code = self.process.wait()
                raise AssertionError(f"the server ended with {code} before it listened: {self.output}")
            if found := LISTENS_SECURELY.search(line):
                self.secure_url = found.group(1)
                self.secure_port = int(found.group(3))
            if found := LISTENS.search(line):
                self.port = int(found.group(3))
                return self

    def _read(self, process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
        assert process.stdout
        for line in process.stdout:
            self.output.append(line.rstrip("\n"))
            lines.put(line)
        lines.put(None)

    def stop(self, *, within: float = PATIENCE) -> int:
        """Asks it to end, as an operator would, and returns its exit code."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"the server did not end within {within} s of SIGTERM") from None
        return self.process.returncode

    def kill(self) -> None:
        """kill -9, and waits until it is gone."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def restart(self) -> "Server":
        self.stop()
        return self.start()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def place(self) -> list[str]:
        """What tells a command where the state lies."""
        if self.database:
            return ["--database", self.database, "--key-file", str(self.key)]
        return ["--data", str(self.data)]

    # Talking to it

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def root(self) -> Identity:
        return Identity(self.url, ROOT_KEY_ID, ROOT_SECRET, name="root")

    def reset(self) -> None:
        """Back to an empty account."""
        if self.own_folder:
            self.kill()
            self.database = postgres.shared().new_database()
            if self.bodies:
                shutil.rmtree(self.bodies, ignore_errors=True)
            self.start()
            return
        answer = raw.send(self.port, raw.signed("POST", "/_gatehouse/reset", b"", self.root, service="gatehouse"))
        assert answer.status in (200, 204), answer

    def advance(self, seconds: float) -> None:
        """Moves the server's clock on, and does what falls due meanwhile: memory mode alone."""
        postgres.skip_without_memory("to move the clock")
        body = json.dumps({"advance": seconds}).encode()
        answer = raw.send(self.port, raw.signed("POST", "/_gatehouse/clock", body, self.root, service="gatehouse"))
        assert answer.status == 200, answer

    def get(self, path: str) -> tuple[int, str]:
        """A plain GET without a signature, for /health and /metrics."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def resident_memory(self) -> int:
        """Bytes."""
        assert self.process
        return resident_memory(self.process.pid)


def resident_memory(pid: int) -> int:
    """A process's, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def gatehouse(
    *words: str, environment: dict[str, str] | None = None, within: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """One of the commands that run and end: env, why, version, operations."""
    return subprocess.run(
        [str(BINARY), *words],
        env=clean_environment(**(environment or {})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within,
    )
