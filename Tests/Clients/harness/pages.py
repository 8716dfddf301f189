"""The pages of the documentation, and a shell that does what they say.

A page's blocks marked `console` and `sh` run in one bash, one after another, as if a reader typed them:

- In a `console` block a line that begins with `$ ` is a command, and goes on while lines end with `\\` . What follows
  is what it prints, where the page shows it. `…` there stands for any text, and white space counts as one space, so
  that a page may break long lines. A command may fail only where the page shows what it prints.
- An `sh` block is one command, and must succeed.
- `gatehouse serve` and `make run` go on in the background, as in a terminal of their own, until the page ends.
- `<!-- Ctrl-C -->` stops the one that was started last.
- `<!-- not run: reason -->` on the line before a block excepts it.

The shell begins in what looks like a clone of this repository with the program built. HOME and all files that a page
makes lie in a folder of the test's own, and a page's `127.0.0.1:4566` is whichever port was free. So is `127.0.0.1:5000`, where
`moto_server` listens, which is there, too, port 9310, where a web application does, and those of the web front before it.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .acme import FOLDER as CERTBOT
from .aws import AwsForShells, aws_program
from .moto import FOLDER as MOTO
from . import web_front
from .ports import free_port
from .server import BINARY, LISTENS, LISTENS_SECURELY, REPOSITORY, clean_environment

PLACE, SECURE_PLACE, ENDPOINT = "127.0.0.1:4566", "127.0.0.1:4567", "127.0.0.1:5000"
APPLICATION = "9310"
FRONTS = {"http": "127.0.0.1:8080", "https": "127.0.0.1:8443"}
SERVE = re.compile(r"(?:\w+=\S*\s+|\\\n\s*)*(?:gatehouse serve|make run)\b(?!.*--help)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$|^<!-- (Ctrl-C) -->$", re.M | re.S)
NOT_RUN = re.compile(r"<!-- not run: *((?:(?!-->).)*?) *-->\n\Z", re.S)
KNOWN = {"console", "sh"}


@dataclass
class Command:
    text: str
    line: int
    # What the page shows; None where it shows nothing.
    output: str | None = None


@dataclass
class Block:
    kind: str
    text: str
    # The line of its first line in the page.
    line: int
    # Why it is not run; None where it is.
    excuse: str | None

    def commands(self) -> list[Command]:
        if self.kind == "stop":
            return [Command("Ctrl-C", self.line)]
        if self.kind == "sh":
            return [Command(self.text, self.line)]
        found: list[Command] = []
        goes_on = False
        for number, line in enumerate(self.text.splitlines(), self.line):
            if goes_on:
                found[-1].text += "\n" + line
                goes_on = line.endswith("\\")
            elif line.startswith("$ "):
                found.append(Command(line[2:], number))
                goes_on = line.endswith("\\")
            else:
                assert found, f"line {number}: a console block begins with a command: {line!r}"
                found[-1].output = (found[-1].output or "") + line + "\n"
        for command in found:
            if command.output is not None and not command.output.strip():
                command.output = None
        return found


def pages() -> list[Path]:
    """Every page that a reader may follow."""
    return sorted(REPOSITORY.glob("*.md")) + sorted(REPOSITORY.glob("Documentation/**/*.md"))


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    found = []
    for fence in FENCE.finditer(text):
        if fence.group(3):
            found.append(Block("stop", "", text.count("\n", 0, fence.start()) + 1, None))
        elif fence.group(1) in KNOWN:
            excuse = NOT_RUN.search(text, 0, fence.start())
            line = text.count("\n", 0, fence.start()) + 2
            found.append(Block(fence.group(1), fence.group(2), line, excuse and excuse.group(1)))
    return found


def is_shown(output: str, shown: str) -> bool:
    """Whether a program's output is what a page shows."""
    pieces = [re.escape(" ".join(piece.split())) for piece in shown.split("…")]
    return re.fullmatch(r"\s*" + r".*?".join(pieces) + r"\s*", " ".join(output.split()), re.S) is not None


