"""PostgreSQL servers of the tests' own, and databases in them.

GATEHOUSE_TEST_DATABASE=postgres has the servers that would keep everything in memory keep it in a database: each in a new
one, and in another after a reset. What only the memory mode can do (to move the clock) skips its test.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]

IS_USED = os.environ.get("GATEHOUSE_TEST_DATABASE") == "postgres"


class Postgres:
    """A server, on a socket in a folder of its own, which both end with this process."""

    def __init__(self, *settings: str, durable: bool = False):
        options = (["--durable"] if durable else []) + list(settings)
        self.process = subprocess.Popen(
            [str(REPOSITORY / "Tools" / "postgres-for-tests"), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.folder = Path(self.process.stdout.readline().strip())
        assert str(self.folder) != ".", "PostgreSQL could not be started: see above"
        self.numbers = itertools.count(1)
        # Whether the server is one that was started again, which the script does not know of.
        self.is_ours = False

    def stop(self) -> None:
        if self.is_ours:
            self.crash()
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)

    def control(self, *words: str) -> None:
        """pg_ctl, for the server of this folder."""
        as_user = [] if os.geteuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        command = [*as_user, program("pg_ctl"), "-D", str(self.folder / "data"), "-w", "-s", "-l", str(self.folder / "data" / "log")]
        subprocess.run([*command, *words], check=True, cwd=self.folder, stdin=subprocess.DEVNULL)

    def crash(self) -> None:
        """Ends the server without a farewell."""
        self.control("stop", "-m", "immediate")
        self.is_ours = False

    def restart(self) -> None:
        """Has a server back that has crashed."""
        self.control("start")
        self.is_ours = True

    def add_standby(self) -> "Standby":
        """A copy that follows this server, and that every commit waits for from now on."""
        standby = Standby(self)
        self.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.run("SELECT pg_reload_conf()")
        return standby

    def __enter__(self) -> "Postgres":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str) -> str:
        return f"postgres://gatehouse@{str(self.folder).replace('/', '%2F')}/{database}"

    def new_database(self) -> str:
        """An empty database; returns its URL."""
        name = f"test{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} STRATEGY wal_log")
        return self.url(name)

    def run(self, sql: str, database: str = "postgres") -> str:
        """Runs a statement as the database's owner; returns the rows, a line each, without column names."""
        done = subprocess.run(
            [program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder)]
            + ["-U", "gatehouse", "-d", database, "-c", sql],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def program(name: str) -> str:
    """One of PostgreSQL's programs."""
    found = shutil.which(name) or next((str(path) for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), None)
    assert found, f"{name} is not installed: Tools/install-dependencies test installs it"
    return found


class Standby(Postgres):
    """A server that follows another, until it is promoted."""

    def __init__(self, primary: Postgres):
        self.folder = Path(tempfile.mkdtemp(prefix="gatehouse-standby."))
        if not os.geteuid():
            shutil.chown(self.folder, "postgres")
        as_user = [] if os.geteuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        subprocess.run(
            [*as_user, program("pg_basebackup"), "-h", str(primary.folder), "-U", "gatehouse"]
            + ["-D", str(self.folder / "data"), "-R", "-X", "stream", "-c", "fast"],
            check=True,
            cwd=self.folder,
        )
        with open(self.folder / "data" / "postgresql.conf", "a") as settings:
            settings.write(f"unix_socket_directories = '{self.folder}'\n")
        self.restart()
        self.numbers = itertools.count(1)

    def stop(self) -> None:
        self.crash()
        shutil.rmtree(self.folder)


@functools.cache
def shared() -> Postgres:
    """One server for all tests of a worker."""
    server = Postgres()
    atexit.register(server.stop)
    return server


def skip_without_memory(what: str) -> None:
    """Ends a test that needs what only the memory mode can do."""
    if IS_USED:
        pytest.skip(f"{what}: only a server in memory can")
