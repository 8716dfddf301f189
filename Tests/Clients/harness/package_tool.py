"""The program that asks what is known of packages and vulnerabilities."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).resolve().parents[3] / ".build" / "debug" / "package-tool"


def tool(*arguments: str | Path, text: str = "") -> str:
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)], input=text, capture_output=True, text=True, check=True, timeout=600
    )
    return done.stdout


def lines(given: Iterable[str], *arguments: str) -> list[str]:
    return tool(*arguments, text="".join(f"{line}\n" for line in given)).splitlines()


def inventory(kind: str, path: str | Path, *reference: str) -> dict[str, Any]:
    return json.loads(tool("inventory", kind, path, *reference))


def fails(*arguments: str | Path) -> str:
    """What it says where it can't."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    assert done.returncode != 0
    return done.stderr