class Reader:
    """A shell that does what a page says."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.clone = folder / "gatehouse"
        # Where the servers that it has started listen, the latest last.
        self.addresses: list[str] = []
        self.secure_addresses: list[str] = []
        # Where the web front does, for each of the places that pages name.
        self.fronts: dict[str, str] = {}
        self._count = 0
        home = folder / "home"
        home.mkdir()
        (self.clone / ".build" / "release").mkdir(parents=True)
        (self.clone / ".build" / "release" / "gatehouse").symlink_to(BINARY)
        for name in ("Documentation", "Tests", "Makefile", "README.md"):
            (self.clone / name).symlink_to(REPOSITORY / name)
        self.endpoint = f"127.0.0.1:{free_port()}"
        self.application = str(free_port())
        programs = folder / "bin"
        programs.mkdir()
        moto = programs / "moto_server"
        start = "from moto.server import main; main()"
        moto.write_text(
            f"#!/bin/sh\nPYTHONPATH='{MOTO}' exec '{sys.executable}' -c '{start}' -H 127.0.0.1 -p {self.endpoint.split(':')[1]}\n"
        )
        moto.chmod(0o755)
        certbot = programs / "certbot"
        start = "import sys; from certbot.main import main; sys.exit(main())"
        certbot.write_text(f"#!/bin/sh\nPYTHONPATH='{CERTBOT}' exec '{sys.executable}' -c '{start}' \"$@\"\n")
        certbot.chmod(0o755)
        path = [str(programs), str(BINARY.parent), str(Path(aws_program()).parent), os.environ.get("PATH", "")]
        kept = {
            name: value for name, value in clean_environment().items() if not name.startswith(("PYTEST", "XDG_"))
        }
        self.environment = kept | {
            "PATH": os.pathsep.join(path),
            "HOME": str(home),
            "TMPDIR": str(folder),
            "GATEHOUSE_PORT": "0",
            "GATEHOUSE_TLS_PORT": "0",
            "GATEHOUSE_WEB_FRONT_PORT": "0",
            "GATEHOUSE_WEB_FRONT_TLS_PORT": "0",
            "AWS_PAGER": "",
            "AWS_DATA_PATH": os.environ["AWS_DATA_PATH"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TERM": "dumb",
            "LC_ALL": "C.UTF-8",
        }
        self.programs = programs
        # Started with the first command that needs it.
        self.aws: AwsForShells | None = None
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            env=self.environment,
            cwd=self.clone,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Whatever it starts is in its group, and ends with it.
            start_new_session=True,
        )

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.aws:
            self.aws.end()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            pipe.close()

    def run(self, command: str, within: float = 120) -> tuple[int, str]:
        """Its exit status, and what it printed."""
        self._count += 1
        if not self.aws and re.search(r"\baws ", command):
            self.aws = AwsForShells(self.programs / "aws", self.environment)
        command = re.sub(rf"\b{APPLICATION}\b", self.application, command.replace(ENDPOINT, self.endpoint))
        for place, address in self.fronts.items():
            command = command.replace(place, address)
        if command == "Ctrl-C":
            status, output = self._typed("kill $! && wait $!", within)
        elif SERVE.match(command):
            status, output = self._serve(command.replace("make run", "gatehouse serve"), within)
        else:
            if self.addresses:
                command = command.replace(PLACE, self.addresses[-1])
            if self.secure_addresses:
                command = command.replace(SECURE_PLACE, self.secure_addresses[-1])
            status, output = self._typed(command, within)
        output = output.replace(self.endpoint, ENDPOINT)
        for place, address in self.fronts.items():
            output = output.replace(address, place)
        for address in self.addresses:
            output = output.replace(address, PLACE)
        for address in self.secure_addresses:
            output = output.replace(address, SECURE_PLACE)
        return status, output

    def _typed(self, command: str, within: float) -> tuple[int, str]:
        """Sourced from a file, so that it may have several lines, and change the shell that it runs in."""
        file = self.folder / f"command{self._count}"
        file.write_text(command + "\n")
        mark = f"--{os.urandom(8).hex()}--"
        assert self.process.stdin and self.process.stdout
        line = f". '{file}' </dev/null; printf '%s%s\\n' {mark} $?\n"
        try:
            self.process.stdin.write(line.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError("the shell has ended") from None
        return self._until(mark, within)

    def _until(self, mark: str, within: float) -> tuple[int, str]:
        assert self.process.stdout
        end = re.compile(re.escape(mark.encode()) + rb"(\d+)\n\Z")
        output = b""
        deadline = time.monotonic() + within
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not (found := end.search(output)):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise AssertionError(f"not done within {within} s; it printed: {output.decode()}")
                piece = os.read(self.process.stdout.fileno(), 65536)
                if not piece:
                    raise AssertionError(f"the shell has ended; it printed: {output.decode()}")
                output += piece
        return int(found.group(1)), output[: found.start()].decode()

    def _serve(self, command: str, within: float) -> tuple[int, str]:
        log = self.folder / f"server{self._count}"
        command = re.sub(r"\s+#.*$", "", command.rstrip(), flags=re.M)
        status, output = self._typed(f"{command} >'{log}' 2>'{log}.errors' &", within)
        assert status == 0, output
        deadline = time.monotonic() + within
        while not (found := LISTENS.search(log.read_text() if log.exists() else "")):
            assert time.monotonic() < deadline, log.read_text() + Path(f"{log}.errors").read_text()
            time.sleep(0.05)
        self.addresses.append(f"{found.group(2)}:{found.group(3)}")
        for scheme, port in web_front.LISTENS.findall(log.read_text()):
            self.fronts[FRONTS[scheme]] = f"127.0.0.1:{port}"
        if secure := LISTENS_SECURELY.search(log.read_text()):
            self.secure_addresses.append(f"{secure.group(2)}:{secure.group(3)}")
        return 0, log.read_text()
