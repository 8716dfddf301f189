"""What the program shows a person, what a program, and what packages bring along."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import ACCOUNT, Server
from harness.patience import PATIENCE
from harness.server import BINARY, REPOSITORY, clean_environment, gatehouse


def on_a_terminal(*words: str, until: str) -> str:
    """What `gatehouse` prints where standard output and error are one terminal, until it is stopped there."""
    controller, terminal = os.openpty()
    process = subprocess.Popen(
        [str(BINARY), *words], stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, env=clean_environment()
    )
    os.close(terminal)
    shown = b""
    try:
        while until.encode() not in shown:
            shown += os.read(controller, 65536)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
        while True:
            shown += os.read(controller, 65536)
    except OSError:
        # The end of a terminal that nobody has open any more.
        pass
    finally:
        process.kill()
        process.wait()
        os.close(controller)
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_shows_what_matters_and_no_log(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    words = ("serve", "--port", "0", "--data", data, "--account-id", ACCOUNT)
    first = on_a_terminal(*words, until="Gatehouse listens on http")
    assert re.fullmatch(
        rf"Gatehouse \S+, account {ACCOUNT}\nData in {re.escape(data)}\n\n"
        r"Point the AWS CLI here, as the root user \(shown this once\):\n\n"
        r"  export AWS_ENDPOINT_URL=http://127\.0\.0\.1:\d+ AWS_DEFAULT_REGION=us-east-1\n"
        r"  export AWS_ACCESS_KEY_ID=\S+ AWS_SECRET_ACCESS_KEY=\S+\n\n"
        r"Gatehouse listens on http://127\.0\.0\.1:\d+\n",
        first,
    ), first
    second = on_a_terminal(*words, until="Gatehouse listens on http").splitlines()
    pointer = f'Point the AWS CLI here: eval "$(gatehouse env --data {data})"'
    assert second[:3] == [first.splitlines()[0], f"Data in {data}", pointer]
    assert len(second) == 4


@pytest.mark.parametrize("is_journal", [True, False])
def test_the_journal_is_told_no_secret(tmp_path: Path, is_journal: bool) -> None:
    """systemd says by JOURNAL_STREAM which file leads to its journal."""
    log = tmp_path / "log"
    with log.open("w") as output:
        status = os.fstat(output.fileno())
        inode = status.st_ino if is_journal else status.st_ino + 1
        process = subprocess.Popen(
            [str(BINARY), "serve", "--port", "0", "--in-memory"],
            env=clean_environment(JOURNAL_STREAM=f"{status.st_dev}:{inode}"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while "Gatehouse listens on" not in (text := log.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert ("AWS_SECRET_ACCESS_KEY" in text) is not is_journal


def test_a_log_for_programs(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Server("--log-level", "debug", "--log-format", "json", log=log) as server:
        server.root.iam.list_users()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines and all({"time", "level", "message", "source"} <= set(line) for line in lines)
    assert any("listening on" in line["message"] and line["level"] == "info" for line in lines)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in lines)
    assert all(isinstance(line.get("metadata", {}), dict) for line in lines)


@pytest.mark.parametrize(
    "words", [("--colour", "blue"), ("--port", "70000"), ("--log-format", "yaml"), ("--quota", "x")], ids=" ".join
)
def test_the_usage_is_of_the_command(words: tuple[str, ...]) -> None:
    done = gatehouse("serve", "--in-memory", *words)
    assert done.returncode == 64 and "Usage: gatehouse serve" in done.stderr


def test_the_manual_has_every_command_and_option() -> None:
    made = subprocess.run(
        [sys.executable, REPOSITORY / "Tools" / "make-manual", BINARY],
        capture_output=True,
        text=True,
        env=clean_environment(SOURCE_DATE_EPOCH="0"),
    )
    assert made.returncode == 0 and not made.stderr, made.stderr
    manual = made.stdout.replace("\\-", "-")
    assert ".Dd January 1, 1970\n" in manual
    commands = ["serve", "env", "root-key", "why", "outbox", "simulate", "lint", "operations", "version", "backup"]
    for command in [*commands, "keyring show", "keyring move", "keyring rotate"]:
        section = manual.split(f".Ss gatehouse {command}\n")[1].split(".Ss ")[0]
        for option in set(re.findall(r"(?<!\S)--([a-z][a-z0-9-]+)", gatehouse(*command.split(), "--help").stdout)):
            assert option in ("help", "version") or f"Fl Fl {option}" in section or f"--{option}" in section


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions(shell: str) -> None:
    done = gatehouse("--generate-completion-script", shell)
    assert done.returncode == 0 and "log-format" in done.stdout and "bench-fill" not in done.stdout
