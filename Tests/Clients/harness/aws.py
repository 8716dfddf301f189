"""The `aws` CLI: the real one, each command in a process of its own.

Of the half second of a processor that a command takes, most is for its imports, and tests give hundreds of commands: so they
are forked from a process that has imported what they need. Two at the same time are started in the usual way.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

from .patience import PATIENCE


def aws_program() -> str:
    """The `aws` of this Python's environment, else of PATH."""
    beside = Path(sys.executable).with_name("aws")
    found = str(beside) if beside.exists() else shutil.which("aws")
    assert found, "the aws CLI is not installed: pip install -r Tests/Clients/requirements.txt"
    return found


class _Starter:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            # -P: the modules beside it are no modules of Python's.
            [sys.executable, "-P", str(Path(__file__).with_name("aws_starter.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, arguments: list[str], environment: dict[str, str], stdin: str | None) -> subprocess.CompletedProcess[str]:
        assert self.process.stdin and self.process.stdout
        with tempfile.TemporaryDirectory(prefix="aws-") as folder:
            files = [Path(folder) / name for name in ("in", "out", "err")]
            for file in files:
                file.write_text(stdin or "" if file.name == "in" else "")
            request = {"arguments": arguments, "environment": environment, "folder": os.getcwd(), "files": list(map(str, files))}
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
                self.end()
                raise subprocess.TimeoutExpired(["aws", *arguments], PATIENCE)
            answer = self.process.stdout.readline()
            assert answer, "the process that starts the aws CLI has ended"
            return subprocess.CompletedProcess(
                ["aws", *arguments], int(answer), files[1].read_text(), files[2].read_text()
            )

    def end(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class AwsForShells:
    """Another such process, and a program `aws` for shells, which has it run the command with the program's own arguments,
    environment, folder, and standard input, output and error."""

    def __init__(self, program: Path, environment: dict[str, str]):
        name = f"gatehouse-aws-{os.urandom(8).hex()}"
        program.write_text(
            textwrap.dedent(f"""\
                #!{sys.executable} -IS
                import json, os, socket, sys
                starter = socket.socket(socket.AF_UNIX)
                starter.connect("\\0{name}")
                socket.send_fds(starter, [b"."], [0, 1, 2])
                request = {{"arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd()}}
                starter.sendall(json.dumps(request).encode())
                starter.shutdown(socket.SHUT_WR)
                sys.exit(int(starter.recv(16) or 255))
                """)
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        # The CLI asks some variables when it is imported: HOME, for one.
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("aws_starter.py")), name],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout and self.process.stdout.readline() == "listens\n"

    def end(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


_starter: _Starter | None = None
_lock = threading.Lock()


def run_aws(arguments: list[str], environment: dict[str, str], stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs `aws …` with these variables alone."""
    global _starter
    if not _lock.acquire(blocking=False):
        return subprocess.run(
            [aws_program(), *arguments],
            env=environment,
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    try:
        if _starter is None or _starter.process.poll() is not None:
            _starter = _Starter()
        return _starter.run(arguments, environment, stdin)
    finally:
        _lock.release()
