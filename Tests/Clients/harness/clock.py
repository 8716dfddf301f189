"""A server whose machine's clock the test can move on: where `Server.advance` does not reach.

That is with a data directory, whose clock nobody moves, and for signatures, which are judged by the real time.
"""

from __future__ import annotations

import datetime
import shutil
import subprocess
import time
from pathlib import Path

import botocore.auth
import pytest

from .server import Server


class Clock:
    """The moved clock: shared with the server through a file."""

    def __init__(self, folder: Path):
        compiler = shutil.which("cc") or shutil.which("clang")
        if not compiler:
            pytest.skip("no C compiler (cc or clang): the server's clock cannot be moved")
        self.file = folder / "clock"
        self.set(0)
        self.library = folder / "clock.so"
        source = Path(__file__).with_name("clock.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", self.library, source, "-ldl"], check=True)

    def set(self, seconds: int) -> None:
        aside = self.file.with_suffix(".new")
        aside.write_text(str(seconds))
        aside.replace(self.file)
        self.offset = seconds

    def advance(self, seconds: int) -> None:
        self.set(self.offset + seconds)

    def now(self) -> float:
        return time.time() + self.offset

    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "GATEHOUSE_TEST_CLOCK": str(self.file)}


def server_with_clock(folder: Path, *options: str, data: Path | None = None) -> tuple[Server, Clock]:
    clock = Clock(folder)
    return Server(*options, data=data, environment=clock.environment()), clock


def sign_by(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has boto3 sign by the moved clock, too."""

    def now(remove_tzinfo: bool = True) -> datetime.datetime:
        moment = datetime.datetime.fromtimestamp(clock.now(), datetime.UTC)
        return moment.replace(tzinfo=None) if remove_tzinfo else moment

    monkeypatch.setattr(botocore.auth, "get_current_datetime", now)
