"""What the auditors' tests are written with: the harness of Tests/Clients, and the auditors' own environments."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "Clients")]

from harness import Identity, Server  # noqa: E402
from harness.server import BINARY, REPOSITORY  # noqa: E402

ENVIRONMENTS = Path(os.environ.get("GATEHOUSE_AUDIT", REPOSITORY / ".venv-audit"))


def pytest_sessionstart(session: pytest.Session) -> None:
    for needed in [BINARY, ENVIRONMENTS]:
        if not needed.exists():
            raise pytest.UsageError(f"{needed} is not there: `make audit` builds and installs what is needed")


@pytest.fixture
def cloud() -> Iterator[Server]:
    """A server for one test: root loses its key in some."""
    with Server() as server:
        yield server


def run_auditor(environment: str, folder: Path, identity: Identity, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a program of one of the auditors' environments as an identity, in a folder that is its home as well."""
    programs = ENVIRONMENTS / environment / "bin"
    done = subprocess.run(
        [str(programs / words[0]), *words[1:]],
        cwd=folder,
        env={"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
        # What clients send to a host below the endpoint, as S3 Control's is with the account's number, Gatehouse takes as well.
        | {"HTTP_PROXY": identity.url}
        | identity.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done
